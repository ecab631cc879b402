/** Start the widget: by an element of the page, or by a command. */
import {addressIn, freeHosts, isSameFile, placeOf, statedPlace, widgetIdOf} from './config.js';
import {layer} from './events.js';
import {parts, warn} from './guard.js';
import {Manager} from './manager.js';
import {isHeard, listen, prepared} from './queue.js';
import {watch} from './wishes.js';

/**
 * The running script's element and address. A module is no `currentScript`, but an error's stack has its address, and the
 * list of what the page has loaded has it in full.
 */
const own = addressIn(new Error().stack);
const isOwn = (/** @type {string} */ address) => isSameFile(address, own);
const {currentScript} = document;
const current = currentScript instanceof HTMLScriptElement ? currentScript : null;
const scripts = [...document.getElementsByTagName('script')].filter(({src}) => src && isOwn(src));
const script = current ?? scripts.find(({nonce}) => nonce) ?? scripts[0]; // one without a nonce did not run beside one that has it
const loaded = () => performance.getEntriesByType('resource').map(({name}) => name);
const address = script ? script.src : [own, ...loaded()].find(each => isOwn(each) && each.includes('key='));

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

/** @param {Place} place @param {unknown[]} queue */
function start(place, queue) {
  const manager = new Manager(place, freeHosts(script));
  const options = optionsOf(manager);
  const wish = watch((id, lang) => {
    const widgetId = widgetIdOf(id);
    if (!widgetId) warn(`Not a widget: ${id}`);
    else {
      window.dastra.cookieConsent = manager.api;
      manager.begin(widgetId, lang);
    }
    return manager.isStarted;
  });
  listen(queue, {
    loadCookieConsent({widgetId, selector, userId, lang} = {}) {
      if (userId) manager.setUserId(userId);
      wish(selector, widgetId, lang);
    },
    openCookieConsent: () => manager.api.consent.open(),
    configure: ({host, key} = {}) => statedPlace(host, key)?.host === place.host || warn(`Not configured: ${host}`),
    set: (key, value) => (Object.hasOwn(options, key) ? options[key]?.(value) : warn(`Not a setting: ${key}`)),
    cookieReady: callback => manager.whenReady(callback),
    iframeBlock: rule => manager.blocking.add(rule),
  });
  for (const id of ['dastra-cookie-consent', 'cookie-consent']) if (!manager.isStarted) wish(`#${id}[data-widgetid]`);
}

/** Start once the service's place is known: a command states it, or the script. @param {unknown[]} queue */
function startPlaced(queue) {
  const [, options] = queue.map(parts).find(([name]) => name === 'configure') ?? [];
  const place =
    statedPlace(options?.host, options?.key) ??
    placeOf(script?.getAttribute('data-host'), script?.getAttribute('data-key'), address);
  if (place) return start({...place, nonce: script?.nonce ?? ''}, queue);
  warn('Unknown service: the script has no ?key=');
  queue.push = (...commands) => {
    queue.splice(queue.length, 0, ...commands);
    startPlaced(queue);
    return 0;
  };
}

layer.name = script?.getAttribute('data-layer') || layer.name;
if (!isHeard(window.dastra)) startPlaced(prepared(window, VERSION));
