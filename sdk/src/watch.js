/**
 * Keep the window usable whatever the page does: modal dialogs, focus traps, scripts that delay clicks, a focus that
 * would be hidden behind the window, and style sheets that hide it.
 */
import {MutationObserver, attempt, dispatch, element, styleSheet} from './handed_over.js';
import css from './second_screen.css';

/**
 * A focus trap of the page would undo these events in the window, a smooth scroller would keep it from scrolling, and a
 * dialog of the page would close as if the visitor had pressed beside it. So the page is not told of them.
 */
const OWN = (
  'click auxclick dblclick contextmenu keydown keyup wheel focus blur focusin focusout ' +
  'mousedown mouseup pointerdown pointerup touchstart touchmove touchend'
).split(' ');

/** Ends of a press. What began in the page is the page's: it would go on dragging otherwise. */
const END = /[er]up/; // of a mouse or a pointer, not of a key

/** With these attributes, focus traps make the rest of the page unusable. */
const DEAD = ['inert', 'aria-hidden'];

const AT_TOP = '[class*=Top]';

/** @param {any} node */
const isModal = node => attempt(() => node.matches('dialog:modal'));

/**
 * Make a dialog modal, unless something such as a content blocker hides it: it would freeze the page.
 * @param {HTMLDialogElement} dialog
 * @returns {boolean} whether it is shown
 */
export function openModal(dialog) {
  dialog.open = true;
  // A page may have replaced the function.
  const isHidden = attempt(() => getComputedStyle(dialog).visibility !== 'visible');
  const isSeen = !isHidden && !!dialog.offsetHeight;
  dialog.open = false;
  if (isSeen) dialog.showModal();
  else dispatch('dastra:window:hidden');
  return isSeen;
}

/**
 * Return a node's property by its prototypes. A document's named elements and a form's fields may have the names of these
 * properties.
 * @param {Node} node
 * @param {string} name
 */
function native(node, name) {
  for (let each = Object.getPrototypeOf(node); each; each = Object.getPrototypeOf(each)) {
    const found = Object.getOwnPropertyDescriptor(each, name);
    if (found) return /** @type {any} */ (found.get).call(node);
  }
}

/**
 * Return what a node is shown in.
 * @param {Node} node
 * @returns {Node | null}
 */
const above = node => native(node, 'assignedSlot') ?? native(node, 'parentNode') ?? native(node, 'host');

/**
 * Return what has the focus, also in an open shadow root.
 * @param {Element} host The window's, which is not looked into.
 */
function focusedIn(host) {
  let at = document.activeElement;
  while (at !== host && at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
  return at;
}

/**
 * Return the only place that is not inert: the page's topmost modal dialog, which has the focus if anything has it,
 * even in a shadow root. Without a dialog it is <html>.
 * @param {Element} host
 * @returns {Element | null}
 */
function placeFor(host) {
  for (let at = /** @type {any} */ (focusedIn(host)); at; at = above(at)) if (isModal(at)) return at;
  const dialogs = [...document.querySelectorAll('dialog'), host.parentNode].filter(isModal);
  return /** @type {any} */ (dialogs.pop() ?? document.documentElement);
}

/** Watches over the window from the time when its second file has loaded. */
export class Watch {
  #host;
  #attach;
  #end;
  /** @type {ShadowRoot} */
  #shadow;
  /** The page's margin for what has the focus. */
  #margin = styleSheet('');
  #status = element('div.status', {role: 'status'});
  /** The page may have replaced the class. */
  #size = attempt(() => new ResizeObserver(() => this.#fit()));
  #dialogs = new MutationObserver(() => this.#attachSoon());
  /** @type {HTMLDialogElement | null} */
  #dialog = null;
  /** The elements of the last press, the innermost first. @type {any[]} */
  #pressed = [];

  /**
   * @param {HTMLElement} host The window's element.
   * @param {() => void} attach Put it where it belongs.
   * @param {() => void} end Close the window without a choice.
   */
  constructor(host, attach, end) {
    this.#host = host;
    this.#attach = attach;
    this.#end = end;
    this.#shadow = /** @type {ShadowRoot} */ (host.shadowRoot);
    new MutationObserver(() => this.#look()).observe(this.#shadow, {subtree: true, childList: true});
    this.#look();
  }

  /**
   * Return the place where the host belongs, and notice from now on when a dialog there opens or closes. A focus trap may
   * have taken the window for a part of the page.
   */
  placeFor() {
    const place = placeFor(this.#host);
    if (!place) return null; // a page that is written anew
    for (const name of DEAD) this.#host.removeAttribute(name);
    this.#dialogs.observe(this.#host, {attributes: true, attributeFilter: DEAD});
    // The document's own nodes are watched already.
    this.#dialogs.observe(place.getRootNode(), {
      subtree: true,
      childList: !document.contains(place),
      attributes: true,
      attributeFilter: ['open'],
    });
    return place;
  }

  /** The host has moved, so that nothing in it is modal. */
  moved() {
    if (this.#dialog?.open && this.#dialog.matches('.modal') && !openModal(this.#dialog)) this.#end();
  }

  /**
   * Announce a text; the next announcement replaces it. Assistive technology reads what changes in an element that was
   * there before.
   * @param {string} text
   * @param {boolean} isSeen
   */
  say(text, isSeen) {
    this.#status.classList.toggle('unseen', !isSeen);
    setTimeout(() => this.#status.replaceChildren(text));
    setTimeout(() => this.#status.replaceChildren(), 5000);
  }

  /** Once a frame, and before its layout: a dialog that closes hides the window in it. A page may have replaced the function. */
  #attachSoon() {
    attempt(() => requestAnimationFrame(this.#attach));
  }

  /** The window may show another screen or language, or none. */
  #look() {
    const root = /** @type {HTMLElement} */ (this.#shadow.firstElementChild);
    const sheet = /** @type {CSSStyleSheet} */ (this.#shadow.adoptedStyleSheets[1]);
    if (!sheet.cssRules.length) sheet.replaceSync(css);
    if (this.#status.parentNode !== root) root.append(this.#status);
    for (const type of OWN) addEventListener(type, this.#hear, true); // again: document.open ends listeners
    const shown = /** @type {HTMLDialogElement | null} */ (this.#shadow.querySelector('dialog[open]'));
    if (shown === this.#dialog) return;
    this.#dialog = shown;
    this.#size?.disconnect();
    if (shown) this.#size?.observe(shown);
    this.#fit();
  }

  get #isBeside() {
    return this.#dialog?.open && this.#dialog.isConnected && !this.#dialog.matches('.modal');
  }

  /** Leave room beside the window for what has the focus in the page (WCAG 2.2, 2.4.11). */
  #fit() {
    if (this.#dialog && !this.#dialog.open) this.#dialog = null; // it fades out
    const height = this.#dialog?.offsetHeight;
    const side = this.#dialog?.matches(AT_TOP) ? 'top' : 'bottom';
    const isBeside = this.#isBeside;
    const text = /** @type {HTMLElement | null | undefined} */ (this.#dialog?.querySelector('.text'));
    if (text) text.tabIndex = text.scrollHeight > text.clientHeight ? 0 : -1; // the keyboard scrolls what it can reach
    const {adoptedStyleSheets} = document;
    if (!adoptedStyleSheets.includes(this.#margin)) adoptedStyleSheets.push(this.#margin); // a page may set its own
    this.#margin.replaceSync(height && isBeside ? `:root{scroll-padding-${side}:${height + 30}px!important}` : '');
    if (height || !this.#dialog?.isConnected) return;
    dispatch('dastra:window:hidden');
    if (!isBeside) this.#end();
  }

  /** Go to the other side if the window still hides what has the focus: the page cannot always scroll far enough. */
  #makeWay() {
    const dialog = this.#dialog;
    const active = focusedIn(this.#host);
    if (!dialog || !active || active === this.#host || !this.#isBeside) return;
    const [own, other] = /** @type {[DOMRect, DOMRect]} */ ([dialog, active].map(each => each.getBoundingClientRect()));
    if (other.top < own.top || other.bottom > own.bottom || other.left < own.left || other.right > own.right) return;
    const isAtTop = dialog.matches(AT_TOP);
    dialog.className = dialog.className.replace(/Top|Bottom|Center/, isAtTop ? 'Bottom' : 'Top');
    this.#fit();
    active.scrollIntoView({block: isAtTop ? 'start' : 'end'});
  }

  /**
   * Call the window's own listeners, which are `on…` properties. A click on the host itself is one that a script of the
   * page has kept back and dispatches again: from outside, nothing within is seen.
   * @param {Event} event
   */
  #hear = event => {
    const {type} = event;
    const path = /** @type {any[]} */ (event.composedPath());
    const at = path.indexOf(this.#host);
    const isIntoIt = type === 'focusout' && /** @type {FocusEvent} */ (event).relatedTarget === this.#host;
    const own = at ? path.slice(0, Math.max(at, 0)) : this.#pressed;
    if (/down|start/.test(type)) this.#pressed = own;
    if ((at >= 0 && (this.#pressed[0] || !END.test(type))) || isIntoIt) event.stopImmediatePropagation();
    if (at < 0) return this.#hearOutside(type);
    for (const each of own) each[`on${type}`]?.(event);
  };

  /** @param {string} type */
  #hearOutside(type) {
    if (type === 'keyup') this.#makeWay();
    if (!/focusin|blur/.test(type)) return; // only the latter comes when the focus goes into a frame
    this.#attachSoon(); // a dialog in a shadow root may have opened
    setTimeout(() => this.#makeWay()); // the page scrolls after this event
  }
}
