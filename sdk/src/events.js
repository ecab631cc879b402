/** What the page is told. */
import {attempt} from './guard.js';

/** @param {string} name @param {unknown} [detail] */
export const dispatch = (name, detail) => dispatchEvent(new CustomEvent(name, {detail}));

/** Append to a queue of the page, whatever it has put there. @param {'dataLayer' | 'uetq'} queue @param {unknown[]} values */
export const push = (queue, ...values) => attempt(() => (window[queue] ??= []).push(...values));

/** Tells what holds for each service, and only when it changes. */
export class Announcer {
  /** @type {Choices} */
  #announced = {};
  #announcements = 0;

  /** @param {string[]} slugs @param {Choices} choices @returns {boolean} whether anything has changed */
  announce(slugs, choices) {
    const changed = slugs.filter(slug => this.#announced[slug] !== choices[slug]);
    const announcement = ++this.#announcements;
    for (const slug of changed) {
      if (announcement !== this.#announcements) break; // a listener has decided, and all has been told since
      const consent = (this.#announced[slug] = choices[slug] === true);
      const name = `dastra:${consent ? 'consent' : 'refused'}:${slug}`;
      push('dataLayer', {event: name});
      dispatch(name);
    }
    return !!changed.length;
  }
}
