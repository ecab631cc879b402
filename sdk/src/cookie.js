/** The consent cookie, which holds the choices; and the deletion of cookies. */
import {attempt, isObject, merged} from './guard.js';
import {jsonOf} from './json.js';
import {isSlug} from './shapes.js';

/** A cookie for frames of other sites, whose browser refuses the other form. Each site around has a cookie of its own. */
export const PARTITIONED = ';SameSite=None;Secure;Partitioned';

/**
 * @typedef {Record<string, any>} Stored A decision as the cookie has it: the choices, and in `_` its stamp: `t`, its time in
 * seconds, and `r`, the widget's `renewal`. In a cookie of release 1.0, `t` is 0 and `r` is missing. No slug begins with `_`.
 *
 * @typedef {Pick<Location, 'protocol' | 'hostname' | 'pathname'>} Place The page's address.
 */

/** The page's cookies. In a sandboxed frame, reading or writing them throws. */
export const jar = {
  get cookie() {
    return attempt(() => document.cookie) ?? '';
  },
  set cookie(cookie) {
    attempt(() => (document.cookie = cookie));
  },
};

/** Return the value of the cookie. @param {Stored} decision */
export const valueOf = decision => encodeURIComponent(jsonOf(decision));

/**
 * Return the decision in a cookie's value. It counts as missing if its time is more than a minute ahead, or cannot be
 * read. Later releases may add members; one of release 1.0 has none but the choices.
 * @param {string} value
 * @param {number} now
 * @returns {Stored | null}
 */
export function parse(value, now) {
  const given = attempt(() => JSON.parse(decodeURIComponent(value)));
  if (!isObject(given)) return null;
  const found = /** @type {Stored} */ (merged(given));
  const isValid = found._
    ? found._.t <= now / 1000 + 60
    : Object.entries(given).every(([slug, consent]) => isSlug(slug) && typeof consent === 'boolean');
  found._ ||= {t: 0};
  return isValid ? found : null;
}

/**
 * Return the decision in all cookies of this name. Several can exist, of this host and its parents, and a script can
 * forge their time: a service is released only if each of them consents to it, and the earliest time counts.
 * @param {string} cookies `document.cookie`
 * @param {string} name
 * @param {number} now
 * @returns {Stored | null}
 */
export function storedIn(cookies, name, now) {
  /** @type {Stored | null} */
  let found = null;
  for (const cookie of cookies.split('; ')) {
    const one = cookie.startsWith(`${name}=`) ? parse(cookie.slice(name.length + 1), now) : null;
    /** @type {Stored} */
    const both = merged(found, one);
    if (found && one) {
      for (const slug in both) both[slug] = (one[slug] && found[slug]) === true;
      both._ = (one._.t < found._.t ? one : found)._;
    }
    if (one) found = both;
  }
  return found;
}

/** A page of www.shop.example sees cookies of its host and its parent domains. @param {string} host */
export const domainsOf = host => [
  '',
  ...host.split('.').map((_, start, parts) => `;Domain=${parts.slice(start).join('.')}`),
];

/**
 * Write a decision, or delete it. If the browser refuses the domain (as on a developer's machine), the host's cookie
 * holds the choices; in a frame of another site, a partitioned one. No other cookie of the name may contradict it.
 * @param {{cookie: string}} jar `document`
 * @param {string} name
 * @param {Stored | null} decision
 * @param {{days: number, domain: string, now: number, location: Place}} options
 * @returns {boolean} whether the browser has stored it
 */
export function writeCookie(jar, name, decision, {days, domain, now, location}) {
  const secure = location.protocol === 'https:' ? ';Secure' : '';
  const kinds = [`;SameSite=Lax${secure}`, PARTITIONED];
  const isDone = () => jsonOf(storedIn(jar.cookie, name, now)) === jsonOf(decision);
  // Those of the page's own folder and of the whole host; each takes a browser its time.
  if (jar.cookie.includes(`${name}=`))
    for (const at of domainsOf(location.hostname).flatMap(each => [`;Path=/${each}`, each]))
      for (const kind of kinds) jar.cookie = `${name}=;Max-Age=0${at}${kind}`;
  for (const kind of decision ? kinds : [''])
    for (const each of domain ? [`;Domain=${domain}`, ''] : ['']) {
      if (decision) jar.cookie = `${name}=${valueOf(decision)};Max-Age=${days * 86_400};Path=/${each}${kind}`;
      if (isDone()) return true;
    }
  return false;
}
