/** Attributes that load something: held under another name (`data-blocked-src`). */
import {removeAttribute} from './natives.js';

/** What a page's scripts set. In this order: an image with `srcset` does not begin with its `src`. */
export const LIVE = ['srcset', 'src', 'srcdoc', 'href', 'data', 'poster'];
export const NAMES = ['name', ...LIVE, 'style'];

/** @param {string} name */
export const parked = name => `data-blocked-${name}`;

/** Note an address that must wait. @param {Element} element @param {string} name @param {string} value */
export const park = (element, name, value) => element.setAttribute(parked(name), value);

/** Return the address that waits. @param {Element} element */
export const parkedAddress = element => element.getAttribute(parked('src'));

/**
 * Whether it is a link, which loads nothing. Filters of markup let `data-href` through, and it may be a script.
 * @param {Element} element
 */
export const isLink = ({localName}) => /^a(rea)?$/.test(localName);

/**
 * Whether the element loads what the attribute names. An element of the page's own may load anything. A link or a form
 * can give an address to a frame that has a name.
 * @param {Element} element
 * @param {string} name
 */
export const loads = (element, name) =>
  name === 'name'
    ? element.localName === 'iframe'
    : (name in element || element.localName.includes('-')) && name !== 'style' && !isLink(element);

/** Return the other form of an attribute, if a marked element may have it. @param {Element} element @param {string} name @param {boolean} isMarked */
export const formOf = (element, name, isMarked) =>
  isMarked && (name === 'style' || (name !== 'name' && loads(element, name))) ? `data-${name}` : '';

/** Media look for their sources only once. @param {Element} element */
export const lookAgain = element => /** @type {HTMLMediaElement | null} */ (element.closest('video,audio'))?.load();

/**
 * Move addresses to where they load nothing, and where lazy loaders do not look. The parser creates scripts without a hook, but observers see them before
 * they run. A script without an address does not run, and can still run when it gets one.
 * @param {Element} element
 * @param {boolean} isMarked It names its service, so that forms such as `data-src` wait as well.
 * @returns {boolean} whether anything waits
 */
export function hold(element, isMarked) {
  let isTaken = false;
  for (const name of NAMES)
    for (const form of [formOf(element, name, isMarked), loads(element, name) ? name : '']) {
      const address = element.getAttribute(form);
      if (address == null) continue;
      if (!element.hasAttribute(parked(name))) park(element, name, address);
      removeAttribute.call(element, form); // not that of release.js
      isTaken ||= form === name;
    }
  if (isTaken && element.localName === 'iframe') element.before(element); // discards the loaded document
  if (isTaken) lookAgain(element);
  return NAMES.some(name => element.hasAttribute(parked(name)));
}

/** Whether an address waits, to be given back with consent. @param {Element} element @param {boolean} isMarked */
export const isWaiting = (element, isMarked) =>
  NAMES.some(name => [parked(name), formOf(element, name, isMarked)].some(form => element.getAttribute(form) != null));
