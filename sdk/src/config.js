/** Where the SDK comes from, and what the page asks for. */
import {attempt} from './guard.js';
import {KEY, LANGUAGE_TAG, WIDGET_ID} from './shapes.js';

/**
 * The service is where the script came from; the key is in the script's address.
 * @param {Pick<HTMLScriptElement, 'src'> | null} script
 * @returns {Place | null}
 */
export function placeOf(script) {
  const url = attempt(() => new URL(/** @type {HTMLScriptElement} */ (script).src));
  const key = String(url?.searchParams.get('key'));
  return url && KEY.test(key) ? {host: url.origin, key} : null;
}

/** @param {any} value A number or a string of digits; anything else gives ''. */
export const widgetIdOf = value => WIDGET_ID.exec(value)?.[0] ?? '';

/**
 * `xx` or `xx-XX` of the first tag that has one: `fr_be` is `fr-BE`, `zh-Hans-CN` is `zh`.
 * @param {any[]} tags
 */
export function cultureOf(...tags) {
  for (const tag of tags) {
    const [, language, region] = LANGUAGE_TAG.exec(tag) ?? [];
    if (language) return language.toLowerCase() + (region ? `-${region.toUpperCase()}` : '');
  }
  return '';
}

/** 1 mobile, 2 desktop, 3 tablet. @param {Pick<Navigator, 'userAgent' | 'maxTouchPoints'>} navigator */
export function typeDeviceOf({userAgent, maxTouchPoints}) {
  if (/iPad|Android(?!.*Mobi)/i.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1)) return 3;
  return /Mobi/i.test(userAgent) ? 1 : 2;
}

/** The page without query and fragment; a page that has no web address has none. @param {Location} location */
export const referrerOf = ({protocol, origin, pathname}) => (/^https?:$/.test(protocol) ? origin + pathname : null);
