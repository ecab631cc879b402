/** The second file: what a visitor sees after a click, and what sends a decision. */
import {handOver} from './handed_over.js';
import {Outbox, exclusively} from './outbox.js';
import {fit, placeholderOf} from './placeholders.js';
import {post} from './post.js';
import {secondScreen} from './second_screen.js';
import css from './second_screen.css';
import {Watch, openModal} from './watch.js';
import {clear} from './withdrawal.js';

const later = (/** @type {() => void} */ work, /** @type {number} */ wait) => setTimeout(work, wait);

/** @param {import('./delivery.js').Dependencies} dependencies @param {string} own */
const outbox = (dependencies, own) => new Outbox({post, exclusively, chance: Math.random, later, ...dependencies}, own);

const count = (/** @type {string} */ url, /** @type {unknown} */ body) => post(url, body).catch(() => {});

handOver(() => [secondScreen, css, openModal, Watch, outbox, {fit, placeholderOf}, clear, count]);
