/**
 * JSON as text, as a page cannot change it. Libraries put a `toJSON` on arrays or on all objects, and the browser's
 * `JSON.stringify` would write what it returns.
 */
import {isObject} from './guard.js';

const {stringify} = JSON;

/**
 * Return the JSON of objects, arrays and simple values. A missing value becomes null.
 * @param {unknown} value
 * @returns {string}
 */
export function jsonOf(value) {
  if (Array.isArray(value)) return `[${value.map(jsonOf)}]`;
  if (!isObject(value)) return stringify(value) ?? 'null';
  return `{${Object.entries(value).map(([name, member]) => `${stringify(name)}:${jsonOf(member)}`)}}`;
}
