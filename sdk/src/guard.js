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

/** @param {unknown} value @returns {value is Json} */
export const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);
