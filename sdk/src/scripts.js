/** Held scripts: each runs once, in the order of the document, when all of its services are consented to. */
import {attempt} from './guard.js';
import {trusted} from './trusted.js';

export const HELD_SCRIPT = 'script[type="dastra/script"]';
const OURS = ['type', 'data-type', 'data-src', 'src'];

/** @param {HTMLScriptElement} script */
const addressOf = script => script.dataset.src ?? script.getAttribute('src');

/** @param {HTMLScriptElement} script */
const isInline = script => addressOf(script) === null;

/** Async says nothing of a classic inline script. @param {HTMLScriptElement} script */
const isAsync = script => script.hasAttribute('async') && !(isInline(script) && script.dataset.type !== 'module');

/** Whether it will say that it has ended; a browser that knows modules passes others over in silence. @param {HTMLScriptElement} script */
const willEnd = script => script.hasAttribute('src') && !script.noModule && /^(module)?$|javascript/i.test(script.type);

/**
 * A copy that runs when it enters the page. What came by innerHTML never would, nor would its clone.
 * @param {HTMLScriptElement} held
 */
function runnable(held) {
  const made = document.createElement('script');
  made.async = false; // the browser's word for order; an attribute may say otherwise
  for (const {name, value} of held.attributes) if (!OURS.includes(name)) attempt(() => made.setAttribute(name, value));
  if (held.dataset.type) made.type = held.dataset.type;
  made.nonce = held.nonce; // the attribute is empty, lest style sheets read it
  const address = addressOf(held);
  if (address === null) made.text = trusted().createScript(held.text);
  else made.src = trusted().createScriptURL(address);
  return made;
}

export class Scripts {
  #allows;
  /** @type {WeakSet<Element>} */
  #released = new WeakSet();
  /** @type {Set<Element>} */
  #loading = new Set();
  #isRunning = false;

  /** @param {(script: HTMLScriptElement) => boolean} allows */
  constructor(allows) {
    this.#allows = allows;
  }

  /** Release what may run. What a released script brings about has its turn after it. */
  release() {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let script = this.#next(); script; script = this.#next()) this.#run(script);
    this.#isRunning = false;
  }

  /** Others keep their order by themselves; an inline script runs at once, so it waits until those before it have ended. */
  #next() {
    let isStuck = false;
    /** @type {HTMLScriptElement[]} */
    const held = [...document.querySelectorAll(/** @type {'script'} */ (HELD_SCRIPT))];
    return held.find(script => {
      if (this.#released.has(script) || !this.#allows(script)) return false;
      if (isAsync(script)) return true;
      isStuck ||= isInline(script) && this.#loading.size > 0;
      return !isStuck;
    });
  }

  /** @param {HTMLScriptElement} held */
  #run(held) {
    this.#released.add(held);
    const script = attempt(() => runnable(held));
    if (!script) return;
    if (!isAsync(held) && willEnd(script)) this.#await(script);
    held.replaceWith(script);
  }

  /** @param {HTMLScriptElement} script */
  #await(script) {
    const ended = () => {
      this.#loading.delete(script);
      this.release();
    };
    this.#loading.add(script);
    for (const end of ['load', 'error']) script.addEventListener(end, ended, {once: true});
  }
}
