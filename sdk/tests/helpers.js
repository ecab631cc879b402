/** What a browser would give: a storage, a cookie jar, a service that answers as told. */
import {guarded} from '../src/storage.js';

/** @returns {Storage} */
export function memory() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return /** @type {any} */ ({
    getItem: (/** @type {string} */ key) => items.get(key) ?? null,
    setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
    removeItem: (/** @type {string} */ key) => void items.delete(key),
  });
}

export const store = () => {
  const storage = memory();
  return guarded(() => storage);
};

/**
 * `document.cookie` of a page on a host: a cookie is told from others by its name, domain, path and partition, and a
 * foreign domain is refused. In a frame of another site, so is each cookie without `SameSite=None`.
 * @param {string} host
 * @param {boolean} isEmbedded
 */
export function jar(host = 'shop.example', isEmbedded = false) {
  /** @type {Map<string, string>} */
  const cookies = new Map();
  return {
    /** The attributes of what was written last. */
    written: '',
    get cookie() {
      return [...cookies].map(([key, value]) => `${key.split('@')[0]}=${value}`).join('; ');
    },
    set cookie(text) {
      this.written = text;
      const [pair = '', ...attributes] = text.split(';');
      const [name, ...value] = pair.split('=');
      const given = (/** @type {string} */ start) =>
        attributes.find(each => each.startsWith(start))?.slice(start.length) ?? '';
      const domain = given('Domain=').replace(/^\./, '');
      if (domain && host !== domain && !host.endsWith(`.${domain}`)) return;
      if (isEmbedded && !attributes.includes('SameSite=None')) return;
      const key = `${name}@${domain}${given('Path=')}${attributes.includes('Partitioned')}`;
      if (attributes.includes('Max-Age=0')) cookies.delete(key);
      else cookies.set(key, value.join('='));
    },
  };
}

/** The address of a page. @param {string} hostname */
export const place = (hostname = 'shop.example', protocol = 'https:') => ({hostname, protocol, pathname: '/'});

export const NOW = Date.parse('2026-11-24T12:00:00Z');
export const A_DAY = 86_400_000;
/** The same in seconds, as the consent cookie states a time. */
export const SECONDS = NOW / 1000;

export const CONSENT_ID = '8a5e89c4-2243-4598-97c5-ba3cfb35a138';

/** Settings as the service gives them. @param {object} [own] */
export const settings = (own = {}) => ({
  lang: 'en',
  versionKey: 'd32cec0b-cdd3-4229-972a-0632094d9599',
  workSpaceId: 19,
  consentCookieName: 'euconsent',
  consentCookieDomain: null,
  consentCookieExpiryTime: 180,
  renewal: 0,
  renewOnNewService: false,
  translation: {},
  groups: [
    {purpose: 0, label: 'Necessary', services: [{slug: 'session', name: 'Session', purpose: 0}]},
    {purpose: 2, label: 'Analytical', services: [{slug: 'analytics', name: 'Analytics', purpose: 2}]},
    {
      purpose: 3,
      label: 'Marketing',
      services: [
        {slug: 'drift', name: 'Drift', purpose: 3},
        {slug: 'youtube', name: 'YouTube', purpose: 3},
      ],
    },
  ],
  ...own,
});
