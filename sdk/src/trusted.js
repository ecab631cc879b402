/** Trusted Types. */
import {attempt} from './guard.js';

const AS_IT_IS = {createScript: (/** @type {string} */ text) => text, createScriptURL: (/** @type {string} */ url) => url};

/** @type {typeof AS_IT_IS | undefined} */
let policy;

/**
 * The one policy, made for the first script that is released: a page without any has to allow none. What it lets pass is
 * what the page's author wrote into a held script.
 */
export const trusted = () =>
  (policy ??= attempt(() => /** @type {any} */ (window).trustedTypes.createPolicy('dastra', AS_IT_IS)) ?? AS_IT_IS);
