/** Automatic blocking: hold plain scripts and frames whose host belongs to a service. */
import {LIVE, loads, park, parked} from './elements.js';
import {attempt, list} from './guard.js';
import {setAttribute} from './natives.js';
import {madeByScripts} from './trusted.js';

/** What trackers under the site's own host are called. It counts on the first page view, until the hosts are known. */
const TRACKER = /\b(matomo|piwik|gtag|gtm|ga|analytics|fbevents)\b[^/]*(\/js)?$/i;

/** The slug of what belongs to no service yet. */
const UNKNOWN = [''];

/**
 * Return the slugs of the services that an address belongs to. Addresses of other schemes belong to none, and so does
 * the page's own host unless a service lists exactly it. Before the hosts are certain, every other address belongs to a
 * service without consent. So does one that cannot be parsed.
 * @param {string} address
 * @param {{hosts: Hosts | null, isCertain: boolean}} known The hosts of each service; null if they were never known.
 * @param {string[]} own Origins.
 * @param {string} free Hosts that are never held, with spaces between.
 */
export function servicesAt(address, {hosts, isCertain}, own, free) {
  const url = attempt(() => new URL(address, document.baseURI));
  if (!url) return UNKNOWN;
  const host = url.hostname.replace(/\.$/, '');
  const isOf = (/** @type {string} */ name) => `.${host}`.endsWith(`.${name}`);
  if (!url.protocol.startsWith('http') || free.split(/\s+/).some(isOf)) return [];
  const isOwn = own.includes(url.origin);
  if (!hosts || !(isOwn || isCertain)) return isOwn && !TRACKER.test(url.pathname) ? [] : UNKNOWN;
  const isListed = isOwn ? (/** @type {string} */ name) => name === host : isOf;
  return Object.keys(hosts).filter(slug => list(hosts[slug]).some(isListed));
}

/** The elements of attribute maps, which do not know them. @type {WeakMap<NamedNodeMap, Element>} */
const owners = new WeakMap();

/** The ways to give an element an attribute that loads. @returns {[Function, string][]} */
const ways = () => [
  [HTMLIFrameElement, 'src srcdoc'],
  [HTMLImageElement, 'src srcset'],
  [HTMLSourceElement, 'src srcset'],
  [HTMLMediaElement, 'src'],
  [HTMLEmbedElement, 'src'],
  [HTMLScriptElement, 'src'],
  [HTMLVideoElement, 'poster'],
  [HTMLLinkElement, 'href'],
  [HTMLObjectElement, 'data'],
  [Element, 'setAttribute setAttributeNS setAttributeNode setAttributeNodeNS attributes'],
  [NamedNodeMap, 'setNamedItem setNamedItemNS'],
  [Attr, 'value'],
];

/**
 * Return the element, the attribute and the value that a call gives.
 * @param {any} self
 * @param {any} value The last argument of a method or a setter.
 * @param {string} name The one before.
 */
function given(self, value, name) {
  if (value instanceof Attr) return [owners.get(self) ?? self, value.name, value.value];
  return self instanceof Attr ? [self.ownerElement, self.name, value] : [self, name, value];
}

/**
 * Return the address, as Trusted Types let it pass. Other elements would load it.
 * @param {Element} element
 * @param {string} address
 */
function passed({localName}, address) {
  if (!/^(script|iframe)$/.test(localName)) return `${address}`;
  const tried = document.createElement(localName);
  setAttribute.call(tried, 'src', address);
  return /** @type {string} */ (tried.getAttribute('src'));
}

/**
 * From here on, elements of the page do not get an address that must wait. An attribute keeps it.
 * @param {(element: Element, name: string, address: string) => boolean | undefined} mustWait undefined: not our concern
 */
export function wrap(mustWait) {
  /** @param {any[]} attribute */
  function isKept([element, attribute, address]) {
    const name = `${attribute}`.toLowerCase();
    if (!LIVE.includes(name) || !(element instanceof Element) || !loads(element, name)) return false;
    const isDue = mustWait(element, name, address);
    if (isDue != null) element.removeAttribute(parked(name)); // otherwise the page may have written it for itself
    if (!isDue) return false;
    element.removeAttribute(name);
    park(element, name, name === 'src' ? passed(element, address) : `${address}`);
    madeByScripts.add(element);
    return true;
  }

  for (const [{prototype}, names] of ways())
    for (const name of names.split(' ')) {
      const own = /** @type {any} */ (Object.getOwnPropertyDescriptor(prototype, name));
      const part = own.value ? 'value' : own.set ? 'set' : 'get';
      const native = own[part];
      /** @this {any} @param {any[]} args */
      own[part] = function (...args) {
        const used = args.slice(0, native.length);
        if (used.length && isKept(given(this, used.at(-1), used.at(-2) ?? name))) return null;
        const result = native.apply(this, args);
        if (part === 'get') owners.set(result, this);
        return result;
      };
      Object.defineProperty(prototype, name, own);
    }
}
