/** Attributes that load something: held under another name (`data-blocked-src`), and given back. */
import {setAttribute} from './natives.js';
import {hasNonce, trusted} from './trusted.js';

/** What a page's scripts set. In this order: an image with `srcset` does not begin with its `src`. */
export const LIVE = ['srcset', 'src', 'srcdoc', 'href', 'data', 'poster'];
const NAMES = ['name', ...LIVE, 'style'];

/** @param {string} name */
export const parked = name => `data-blocked-${name}`;

/** Note an address that must wait. @param {Element} element @param {string} name @param {string} value */
export const park = (element, name, value) => element.setAttribute(parked(name), value);

/** Return the address that waits. @param {Element} element */
export const parkedAddress = element => element.getAttribute(parked('src'));

/**
 * Set an attribute without the wrapper of automatic blocking.
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function give(element, name, value) {
  const {localName} = element;
  const kind = name === 'srcdoc' ? 'createHTML' : /script|embed|object/.test(localName) && 'createScriptURL';
  if (localName === 'script')
    /** @type {HTMLScriptElement} */ (element).async = element.hasAttribute('async'); // otherwise scripts would lose their order
  setAttribute.call(element, name, kind ? trusted()[kind](value) : value);
}

/**
 * Whether it is a link, which loads nothing. Filters of markup let `data-href` through, and it may be a script.
 * @param {Element} element
 */
const isLink = ({localName}) => /^a(rea)?$/.test(localName);

/**
 * Whether the element loads what the attribute names. A link or a form can give an address to a frame that has a name.
 * @param {Element} element
 * @param {string} name
 */
export const loads = (element, name) =>
  name === 'name' ? element.localName === 'iframe' : name in element && name !== 'style' && !isLink(element);

/** Return the other form of an attribute, if a marked element may have it. @param {Element} element @param {string} name @param {boolean} isMarked */
const formOf = (element, name, isMarked) =>
  isMarked && (name === 'style' || (name !== 'name' && loads(element, name))) ? `data-${name}` : '';

/** Media look for their sources only once. @param {Element} element */
const lookAgain = element => /** @type {HTMLMediaElement | null} */ (element.closest('video,audio'))?.load();

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
      element.removeAttribute(form);
      isTaken ||= form === name;
    }
  if (isTaken && element.localName === 'iframe') element.before(element); // discards the loaded document
  if (isTaken) lookAgain(element);
  return NAMES.some(name => element.hasAttribute(parked(name)));
}

/** Return the attributes under which an address waits. @param {Element} element @param {string} name @param {boolean} isMarked */
const formsOf = (element, name, isMarked) =>
  [parked(name), formOf(element, name, isMarked)].filter(form => element.getAttribute(form) != null);

/** Give the addresses back, then tell the page. @param {Element} element @param {boolean} isMarked */
export function release(element, isMarked) {
  let isGiven = false;
  for (const name of NAMES) {
    const forms = formsOf(element, name, isMarked);
    const [address] = forms.map(form => element.getAttribute(form));
    for (const form of forms) element.removeAttribute(form);
    if (
      address == null ||
      (isLink(element) && name !== 'style') ||
      (element.localName === 'script' && !hasNonce(element, address))
    )
      continue;
    // The history restores parsed frames alone, and a frame has the name that it had when it entered the page.
    if (name === 'name') give(element, name, address);
    if (!isGiven && element.localName === 'iframe') element.before(element);
    isGiven = true;
    give(element, name, address);
  }
  if (isGiven && element.localName === 'source') lookAgain(element);
  if (isGiven) tell(element);
}

/** Tell the page that an element has been released: its address is set, or it has run. @param {Element} element */
export const tell = element =>
  element.dispatchEvent(new CustomEvent('dastra:released', {bubbles: true, composed: true}));
