/**
 * The shapes of what comes from outside: from the page, the service, a cookie or a storage. They are stated here alone.
 * Publishing states them in Python; tests/cases/ holds the cases that both must agree on.
 */

export const WIDGET_ID = /^[1-9]\d{0,14}$/;
export const KEY = /^[\w-]{8,64}$/;
export const CULTURE = /^[a-z]{2}(-[A-Z]{2})?$/;
export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Language and region of a language tag, which browsers and pages write in many ways. */
export const LANGUAGE_TAG = /^([a-z]{2})(?:[-_]([a-z]{2}))?(?![a-z])/i;

/** Where a decision is posted to: `{id}?key={key}`. */
export const ADDRESS = /^\d+\?key=[\w-]+$/;

export const COOKIE_NAME = /^[\w.-]{1,64}$/;
export const COOKIE_DOMAIN = /^[a-z\d.-]+$/;
export const HTTPS = /^https:\/\//;
export const IMAGE = /^(https:\/\/|data:image\/(png|webp|jpeg);base64,)/;
export const COLOUR = /^#([\da-f]{3,4}|([\da-f]{2}){3,4})$/i;
export const FONT = /^[\w ,'"-]{1,200}$/;

/** A style sheet without anything that can load something from elsewhere, or hide what does. */
export const STYLES = /^(?!.*(\\|<|@(import|font|name)|(url|src|image|set|fade|element)\s*\())/is;

/** @param {unknown} value @returns {value is string} */
export const isSlug = value => typeof value === 'string' && /^[a-z\d][a-z\d._-]{0,63}$/.test(value);

/** @param {unknown} value @returns {value is string} */
export const isUuid = value => UUID.test(/** @type {any} */ (value));
