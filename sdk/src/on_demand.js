/** Load a file of the SDK that not every visitor needs. The browser checks it by its hash. */
import {PARTITIONED, domainsOf, jar} from './cookie.js';
import {element, styleSheet} from './dom.js';
import {NAMES, formOf, hold, isLink, lookAgain, parked} from './elements.js';
import {dispatch, layer, push} from './events.js';
import {standing} from './frames.js';
import {attempt, list, merged, objects, warn} from './guard.js';
import {jsonOf} from './json.js';
import {querySelectorAll, removeAttribute, setAttribute} from './natives.js';
import {richText} from './rich_text.js';
import {answers, button, dialog, disclaimer, header, iconButton, image, link} from './screens.js';
import {ADDRESS, isUuid} from './shapes.js';
import {bitsOf} from './signals.js';
import {A_DAY, OPT_OUT, OURS, OUTBOX, PROOF, keyOf, proofIn} from './storage.js';
import {themeOf} from './theme.js';
import {anonymous} from './transport.js';
import {madeByScripts, own, trusted} from './trusted.js';

/** handed_over.js receives them in this order. */
export const SHARED = /** @type {const} */ ([
  addEventListener,
  anonymous,
  answers,
  attempt,
  bitsOf,
  button,
  dialog,
  disclaimer,
  dispatch,
  document,
  domainsOf,
  element,
  fetch,
  formOf,
  header,
  hold,
  iconButton,
  image,
  isLink,
  isUuid,
  jar,
  jsonOf,
  keyOf,
  layer,
  link,
  list,
  lookAgain,
  madeByScripts,
  merged,
  objects,
  onDemand,
  own,
  parked,
  proofIn,
  push,
  querySelectorAll,
  removeAttribute,
  richText,
  setAttribute,
  setTimeout,
  standing,
  styleSheet,
  themeOf,
  trusted,
  warn,
  ADDRESS,
  A_DAY,
  JSON,
  Math,
  MutationObserver,
  NAMES,
  OPT_OUT,
  OURS,
  OUTBOX,
  PARTITIONED,
  Object,
  PROOF,
  Promise,
]);

/**
 * @typedef {typeof import('./watch.js')} Watching
 * @typedef {[
 *   typeof import('./second_screen.js').secondScreen, Watching['openModal'], Watching['Watch'],
 *   (dependencies: import('./delivery.js').Dependencies, own: string, entries: import('./outbox.js').OutboxEntry[]) => import('./outbox.js').Outbox,
 *   typeof import('./withdrawal.js').clear,
 *   (host: string, address: string, type: 'Visit' | 'Quit', settings: Settings | null) => void,
 *   typeof import('./scrolled.js').whenScrolled, typeof import('./around.js').unlessAround,
 *   typeof import('./adopted.js').adopt, typeof import('./page.js').serve
 * ]} Details The second screen, what opens it, what watches over the window, the outbox, what
 *   deletes, what posts a count, what waits for scrolling, what asks in a frame, and what takes
 *   the place of a server's first screen, and what serves the page's own elements.
 *
 * @typedef {Loader<Details>} OnDemand
 *
 * @typedef {typeof import('./placeholders.js')} Placing
 *
 * @typedef {[
 *   typeof import('./scripts.js').releaseScripts, Placing['place'], Placing['leave'], typeof import('./release.js').release
 * ]} Held What releases scripts, what puts placeholders where they belong, and what releases other elements.
 *
 * @typedef {[ReturnType<typeof import('./consent_mode.js').consentMode>, typeof import('./rules.js').Rules]} Optional What
 *   tells the tags of Google and Microsoft, and the rules of places and signals.
 */

/**
 * @template Parts
 * @typedef {(done?: (parts: Parts | null) => void, isLater?: boolean) => void} Loader
 */

/**
 * Return a function that loads the file once. It calls `done` with the file's parts, or with null if the file did not
 * load within ten seconds; the next call tries again. A call for
 * later waits until another one loads the file.
 * @template Parts
 * @param {Pick<Place, 'host' | 'nonce'>} place
 * @param {string} path
 * @param {string} integrity
 * @returns {Loader<Parts>}
 */
export function onDemand({host, nonce}, path, integrity) {
  /** @type {Parts | null} */
  let parts = null;
  /** @type {HTMLElement | null} */
  let loading = null;
  /** @type {((parts: Parts | null) => void)[]} */
  const waiting = [];

  return (done, isLater) => {
    if (parts) return done?.(parts);
    if (done) waiting.push(done);
    if (loading || isLater) return;
    const end = () => {
      if (loading !== script) return;
      loading = null;
      script.remove();
      if (!parts) warn(`Did not load: ${path}`);
      for (const each of waiting.splice(0)) each(parts);
    };
    const script = element('script', {async: '', integrity, crossorigin: '', load: end, error: end});
    // Only the file itself can hand over its parts, and only while it runs: others cannot pass for it.
    const take = (/** @type {(shared: typeof SHARED) => Parts} */ give) => {
      if (document.currentScript === script) parts = give(SHARED);
    };
    loading = script;
    script.nonce = nonce;
    /** @type {any} */ (script).dastra = take;
    setTimeout(end, 10_000);
    // Trusted Types that refuse the policy leave a script without an address, which does not end by itself.
    attempt(() => setAttribute.call(script, 'src', trusted().createScriptURL(host + path)));
    if (!script.hasAttribute('src')) end();
    (document.head ?? document.documentElement).append(script);
  };
}
