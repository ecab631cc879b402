/** Trusted Types. */
import {attempt} from './guard.js';

const same = (/** @type {string} */ text) => text;
const POLICY = {createScript: same, createScriptURL: same};

/** @type {typeof POLICY | undefined} */
let made;

/**
 * Return the only policy. It is created for the first released script, so that pages without held scripts need to allow
 * none. It passes what the page's author wrote into a held script.
 */
export const trusted = () =>
  (made ??= attempt(() => /** @type {any} */ (window).trustedTypes.createPolicy('dastra', POLICY)) ?? POLICY);
