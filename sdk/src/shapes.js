/**
 * The shapes of what comes from outside: from the page, the service, a cookie or a storage. They are stated here alone.
 * Publishing states them in Python; tests/cases/ holds the cases that both must agree on.
 */

export const WIDGET_ID = /^[1-9]\d{0,14}$/;
export const KEY = /^[\w-]{8,64}$/;
export const CULTURE = /^[a-z]{2}(-[A-Z]{2})?$/;
export const SLUG = /^[a-z\d][a-z\d._-]{0,63}$/;
export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** Language and region of a language tag, which browsers and pages write in many ways. */
export const LANGUAGE_TAG = /^([a-z]{2})(?:[-_]([a-z]{2}))?(?![a-z])/i;

/** Where a decision is posted to: `{id}?key={key}`. */
export const ADDRESS = /^\d+\?key=[\w-]+$/;

export const COOKIE_NAME = /^[a-z\d][\w.-]{0,63}$/i;
export const COOKIE_DOMAIN = /^[a-z\d.-]+$/;
export const HTTPS = /^https:\/\//i;
export const IMAGE = /^(https:\/\/|data:image\/(png|webp|jpeg);base64,)/i;
export const COLOUR = /^#([\da-f]{3,4}|([\da-f]{2}){3,4})$/i;
export const FONT = /^[a-z\d ,'"-]{1,200}$/i;

/** A style sheet without anything that can load something from elsewhere, or hide what does. */
export const STYLES =
  /^(?!.*(\\|<|@(import|font-face|namespace)|\b(url|src|image|image-set|cross-fade|element)[\t-\r ]*\())/is;

/** @param {unknown} value @param {RegExp} shape @returns {value is string} */
export const fits = (value, shape) => typeof value === 'string' && shape.test(value);

/** @param {unknown} value @returns {value is string} */
export const isSlug = value => fits(value, SLUG);

/** @param {unknown} value @returns {value is string} */
export const isUuid = value => fits(value, UUID);
