/** Load the second file, which has what a visitor asks for by a click. The browser checks it by its hash. */
import {element, styleSheet} from './dom.js';
import {give} from './elements.js';
import {dispatch} from './events.js';
import {attempt, objects, warn} from './guard.js';
import {richText} from './rich_text.js';
import {button, dialog, disclaimer, failure, header, image, link} from './screens.js';
import {ADDRESS, isUuid} from './shapes.js';
import {A_DAY, OUTBOX, PROOF, keyOf, proofIn} from './storage.js';

/** handed_over.js receives them in this order. */
export const SHARED = /** @type {const} */ ([
  attempt,
  button,
  dialog,
  disclaimer,
  dispatch,
  document,
  element,
  failure,
  header,
  image,
  link,
  richText,
  styleSheet,
  A_DAY,
  ADDRESS,
  OUTBOX,
  PROOF,
  isUuid,
  keyOf,
  objects,
  proofIn,
  warn,
]);

/**
 * @typedef {typeof import('./watch.js')} Watching
 * @typedef {[
 *   typeof import('./second_screen.js').secondScreen, string, Watching['openModal'], Watching['Watch'],
 *   (dependencies: import('./delivery.js').Dependencies, own: string) => import('./outbox.js').Outbox,
 *   Pick<typeof import('./placeholders.js'), 'placeholderOf' | 'fit'>
 * ]} Details The second screen, its styles, what opens it, what watches over the window, the outbox, and what draws
 *   placeholders.
 *
 * @typedef {(done?: (details: Details | null) => void) => void} OnDemand
 */

/**
 * Return a function that loads the file once. It calls `done` with the file's parts, or with null if the file did not
 * load within ten seconds; the next call tries again.
 * @param {Pick<Place, 'host' | 'nonce'>} place
 * @returns {OnDemand}
 */
export function onDemand({host, nonce}) {
  /** @type {Details | null} */
  let details = null;
  /** @type {HTMLElement | null} */
  let loading = null;
  /** @type {((details: Details | null) => void)[]} */
  const waiting = [];

  return done => {
    if (details) return done?.(details);
    if (done) waiting.push(done);
    if (loading) return;
    const end = () => {
      if (loading !== script) return;
      loading = null;
      script.remove();
      if (!details) warn('Could not load details.js.');
      for (const each of waiting.splice(0)) each(details);
    };
    const script = element('script', {integrity: DETAILS_INTEGRITY, crossorigin: '', load: end, error: end});
    // Only the file itself can hand over its parts, and only while it runs: others cannot pass for it.
    const take = (/** @type {(shared: typeof SHARED) => Details} */ give) => {
      if (document.currentScript === script) details = give(SHARED);
    };
    loading = script;
    script.nonce = nonce;
    Object.defineProperty(script, 'dastra', {value: take});
    setTimeout(end, 10_000);
    // Trusted Types that refuse the policy leave a script without an address, which does not end by itself.
    attempt(() => give(script, 'src', host + DETAILS_PATH));
    if (!script.hasAttribute('src')) end();
    (document.head ?? document.documentElement).append(script);
  };
}
