/** Nothing that the SDK does may end in an exception in the page. */

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
 * Call what the page gave us. Its faults are its own, and are shown as such.
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

/** An array is taken as it is; anything else is an empty one. @param {unknown} value @returns {any[]} */
export const list = value => (Array.isArray(value) ? value : []);

/** @param {unknown} value @returns {Json[]} */
export const objects = value => list(value).filter(isObject);

/** @param {unknown} value @returns {value is Json} */
export const isObject = value => Object(value) === value && !Array.isArray(value);
