/**
 * The SDK's requests: for the settings, for a consent's proofs, and to post a decision or a count. They carry no
 * credentials and need no preflight.
 */
import {jsonOf} from './json.js';

const TIMEOUT = 15_000;

/** @param {RequestInit} options @returns {RequestInit} */
const anonymous = options => ({
  credentials: 'omit',
  signal: AbortSignal.timeout(TIMEOUT),
  ...options,
});

/** @param {Place} place @param {WidgetName} widget */
export const settingsUrl = ({host, key}, {widgetId, culture}) =>
  `${host}/v1/client/cookie-widget-settings/${widgetId}?key=${key}${culture && `&culture=${culture}`}`;

/**
 * Return the status and body of an answer. Without a network, after a timeout or with a garbled body, the status is 0.
 * @param {Promise<Response>} asked
 * @returns {Promise<{status: number, body: any}>}
 */
export async function answerTo(asked) {
  try {
    const response = await asked;
    return {status: response.status, body: response.ok ? await response.json() : null};
  } catch {
    return {status: 0, body: null};
  }
}

/** @param {string} url */
export const get = url => fetch(url, anonymous({}));

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
  });
  return fetch(url, {...options, keepalive: true}).catch(() => fetch(url, options));
}
