/** Posts of decisions and counts, and the question for a consent's proofs. Part of the second file. */
import {jsonOf} from './json.js';
import {anonymous} from './transport.js';

/**
 * Post as text/plain, which needs no preflight. The request outlives the page, unless the browser refuses that: all such
 * requests of a page may hold 64 KiB together.
 * @param {string} url
 * @param {unknown} body
 */
export function post(url, body) {
  const options = anonymous({
    method: 'POST',
    headers: {'Content-Type': 'text/plain;charset=UTF-8'},
    body: jsonOf(body),
    keepalive: true,
  });
  return fetch(url, options).catch(() => {
    options.keepalive = false;
    return fetch(url, options);
  });
}
