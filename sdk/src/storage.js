/** What stays in the browser: the guarded storages, and the names of all that is in them. */
import {attempt, isObject} from './guard.js';

export const A_DAY = 86_400_000;
export const PROOF = 'dastra-consents';
export const OUTBOX = 'dastra-outbox';
export const CLOSED = 'dastra-closed';
export const SETTINGS = 'dastra-settings';
export const SESSION = 'dastra-session';

/**
 * A storage that may throw at any touch (private mode, quota, forbidden): what it refuses is kept for this page view.
 * @param {() => Storage} open
 * @returns {Store}
 */
export function guarded(open) {
  /** @type {Map<string, unknown>} */
  const refused = new Map();
  return {
    read: key =>
      refused.has(key) ? refused.get(key) : attempt(() => JSON.parse(/** @type {string} */ (open().getItem(key)))),
    write(key, value) {
      refused.set(key, value);
      attempt(() => {
        open().setItem(key, JSON.stringify(value));
        refused.delete(key);
      });
    },
    remove(key) {
      refused.delete(key);
      attempt(() => open().removeItem(key));
    },
  };
}

/**
 * The last decision as this browser keeps it: of this widget, or it is none.
 * @param {Store} local
 * @param {number} widgetId
 * @returns {Partial<Proof> | null}
 */
export function proofIn(local, widgetId) {
  const proof = local.read(PROOF);
  return isObject(proof) && proof.widgetId === widgetId ? proof : null;
}

/** Also where `crypto.randomUUID` is missing: on pages that are not secure. */
function randomDigit() {
  const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
  return (byte % 16).toString(16);
}

/** A random UUID. */
export const uuid = () => 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', randomDigit);
