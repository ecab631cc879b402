/** Trusted Types. */
import {attempt} from './guard.js';

const POLICY = {createScript: (/** @type {string} */ text) => text, createScriptURL: (/** @type {string} */ url) => url};

/** @type {typeof POLICY | undefined} */
let made;

/**
 * The one policy, made for the first script that is released: a page without any has to allow none. What it lets pass is
 * what the page's author wrote into a held script.
 */
export const trusted = () =>
  (made ??= attempt(() => /** @type {any} */ (window).trustedTypes.createPolicy('dastra', POLICY)) ?? POLICY);
