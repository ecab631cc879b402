/** Start the widget: by an element of the page, or by a command. */
import {placeOf, widgetIdOf} from './config.js';
import {layer} from './events.js';
import {warn} from './guard.js';
import {Manager} from './manager.js';
import {isHeard, listen} from './queue.js';

/**
 * Return what a page can set by a command.
 * @param {Manager} manager
 * @returns {Parameters<typeof listen>[1]}
 */
const optionsOf = manager => ({
  'cookie:userId': value => manager.setUserId(value),
  dataLayer(name) {
    layer.name = name;
  },
  lang: value => manager.setLanguage(value),
});

/** @param {Place} place @param {boolean} isAutomatic */
function start(place, isAutomatic) {
  const manager = new Manager(place, isAutomatic);

  /** @param {unknown} id @param {unknown} lang */
  function begin(id, lang) {
    const widgetId = widgetIdOf(id);
    if (!widgetId) return warn(`Not a widget: ${id}`);
    window.dastra.cookieConsent = manager.api;
    manager.begin(widgetId, lang);
  }

  const options = optionsOf(manager);

  /** @type {Parameters<typeof listen>[1]} */
  const commands = {
    loadCookieConsent({widgetId, selector, userId, lang} = {}) {
      const data = selector && document.querySelector(selector)?.dataset;
      if (userId) manager.setUserId(userId);
      begin(widgetId ?? data?.widgetid, lang ?? data?.lang);
    },
    set: (key, value) => (Object.hasOwn(options, key) ? options[key]?.(value) : warn(`Not a setting: ${key}`)),
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
