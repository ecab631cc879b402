/** Nothing that the SDK does may end in an exception in the page. */

/**
 * @template T, U
 * @param {() => T} action
 * @param {U} otherwise
 * @returns {T | U}
 */
export function attempt(action, otherwise) {
  try {
    return action();
  } catch {
    return otherwise;
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
