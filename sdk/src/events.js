/** Events for the page, and its queues. */
import {attempt, merged} from './guard.js';

/** The page's own data layer may have another name. */
export const layer = {name: 'dataLayer'};

/** @param {string} name @param {unknown} [detail] */
export const dispatch = (name, detail) => dispatchEvent(new CustomEvent(name, {detail}));

/**
 * Append to a queue of the page, even if the page has put something else there.
 * @param {string} queue
 * @param {unknown[]} values
 */
export const push = (queue, ...values) =>
  attempt(() => {
    const page = /** @type {any} */ (window);
    (page[queue] ??= []).push(...values);
  });

/** Announces the consent of each service, and only when it changes. */
export class Announcer {
  /** @type {Choices} */
  #announced = merged();
  #announcements = 0;

  /** @param {string[]} slugs @param {Choices} choices @returns {boolean} whether anything has changed */
  tellChanges(slugs, choices) {
    const changed = slugs.filter(slug => this.#announced[slug] !== choices[slug]);
    const announcement = ++this.#announcements;
    for (const slug of changed) {
      if (announcement !== this.#announcements) break; // a listener has made a decision, which has been announced since
      const consent = (this.#announced[slug] = choices[slug] === true);
      const name = `dastra:${consent ? 'consent' : 'refused'}:${slug}`;
      push(layer.name, {event: name});
      dispatch(name);
    }
    return !!changed.length;
  }
}
