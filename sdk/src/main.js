/** Start the widget: by an element of the page, or by a command. */
import {cultureOf, placeOf, widgetIdOf} from './config.js';
import {layer} from './events.js';
import {warn} from './guard.js';
import {Manager} from './manager.js';
import {isHeard, listen} from './queue.js';

/** @param {Place} place @param {boolean} isAutomatic */
function start(place, isAutomatic) {
  const manager = new Manager(place, isAutomatic);

  /** @param {unknown} id @param {unknown} lang */
  function begin(id, lang) {
    const widgetId = widgetIdOf(id);
    if (manager.isStarted || !widgetId) return warn(`${widgetId ? 'Already started' : 'Not a widget'}: ${id}`);
    window.dastra.cookieConsent = manager.api;
    manager.begin({widgetId, culture: cultureOf(lang, document.documentElement.lang, navigator.language)});
  }

  /** @type {Parameters<typeof listen>[1]} */
  const commands = {
    loadCookieConsent({widgetId, selector, userId, lang} = {}) {
      const data = selector && document.querySelector(selector)?.dataset;
      if (userId) manager.setUserId(userId);
      begin(widgetId ?? data?.widgetid, lang ?? data?.lang);
    },
    set(key, value) {
      if (key === 'cookie:userId') manager.setUserId(value);
      else if (key === 'dataLayer') layer.name = value;
      else warn(`Not a setting: ${key}`);
    },
    cookieReady: callback => manager.whenReady(callback),
    iframeBlock: rule => manager.blocking.add(rule),
  };
  listen(window, commands, VERSION);

  /** Look for the page's element, which may come after this script. */
  function look() {
    const mark = document.getElementById('dastra-cookie-consent');
    if (mark && !manager.isStarted) begin(mark.dataset.widgetid, mark.dataset.lang);
  }
  look();
  document.addEventListener('DOMContentLoaded', look);
}

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const place = placeOf(script);
layer.name = script?.dataset.layer || layer.name;
if (!place) warn("The script's address needs a ?key=");
else if (!isHeard(window.dastra)) start(place, !!script?.hasAttribute('data-autoblock'));
