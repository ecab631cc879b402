/** The SDK's requests. They carry no credentials to another origin and need no preflight. */

const TIMEOUT = 15_000;

/** They inherit nothing that a page has added to all objects. @param {RequestInit} options @returns {RequestInit} */
export const anonymous = options =>
  /** @type {any} */ ({__proto__: null, credentials: 'omit', signal: AbortSignal.timeout(TIMEOUT), ...options});

/** @param {Place} place @param {WidgetName} widget */
export const settingsUrl = ({host, key}, {widgetId, culture}) =>
  `${host}/v1/client/cookie-widget-settings/${widgetId}?key=${key}${culture && `&culture=${culture}`}`;

/**
 * Return the status, the body and the headers of an answer, one of which tells the visitor's place, and the time at which they
 * were read. Without a network, after a timeout or with a garbled body, the status is 0.
 * @param {Promise<Response>} asked
 * @returns {Promise<{status: number, body: any, told?: Json}>}
 */
export async function answerTo(asked) {
  try {
    const response = await asked;
    const body = await response.json().catch(() => null);
    const told = {...Object.fromEntries(response.headers), read: Date.now()};
    return {status: response.ok && !body ? 0 : response.status, body, told};
  } catch {
    return {status: 0, body: null};
  }
}

/**
 * Ask for settings, as a preload of the page asks for them: a browser uses one only if the credentials are the same.
 * @param {string} url
 */
export const get = url => fetch(url, anonymous({credentials: 'same-origin'}));
