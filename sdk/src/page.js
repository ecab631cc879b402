/** The page's own elements: what opens the window, and the cookie declaration. Part of the second file. */
import {
  OURS,
  addEventListener,
  anonymous,
  attempt,
  document,
  fetch,
  onDemand,
  querySelectorAll,
  removeAttribute,
  setTimeout,
  trusted,
  warn,
} from './handed_over.js';
import {post} from './post.js';

const CHOICES = '[data-dastra-choices]';

/** The widget whose status this session's visitor has been told. */
const HONOURED = `${OURS}honoured`;

/**
 * @typedef {import('./consent.js').Consent} Consent
 */

/** @type {Consent | undefined} */
let consent;
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

/** Whether a service was on by default when this proof was made here. @param {Service} service @param {any} proof */
export function isOnIn(service, proof) {
  const {law} = consent ?? {};
  return !!law?.policyId && proof?.consents?.policy === law.policyId && law.isOnHere(service);
}

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
  (consent?.law?.isHonoured && consent.settings?.translation.signalHonouredLabel) || undefined;

/**
 * Serve the elements of the page, also those that have come since the last call. Whatever they are, the rest goes on.
 * @param {Consent} ownConsent
 * @param {import('./window.js').ConsentWindow | null} ownWindow
 * @param {Place} place
 * @param {WidgetName | null} widget
 */
export function serve(ownConsent, ownWindow, place, widget) {
  addEventListener('click', open, true); // again: document.open ends listeners
  load ??= onDemand(place, RECEIPT_PATH, RECEIPT_INTEGRITY);
  [consent, shown, service] = [ownConsent, ownWindow, place];
  if (consent.law?.link) for (const each of document.querySelectorAll(CHOICES)) show(each);
  for (const each of document.querySelectorAll('[data-dastra-declaration]'))
    attempt(() => declare(each, place, widget));
  for (const each of document.querySelectorAll('.dastra-declaration')) attempt(() => fill(each));
  tell();
  return true;
}

/** A form's fields may have the names of methods. @param {Element} element */
const show = element => removeAttribute.call(element, 'hidden');

/** Tell the visitor once a session that a signal is honoured, when the page is seen. */
function tell() {
  const text = honoured();
  const told = `${consent?.widgetId}`;
  if (!text || document.visibilityState !== 'visible') return;
  if (attempt(() => sessionStorage.getItem(HONOURED)) === told) return;
  attempt(() => sessionStorage.setItem(HONOURED, told));
  setTimeout(() => shown?.say(text, true)); // after what the window says
}

/** @param {Event} event */
function open(event) {
  const {target} = event;
  if (!attempt(() => /** @type {Element} */ (target).closest(CHOICES))) return;
  event.preventDefault();
  shown?.open();
}

/**
 * Load the declaration into an empty element, in the language of the window. One that does not load is tried again with the
 * page's next change, after ten seconds at the earliest.
 * @param {Element & {dastraLang?: string | undefined}} element
 * @param {Place} place
 * @param {WidgetName | null} widget
 */
async function declare(element, {host, key}, widget) {
  if (!widget || element.dastraLang === widget.culture || (element.firstElementChild && element.dastraLang == null))
    return;
  const {widgetId, culture} = widget;
  element.dastraLang = culture;
  const url = `${host}/v1/client/declaration/${widgetId}?key=${key}${culture && `&culture=${culture}`}`;
  const answer = await fetch(url, anonymous({})).catch(() => null);
  const text = answer?.ok && (await answer.text().catch(() => ''));
  if (element.dastraLang !== culture) return; // another language was asked for since
  const parsed = text && attempt(() => new DOMParser().parseFromString(trusted().createHTML(text), 'text/html'));
  if (parsed) return element.replaceChildren(...parsed.body.childNodes);
  warn(`${url} is not available: ${answer?.status ?? 0}`);
  setTimeout(() => element.dastraLang === culture && (element.dastraLang = undefined), 10_000);
}

/** Say what is in effect for the visitor. @param {Element} declaration */
function fill(declaration) {
  const {effective, stored} = /** @type {Consent} */ (consent);
  for (const each of querySelectorAll.call(declaration, '[data-dastra-state]'))
    attempt(() => {
      const slug = each.getAttribute('data-dastra-state') ?? '';
      const name = effective[slug] ? (stored?.[slug] ? 'data-on' : 'data-default') : 'data-off';
      const text = each.getAttribute(name) ?? '';
      if (each.textContent !== text) each.textContent = text;
      show(each);
    });
  for (const each of querySelectorAll.call(declaration, CHOICES)) show(each);
}
