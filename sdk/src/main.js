/** The start: by an element of the page, or by a command. */
import {cultureOf, placeOf, widgetIdOf} from './config.js';
import {isObject, warn} from './guard.js';
import {createManager} from './manager.js';
import {isHeard, listen} from './queue.js';

const MARK = 'dastra-cookie-consent';

/** @param {Place} place */
function start(place) {
  const page = /** @type {{dastra: unknown[] & {cookieConsent?: object}}} */ (/** @type {unknown} */ (window));
  /** @type {ReturnType<typeof createManager> | null} */
  let started = null;
  /** @type {string | null} */
  let userId = null;
  /** @type {unknown[]} */
  const waiting = [];

  /** @param {string} widgetId @param {unknown} lang */
  function begin(widgetId, lang) {
    if (started) return warn('The widget has been started already.');
    if (!widgetId) return warn("A widget's id is a number.");
    const culture = cultureOf(lang, document.documentElement.lang, navigator.language);
    started = createManager(place, {widgetId, culture}, () => userId);
    page.dastra.cookieConsent = started.manager;
    waiting.forEach(started.whenReady);
    started.begin();
  }

  /** @param {Element | null} element */
  const beginAt = element =>
    element instanceof HTMLElement &&
    begin(widgetIdOf(element.dataset.widgetid), element.dataset.lang);

  /** @param {unknown} options */
  function loadCookieConsent(options) {
    const {widgetId, selector, userId: given, lang} = isObject(options) ? options : {};
    const element = typeof selector === 'string' ? document.querySelector(selector) : null;
    const data = element instanceof HTMLElement ? element.dataset : {};
    if (given !== undefined) setUserId(given);
    begin(widgetIdOf(widgetId ?? data.widgetid), lang ?? data.lang);
  }

  /** @param {unknown} given */
  const setUserId = given => {
    userId = typeof given === 'string' && given ? given : null;
  };

  listen(page, {}, {
    loadCookieConsent,
    set: (name, value) => (name === 'cookie:userId' ? setUserId(value) : warn(`Not a setting: ${name}`)),
    cookieReady: callback => (started ? started.whenReady(callback) : waiting.push(callback)),
  });

  const look = () => started ?? beginAt(document.getElementById(MARK));
  look();
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', look);
}

const script = /** @type {HTMLScriptElement | null} */ (document.currentScript);
const place = placeOf(script);
if (!place) warn("The script's address has no key: …/sdk/dastra.js?key=PUBLIC_KEY");
else if (!isHeard(/** @type {{dastra?: unknown}} */ (window).dastra)) start(place);
