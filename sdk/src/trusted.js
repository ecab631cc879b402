/** Which scripts may run: under Trusted Types, and under a policy with nonces. */
import {attempt} from './guard.js';

const same = (/** @type {string} */ text) => text;
const POLICY = {createHTML: same, createScript: same, createScriptURL: same};

/** @type {typeof POLICY | undefined} */
let made;

/**
 * Return the only policy. It passes what the page's author wrote into a held script, and the address of the SDK's second
 * file. It is created for the first of them.
 */
export const trusted = () =>
  (made ??= attempt(() => /** @type {any} */ (window).trustedTypes.createPolicy('dastra', POLICY)) ?? POLICY);

/** The SDK's own element has this nonce. */
export const own = {nonce: ''};

/** Elements that a script has given an address: that script is trusted already. @type {WeakSet<Element>} */
export const madeByScripts = new WeakSet();
