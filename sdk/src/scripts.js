/** Held scripts: each runs once, in the order of the document, when all of its services are consented to. */
import {load} from './dom.js';
import {attempt} from './guard.js';
import {trusted} from './trusted.js';

export const HELD_SCRIPT = /** @type {'script'} */ ('script[type="dastra/script"]');
const OURS = /^(data-)?(type|(blocked-)?src)$/;

/** Automatic blocking may have held the address as well. @param {HTMLScriptElement} script */
const addressOf = script => script.dataset.src ?? script.getAttribute('src') ?? script.dataset.blockedSrc ?? null;

/** Async says nothing of an inline script. @param {HTMLScriptElement} script */
const isAsync = script => script.hasAttribute('async') && addressOf(script) !== null;

/** Whether it will say that it has ended; a browser that knows modules passes others over in silence. @param {HTMLScriptElement} script */
const willEnd = script => script.hasAttribute('src') && !script.noModule && /^(module)?$|javascript/i.test(script.type);

/**
 * A copy that runs when it enters the page. What came by innerHTML never would, nor would its clone.
 * @param {HTMLScriptElement} held
 */
function runnable(held) {
  const made = document.createElement('script');
  made.async = false; // the browser's word for order; an attribute may say otherwise
  for (const {name, value} of held.attributes) if (!OURS.test(name)) attempt(() => made.setAttribute(name, value));
  if (held.dataset.type) made.type = held.dataset.type;
  made.nonce = held.nonce; // the attribute is empty, lest style sheets read it
  const address = addressOf(held);
  if (address === null) made.text = trusted().createScript(held.text);
  else load(made, trusted().createScriptURL(address));
  return made;
}

/** Those that others wait for. @type {Set<HTMLScriptElement>} */
const loading = new Set();

/**
 * Release what may run. External scripts keep their order by themselves; an inline one runs at once, so it waits until
 * those before it have ended, and those after it wait for it.
 * @param {(script: HTMLScriptElement) => boolean | null} allows
 */
export function releaseScripts(allows) {
  let isStuck = false;
  for (const held of document.querySelectorAll(HELD_SCRIPT)) {
    if (!held.matches(HELD_SCRIPT) || !allows(held)) continue; // one that has just run may have changed everything
    isStuck ||= addressOf(held) === null && loading.size > 0;
    if (!isStuck || isAsync(held)) run(held, allows);
  }
}

/** @param {HTMLScriptElement} held @param {(script: HTMLScriptElement) => boolean | null} allows */
function run(held, allows) {
  const script = attempt(() => runnable(held));
  held.type = 'dastra/released';
  if (!script) return;
  if (!isAsync(held) && willEnd(script)) {
    loading.add(script);
    for (const end of ['load', 'error'])
      script.addEventListener(end, () => {
        loading.delete(script);
        releaseScripts(allows);
      });
  }
  held.replaceWith(script);
}
