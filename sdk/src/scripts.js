/** Held scripts: each runs once, in document order, when all of its services have consent. */
import {load} from './dom.js';
import {attempt} from './guard.js';
import {hasNonce, trusted} from './trusted.js';

export const HELD_SCRIPT = /** @type {'script'} */ ('script[type="dastra/script"]');
const OURS = /^(data-)?(type|(blocked-)?src)$/;

/** Return a script's address, which automatic blocking may hold. @param {HTMLScriptElement} script */
const addressOf = script => script.dataset.src ?? script.getAttribute('src') ?? script.dataset.blockedSrc ?? null;

/** The attribute has no effect on an inline script. @param {HTMLScriptElement} script */
const isAsync = script => script.hasAttribute('async') && addressOf(script) !== null;

/**
 * Whether it will dispatch load or error; browsers with modules skip `nomodule` scripts silently.
 * @param {HTMLScriptElement} script
 */
const willEnd = script => script.hasAttribute('src') && !script.noModule && /^(module)?$|javascript/i.test(script.type);

/**
 * Return a copy that runs when it enters the page. A script from innerHTML never runs, and neither does its clone.
 * @param {HTMLScriptElement} held
 */
function runnable(held) {
  const made = document.createElement('script');
  made.async = false; // keeps the order; an attribute may change that below
  for (const {name, value} of held.attributes) if (!OURS.test(name)) attempt(() => made.setAttribute(name, value));
  if (held.dataset.type) made.type = held.dataset.type;
  made.nonce = held.nonce; // browsers hide the nonce from the attribute
  const address = addressOf(held);
  if (address === null) made.text = trusted().createScript(held.text);
  else load(made, trusted().createScriptURL(address));
  return made;
}

/** Scripts that later ones wait for. @type {Set<HTMLScriptElement>} */
const loading = new Set();

/**
 * Release the scripts that may run. The browser keeps the order of external scripts. An inline script runs at once, so
 * it waits until earlier scripts have ended, and later ones wait for it.
 * @param {(script: HTMLScriptElement) => boolean | null} allows
 */
export function releaseScripts(allows) {
  let isStuck = false;
  for (const held of document.querySelectorAll(HELD_SCRIPT)) {
    if (!held.matches(HELD_SCRIPT) || !allows(held)) continue; // a script that has just run may have changed the page
    isStuck ||= addressOf(held) === null && loading.size > 0;
    if (!isStuck || isAsync(held)) run(held, allows);
  }
}

/** @param {HTMLScriptElement} held @param {(script: HTMLScriptElement) => boolean | null} allows */
function run(held, allows) {
  const script = hasNonce(held, addressOf(held) ?? held.text) && attempt(() => runnable(held));
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
