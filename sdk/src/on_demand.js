/** Load the second file, which has what a visitor asks for by a click. The browser checks it by its hash. */
import {element, load, styleSheet} from './dom.js';
import {dispatch} from './events.js';
import {attempt, warn} from './guard.js';
import {richText} from './rich_text.js';
import {button, dialog, disclaimer, header, image, link} from './screens.js';
import {trusted} from './trusted.js';

/** handed_over.js receives them in this order. */
export const SHARED = /** @type {const} */ ([
  attempt,
  button,
  dialog,
  disclaimer,
  dispatch,
  document,
  element,
  header,
  image,
  link,
  richText,
  styleSheet,
]);

/**
 * @typedef {typeof import('./watch.js')} Watching
 * @typedef {[
 *   typeof import('./second_screen.js').secondScreen, string, Watching['openModal'], Watching['Watch']
 * ]} Details The second screen, its styles, what opens it, and what watches over the window.
 */

/**
 * Return a function that loads the file once. It calls `done` with the file's parts, or with null if the file did not
 * load within ten seconds; the next call tries again.
 * @param {Pick<Place, 'host' | 'nonce'>} place
 */
export function onDemand({host, nonce}) {
  /** @type {Details | null} */
  let details = null;
  /** @type {HTMLElement | null} */
  let loading = null;
  /** @type {((details: Details | null) => void)[]} */
  const waiting = [];

  /** @param {Element} parent Part of the document. @param {(details: Details | null) => void} [done] */
  return (parent, done) => {
    if (details) return done?.(details);
    if (done) waiting.push(done);
    if (loading) return;
    const end = () => {
      if (loading !== script) return;
      loading = null;
      script.remove();
      if (!details) warn('Could not load the settings of the window.');
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
    attempt(() => load(script, trusted().createScriptURL(host + DETAILS_PATH)));
    if (!script.hasAttribute('src')) end();
    parent.append(script);
  };
}
