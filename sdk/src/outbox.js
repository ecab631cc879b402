/** Decisions for the service: sent first in, first out, one at a time, and kept until they are answered. */
import {objects, warn} from './guard.js';
import {ADDRESS, isUuid} from './shapes.js';
import {A_DAY, OUTBOX, PROOF, proofIn} from './storage.js';

const MOST = 20;
const AN_HOUR = 3_600_000;
const DELIVERED = [200, 201, 202];
const REFUSED_FOR_NOW = [403, 404, 408, 429];

/**
 * @typedef {object} OutboxEntry
 * @property {string} to The address: `{id}?key={key}`.
 * @property {number} time
 * @property {boolean} isSent Sent at least once: it must not change any more.
 * @property {number} after Not to be sent before, by the service's Retry-After.
 * @property {Decision} decision
 *
 * @typedef {object} Dependencies
 * @property {Store} local
 * @property {string} host
 * @property {(url: string, body: unknown) => Promise<Response>} post
 * @property {(work: () => Promise<number>) => Promise<number>} exclusively Runs `work` in one tab at a time.
 * @property {() => number} now
 * @property {() => number} chance
 * @property {(work: () => void, milliseconds: number) => unknown} later
 */

/** @param {any} entry @param {number} now @returns {entry is OutboxEntry} */
const isEntry = (entry, now) => ADDRESS.test(entry.to) && now - entry.time < 180 * A_DAY && isUuid(entry.decision?.id);

/** Return the milliseconds of Retry-After, at most an hour. @param {Response} response */
const retryAfter = ({headers}) => Math.min(Number(headers.get('Retry-After')) * 1000 || 0, AN_HOUR);

/** @param {number} status */
const isRefusal = status => status >= 400 && status < 500 && !REFUSED_FOR_NOW.includes(status);

export class Outbox {
  /** @type {Dependencies} */
  #dependencies;
  /** @type {Promise<void> | null} */
  #run = null;
  /** Entries of this tab that are not answered yet: if two tabs write at once, the storage can lose one. */
  #mine = /** @type {Map<string, OutboxEntry>} */ (new Map());
  #failures = 0;
  #appointments = 0;

  /** @param {Dependencies} dependencies */
  constructor(dependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Store a decision, then send it. Beyond the limit the oldest are dropped: the newest hold the current choices.
   * @param {string} to
   * @param {Decision} decision
   * @returns {Promise<void>} settled when all are sent, or cannot be sent for now
   */
  add(to, decision) {
    this.#mine.set(decision.id, {to, time: this.#dependencies.now(), isSent: false, after: 0, decision});
    const entries = this.#entries();
    if (entries.length > MOST) warn('Decision dropped: too many waiting.');
    this.#write(entries.slice(-MOST));
    return this.flush();
  }

  /** Send the entries, unless a run is in progress. Failed ones are sent again later. */
  async flush() {
    if (this.#entries().length) await (this.#run ??= this.#work());
  }

  async #work() {
    const {exclusively, later} = this.#dependencies;
    const wait = await exclusively(() => this.#sendAll()).catch(() => this.#backOff());
    this.#run = null;
    if (!wait) return this.flush(); // an entry may have been added meanwhile
    const appointment = ++this.#appointments; // only the newest counts
    later(() => appointment === this.#appointments && this.flush(), wait);
  }

  /** @returns {Promise<number>} milliseconds to wait before the next try; 0 if all are sent */
  async #sendAll() {
    const {now} = this.#dependencies;
    const [oldest] = this.#entries();
    if (!oldest) return 0;
    const early = oldest.after - now();
    if (early > 0 && early <= AN_HOUR) return early;
    const isDone = await this.#send(oldest).catch(() => false);
    if (!isDone) return Math.max(oldest.after - now(), this.#backOff());
    this.#failures = 0;
    return this.#sendAll();
  }

  /** @param {OutboxEntry} entry @returns {Promise<boolean>} whether the entry is finished */
  async #send(entry) {
    const {post, host, now} = this.#dependencies;
    if (!entry.isSent) this.#settle(entry);
    const response = await post(`${host}/v1/client/collect/${entry.to}`, entry.decision);
    if (DELIVERED.includes(response.status)) {
      this.#learn(entry, await response.json().catch(() => null)); // first, because the page may close meanwhile
      this.#replace(entry);
    } else if (isRefusal(response.status)) {
      this.#replace(entry);
      warn(`Decision dropped: status ${response.status}.`);
    } else {
      entry.after = now() + retryAfter(response);
      this.#replace(entry, entry);
      return false;
    }
    return true;
  }

  /** Fix the consentId before sending: the service recognises a repeat only if it is identical. */
  #settle(/** @type {OutboxEntry} */ entry) {
    entry.decision.consentId ??= this.#proof(entry)?.consentId ?? null;
    entry.isSent = true;
    this.#replace(entry, entry);
  }

  /** Store the answer's consentId for the next decision. @param {OutboxEntry} entry @param {any} answer */
  #learn(entry, answer) {
    const proof = this.#proof(entry);
    if (proof && isUuid(answer?.consentId))
      this.#dependencies.local.write(PROOF, {...proof, consentId: answer.consentId});
  }

  /**
   * Return the last decision, if it is of the same widget.
   * @param {OutboxEntry} entry
   * @returns {Partial<Proof> | null}
   */
  #proof({to}) {
    return proofIn(this.#dependencies.local, parseInt(to));
  }

  /** Another tab has written: forget the entries that it has sent. */
  acknowledge() {
    for (const {isSent, decision} of this.#stored()) if (isSent) this.#mine.delete(decision.id);
  }

  /** @returns {OutboxEntry[]} */
  #stored() {
    return objects(this.#dependencies.local.read(OUTBOX)).filter(entry => isEntry(entry, this.#dependencies.now()));
  }

  /** All entries, the oldest first. */
  #entries() {
    const entries = new Map([
      ...this.#mine,
      ...this.#stored().map(entry => /** @type {const} */ ([entry.decision.id, entry])),
    ]);
    return [...entries.values()].sort((one, other) => one.time - other.time);
  }

  /**
   * Replace an entry. Other tabs may add entries during a request, so the storage is read again.
   * @param {OutboxEntry} entry
   * @param {OutboxEntry[]} by
   */
  #replace(entry, ...by) {
    if (this.#mine.delete(entry.decision.id) && by.length) this.#mine.set(entry.decision.id, entry);
    this.#write(this.#entries().flatMap(each => (each.decision.id === entry.decision.id ? by : each)));
  }

  /** @param {OutboxEntry[]} entries */
  #write(entries) {
    if (entries.length) this.#dependencies.local.write(OUTBOX, entries);
    else this.#dependencies.local.remove(OUTBOX);
  }

  /** Return two seconds, four, … four minutes, each with random jitter of up to the same amount. */
  #backOff() {
    return 1000 * 2 ** Math.min(++this.#failures, 8) * (1 + this.#dependencies.chance());
  }
}

/** Milliseconds until other tabs read what one tab has written. */
const SPREAD = 100;

/**
 * Run the work in one tab at a time. Without Web Locks every tab runs by itself, which at worst repeats a request. The
 * lock is held a little longer, because other tabs see a storage's new values later than a released lock.
 * @param {() => Promise<number>} work
 */
export const exclusively = async work =>
  (await navigator.locks?.request(OUTBOX, async () => {
    const result = await work();
    await new Promise(resolve => setTimeout(resolve, SPREAD));
    return result;
  })) ?? work();
