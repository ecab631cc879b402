/** What waits for consent: elements in blocked form, wherever and whenever they enter the page. */
import {Frames} from './frames.js';
import {warn} from './guard.js';
import {HELD_SCRIPT, Scripts} from './scripts.js';
import {slugsOf} from './slugs.js';

const HELD_IMAGE = /** @type {'img'} */ ('img[data-consent]:is([data-src],[data-srcset])');
const HELD = `${HELD_SCRIPT},${HELD_IMAGE},iframe`;
const ATTRIBUTES = ['type', 'data-consent', 'data-src', 'data-srcset', 'data-blocked-src'];

/**
 * What a widget knows.
 * @typedef {object} Knowledge
 * @property {() => Choices} consents What holds now.
 * @property {() => Settings | null} settings
 * @property {(slugs: string[]) => void} accept The visitor consents to these, and to nothing else.
 */

/** @type {Knowledge} */
const NOTHING = {consents: () => ({}), settings: () => null, accept() {}};

/** @param {Node} node */
const mayHold = node => node instanceof Element && (node.matches(HELD) || !!node.querySelector(HELD));

/** @param {MutationRecord} record */
const isConcern = ({addedNodes, target, type}) =>
  type === 'attributes' ? /** @type {Element} */ (target).matches(HELD) : [...addedNodes].some(mayHold);

/** @param {HTMLImageElement} image */
function releaseImage(image) {
  for (const name of ['srcset', 'src']) {
    const address = image.getAttribute(`data-${name}`);
    if (address === null) continue;
    image.setAttribute(name, address);
    image.removeAttribute(`data-${name}`);
  }
}

export class Blocking {
  #with = NOTHING;
  #scripts = new Scripts(script => this.#allows(slugsOf(script)));
  #frames = new Frames({
    allows: slugs => this.#allows(slugs),
    describe: slugs => this.#describe(slugs),
    accept: slugs => this.#with.accept(slugs),
  });
  /** @type {Set<string>} */
  #unknown = new Set();

  constructor() {
    const observer = new MutationObserver(records => records.some(isConcern) && this.apply());
    observer.observe(document, {subtree: true, childList: true, attributeFilter: ATTRIBUTES});
  }

  /** From here on somebody knows what is consented to; until then nothing is. @param {Knowledge} knowledge */
  ask(knowledge) {
    this.#with = knowledge;
  }

  /** The command `iframeBlock`. @param {import('../dastra.js').FrameRule} rule */
  add(rule) {
    this.#frames.add(rule);
    this.apply();
  }

  /** Hold what has to wait, release what may go. */
  apply() {
    this.#frames.apply();
    for (const image of document.querySelectorAll(HELD_IMAGE)) if (this.#allows(slugsOf(image))) releaseImage(image);
    this.#scripts.release();
  }

  /** Asked anew for each element: a script that has just been released may have changed everything. @param {string[]} slugs */
  #allows(slugs) {
    const consents = this.#with.consents();
    if (this.#with.settings()) for (const slug of slugs) if (!Object.hasOwn(consents, slug)) this.#complain(slug);
    return slugs.length > 0 && slugs.every(slug => consents[slug] === true);
  }

  /** @param {string} slug */
  #complain(slug) {
    if (this.#unknown.has(slug)) return;
    this.#unknown.add(slug);
    warn(`The widget has no service "${slug}": what waits for it is held for good.`);
  }

  /** @param {string[]} slugs */
  #describe(slugs) {
    const settings = this.#with.settings();
    const known = settings?.groups.flatMap(({label, services}) => services.map(service => ({...service, label}))) ?? [];
    const named = known.filter(({slug}) => slugs.includes(slug));
    if (!settings || named.length < new Set(slugs).size) return null;
    return {
      name: named.map(({name}) => name).join(', '),
      purpose: [...new Set(named.map(({label}) => label))].join(', '),
      accept: settings.translation.buttonAcceptLabel ?? '',
    };
  }
}
