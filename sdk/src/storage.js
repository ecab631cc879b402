/** What stays in the browser: the guarded storages, and the names of all that is in them. */
import {attempt} from './guard.js';

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
    read: key => (refused.has(key) ? refused.get(key) : attempt(() => JSON.parse(open().getItem(key) ?? 'null'))),
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

/** A random UUID, also where `crypto.randomUUID` is missing: on pages that are not secure. */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (Number(bytes[6]) & 15) | 64;
  bytes[8] = (Number(bytes[8]) & 63) | 128;
  const hex = Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/** @param {unknown} value @returns {value is string} */
export const isUuid = value => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(String(value));
