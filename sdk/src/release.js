/** Give held addresses back. Part of the file for what is held. */
import {
  NAMES,
  attempt,
  formOf,
  isLink,
  lookAgain,
  madeByScripts,
  own,
  parked,
  removeAttribute,
  setAttribute,
  styleSheet,
  trusted,
  warn,
} from './handed_over.js';

/**
 * Whether a script may be released. With `strict-dynamic`, what the SDK adds to the page runs. So under a policy with
 * nonces, a held script needs the nonce of the SDK's own element: markup that has slipped into the page has none.
 * @param {Element & {nonce?: string}} script
 * @param {string} what Its address or text.
 */
export function hasNonce(script, what) {
  const isIt = !own.nonce || script.nonce === own.nonce || madeByScripts.has(script);
  if (!isIt) warn(`Held: add the page's nonce="…" to ${what}`);
  return isIt;
}

/**
 * Set an attribute without the wrapper of automatic blocking.
 * @param {Element} element
 * @param {string} name
 * @param {string} value
 */
export function give(element, name, value) {
  const {localName} = element;
  const kind = name === 'srcdoc' ? 'createHTML' : /script|embed|object/.test(localName) && 'createScriptURL';
  if (localName === 'script' && !element.hasAttribute('async'))
    /** @type {HTMLScriptElement} */ (element).async = false; // otherwise scripts would lose their order
  setAttribute.call(element, name, kind ? trusted()[kind](value) : value);
}

/**
 * Return the background image of a style. Nothing else of it is released: filters of markup let `data-style` through,
 * and a visitor's comment could cover the page.
 * @param {string} style
 */
const imageIn = style => /** @type {any} */ (styleSheet(`*{${style}}`).cssRules[0]).style.backgroundImage;

/** Return the attributes under which an address waits. @param {Element} element @param {string} name @param {boolean} isMarked */
const formsOf = (element, name, isMarked) =>
  [parked(name), formOf(element, name, isMarked)].filter(form => element.getAttribute(form) != null);

/**
 * @typedef {Element & {dastraShown?: string | undefined, dastraPlaceholder?: HTMLElement}} Shown An element keeps the address that it
 * shows: a page may have replaced `WeakMap`.
 */

/** Whether it has the held form of what it shows. @param {Shown} element */
const showsAgain = element =>
  [parked('src'), 'data-src'].some(form => element.getAttribute(form) === (element.dastraShown ?? ''));

/**
 * Keep a film playing when a router makes the page equal to one that has its held form: it takes the address away and
 * sets the held one, in either order, and the film would begin anew.
 * @param {Shown} element
 */
function keepShowing(element) {
  element.dastraShown = `${element.getAttribute('src')}`;
  element.removeAttribute = name => {
    if (name !== 'src') removeAttribute.call(element, name);
    else if (!showsAgain(element)) {
      const before = element.getAttribute(name);
      const isOver = () => element.getAttribute(name) !== before || showsAgain(element); // it may have got another one
      Promise.resolve().then(() => isOver() || removeAttribute.call(element, name));
    }
  };
}

/** Give the addresses back, then tell the page. @param {Element} element @param {boolean} isMarked */
export function release(element, isMarked) {
  const {localName} = element;
  if (element.hasAttribute('src') && showsAgain(element))
    for (const form of formsOf(element, 'src', isMarked)) element.removeAttribute(form);
  if (!giveBack(element, isMarked)) return;
  if (localName === 'source') lookAgain(element);
  if (/^(iframe|video|audio)$/.test(localName) && element.hasAttribute('src')) keepShowing(element);
  tell(element);
}

/** @param {Element} element @param {boolean} isMarked @returns {boolean} whether it got one */
function giveBack(element, isMarked) {
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
    if (name === 'style') /** @type {HTMLElement} */ (element).style.backgroundImage = imageIn(address);
    else give(element, name, address);
  }
  return isGiven;
}

/** Tell the page that an element has been released: its address is set, or it has run. @param {Element} element */
export const tell = element =>
  attempt(() => element.dispatchEvent(new CustomEvent('dastra:released', {bubbles: true, composed: true})));
