/**
 * Decisions for the service: sent first in, first out, one at a time, and kept until the service has them. One that it
 * refuses for good is set aside, so that the next one can go.
 */
import {objects, warn} from './guard.js';
import {ADDRESS, isUuid} from './shapes.js';
import {A_DAY, OUTBOX, PROOF, keyOf, proofIn} from './storage.js';

const MOST = 20;
const AN_HOUR = 3_600_000;
const REFUSED_FOR_NOW = [401, 403, 404, 407, 408, 425, 429];

/**
 * @typedef {object} OutboxEntry
 * @property {string} to The address: `{id}?key={key}`.
 * @property {number} time
 * @property {boolean} isSent Sent at least once: its choices and ids must not change any more.
 * @property {number} after Not to be sent before, by the service's Retry-After.
 * @property {Decision} decision
 * @property {string} [refused] Why the service does not take it. It is set aside then.
 *
 * @typedef {object} Dependencies
 * @property {Store} local
 * @property {string} host
 * @property {(url: string, body: unknown) => Promise<Response>} post
 * @property {(work: () => Promise<number>) => Promise<number>} exclusively Runs `work` in one tab at a time.
 * @property {() => number} device The visitor's kind of device.
 * @property {() => number} now
 * @property {() => number} chance
 * @property {(work: () => void, milliseconds: number) => unknown} later
 */

/** Return an object's own members, without what a page has added to all objects. @param {any} object @returns {any} */
const bare = object => ({__proto__: null, ...object});

/** @param {Json | OutboxEntry} entry @returns {OutboxEntry} */
const bareEntry = entry => bare({...entry, decision: bare(entry.decision)});

/** @param {OutboxEntry} entry @param {number} now */
const isEntry = ({to, time, decision}, now) => ADDRESS.test(to) && now - time < 180 * A_DAY && isUuid(decision.id);

/** Return the number of the widget that an address belongs to. @param {string} to */
const widgetOf = to => +(/** @type {any} */ (to.split('?')[0]));

/** Return the milliseconds of Retry-After, at most an hour. @param {Response} response */
const retryAfter = ({headers}) => Math.min(/** @type {any} */ (headers.get('Retry-After')) * 1000 || 0, AN_HOUR);

/**
 * Only the service's own answer counts: a service worker, a proxy or a hotspot may answer as well.
 * @param {number} status
 * @param {any} answer
 */
const isDelivered = (status, answer) =>
  status === 202 || ((status === 200 || status === 201) && isUuid(answer.consentId));

/** @param {number} status */
const isRefusal = status => status >= 400 && status < 500 && !REFUSED_FOR_NOW.includes(status);

/** Return the entries that are not among others. @param {OutboxEntry[]} entries @param {OutboxEntry[]} others */
const without = (entries, others) =>
  entries.filter(({decision: {id}}) => others.every(({decision}) => decision.id !== id));

export class Outbox {
  /** @type {Dependencies} */
  #dependencies;
  /** @type {Promise<void> | null} */
  #run = null;
  /** Entries of this tab that are not answered yet: if two tabs write at once, the storage can lose one. */
  #mine;
  /**
   * The entries that this page has changed, by their ids: empty ones are answered. They count more than what is stored,
   * because a storage may keep what it should change or remove. @type {Record<string, OutboxEntry[]>}
   */
  #changed = bare({});
  #failures = 0;
  #appointments = 0;
  #own;

  /**
   * @param {Dependencies} dependencies
   * @param {string} own The address of the page's widget.
   * @param {OutboxEntry[]} entries What this page has stored so far.
   */
  constructor(dependencies, own, entries = []) {
    this.#mine = entries.map(bareEntry);
    this.#dependencies = dependencies;
    this.#own = own;
  }

  /**
   * Store a decision, to be sent. It is later than the one before, even if the clock was set back.
   * @param {string} to
   * @param {Decision} decision
   */
  add(to, decision) {
    const {now} = this.#dependencies;
    const waiting = this.#waiting();
    const time = Math.max(now(), (waiting.at(-1)?.time ?? 0) + 1);
    this.#mine.push(bareEntry({to, time, isSent: false, after: 0, decision}));
    if (waiting.length >= MOST) warn('Decision dropped');
    this.#write(this.#entries());
  }

  /** Send the entries, unless a run is in progress. Failed ones are sent again later. */
  async flush() {
    if (this.#waiting().length) await (this.#run ??= this.#work());
  }

  async #work() {
    const {exclusively, later} = this.#dependencies;
    const wait = await exclusively(() => this.#sendAll()).catch(() => this.#backOff());
    this.#run = null;
    if (!wait) return this.flush(); // an entry may have been added meanwhile
    const appointment = ++this.#appointments; // only the newest counts
    later(() => appointment === this.#appointments && this.flush(), wait);
  }

  /**
   * Decisions of an address keep their order: if one cannot go for now, those behind it wait. Those of other widgets go,
   * and those under another key: the older one may be gone.
   * @returns {Promise<number>} milliseconds to wait before the next try; 0 if all are sent
   */
  async #sendAll() {
    const {now} = this.#dependencies;
    const held = /** @type {string[]} */ ([]);
    const next = () => this.#waiting().find(({to}) => !held.includes(to));
    let wait = Infinity;
    for (let entry = next(); entry; entry = next()) {
      const early = entry.after - now();
      const isEarly = early > 0 && early <= AN_HOUR;
      if (!isEarly && (await this.#send(entry).catch(() => false))) this.#failures = 0;
      else {
        held.push(entry.to);
        wait = Math.min(wait, isEarly ? early : Math.max(entry.after - now(), this.#backOff()));
      }
    }
    return held.length && wait;
  }

  /** @param {OutboxEntry} entry @returns {Promise<boolean>} whether to go on: with the next entry, or this one changed */
  async #send(entry) {
    const {post, host, now} = this.#dependencies;
    if (widgetOf(entry.to) === widgetOf(this.#own)) entry.to = this.#own; // its key may have changed since
    if (!entry.isSent) this.#settle(entry);
    const response = await post(`${host}/v1/client/collect/${entry.to}`, entry.decision);
    const {status} = response;
    const answer = bare(await response.json().catch(() => null));
    if (isDelivered(status, answer)) {
      this.#learn(entry, answer); // first, because the page may close meanwhile
      this.#replace(entry);
    } else if (isRefusal(status)) {
      this.#reduce(entry, `${status} ${answer.title ?? ''}`);
    } else {
      entry.after = now() + retryAfter(response);
      this.#replace(entry, entry);
      return false;
    }
    return true;
  }

  /** Leave out what is optional, or set the entry aside. @param {OutboxEntry} entry @param {string} reason */
  #reduce(entry, reason) {
    const {decision} = entry;
    if (decision.userId ?? decision.referrer) decision.userId = decision.referrer = null;
    else {
      entry.refused = reason.slice(0, 200);
      warn(`Decision set aside: ${entry.refused}`);
    }
    this.#replace(entry, entry);
  }

  /** Fix the consentId before sending: the service recognises a repeat only if it is identical. */
  #settle(/** @type {OutboxEntry} */ entry) {
    entry.decision.consentId ??= this.#proof(entry.to)?.consentId ?? null;
    entry.decision.typeDevice ??= this.#dependencies.device();
    entry.isSent = true;
    this.#replace(entry, entry);
  }

  /** Store the answer's consentId for the next decision. @param {OutboxEntry} entry @param {any} answer */
  #learn(entry, answer) {
    const proof = this.#proof(entry.to);
    if (proof && isUuid(answer.consentId))
      this.#dependencies.local.write(keyOf(PROOF, /** @type {number} */ (proof.widgetId)), {
        ...proof,
        consentId: answer.consentId,
      });
    if (answer.ignored) warn(`Not stored: ${answer.ignored}`);
  }

  /**
   * Return the last decision, if it is of the same widget.
   * @param {string} to
   * @returns {Partial<Proof> | null}
   */
  #proof(to) {
    return proofIn(this.#dependencies.local, widgetOf(to));
  }

  /** Another tab has written: forget the entries that it has sent. */
  acknowledge() {
    this.#mine = without(
      this.#mine,
      this.#stored().filter(({isSent}) => isSent),
    );
  }

  /** @returns {OutboxEntry[]} */
  #stored() {
    return objects(this.#dependencies.local.read(OUTBOX))
      .map(bareEntry)
      .filter(entry => isEntry(entry, this.#dependencies.now()))
      .flatMap(entry => this.#changed[entry.decision.id] ?? entry);
  }

  /** All entries, those set aside first, then the oldest. */
  #entries() {
    const stored = this.#stored();
    return [...without(this.#mine, stored), ...stored].sort(
      (one, other) => +!one.refused - +!other.refused || one.time - other.time,
    );
  }

  /** The entries to be sent, the oldest first. */
  #waiting() {
    return this.#entries().filter(({refused}) => !refused);
  }

  /** Return the service's proofs of this consent; an empty list without a consentId or an answer. */
  async history() {
    const {host, post} = this.#dependencies;
    const consentId = this.#proof(this.#own)?.consentId;
    const url = `${host}/v1/client/consents/${this.#own.replace('?', '/history?')}`;
    const answer =
      consentId &&
      (await post(url, {consentId})
        .then(response => response.ok && response.json())
        .catch(() => {}));
    return objects(answer?.proofs);
  }

  /**
   * Replace an entry. Other tabs may add entries during a request, so the storage is read again.
   * @param {OutboxEntry} entry
   * @param {OutboxEntry[]} by
   */
  #replace(entry, ...by) {
    this.#changed[entry.decision.id] = by;
    this.#mine = this.#mine.flatMap(each => this.#changed[each.decision.id] ?? each);
    this.#write(this.#entries());
  }

  /** Beyond the limit the first are dropped: the newest hold the current choices. @param {OutboxEntry[]} entries */
  #write(entries) {
    if (entries.length) this.#dependencies.local.write(OUTBOX, entries.slice(-MOST));
    else this.#dependencies.local.remove(OUTBOX);
  }

  /** Return two seconds, four, … four minutes, each with random jitter of up to the same amount. */
  #backOff() {
    return 1000 * 2 ** Math.min(++this.#failures, 8) * (1 + this.#dependencies.chance());
  }
}

/** Milliseconds until other tabs read what one tab has written. */
const SPREAD = 100;
/** Milliseconds after which the lock no longer matters: a tab may be frozen, or the page may hold it for ever. */
const PATIENCE = 2000;

/** @param {number} milliseconds */
const pause = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));

/**
 * Run the work once, in one tab at a time. Without Web Locks, or if the lock does not come in time, every tab runs by
 * itself, which at worst repeats a request: the service stores a repeat once. The lock is held a little longer, because
 * other tabs see a storage's new values later than a released lock.
 * @param {() => Promise<number>} work
 */
export function exclusively(work) {
  /** @type {Promise<number> | undefined} */
  let begun;
  const once = () => (begun ??= work());
  const asked = async () => navigator.locks.request(OUTBOX, () => once().then(() => pause(SPREAD)));
  return Promise.race([asked(), pause(PATIENCE)]).then(once, once); // a page may replace Web Locks
}
