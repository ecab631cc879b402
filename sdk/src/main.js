/** The start: by an element of the page, or by a command. */
import {Blocking} from './blocking.js';
import {cultureOf, placeOf, widgetIdOf} from './config.js';
import {warn} from './guard.js';
import {Manager} from './manager.js';
import {isHeard, listen} from './queue.js';

/** @param {Place} place */
function start(place) {
  /** @type {Manager | undefined} */
  let manager;
  const blocking = new Blocking();
  /** @type {unknown} */
  let userId;
  /** @type {unknown[]} */
  const waiting = [];

  /** @param {unknown} id @param {unknown} lang */
  function begin(id, lang) {
    const widgetId = widgetIdOf(id);
    if (manager || !widgetId) return warn(manager ? 'Started already.' : `Not the id of a widget: ${id}`);
    const culture = cultureOf(lang, document.documentElement.lang, navigator.language);
    manager = new Manager(place, {widgetId, culture}, blocking);
    window.dastra.cookieConsent = manager.api;
    name(userId);
    for (const callback of waiting) manager.whenReady(callback);
    manager.begin();
  }

  /** @param {unknown} given */
  function name(given) {
    userId = given;
    if (manager) manager.userId = typeof given === 'string' && given ? given : null;
  }

  listen(window, {
    loadCookieConsent({widgetId, selector, userId: given, lang} = {}) {
      const data = selector && document.querySelector(selector)?.dataset;
      if (given) name(given);
      begin(widgetId ?? data?.widgetid, lang ?? data?.lang);
    },
    set: (key, value) => (key === 'cookie:userId' ? name(value) : warn(`Not a setting: ${key}`)),
    cookieReady: callback => (manager ? manager.whenReady(callback) : waiting.push(callback)),
    iframeBlock: rule => blocking.add(rule),
  });

  /** The page's own element, which may come after this script. */
  function look() {
    const mark = document.getElementById('dastra-cookie-consent');
    if (mark && !manager) begin(mark.dataset.widgetid, mark.dataset.lang);
  }
  look();
  document.addEventListener('DOMContentLoaded', look);
}

const place = placeOf(/** @type {HTMLScriptElement | null} */ (document.currentScript));
if (!place) warn("The script's address needs a ?key=");
else if (!isHeard(window.dastra)) start(place);
