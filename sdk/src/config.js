/** The SDK's origin, and the page's options. */
import {attempt} from './guard.js';
import {KEY, LANGUAGE_TAG, SERVICE, USER_ID, WIDGET_ID, fits} from './shapes.js';

/** @typedef {Omit<Place, 'nonce'>} Stated */

/**
 * Return a place that the page's author states. The host is an origin: https, or http on this machine.
 * @param {any} host
 * @param {any} key
 * @returns {Stated | null}
 */
export function statedPlace(host, key) {
  const url = attempt(() => new URL(host));
  const isOrigin = url?.href === `${url?.origin}/` && SERVICE.test(url.origin);
  return isOrigin && fits(key, KEY) ? {host: url.origin, key} : null;
}

/**
 * Return the place of the running script: what its element states, otherwise what its address has. A key in an address
 * ends where its characters end, because content management systems append `#asyncload` and `?ver=6.4` blindly.
 * @param {string | null | undefined} host Its `data-host`.
 * @param {string | null | undefined} stated Its `data-key`.
 * @param {string | undefined} address
 * @returns {Stated | null}
 */
export function placeOf(host, stated, address) {
  const url = attempt(() => new URL(/** @type {string} */ (address)));
  const key = stated ?? /^[\w-]*/.exec(url?.searchParams.get('key') ?? '')?.[0];
  if (host != null) return statedPlace(host, key);
  return url && fits(key, KEY) ? {host: url.origin, key} : null;
}

/**
 * Return the address of the script that made this stack: modules have no `document.currentScript`.
 * @param {string | undefined} stack
 */
export const addressIn = stack => /https?:\/\/[^\s)]+?(?=:\d+:\d+)/.exec(String(stack))?.[0] ?? '';

/** Whether these are addresses of one file. WebKit's stacks leave out the query. @param {string} one @param {string} other */
export const isSameFile = (one, other) => one.split(/[?#]/)[0] === other.split(/[?#]/)[0];

/**
 * With `data-autoblock`, return the hosts of `data-autoblock-except`, which are never held; otherwise null.
 * @param {HTMLScriptElement | undefined} script
 */
export const freeHosts = script =>
  script?.hasAttribute('data-autoblock') ? (script.getAttribute('data-autoblock-except') ?? '') : null;

/** @param {any} value A number or a string of digits; anything else returns ''. */
export const widgetIdOf = value => WIDGET_ID.exec(value)?.[0] ?? '';

/**
 * Return `xx` or `xx-XX` for the first usable tag: `fr-BE` for `fr_be`, `zh` for `zh-Hans-CN`.
 * @param {any[]} tags
 */
export function cultureOf(...tags) {
  for (const tag of tags) {
    const [, language, region] = LANGUAGE_TAG.exec(`${tag}`.trim()) ?? [];
    const place = region ?? (/^zh.hant/i.test(tag) ? 'tw' : ''); // the traditional script, as it is written in Taiwan
    if (language) return language.toLowerCase() + (place && `-${place.toUpperCase()}`);
  }
  return '';
}

/**
 * Return the page's id of the visitor; null for one that the service would not store. A whole number counts as its
 * digits, unless some of them are lost; 0 counts as none.
 * @param {unknown} value
 */
export function userIdOf(value) {
  const id = value && Number.isSafeInteger(value) ? String(value) : value;
  return fits(id, USER_ID) ? id : null;
}

/**
 * Return the page's address without query and fragment; null for pages that are not of the web, and for an address that
 * is longer than the service stores.
 * @param {Location} location
 */
export const referrerOf = ({protocol, origin, pathname}) =>
  /^https?:$/.test(protocol) && (origin + pathname).length <= 2048 ? origin + pathname : null;
