/** Decisions on their way to the service: first in, first out, one at a time, kept until they are answered. */
import {isObject, warn} from './guard.js';
import {OUTBOX, PROOF, isUuid} from './storage.js';

const MOST = 20;
const LONGEST = 180 * 86_400_000;
const DELIVERED = [200, 201, 202];
const REFUSED_FOR_NOW = [403, 404, 408, 429];

/**
 * @typedef {{widget: string, time: number, sent: boolean, after: number, decision: Decision}} Entry `widget`: id and key
 * of the address; `sent`: tried at least once, so it must not change any more; `after`: the service's own Retry-After.
 *
 * @typedef {object} Surroundings
 * @property {Store} store localStorage
 * @property {string} host
 * @property {(url: string, body: unknown) => Promise<Response>} post
 * @property {(work: () => Promise<void>) => Promise<void>} exclusively Runs `work` in one tab at a time.
 * @property {() => number} now
 * @property {() => number} random
 * @property {(work: () => void, milliseconds: number) => unknown} later
 */

/** @param {unknown} value @param {number} now @returns {value is Entry} */
const isEntry = (value, now) =>
  isObject(value) &&
  /^\d+\?key=[\w-]+$/.test(String(value.widget)) &&
  now - Number(value.time) < LONGEST &&
  isObject(value.decision) &&
  isUuid(value.decision.id);

/** Milliseconds that the service asks for, at most an hour. @param {Response} response @param {number} now */
function retryAfter(response, now) {
  const header = response.headers.get('Retry-After') ?? '';
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now;
  return wait > 0 ? Math.min(wait, 3_600_000) : 0;
}

/** @param {number} status */
const isDropped = status => status >= 400 && status < 500 && !REFUSED_FOR_NOW.includes(status);

/** @param {Surroundings} surroundings */
export function createOutbox({store, host, post, exclusively, now, random, later}) {
  let running = false;
  let failures = 0;
  let appointments = 0;

  /** @returns {Entry[]} */
  const entries = () => {
    const value = store.read(OUTBOX);
    return Array.isArray(value) ? value.filter(entry => isEntry(entry, now())) : [];
  };

  /** @param {Entry[]} remaining */
  const replace = remaining => (remaining.length ? store.write(OUTBOX, remaining) : store.remove(OUTBOX));

  /** Other tabs add while a request is on its way: what is there is read anew. @param {Entry} entry */
  const update = entry => replace(entries().map(each => (each.decision.id === entry.decision.id ? entry : each)));

  /** @param {Entry} entry */
  const remove = entry => replace(entries().filter(each => each.decision.id !== entry.decision.id));

  /** The visitor's consentId as the last answer gave it. @param {Entry} entry */
  const known = entry => {
    const proof = store.read(PROOF);
    return isObject(proof) && proof.widgetId === parseInt(entry.widget) && isUuid(proof.consentId)
      ? proof.consentId
      : null;
  };

  /** @param {Entry} entry @param {unknown} answer */
  const learn = (entry, answer) => {
    const proof = store.read(PROOF);
    if (isObject(answer) && isUuid(answer.consentId) && isObject(proof) && proof.widgetId === parseInt(entry.widget))
      store.write(PROOF, {...proof, consentId: answer.consentId});
  };

  /** Send the oldest. @param {Entry} entry @returns {Promise<boolean>} whether it is done with */
  async function send(entry) {
    // Repeated to the letter, it is the same decision for the service; so its consentId is settled before it is sent.
    if (!entry.sent) {
      entry.decision.consentId ??= known(entry);
      entry.sent = true;
      update(entry);
    }
    const response = await post(`${host}/v1/client/collect/${entry.widget}`, entry.decision);
    if (DELIVERED.includes(response.status)) {
      remove(entry);
      learn(entry, await response.json().catch(() => null));
    } else if (isDropped(response.status)) {
      remove(entry);
      warn(`The service refused a decision (${response.status}); the choice itself stays in this browser.`);
    } else {
      entry.after = now() + retryAfter(response, now());
      update(entry);
      return false;
    }
    return true;
  }

  async function sendAll() {
    for (let [oldest] = entries(); oldest; [oldest] = entries()) {
      const wait = oldest.after - now();
      if (wait > 0 && wait <= 3_600_000) return wait;
      if (!(await send(oldest).catch(() => false))) return Math.max(oldest.after - now(), backOff());
      failures = 0;
    }
    return 0;
  }

  /** Two seconds, four, … five minutes at most, each with up to as much again at random. */
  const backOff = () => Math.min(1000 * 2 ** ++failures, 300_000) * (1 + random());

  /** Send what there is, unless it is being done already; what cannot be sent now is tried again. */
  async function flush() {
    if (running || !entries().length) return;
    running = true;
    let wait = 0;
    await exclusively(async () => {
      wait = await sendAll();
    }).catch(() => {
      wait = backOff();
    });
    running = false;
    if (wait) tryAgain(wait);
    else void flush(); // something may have been added since the last look
  }

  /** Only the newest appointment counts. @param {number} wait */
  function tryAgain(wait) {
    const appointment = ++appointments;
    later(() => appointment === appointments && void flush(), wait);
  }

  return {
    flush,
    /**
     * Keep a decision, then send it. Beyond the bound the oldest go: the newest say what holds.
     * @param {string} widget
     * @param {Decision} decision
     */
    add(widget, decision) {
      const all = [...entries(), {widget, time: now(), sent: false, after: 0, decision}];
      if (all.length > MOST) warn('Decisions could not be sent for long: the oldest of them is dropped.');
      replace(all.slice(-MOST));
      void flush();
    },
  };
}

/**
 * One tab at a time where the browser has Web Locks; elsewhere each on its own, which repeats at worst a request.
 * @param {() => Promise<void>} work
 */
export const exclusively = work =>
  navigator.locks ? navigator.locks.request('dastra-outbox', work) : work();
