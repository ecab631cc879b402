/** What waits for consent: elements in blocked form, wherever and whenever they enter the page. */
import {frames} from './frames.js';
import {warn} from './guard.js';
import {HELD_SCRIPT, scripts} from './scripts.js';
import {slugsOf} from './slugs.js';

const HELD_IMAGE = /** @type {'img'} */ ('img[data-consent]:is([data-src],[data-srcset])');
const HELD = `${HELD_SCRIPT},${HELD_IMAGE},iframe`;
const ATTRIBUTES = ['type', 'data-consent', 'data-src', 'data-srcset', 'data-blocked-src'];

/**
 * @typedef {object} Knowledge
 * @property {() => Choices} consents What holds now.
 * @property {() => Settings | null} settings
 * @property {(slugs: string[]) => boolean | null} verdict null: one of them is not known, or not yet.
 * @property {(slugs: string[]) => void} accept The visitor consents to these, and to nothing else.
 */

/** @param {Node} node */
const mayHold = node => node instanceof Element && (node.matches(HELD) || !!node.querySelector(HELD));

/** @param {MutationRecord} record */
const isConcern = ({addedNodes, target, type}) =>
  type === 'attributes' ? mayHold(target) : [...addedNodes].some(mayHold);

/** @param {HTMLImageElement} image */
function releaseImage(image) {
  for (const name of ['srcset', 'src']) {
    const address = image.getAttribute(`data-${name}`);
    if (address !== null) image.setAttribute(name, address);
    image.removeAttribute(`data-${name}`);
  }
}

export class Blocking {
  /** Nothing, until there is a widget. @type {Knowledge} */
  knows = {consents: () => ({}), settings: () => null, verdict: slugs => this.#verdict(slugs), accept() {}};
  #frames = frames(this.knows);
  #releaseScripts = scripts(script => this.#verdict(slugsOf(script)));
  /** @type {Set<string>} */
  #unknown = new Set();

  constructor() {
    const observer = new MutationObserver(records => records.some(isConcern) && this.apply());
    observer.observe(document, {subtree: true, childList: true, attributeFilter: ATTRIBUTES});
  }

  /** The command `iframeBlock`. @param {import('../dastra.js').FrameRule} rule */
  add(rule) {
    this.#frames.add(rule);
    this.apply();
  }

  /** Hold what has to wait, release what may go. */
  apply() {
    this.#frames.apply();
    for (const image of document.querySelectorAll(HELD_IMAGE)) if (this.#verdict(slugsOf(image))) releaseImage(image);
    this.#releaseScripts();
  }

  /** Asked anew for each element: a script that has just been released may have changed everything. @param {string[]} slugs */
  #verdict(slugs) {
    const consents = this.knows.consents();
    const unknown = slugs.filter(slug => !Object.hasOwn(consents, slug));
    if (this.knows.settings()) unknown.forEach(this.#complain, this);
    return unknown.length || !slugs.length ? null : slugs.every(slug => consents[slug] === true);
  }

  /** @param {string} slug */
  #complain(slug) {
    if (this.#unknown.has(slug)) return;
    this.#unknown.add(slug);
    warn(`The widget has no service "${slug}": what waits for it is held for good.`);
  }
}
