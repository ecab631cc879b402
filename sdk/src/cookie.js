/** The consent cookie, which holds only the choices. */
import {attempt, isObject, merged} from './guard.js';
import {jsonOf} from './json.js';
import {isSlug} from './shapes.js';

export const DEFAULT_NAME = 'euconsent';

/** The page's cookies. In a sandboxed frame, reading or writing them throws. */
export const jar = {
  get cookie() {
    return attempt(() => document.cookie) ?? '';
  },
  set cookie(cookie) {
    attempt(() => (document.cookie = cookie));
  },
};

/**
 * Return the choices in a cookie's value; null unless it is `{slug: boolean}`.
 * @param {string} value
 * @returns {Choices | null}
 */
export function parse(value) {
  const choices = attempt(() => JSON.parse(decodeURIComponent(value)));
  if (!isObject(choices)) return null;
  const entries = Object.entries(choices);
  return entries.every(([slug, consent]) => isSlug(slug) && typeof consent === 'boolean')
    ? merged(/** @type {Choices} */ (choices))
    : null;
}

/**
 * Return the choices in all cookies of this name. Several can exist, of this host and its parents, and their age is
 * unknown: a service is released only if none of them refuses it.
 * @param {string} cookies `document.cookie`
 * @param {string} name
 * @returns {Choices | null}
 */
export function choicesIn(cookies, name) {
  /** @type {Choices | null} */
  let found = null;
  for (const cookie of cookies.split('; ')) {
    const choices = cookie.startsWith(`${name}=`) && parse(cookie.slice(name.length + 1));
    if (!choices) continue;
    found ??= merged();
    for (const slug in choices) found[slug] = choices[slug] === true && found[slug] !== false;
  }
  return found;
}

/**
 * Return a cookie in the form for `document.cookie`. Without choices, it deletes the cookie.
 * @param {string} name
 * @param {Choices | null} choices
 * @param {{days: number, domain: string, isSecure: boolean}} options
 */
export function cookieOf(name, choices, {days, domain, isSecure}) {
  const value = choices ? `${encodeURIComponent(jsonOf(choices))};Max-Age=${days * 86_400}` : ';Max-Age=0';
  return `${name}=${value};Path=/;SameSite=Lax${domain && `;Domain=${domain}`}${isSecure ? ';Secure' : ''}`;
}

/**
 * Write the choices. If the browser refuses the domain (as on a developer's machine), the host's cookie holds them. An
 * older cookie of the host alone must not contradict the domain's.
 * @param {{cookie: string}} jar `document`
 * @param {string} name
 * @param {Choices | null} choices
 * @param {{days: number, domain: string, isSecure: boolean}} options
 */
export function writeCookie(jar, name, choices, options) {
  const host = {...options, domain: ''};
  if (options.domain) {
    jar.cookie = cookieOf(name, null, host);
    jar.cookie = cookieOf(name, choices, options);
    if (!choices || choicesIn(jar.cookie, name)) return;
  }
  jar.cookie = cookieOf(name, choices, host);
}
