/** Decisions on their way to the service: first in, first out, one at a time, kept until they are answered. */
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
 * @property {boolean} isSent Tried at least once: it must not change any more.
 * @property {number} after Not to be tried before: the service's Retry-After.
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

/** Milliseconds that the service asks for, at most an hour. @param {Response} response */
const retryAfter = ({headers}) => Math.min(Number(headers.get('Retry-After')) * 1000 || 0, AN_HOUR);

/** @param {number} status */
const isRefusal = status => status >= 400 && status < 500 && !REFUSED_FOR_NOW.includes(status);

export class Outbox {
  /** @type {Dependencies} */
  #dependencies;
  /** @type {Promise<void> | null} */
  #run = null;
  /** What this tab has added and nobody has taken yet: two tabs that write at once can lose it from the storage. */
  #mine = /** @type {Map<string, OutboxEntry>} */ (new Map());
  #failures = 0;
  #appointments = 0;

  /** @param {Dependencies} dependencies */
  constructor(dependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Keep a decision, then send it. Beyond the bound the oldest go: the newest say what holds.
   * @param {string} to
   * @param {Decision} decision
   * @returns {Promise<void>} settled when all is sent, or cannot be for now
   */
  add(to, decision) {
    this.#mine.set(decision.id, {to, time: this.#dependencies.now(), isSent: false, after: 0, decision});
    const entries = this.#entries();
    if (entries.length > MOST) warn('Decision dropped: too many waiting.');
    this.#write(entries.slice(-MOST));
    return this.flush();
  }

  /** Send what there is, unless that is being done; what cannot be sent now is tried again. */
  async flush() {
    if (this.#entries().length) await (this.#run ??= this.#work());
  }

  async #work() {
    const {exclusively, later} = this.#dependencies;
    const wait = await exclusively(() => this.#sendAll()).catch(() => this.#backOff());
    this.#run = null;
    if (!wait) return this.flush(); // something may have been added since the last look
    const appointment = ++this.#appointments; // only the newest counts
    later(() => appointment === this.#appointments && this.flush(), wait);
  }

  /** @returns {Promise<number>} milliseconds to wait before the next try; 0: all is sent */
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

  /** @param {OutboxEntry} entry @returns {Promise<boolean>} whether it is done with */
  async #send(entry) {
    const {post, host, now} = this.#dependencies;
    if (!entry.isSent) this.#settle(entry);
    const response = await post(`${host}/v1/client/collect/${entry.to}`, entry.decision);
    if (DELIVERED.includes(response.status)) {
      this.#learn(entry, await response.json().catch(() => null)); // first: the page may go meanwhile
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

  /** Repeated to the letter it is the same decision for the service: its consentId is settled before it is sent. */
  #settle(/** @type {OutboxEntry} */ entry) {
    entry.decision.consentId ??= this.#proof(entry)?.consentId ?? null;
    entry.isSent = true;
    this.#replace(entry, entry);
  }

  /** The answer's consentId is for the next decision. @param {OutboxEntry} entry @param {any} answer */
  #learn(entry, answer) {
    const proof = this.#proof(entry);
    if (proof && isUuid(answer?.consentId))
      this.#dependencies.local.write(PROOF, {...proof, consentId: answer.consentId});
  }

  /** The last decision, if it is of the same widget. @param {OutboxEntry} entry @returns {Partial<Proof> | null} */
  #proof({to}) {
    return proofIn(this.#dependencies.local, parseInt(to));
  }

  /** Another tab has written: what it has sent is no longer ours to keep. */
  acknowledge() {
    for (const {isSent, decision} of this.#stored()) if (isSent) this.#mine.delete(decision.id);
  }

  /** @returns {OutboxEntry[]} */
  #stored() {
    return objects(this.#dependencies.local.read(OUTBOX)).filter(entry => isEntry(entry, this.#dependencies.now()));
  }

  /** The oldest first. */
  #entries() {
    const entries = new Map([
      ...this.#mine,
      ...this.#stored().map(entry => /** @type {const} */ ([entry.decision.id, entry])),
    ]);
    return [...entries.values()].sort((one, other) => one.time - other.time);
  }

  /** Other tabs add while a request is on its way: what is there is read anew. @param {OutboxEntry} entry @param {OutboxEntry[]} by */
  #replace(entry, ...by) {
    if (this.#mine.delete(entry.decision.id) && by.length) this.#mine.set(entry.decision.id, entry);
    this.#write(this.#entries().flatMap(each => (each.decision.id === entry.decision.id ? by : each)));
  }

  /** @param {OutboxEntry[]} entries */
  #write(entries) {
    if (entries.length) this.#dependencies.local.write(OUTBOX, entries);
    else this.#dependencies.local.remove(OUTBOX);
  }

  /** Two seconds, four, … four minutes, each with up to as much again at random. */
  #backOff() {
    return 1000 * 2 ** Math.min(++this.#failures, 8) * (1 + this.#dependencies.chance());
  }
}

/** Milliseconds until what one tab has written is what another one reads. */
const SPREAD = 100;

/**
 * One tab at a time where the browser has Web Locks; elsewhere each on its own, which at worst repeats a request.
 * The next tab comes when it sees what this one has written: a storage spreads later than a lock changes hands.
 * @param {() => Promise<number>} work
 */
export const exclusively = async work =>
  (await navigator.locks?.request(OUTBOX, async () => {
    const result = await work();
    await new Promise(resolve => setTimeout(resolve, SPREAD));
    return result;
  })) ?? work();
