/** Automatic blocking: scripts and frames whose host belongs to a service are held as they are written. */
import {attempt} from './guard.js';

/**
 * The slugs of the services that an address belongs to. What comes from the page's own origin, or the SDK's, and what is
 * not of the web belongs to none; before the settings are known, all else to one that is never consented to.
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
 * From here on no script and no frame that the page makes gets an address that must wait. The attribute keeps it.
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
