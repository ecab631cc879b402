/**
 * The shapes of values from outside: from the page, the service, a cookie or a storage. This module is their only home.
 * Publishing has the same rules in Python, and tests/cases/ holds the cases for both. The SDK is never stricter.
 */

export const WIDGET_ID = /^[1-9]\d{0,14}$/;
export const KEY = /^[\w-]{8,64}$/;
/** Printable ASCII without the sign that makes an e-mail address. The service finds it in disguise as well. */
export const USER_ID = /^[ -?A-~]{1,128}$/;

/** An origin that decisions may go to: https, or this machine. */
export const SERVICE = /^(https:|http:\/\/(localhost|127\.0\.0\.1)(:|$))/;

export const SLUG = /^[a-z\d][a-z\d._-]{0,63}$/;
export const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** A language tag's language and region, in the many spellings of browsers and pages. */
export const LANGUAGE_TAG = /^([a-z]{2})(?:[-_]([a-z]{2}))?(?![a-z])/i;

/** The address that a decision is posted to: `{id}?key={key}`. */
export const ADDRESS = /^\d+\?key=[\w-]+$/;

/** The target of a link in a text: https, or an address relative to the page. */
export const HREF = /^(https:\/\/|(?![a-z][a-z\d+.-]*:|[/\\]{2})[!-~]+$)/i;

/** @param {unknown} value @param {RegExp} shape @returns {value is string} */
export const fits = (value, shape) => typeof value === 'string' && shape.test(value);

/** @param {unknown} value @returns {value is string} */
export const isSlug = value => fits(value, SLUG);

/** @param {unknown} value @returns {value is string} */
export const isUuid = value => fits(value, UUID);
