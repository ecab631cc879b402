/** Deletion of the cookies that a refused service declares. */

/** A trailing star matches any ending; a star alone matches no cookie. @param {string} name */
const isNamed =
  name =>
  (/** @type {Cookie} */ {name: pattern}) =>
    /.\*$/.test(pattern) ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** A page at `/a/b` sees cookies of `/`, `/a`, `/a/`, `/a/b` and `/a/b/`. @param {string} path */
const pathsOf = path =>
  path.split('/').flatMap((_, end, parts) => ['', '/'].map(slash => parts.slice(0, end + 1).join('/') + slash));

/** A page of www.shop.example sees cookies of its host and its parent domains. @param {string} host */
const domainsOf = host => ['', ...host.split('.').map((_, start, parts) => `;Domain=${parts.slice(start).join('.')}`)];

/**
 * Return the values for `document.cookie` that delete the cookies. A cookie does not show its path and domain, so all
 * that are visible to the page are tried. The consent cookie stays, and so do cookies that a service with consent
 * declares.
 * @param {string} cookies `document.cookie`
 * @param {Pick<import('./consent.js').Consent, 'services' | 'effective' | 'settings'>} consent
 * @param {Pick<Location, 'pathname' | 'hostname' | 'protocol'>} location
 */
export function deletions(cookies, {services, effective, settings}, {pathname, hostname, protocol}) {
  const end = `;Max-Age=0${protocol === 'https:' ? ';Secure' : ''}`;
  return cookies.split('; ').flatMap(cookie => {
    const [name = ''] = cookie.split('=');
    const declaring = services.filter(service => service.cookies.some(isNamed(name)));
    if (name === settings?.consentCookieName || !declaring.length || declaring.some(({slug}) => effective[slug]))
      return [];
    return domainsOf(hostname).flatMap(domain => pathsOf(pathname).map(path => `${name}=;Path=${path}${domain}${end}`));
  });
}
