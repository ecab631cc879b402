/** The page's own elements: what opens the window, and the cookie declaration. Part of the second file. */
import {OURS, addEventListener, anonymous, attempt, document, fetch, onDemand, trusted, warn} from './handed_over.js';
import {post} from './post.js';

const CHOICES = '[data-dastra-choices]';

/** The widget whose status this session's visitor has been told. */
const HONOURED = `${OURS}honoured`;

/**
 * @typedef {import('./consent.js').Consent} Consent
 * @typedef {import('./rules.js').Rules} Rules
 */

/** @type {Consent | undefined} */
let consent;
/** @type {Rules | undefined} */
let rules;
/** @type {import('./window.js').ConsentWindow | null} */
let shown;

/** @type {Place | undefined} */
let service;
/** @type {import('./on_demand.js').Loader<[typeof import('./receipts.js').receipts]> | undefined} */
let load;

/**
 * Load what shows proofs to people.
 * @param {(made: typeof import('./receipts.js').receipts | null | undefined) => void} work
 */
export const withReceipts = work => load?.(parts => work(parts?.[0]));

/**
 * Return the service's receipt of a decision, or of the newest; null if it has none.
 * @param {string} consentId
 * @param {string} id
 */
export async function receiptFor(consentId, id) {
  const {host, key} = /** @type {Place} */ (service);
  const url = `${host}/v1/client/consents/${consent?.widgetId}/receipt?key=${key}`;
  const answer = await post(url, {consentId, id}).catch(() => null);
  return answer?.ok ? answer.text() : null;
}

/** The text that says that a signal is honoured; undefined if none is. */
export const honoured = () =>
  (consent && rules?.isHonoured(consent) && consent.settings?.translation.signalHonouredLabel) || undefined;

/**
 * Serve the elements of the page, also those that have come since the last call.
 * @param {Consent} ownConsent
 * @param {Rules | undefined} ownRules
 * @param {import('./window.js').ConsentWindow | null} ownWindow
 * @param {Place} place
 * @param {WidgetName | null} widget
 */
export function serve(ownConsent, ownRules, ownWindow, place, widget) {
  if (!consent) addEventListener('click', open, true);
  service = place;
  load ??= onDemand(place, RECEIPT_PATH, RECEIPT_INTEGRITY);
  [consent, rules, shown] = [ownConsent, ownRules, ownWindow];
  if (rules?.link) show(document.querySelectorAll(CHOICES));
  for (const each of document.querySelectorAll('[data-dastra-declaration]')) declare(each, place, widget);
  for (const each of document.querySelectorAll('.dastra-declaration')) fill(each, consent);
  tell();
}

/** Tell the visitor once a session that a signal is honoured. */
function tell() {
  const text = honoured();
  const told = `${consent?.widgetId}`;
  if (!text || attempt(() => sessionStorage.getItem(HONOURED)) === told) return;
  attempt(() => sessionStorage.setItem(HONOURED, told));
  shown?.say(text, true);
}

/** @param {Iterable<Element>} elements */
const show = elements => {
  for (const each of elements) each.removeAttribute('hidden');
};

/** @param {Event} event */
function open(event) {
  const {target} = event;
  if (!attempt(() => /** @type {Element} */ (target).closest(CHOICES))) return;
  event.preventDefault();
  shown?.open();
}

/**
 * Load the declaration into an empty element, in the language of the window.
 * @param {Element & {dastraLang?: string}} element
 * @param {Place} place
 * @param {WidgetName | null} widget
 */
async function declare(element, {host, key}, widget) {
  if (!widget || element.dastraLang === widget.culture || (element.firstElementChild && element.dastraLang == null))
    return;
  element.dastraLang = widget.culture;
  const {widgetId, culture} = widget;
  const url = `${host}/v1/client/declaration/${widgetId}?key=${key}${culture && `&culture=${culture}`}`;
  const answer = await fetch(url, anonymous({})).catch(() => null);
  const text = answer?.ok && (await answer.text().catch(() => ''));
  if (!text) return warn(`${url} is not available: ${answer?.status ?? 0}`);
  const parsed = attempt(() => new DOMParser().parseFromString(trusted().createHTML(text), 'text/html'));
  element.replaceChildren(...(parsed?.body.childNodes ?? []));
}

/** Say what is in effect for the visitor. @param {Element} declaration @param {Consent} consent */
function fill(declaration, {effective, stored}) {
  for (const each of declaration.querySelectorAll('[data-dastra-state]')) {
    const slug = each.getAttribute('data-dastra-state') ?? '';
    const name = effective[slug] ? (stored?.[slug] ? 'data-on' : 'data-default') : 'data-off';
    const text = each.getAttribute(name) ?? '';
    if (each.textContent !== text) each.textContent = text;
    each.removeAttribute('hidden');
  }
  show(declaration.querySelectorAll(CHOICES));
}
