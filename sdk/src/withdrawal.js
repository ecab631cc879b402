/** What a refused service has left behind: the cookies that it declares. */

/** A star stands for any end; alone it would stand for the page's own cookies. @param {string} name */
const isNamed = name => (/** @type {Cookie} */ {name: pattern}) =>
  pattern.length > 1 && pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** `/a/b` may have cookies of `/`, `/a`, `/a/`, `/a/b` and `/a/b/`. @param {string} path */
const pathsOf = path =>
  path.split('/').flatMap((_, end, parts) => ['', '/'].map(slash => parts.slice(0, end + 1).join('/') + slash));

/** `www.shop.example` may have cookies of its own, and of its parents. @param {string} host */
const domainsOf = host => ['', ...host.split('.').map((_, start, parts) => parts.slice(start).join('.'))];

/**
 * What deletes them, as `document.cookie` takes it. A cookie does not say of which path and domain it is: all that it can
 * be are tried. One that a consented service declares too stays.
 * @param {string} cookies `document.cookie`
 * @param {Service[]} services
 * @param {Choices} consents
 * @param {string} spared The consent's own.
 * @param {Pick<Location, 'pathname' | 'hostname' | 'protocol'>} location
 */
export function deletions(cookies, services, consents, spared, {pathname, hostname, protocol}) {
  const declared = (/** @type {boolean} */ isKept) =>
    services.filter(({slug}) => consents[slug] === isKept).flatMap(service => service.cookies);
  const isSecure = protocol === 'https:' ? ';Secure' : '';
  return cookies.split('; ').flatMap(cookie => {
    const [name = ''] = cookie.split('=');
    const named = declared(false).filter(isNamed(name));
    if (!named.length || name === spared || declared(true).some(isNamed(name))) return [];
    const paths = [...pathsOf(pathname), ...named.map(({path}) => path)];
    const domains = [...domainsOf(hostname), ...named.map(({domain}) => domain)];
    return domains.flatMap(domain =>
      paths.map(path => `${name}=;Max-Age=0;Path=${path}${domain ? `;Domain=${domain}` : ''}${isSecure}`),
    );
  });
}
