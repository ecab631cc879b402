/** Automatic blocking: hold plain scripts and frames whose host belongs to a service. */
import {load} from './dom.js';
import {attempt, list} from './guard.js';
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

/** @param {Element} element @returns {element is HTMLElement} */
const isHoldable = element => element instanceof HTMLScriptElement || element instanceof HTMLIFrameElement;

/** The elements of attribute maps, which do not know them. @type {WeakMap<NamedNodeMap, Element>} */
const owners = new WeakMap();

/** The ways to give an element an attribute. @returns {[Function, string][]} */
const ways = () => [
  [HTMLScriptElement, 'src'],
  [HTMLIFrameElement, 'src'],
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
function given(self, value, name = 'src') {
  if (value instanceof Attr) return [owners.get(self) ?? self, value.name, value.value];
  return self instanceof Attr ? [self.ownerElement, self.name, value] : [self, name, value];
}

/**
 * From here on, new scripts and frames of the page do not get an address that must wait. An attribute keeps it.
 * @param {(address: string) => boolean} mustWait
 */
export function wrap(mustWait) {
  /** @param {any[]} attribute */
  function isKept([element, name, address]) {
    if (!isHoldable(element) || !/^src$/i.test(name)) return false;
    delete element.dataset.blockedSrc;
    if (!mustWait(address)) return false;
    element.removeAttribute('src');
    const tried = document.createElement(element.localName);
    load(tried, address); // Trusted Types may refuse or change it
    element.dataset.blockedSrc = /** @type {string} */ (tried.getAttribute('src'));
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
        if (used.length && isKept(given(this, used.at(-1), used.at(-2)))) return null;
        const result = native.apply(this, args);
        if (part === 'get') owners.set(result, this);
        return result;
      };
      Object.defineProperty(prototype, name, own);
    }
}
