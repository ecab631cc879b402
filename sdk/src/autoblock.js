/** Automatic blocking: hold plain scripts and frames whose host belongs to a service. */
import {attempt} from './guard.js';

/**
 * Return the slugs of the services that an address belongs to. Addresses of the page's own origin, of the SDK's, and of
 * other schemes belong to none. Before the settings are known, every other address belongs to a service without
 * consent.
 * @param {string} address
 * @param {Pick<import('./consent.js').Consent, 'services' | 'settings'>} consent
 * @param {string[]} own Origins.
 */
export function servicesAt(address, {services, settings}, own) {
  const url = attempt(() => new URL(address, document.baseURI));
  if (!url || !url.protocol.startsWith('http') || own.includes(url.origin)) return [];
  if (!settings) return [''];
  const isOf = (/** @type {string} */ host) => `.${url.hostname}`.endsWith(`.${host}`);
  return services.filter(({domain}) => domain.some(isOf)).map(({slug}) => slug);
}

/**
 * From here on, new scripts and frames of the page do not get an address that must wait. An attribute keeps it.
 * @param {(address: string) => boolean} mustWait
 */
export function wrap(mustWait) {
  for (const {prototype} of [HTMLScriptElement, HTMLIFrameElement]) {
    const {setAttribute} = prototype;
    const src = /** @type {Required<PropertyDescriptor>} */ (Object.getOwnPropertyDescriptor(prototype, 'src'));
    Object.defineProperty(prototype, 'src', {
      ...src,
      set(address) {
        if (mustWait(address)) this.dataset.blockedSrc = address;
        else {
          delete this.dataset.blockedSrc;
          src.set.call(this, address);
        }
      },
    });
    prototype.setAttribute = function (name, value) {
      if (/^src$/i.test(name)) this.src = value;
      else setAttribute.call(this, name, value);
    };
  }
}
