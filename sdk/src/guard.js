/** The SDK must not cause exceptions in the page. */

/**
 * @template T
 * @param {() => T} action
 * @returns {T | null} null if it throws
 */
export function attempt(action) {
  try {
    return action();
  } catch {
    return null;
  }
}

/**
 * Call a callback of the page. Its errors go to the console.
 * @param {unknown} callback
 * @param {unknown[]} values
 */
export function call(callback, ...values) {
  try {
    if (typeof callback === 'function') callback(...values);
  } catch (error) {
    console.error('[dastra]', error);
  }
}

/** @param {string} message */
export const warn = message => console.warn(`[dastra] ${message}`);

/** Return an array as it is, and an empty one for anything else. @param {unknown} value @returns {any[]} */
export const list = value => (Array.isArray(value) ? value : []);

/** Return what a list has, also the `arguments` of a function; an empty array for anything else. @param {any} value @returns {any[]} */
export const parts = value => attempt(() => [...value]) ?? [];

/** @param {unknown} value @returns {Json[]} */
export const objects = value => list(value).filter(isObject);

/** @param {unknown} value @returns {value is Json} */
export const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Return an object with the members of all these, the last ones first. It inherits nothing, so that what the page has
 * added to `Object.prototype` is no member of it.
 * @template {object} T
 * @param {(T | null | undefined)[]} objects
 * @returns {T}
 */
export const merged = (...objects) => Object.assign(Object.create(null), ...objects);
