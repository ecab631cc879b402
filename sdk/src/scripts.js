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

/** @param {(script: HTMLScriptElement) => boolean | null} allows */
export function scripts(allows) {
  /** @type {Set<Element>} */
  const loading = new Set();
  /** @type {WeakSet<Element>} */
  const released = new WeakSet();
  let isRunning = false;

  /** Others keep their order by themselves; an inline script runs at once, so it waits until those before it have ended. */
  function next() {
    let isStuck = false;
    /** @type {HTMLScriptElement[]} */
    const held = [...document.querySelectorAll(/** @type {'script'} */ (HELD_SCRIPT))];
    return held.find(script => {
      if (released.has(script) || !allows(script)) return false;
      isStuck ||= isInline(script) && loading.size > 0;
      return !isStuck || isAsync(script);
    });
  }

  /** @param {HTMLScriptElement} held */
  function run(held) {
    released.add(held);
    const script = attempt(() => runnable(held));
    if (!script) return;
    if (!isAsync(held) && willEnd(script)) wait(script);
    held.replaceWith(script);
  }

  /** @param {HTMLScriptElement} script */
  function wait(script) {
    loading.add(script);
    for (const end of ['load', 'error'])
      script.addEventListener(end, () => {
        loading.delete(script);
        release();
      });
  }

  /** Release what may run. What a released script brings about has its turn after it. */
  function release() {
    if (isRunning) return;
    isRunning = true;
    for (let script = next(); script; script = next()) run(script);
    isRunning = false;
  }

  return release;
}
