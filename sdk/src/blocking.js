/** Elements in blocked form wait for consent, wherever and whenever they enter the page. */
import {servicesAt, wrap} from './autoblock.js';
import {holdOrRelease} from './frames.js';
import {merged, warn} from './guard.js';
import {matches, querySelector} from './natives.js';
import {HELD_SCRIPT, releaseScripts} from './scripts.js';
import {slugsOf} from './slugs.js';

const IMAGE = /** @type {'img'} */ ('img[data-consent]');
const HELD = `${HELD_SCRIPT},${IMAGE},iframe`;
const AUTOMATIC = `iframe,script:not(${HELD_SCRIPT})`;
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
  /**
   * Replaced by the visitor's consent when a widget starts.
   * @type {Pick<Consent, 'effective' | 'services' | 'settings'>}
   */
  consent = {effective: merged(), services: [], settings: null};
  /** With automatic blocking: the hosts of each service, and whether they are the settings' or all there will be. */
  known = {hosts: /** @type {Hosts | null} */ (null), isCertain: false};
  /** @type {Rule[]} */
  #rules = [];
  #own;
  #free;
  /** @type {Set<string>} */
  #warned = new Set();

  /**
   * @param {(slugs: string[]) => void} consentTo Called when the visitor consents to exactly these services.
   * @param {string[] | null} own With automatic blocking: the page's origins.
   * @param {string | null} free With automatic blocking: the hosts that are never held.
   */
  constructor(consentTo, own, free) {
    this.consentTo = consentTo;
    this.#own = own;
    this.#free = free;
    const held = own ? `${HELD},script` : HELD;
    const mayHold = (/** @type {Node} */ node) =>
      node instanceof Element && (matches.call(node, held) || querySelector.call(node, held)); // a form's fields have names
    new MutationObserver(records => {
      const nodes = records.flatMap(({type, target, addedNodes}) => (type === 'attributes' ? target : [...addedNodes]));
      if (nodes.some(mayHold)) this.apply();
    }).observe(window.document, {subtree: true, childList: true, attributeFilter: ATTRIBUTES});
    if (own) wrap(address => this.#mustWait(address));
  }

  /** The command `iframeBlock`. @param {Rule} rule */
  add(rule) {
    document.querySelector(rule.selector); // throws if the selector is invalid
    this.#rules.push(rule);
    this.apply();
  }

  /** Hold the elements that have to wait, and release the others. */
  apply() {
    for (const element of document.querySelectorAll(/** @type {'iframe'} */ (this.#own ? AUTOMATIC : 'iframe')))
      holdOrRelease(
        element,
        this.#rules.find(({selector}) => element.matches(selector)),
        this,
      );
    for (const image of document.querySelectorAll(IMAGE)) if (this.verdict(slugsOf(image))) releaseImage(image);
    releaseScripts(script => this.verdict(slugsOf(script)));
  }

  /**
   * Evaluated again for each element.
   * @param {string[]} slugs
   * @returns {boolean | null} null: unknown, or not known yet
   */
  verdict(slugs) {
    const {effective, settings} = this.consent;
    const unknown = slugs.filter(slug => !Object.hasOwn(effective, slug));
    const news = unknown.filter(slug => settings && !this.#warned.has(slug) && this.#warned.add(slug));
    if (news.length) warn(`Held: no service "${news.join(' ')}".`);
    return unknown.length || !slugs.length ? null : slugs.every(slug => effective[slug] === true);
  }

  /** With automatic blocking, return the services that an address belongs to. @param {string} address */
  servicesAt(address) {
    return this.#own && servicesAt(address, this.known, this.#own, this.#free ?? '');
  }

  /** @param {string} address */
  #mustWait(address) {
    return !!this.servicesAt(address)?.some(slug => !this.verdict([slug]));
  }
}
