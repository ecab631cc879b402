/** The consent cookie: the choices, and nothing else. */
import {attempt, isObject} from './guard.js';
import {isSlug} from './shapes.js';

export const DEFAULT_NAME = 'euconsent';

/** The page's cookies. Their very mention throws in a sandboxed frame, which has none. */
export const jar = {
  get cookie() {
    return attempt(() => document.cookie) ?? '';
  },
  set cookie(cookie) {
    attempt(() => (document.cookie = cookie));
  },
};

/**
 * The choices in a cookie's value; null when it is anything but `{slug: boolean}`.
 * @param {string} value
 * @returns {Choices | null}
 */
export function parse(value) {
  const choices = attempt(() => JSON.parse(decodeURIComponent(value)));
  if (!isObject(choices)) return null;
  const entries = Object.entries(choices);
  return entries.every(([slug, consent]) => isSlug(slug) && typeof consent === 'boolean')
    ? /** @type {Choices} */ (choices)
    : null;
}

/**
 * The choices in all cookies of this name. Several can exist, of this host and of its parents, and nothing tells which
 * is the newest: a service is released only if none of them refuses it.
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
    found ??= {};
    for (const slug in choices) found[slug] = choices[slug] === true && found[slug] !== false;
  }
  return found;
}

/**
 * A cookie as `document.cookie` takes it. No choices: it is deleted.
 * @param {string} name
 * @param {Choices | null} choices
 * @param {{days: number, domain: string, isSecure: boolean}} options
 */
export function cookieOf(name, choices, {days, domain, isSecure}) {
  const value = choices ? `${encodeURIComponent(JSON.stringify(choices))};Max-Age=${days * 86_400}` : ';Max-Age=0';
  return `${name}=${value};Path=/;SameSite=Lax${domain && `;Domain=${domain}`}${isSecure ? ';Secure' : ''}`;
}

/**
 * Write the choices. A domain that the browser refuses (the widget's, on a developer's machine) must not lose them;
 * one of this host alone, from before the domain was set, must not contradict them.
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
