/** The SDK's origin, and the page's options. */
import {attempt} from './guard.js';
import {KEY, LANGUAGE_TAG, USER_ID, WIDGET_ID, fits} from './shapes.js';

/**
 * Return the service's origin, which is the script's, and the key from the script's address. What the SDK loads itself has its script's
 * nonce.
 * @param {Pick<HTMLScriptElement, 'src' | 'nonce'> | null} script
 * @returns {Place | null}
 */
export function placeOf(script) {
  const url = attempt(() => new URL(/** @type {HTMLScriptElement} */ (script).src));
  const key = String(url?.searchParams.get('key'));
  return url && KEY.test(key) ? {host: url.origin, key, nonce: /** @type {HTMLScriptElement} */ (script).nonce} : null;
}

/** @param {any} value A number or a string of digits; anything else returns ''. */
export const widgetIdOf = value => WIDGET_ID.exec(value)?.[0] ?? '';

/**
 * Return `xx` or `xx-XX` for the first usable tag: `fr-BE` for `fr_be`, `zh` for `zh-Hans-CN`.
 * @param {any[]} tags
 */
export function cultureOf(...tags) {
  for (const tag of tags) {
    const [, language, region] = LANGUAGE_TAG.exec(tag) ?? [];
    if (language) return language.toLowerCase() + (region ? `-${region.toUpperCase()}` : '');
  }
  return '';
}

/**
 * Return the page's id of the visitor; null for one that the service would not store. A number counts as its digits,
 * unless some of them are lost.
 * @param {unknown} value
 */
export function userIdOf(value) {
  const id = typeof value === 'number' && Math.abs(value) < 2 ** 53 ? String(value) : value;
  return fits(id, USER_ID) ? id : null;
}

/** 1 mobile, 2 desktop, 3 tablet. @param {Pick<Navigator, 'userAgent' | 'maxTouchPoints'>} navigator */
export function typeDeviceOf({userAgent, maxTouchPoints}) {
  if (/iPad|Android(?!.*Mobi)/i.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 3;
  return /Mobi/i.test(userAgent) ? 1 : 2;
}

/**
 * Return the page's address without query and fragment; null for pages that are not of the web, and for an address that
 * is longer than the service stores.
 * @param {Location} location
 */
export const referrerOf = ({protocol, origin, pathname}) =>
  /^https?:$/.test(protocol) && (origin + pathname).length <= 2048 ? origin + pathname : null;
