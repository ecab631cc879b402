/** Frames: held without an address behind a placeholder, released with it, and held again. */
import {element, styleSheet} from './dom.js';
import css from './frames.css';
import {richText} from './rich_text.js';
import {slugsOf} from './slugs.js';

/** The second name is misspelt in the public documentation, and so in the styles of pages. */
const CLASSES = 'dastra-blocking-iframe datra-blocking-iframe';
/** All that makes the box of a frame, and its place among others. */
const BOX =
  /^((min-|max-)?(width|height)|(border|padding|margin|flex|grid)-.+|position|top|right|bottom|left|inset|float|clear|order|z-index|transform|vertical-align|aspect-ratio|box-sizing|.+-self)$/;

/**
 * @typedef {import('../dastra.js').FrameRule} Rule
 *
 * @typedef {object} Surroundings
 * @property {(slugs: string[]) => boolean} allows
 * @property {(slugs: string[]) => {name: string, purpose: string, accept: string} | null} describe null: not known yet.
 * @property {(slugs: string[]) => void} accept
 */

/** As large as the frame would be, and where. @param {HTMLElement} placeholder */
function fit(placeholder) {
  const style = getComputedStyle(/** @type {Element} */ (placeholder.nextElementSibling));
  for (const name of style) {
    const value = style.getPropertyValue(name);
    if (BOX.test(name)) placeholder.style.setProperty(name, value);
  }
  if (style.width === 'auto') placeholder.style.width = '300px'; // as CSS says of frames
  if (style.height === 'auto' && style.aspectRatio === 'auto') placeholder.style.height = '150px';
  placeholder.className = ''; // for a moment the frame is not hidden
  placeholder.style.display = style.display === 'inline' ? 'inline-block' : style.display;
  placeholder.className = CLASSES;
}

/** After the style sheets have come, before anything is painted. */
function fitAll() {
  for (const frame of document.querySelectorAll('.dastra-blocking-iframe + iframe'))
    fit(/** @type {HTMLElement} */ (frame.previousElementSibling));
}

export class Frames {
  #with;
  /** @type {Rule[]} */
  #rules = [];
  /** @type {WeakMap<HTMLIFrameElement, HTMLElement>} */
  #placeholders = new WeakMap();
  #isStyled = false;

  /** @param {Surroundings} surroundings */
  constructor(surroundings) {
    this.#with = surroundings;
  }

  /** @param {Rule} rule */
  add(rule) {
    document.querySelector(rule.selector); // throws if it is none
    this.#rules.push(rule);
  }

  /** Hold and release. */
  apply() {
    for (const frame of document.querySelectorAll('iframe')) this.#treat(frame);
  }

  /** @param {HTMLIFrameElement} frame */
  #treat(frame) {
    const rule = this.#rules.find(({selector}) => frame.matches(selector));
    const slugs = slugsOf(frame, rule?.service);
    if (!slugs.length) return;
    if (this.#with.allows(slugs)) this.#release(frame);
    else this.#hold(frame, slugs, rule);
  }

  /** @param {HTMLIFrameElement} frame */
  #release(frame) {
    const address = frame.dataset.blockedSrc;
    this.#placeholders.get(frame)?.remove();
    if (address == null) return;
    delete frame.dataset.blockedSrc;
    frame.src = address;
  }

  /** @param {HTMLIFrameElement} frame @param {string[]} slugs @param {Rule | undefined} rule */
  #hold(frame, slugs, rule) {
    const address = frame.getAttribute('src');
    if (address !== null) {
      frame.dataset.blockedSrc ??= address;
      frame.removeAttribute('src');
      frame.before(frame); // out of the page and in again: what was loaded, or on its way, is gone
    }
    if (frame.dataset.blockedSrc) this.#cover(frame, slugs, rule);
  }

  /** @param {HTMLIFrameElement} frame @param {string[]} slugs @param {Rule | undefined} rule */
  #cover(frame, slugs, rule) {
    const placeholder = this.#placeholders.get(frame) ?? this.#placeholder(frame, slugs, rule);
    if (!placeholder || placeholder.nextElementSibling === frame) return;
    this.#placeholders.set(frame, placeholder);
    this.#style();
    frame.before(placeholder);
    requestAnimationFrame(fitAll);
  }

  /** @param {HTMLIFrameElement} frame @param {string[]} slugs @param {Partial<Rule>} [rule] */
  #placeholder(frame, slugs, {body, buttonLabel, buttonClass} = {}) {
    const texts = this.#with.describe(slugs);
    if (!texts) return null;
    const {name, purpose, accept} = texts;
    const click = () => {
      this.#with.accept(slugs);
      frame.focus({preventScroll: true});
    };
    const made = element(
      'div',
      {role: 'group', 'aria-label': name},
      element('p', {}, body ? richText(body) : `${name} · ${purpose}`),
      element(
        'button',
        {type: 'button', class: buttonClass, 'aria-label': buttonLabel ? null : `${accept} ${name}`, click},
        buttonLabel || accept,
      ),
    );
    made.className = CLASSES;
    return made;
  }

  #style() {
    if (this.#isStyled) return;
    this.#isStyled = true;
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, styleSheet(css)];
    for (const event of ['load', 'resize']) addEventListener(event, fitAll);
  }
}
