/** What the page is told. */
import {attempt} from './guard.js';

/** @param {string} name @param {unknown} [detail] */
export const tell = (name, detail) => dispatchEvent(new CustomEvent(name, {detail}));

/** @param {string} name */
const pushToDataLayer = name => attempt(() => (window.dataLayer ??= []).push({event: name}));

/** Tells what holds for each service, and only when it changes. */
export class Announcer {
  /** @type {Choices} */
  #told = {};
  #announcements = 0;

  /** @param {Choices} choices @returns {boolean} whether anything has changed */
  announce(choices) {
    const changed = Object.entries(choices).filter(([slug, consent]) => this.#told[slug] !== consent);
    const announcement = ++this.#announcements;
    for (const [slug, consent] of changed) {
      if (announcement !== this.#announcements) break; // a listener has decided, and all has been told since
      this.#told[slug] = consent;
      const name = `dastra:${consent ? 'consent' : 'refused'}:${slug}`;
      pushToDataLayer(name);
      tell(name);
    }
    return !!changed.length;
  }
}
