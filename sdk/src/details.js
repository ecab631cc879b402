/** The second file: what a visitor sees after a click, and what sends a decision. */
import {adopt} from './adopted.js';
import {unlessAround} from './around.js';
import {typeDeviceOf} from './device.js';
import {handOver} from './handed_over.js';
import {Outbox, exclusively} from './outbox.js';
import {post} from './post.js';
import {whenScrolled} from './scrolled.js';
import {secondScreen} from './second_screen.js';
import {serve} from './page.js';
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

/** @param {string} host @param {string} address @param {'Visit' | 'Quit'} type @param {Settings | null} settings */
const count = (host, address, type, settings) =>
  settings?.saveConsentProof &&
  post(`${host}/v1/client/collect/${address}`, {type, lang: settings.lang || null, typeDevice: device()}).catch(
    () => {},
  );

handOver(() => [secondScreen, openModal, Watch, outbox, clear, count, whenScrolled, unlessAround, adopt, serve]);
