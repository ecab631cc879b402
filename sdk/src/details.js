/** The second file: what a visitor sees after a click, and what sends a decision. */
import {typeDeviceOf} from './device.js';
import {handOver} from './handed_over.js';
import {Outbox, exclusively} from './outbox.js';
import {post} from './post.js';
import {whenScrolled} from './scrolled.js';
import {secondScreen} from './second_screen.js';
import {Watch, openModal} from './watch.js';
import {clear} from './withdrawal.js';

const device = () => typeDeviceOf(navigator);

/**
 * @param {import('./delivery.js').Dependencies} dependencies
 * @param {string} own
 * @param {import('./outbox.js').OutboxEntry[]} entries
 */
const outbox = (dependencies, own, entries) =>
  new Outbox({post, exclusively, chance: Math.random, device, later: setTimeout, ...dependencies}, own, entries);

const count = (/** @type {string} */ url, /** @type {object} */ body) =>
  post(url, {...body, typeDevice: device()}).catch(() => {});

handOver(() => [secondScreen, openModal, Watch, outbox, clear, count, whenScrolled]);
