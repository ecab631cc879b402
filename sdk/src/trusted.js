/** Trusted Types. */
import {attempt} from './guard.js';

const same = (/** @type {string} */ text) => text;
const POLICY = {createScript: same, createScriptURL: same};

/** @type {typeof POLICY | undefined} */
let made;

/**
 * Return the only policy. It passes what the page's author wrote into a held script, and the address of the SDK's second
 * file. It is created for the first of them.
 */
export const trusted = () =>
  (made ??= attempt(() => /** @type {any} */ (window).trustedTypes.createPolicy('dastra', POLICY)) ?? POLICY);
