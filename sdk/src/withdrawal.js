/**
 * Deletion of what a refused service has stored in the browser, by the names that it declares. Part of the second file: it
 * is due once the visitor has been asked.
 */
import {PARTITIONED, domainsOf, jar} from './cookie.js';
import {OURS} from './storage.js';

/** @typedef {Pick<import('./consent.js').Consent, 'services' | 'effective' | 'cookieName'>} Consent */

/** A page at `/a/b` sees cookies of `/`, `/a`, `/a/`, `/a/b` and `/a/b/`. @param {string} path */
const pathsOf = path =>
  path.split('/').flatMap((_, end, parts) => ['', '/'].map(slash => parts.slice(0, end + 1).join('/') + slash));

/**
 * Return the values for `document.cookie` that delete a cookie. It does not show its path, its domain and whether it is
 * partitioned, so all that are visible to the page are tried.
 * @param {string} name
 * @param {import('./cookie.js').Place} location
 */
const endsOf = (name, {protocol, hostname, pathname}) =>
  domainsOf(hostname).flatMap(domain =>
    pathsOf(pathname).flatMap(path =>
      [protocol === 'https:' ? ';Secure' : '', PARTITIONED].map(
        form => `${name}=;Max-Age=0;Path=${path}${domain}${form}`,
      ),
    ),
  );

/**
 * Return whether a refused service declares a name, and none with consent does. Services keep an id in a cookie and in a
 * storage under the same name, so one declaration covers both. A trailing star matches any ending.
 * @param {Consent} consent
 * @param {string} name
 * @param {number} least Characters that must stand before a star.
 */
export function mustGo({services, effective}, name, least) {
  const declaring = services.filter(({cookies, storage}) =>
    [...cookies.map(cookie => cookie.name), ...storage].some(pattern =>
      pattern.endsWith('*') && pattern.length > least ? name.startsWith(pattern.slice(0, -1)) : name === pattern,
    ),
  );
  return !!declaring.length && !declaring.some(({slug}) => effective[slug]);
}

/**
 * Return the values for `document.cookie` that delete the cookies. The consent cookie stays.
 * @param {string} cookies `document.cookie`
 * @param {Consent} consent
 * @param {import('./cookie.js').Place} location
 */
export const deletions = (cookies, consent, location) =>
  cookies
    .split('; ')
    .map(cookie => cookie.split('=')[0] ?? '')
    .filter(name => name !== consent.cookieName && mustGo(consent, name, 1))
    .flatMap(name => endsOf(name, location));

/** Whether an entry of a storage has to go, or a database: never the SDK's. @param {Consent} consent @param {string} name */
export const isLeft = (consent, name) => !name.startsWith(OURS) && mustGo(consent, name, 3);

/**
 * Delete the cookies, the entries of the page's storages, then its databases. A browser may forbid the second, or be unable
 * to list the others.
 * @param {Consent} consent
 */
export async function clear(consent) {
  for (const cookie of deletions(jar.cookie, consent, location)) jar.cookie = cookie;
  try {
    for (const storage of [localStorage, sessionStorage])
      for (const name of Object.keys(storage)) if (isLeft(consent, name)) storage.removeItem(name);
    if (!consent.services.some(service => service.storage.length)) return;
    for (const {name = ''} of await indexedDB.databases()) if (isLeft(consent, name)) indexedDB.deleteDatabase(name);
  } catch {}
}
