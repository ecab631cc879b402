/** Keep decisions in this browser until the second file sends them: its outbox knows what may go wrong. */
import {objects} from './guard.js';
import {OUTBOX} from './storage.js';

/**
 * @typedef {Pick<import('./outbox.js').Dependencies, 'local' | 'host' | 'now'>} Dependencies
 * @typedef {import('./outbox.js').Outbox} Outbox
 */

export class Delivery {
  #dependencies;
  #details;
  /** @type {Outbox | null} */
  #outbox = null;
  /** The page may clear its storage before they are sent. @type {import('./outbox.js').OutboxEntry[]} */
  #mine = [];

  /** @param {Dependencies} dependencies @param {import('./on_demand.js').OnDemand} details */
  constructor(dependencies, details) {
    this.#dependencies = dependencies;
    this.#details = details;
  }

  /**
   * Store a decision, to be sent. It is later than the one before, even if the clock was set back.
   * @param {string} to
   * @param {Decision} decision
   */
  add(to, decision) {
    if (this.#outbox) return this.#outbox.add(to, decision);
    const {now} = this.#dependencies;
    const waiting = this.#stored();
    const time = Math.max(now(), (+(/** @type {any} */ (waiting.at(-1)?.time)) || 0) + 1);
    this.#mine.push({to, time, isSent: false, after: 0, decision});
    this.#dependencies.local.write(OUTBOX, [...waiting, ...this.#mine.slice(-1)]);
  }

  /**
   * Send what waits.
   * @param {string} to The address of the page's widget.
   * @returns {Promise<void>} settled when all is sent, or cannot be sent for now
   */
  async flush(to) {
    // A storage may keep nothing.
    if (this.#outbox ?? this.#mine[0] ?? this.#stored().some(entry => !Object.hasOwn(entry, 'refused')))
      await new Promise(done => this.#with(to, outbox => done(outbox?.flush())));
  }

  /** Return the proofs of the page's consent, once the second file is there. @param {string} to */
  history(to) {
    return new Promise(done => this.#with(to, outbox => done(outbox?.history())));
  }

  /** Another tab has written: forget what it has sent. */
  acknowledge() {
    this.#outbox?.acknowledge();
  }

  /** @param {string} to @param {(outbox: Outbox | null) => void} work */
  #with(to, work) {
    this.#details(loaded => {
      if (loaded) this.#outbox ??= loaded[3](this.#dependencies, to, this.#mine);
      work(this.#outbox);
    });
  }

  #stored() {
    return objects(this.#dependencies.local.read(OUTBOX));
  }
}
