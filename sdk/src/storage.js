/** The browser's storages, guarded against exceptions, and the names of their entries. */
import {attempt, isObject} from './guard.js';
import {jsonOf} from './json.js';
import {random} from './natives.js';

export const A_DAY = 86_400_000;
export const OURS = 'dastra-';
export const OUTBOX = 'dastra-outbox';
export const SETTINGS = 'dastra-settings';
export const SESSION = 'dastra-session';

/** What is kept for each widget by itself. */
export const PROOF = 'consents';
export const CLOSED = 'closed';
export const OPT_OUT = 'optout';
export const STATE = 'state';

/** Return the key of a widget's entry. @param {string} what @param {number} widgetId */
export const keyOf = (what, widgetId) => `${OURS}${what}:${widgetId}`;

/**
 * Wrap a storage, which may throw at any access (private mode, quota, policy). Refused values last for this page view.
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
        open().setItem(key, jsonOf(value));
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
 * Move the entries of release 1.0, which had one for all widgets, to this widget if they are its own. The note of the X
 * names none: the first widget takes it.
 * @param {Store} local
 * @param {number} widgetId
 */
export function adopt(local, widgetId) {
  for (const what of [PROOF, CLOSED]) {
    const key = OURS + what;
    const entry = /** @type {any} */ (local.read(key));
    if (!entry || (what === PROOF && entry.widgetId !== widgetId)) continue;
    local.write(keyOf(what, widgetId), entry);
    local.remove(key);
  }
}

/**
 * Return the widget's last decision in this browser.
 * @param {Store} local
 * @param {number} widgetId
 * @returns {Partial<Proof> | null}
 */
export function proofIn(local, widgetId) {
  const proof = local.read(keyOf(PROOF, widgetId));
  return isObject(proof) && proof.widgetId === widgetId ? proof : null;
}

/**
 * Return what this browser remembers of a widget, to be used until its settings come.
 * @param {Store} local
 * @param {number} widgetId
 * @returns {Json}
 */
export function stateIn(local, widgetId) {
  const state = local.read(keyOf(STATE, widgetId));
  return isObject(state) ? state : {};
}

/** Return a random UUID. `crypto.randomUUID` is missing on pages without https. */
export function uuid() {
  const digit = () => (+(/** @type {any} */ (random(new Uint8Array(1)))) % 16).toString(16);
  return 'xxxxxxxx-xxxx-4xxx-8xxx-xxxxxxxxxxxx'.replaceAll('x', digit);
}
