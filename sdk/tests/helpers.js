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

/** `document.cookie` of a page on a host: names are unique per domain, and a foreign domain is refused. */
export function jar(host = 'shop.example') {
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
      const domain =
        attributes
          .find(each => each.startsWith('Domain='))
          ?.slice(7)
          .replace(/^\./, '') ?? '';
      if (domain && host !== domain && !host.endsWith(`.${domain}`)) return;
      if (attributes.includes('Max-Age=0')) cookies.delete(`${name}@${domain}`);
      else cookies.set(`${name}@${domain}`, value.join('='));
    },
  };
}

export const NOW = Date.parse('2026-11-24T12:00:00Z');
export const A_DAY = 86_400_000;
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
