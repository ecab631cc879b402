/** What the page is told. */
import {attempt} from './guard.js';

/** @param {string} name @param {unknown} [detail] */
export const tell = (name, detail) => dispatchEvent(new CustomEvent(name, {detail}));

/** @param {string} name */
function pushToDataLayer(name) {
  attempt(() => {
    const page = /** @type {{dataLayer?: unknown[]}} */ (/** @type {unknown} */ (globalThis));
    (page.dataLayer ??= []).push({event: name});
  }, null);
}

/** Carries choices out: each service is told what holds for it, and only when it changes. */
export function createApply() {
  /** @type {Choices} */
  const applied = {};

  /** @param {Choices} consents */
  return function apply(consents) {
    const changed = Object.entries(consents).filter(([slug, consent]) => applied[slug] !== consent);
    Object.assign(applied, Object.fromEntries(changed));
    for (const [slug, consent] of changed) {
      const name = `dastra:${consent ? 'consent' : 'refused'}:${slug}`;
      pushToDataLayer(name);
      tell(name);
    }
    return changed.length > 0;
  };
}
