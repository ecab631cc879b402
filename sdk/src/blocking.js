/** What waits for consent: elements in blocked form, wherever and whenever they enter the page. */
import {treat} from './frames.js';
import {warn} from './guard.js';
import {HELD_SCRIPT, releaseScripts} from './scripts.js';
import {slugsOf} from './slugs.js';

const IMAGE = /** @type {'img'} */ ('img[data-consent]');
const HELD = `${HELD_SCRIPT},${IMAGE},iframe`;
const ATTRIBUTES = ['type', 'data-consent', 'data-src', 'data-srcset', 'data-blocked-src'];

/**
 * @typedef {import('./consent.js').Consent} Consent
 * @typedef {import('../dastra.js').FrameRule} Rule
 */

/** @param {HTMLImageElement} image */
function releaseImage(image) {
  for (const name of /** @type {const} */ (['srcset', 'src'])) {
    const address = image.dataset[name];
    if (address) image[name] = address;
    delete image.dataset[name];
  }
}

export class Blocking {
  /** Who knows what is consented to; until there is a widget, nobody. @type {Pick<Consent, 'effective' | 'settings'>} */
  consent = {effective: {}, settings: null};
  /** @type {Rule[]} */
  #rules = [];
  /** @type {Set<string>} */
  #told = new Set();

  /** @param {(slugs: string[]) => void} consentTo The visitor consents to these, and to nothing else. */
  constructor(consentTo) {
    this.consentTo = consentTo;
    const mayHold = (/** @type {Node} */ node) => node instanceof Element && (node.matches(HELD) || node.querySelector(HELD));
    new MutationObserver(records => {
      const nodes = records.flatMap(({type, target, addedNodes}) => (type === 'attributes' ? target : [...addedNodes]));
      if (nodes.some(mayHold)) this.apply();
    }).observe(document, {subtree: true, childList: true, attributeFilter: ATTRIBUTES});
  }

  /** The command `iframeBlock`. @param {Rule} rule */
  add(rule) {
    document.querySelector(rule.selector); // throws if it is none
    this.#rules.push(rule);
    this.apply();
  }

  /** Hold what has to wait, release what may go. */
  apply() {
    for (const frame of document.querySelectorAll('iframe'))
      treat(frame, this.#rules.find(({selector}) => frame.matches(selector)), this);
    for (const image of document.querySelectorAll(IMAGE)) if (this.verdict(slugsOf(image))) releaseImage(image);
    releaseScripts(script => this.verdict(slugsOf(script)));
  }

  /** Asked anew for each element. @param {string[]} slugs @returns {boolean | null} null: not known, or not yet */
  verdict(slugs) {
    const {effective, settings} = this.consent;
    const unknown = slugs.filter(slug => !Object.hasOwn(effective, slug));
    const news = unknown.filter(slug => settings && !this.#told.has(slug) && this.#told.add(slug));
    if (news.length) warn(`Held: no service "${news.join(' ')}".`);
    return unknown.length || !slugs.length ? null : slugs.every(slug => effective[slug] === true);
  }
}
