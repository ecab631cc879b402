/** Elements in blocked form wait for consent, wherever and whenever they enter the page. */
import {servicesAt, wrap} from './autoblock.js';
import {LIVE, parked} from './elements.js';
import {holdOrRelease} from './frames.js';
import {merged, warn} from './guard.js';
import {matches, querySelector, querySelectorAll} from './natives.js';
import {slugsOf} from './slugs.js';

/** Held, and released: a router's copy of a released script is held in its turn. */
const HELD_SCRIPT = /** @type {'script'} */ ('script[type^="dastra/"]');

/**
 * All that waits by a mark of its own or of the whole, or by a rule. Scripts are apart: their order counts. A form loads
 * nothing, and its fields may have the names of methods.
 */
const ELEMENTS = 'iframe,[data-consent]:not(script,form),:is(video,audio,picture)[data-consent]>*';
const AUTOMATIC = `${ELEMENTS},script:not(${HELD_SCRIPT})`;
/** Elements that open the window, and declarations: the second file serves them. */
const SERVED = '[data-dastra-choices],[data-dastra-declaration]';
/** A page may also take away what stands for a frame. */
const CONCERNED = `${ELEMENTS},${HELD_SCRIPT},.dastra-blocking-iframe,${SERVED}`;
const ATTRIBUTES = LIVE.flatMap(name => [name, `data-${name}`, parked(name)]);

/** With these events, routers announce that they keep a copy of the page, which they may show after a withdrawal. */
const SNAPSHOTS = ['turbo:before-cache', 'turbolinks:before-cache', 'htmx:beforeHistorySave', 'livewire:navigating'];

/** What they keep as it is on the next page. */
const PERMANENT = '[data-turbo-permanent],[hx-preserve]';

/**
 * @typedef {import('./consent.js').Consent} Consent
 * @typedef {import('../dastra.js').FrameRule} Rule
 * @typedef {import('./frames.js').Holdable} Holdable
 */

export class Blocking {
  /**
   * Replaced by the visitor's consent when a widget starts.
   * @type {Pick<Consent, 'effective' | 'services' | 'settings'>}
   */
  consent = {effective: merged(), services: [], settings: null};
  /** With automatic blocking: the hosts of each service, and whether they are the settings' or all there will be. */
  known = {hosts: /** @type {Hosts | null} */ (null), isCertain: false};
  /** Counts the decisions on this page: a frame that is shown once is held again after the next one. */
  turn = 1;
  /** The language of the visitor, once the settings cannot be reached. */
  unavailable = '';
  /** Serve the page's own elements, once the widget has started. @type {((isLater?: boolean) => void) | undefined} */
  serve;
  /** What releases scripts and places placeholders, once its file is there. @type {import('./on_demand.js').Held | null} */
  held = null;
  #isAsked = false;
  /** That file did not load, a moment ago. */
  #isWithout = false;
  #load;
  /** @type {Rule[]} */
  #rules = [];
  /** A frame's rule stays, also when the address that it selects by is held. @type {WeakMap<Element, Rule>} */
  #matched = new WeakMap();
  #own;
  #free;
  /** @type {Set<string>} */
  #warned = new Set();
  /** The document, and the open shadow roots in it. @type {Set<Document | ShadowRoot>} */
  #roots = new Set();
  #observer;
  #isPaused = false;

  /**
   * @param {(slugs: string[]) => void} consentTo Called when the visitor consents to exactly these services.
   * @param {string[] | null} own With automatic blocking: the page's origins.
   * @param {string | null} free With automatic blocking: the hosts that are never held.
   * @param {import('./on_demand.js').Loader<import('./on_demand.js').Held>} load
   */
  constructor(consentTo, own, free, load) {
    this.#load = load;
    this.consentTo = consentTo;
    this.#own = own;
    this.#free = free;
    this.#observer = new MutationObserver(records => this.#follow(records));
    this.#watch(document);
    const {attachShadow} = Element.prototype;
    const watch = (/** @type {ShadowRoot} */ root) => (root.mode === 'open' && this.#watch(root), root);
    Element.prototype.attachShadow = function (options) {
      return watch(attachShadow.call(this, options));
    };
    wrap((element, name, address) => this.#mustWait(element, name, address));
    for (const name of SNAPSHOTS) addEventListener(name, () => this.#pause(), true); // some do not bubble
  }

  /**
   * Show a frame until the visitor's next decision, if it stays with these services; nothing is stored.
   * @param {Holdable} frame
   * @param {string[]} slugs
   */
  showOnce(frame, slugs) {
    frame.dastraOnce = `${this.turn} ${slugs}`;
    this.apply();
  }

  /** @param {Holdable} frame @param {string[]} slugs */
  isShownOnce(frame, slugs) {
    return !this.#isPaused && frame.dastraOnce === `${this.turn} ${slugs}`;
  }

  /** The command `iframeBlock`. @param {Rule} rule */
  add(rule) {
    document.querySelector(rule.selector); // throws if the selector is invalid
    this.#rules.push(rule);
    this.apply();
  }

  /** Hold the elements that have to wait, and release the others. @param {() => void} [done] */
  apply(done) {
    this.applyToElements(() => this.#releaseScripts(done));
  }

  /**
   * What releases is a file of its own, for pages that hold something with consent. Without it all that is held waits.
   * @param {() => void} done
   */
  #withHeld(done) {
    this.#load(parts => {
      this.held = parts;
      this.#isWithout = !parts;
      if (!parts) setTimeout(() => (this.#isWithout = false), 10_000);
      done();
    });
  }

  /** @param {() => void} [done] */
  #releaseScripts(done) {
    const held = () => this.#all(HELD_SCRIPT);
    const allows = (/** @type {Element} */ script) => script.matches(HELD_SCRIPT) && this.verdict(slugsOf(script));
    if (this.#isWithout || !held().some(allows)) return done?.();
    this.#withHeld(() => {
      this.held?.[0](held, allows);
      done?.();
    });
  }

  /**
   * The same without scripts, which wait for the events that tell the page of a consent.
   * @param {() => void} [done] Called once the elements with consent have been released.
   */
  applyToElements(done) {
    if (document.querySelector(SERVED)) this.serve?.();
    const isDue = this.#all(/** @type {'iframe'} */ (this.#own ? AUTOMATIC : ELEMENTS)).map(
      element =>
        (!this.#isPaused || !element.closest(PERMANENT)) && holdOrRelease(element, this.#ruleOf(element), this),
    );
    if (this.#isWithout || !isDue.includes(true)) return done?.();
    this.#withHeld(() => this.applyToElements(done));
  }

  /** Place placeholders as soon as their file is there. */
  draw() {
    if (!this.#isAsked) this.#withHeld(() => this.applyToElements());
    this.#isAsked = true;
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
    return this.#isPaused || unknown.length || !slugs.length ? null : slugs.every(slug => effective[slug] === true);
  }

  /** With automatic blocking, return the services that an address belongs to. @param {string} address */
  servicesAt(address) {
    return this.#own && servicesAt(address, this.known, this.#own, this.#free ?? '');
  }

  /**
   * Whether an element must not get this address. Of elements without a mark, only scripts and frames may have to wait;
   * undefined for the others.
   * @param {Element} element
   * @param {string} name
   * @param {string} address
   */
  #mustWait(element, name, address) {
    const isScript = element.localName === 'script';
    this.#ruleOf(/** @type {HTMLElement} */ (element)); // a frame may match before it is in the page
    const slugs = isScript ? [] : slugsOf(element);
    if (slugs.length) return !this.verdict(slugs);
    if (name === 'src' && (isScript || element.localName === 'iframe'))
      return this.servicesAt(address)?.some(slug => !this.verdict([slug]));
  }

  /** The mark lets the page's wrapped setters and copies of the frame know the rule. @param {HTMLElement} element */
  #ruleOf(element) {
    const known = this.#matched.get(element);
    if (known || element.localName !== 'iframe') return known;
    const rule = this.#rules.find(({selector}) => element.matches(selector));
    if (!rule?.service) return rule;
    this.#matched.set(element, rule);
    element.dataset.consent = [...slugsOf(element), rule.service].join(' ');
    return rule;
  }

  /**
   * @template {keyof HTMLElementTagNameMap} Tag
   * @param {Tag} selector
   * @returns {HTMLElementTagNameMap[Tag][]}
   */
  #all(selector) {
    for (const root of this.#roots) if (!root.isConnected) this.#roots.delete(root);
    return [...this.#roots].flatMap(root => [...root.querySelectorAll(selector)]);
  }

  /** @param {Document | ShadowRoot} root */
  #watch(root) {
    this.#roots.add(root);
    const attributeFilter = ['type', 'data-consent', ...ATTRIBUTES];
    this.#observer.observe(root === document ? window.document : root, {
      subtree: true,
      childList: true,
      attributes: true, // whatever objects inherit
      attributeFilter,
    });
    this.#enter(root);
  }

  /**
   * Watch the open shadow roots in a tree.
   * @param {ParentNode} tree
   * @returns {boolean} whether there are some
   */
  #enter(tree) {
    const all = tree instanceof Element ? querySelectorAll.call(tree, '*') : tree.querySelectorAll('*');
    const roots = [tree, ...all]
      .map(each => /** @type {Element} */ (each).shadowRoot)
      .filter(root => root instanceof ShadowRoot); // not a form's field of that name
    for (const root of roots) if (!this.#roots.has(root)) this.#watch(root);
    return roots.length > 0;
  }

  /** @param {MutationRecord[]} records */
  #follow(records) {
    const concerned = this.#own ? `${CONCERNED},script` : CONCERNED;
    const nodes = /** @type {Element[]} */ (
      records
        .flatMap(({type, target, addedNodes, removedNodes}) =>
          type === 'attributes' ? target : [...addedNodes, ...removedNodes],
        )
        .filter(node => node instanceof Element)
    );
    if (this.held) nodes.forEach(this.held[2]);
    const isDue = nodes.map(
      node => this.#enter(node) || matches.call(node, concerned) || querySelector.call(node, concerned), // a form's fields have names
    );
    if (isDue.some(each => each)) this.apply();
  }

  /** Hold everything while a router copies the page. */
  #pause() {
    this.#isPaused = true;
    this.apply();
    setTimeout(() => {
      this.#isPaused = false;
      this.apply();
    }, 50);
  }
}
