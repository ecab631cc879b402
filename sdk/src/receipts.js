/** Proofs as people read them. Part of the file for receipts. */
import {attempt, element, objects} from './handed_over.js';
import {RECEIPT_WORDS} from './receipt_words.js';

/**
 * @typedef {object} Words
 * @property {string} receiptDateLabel
 * @property {string} receiptSiteLabel
 * @property {string} receiptReferenceLabel
 * @property {string} receiptCopyLabel
 * @property {string} receiptCopiedLabel
 * @property {string} receiptDownloadLabel
 * @property {string} acceptedLabel
 * @property {string} refusedLabel
 * @property {string} notRefusedLabel
 */

/** Return the texts: the owner's own, else the built-in ones of the language. @param {Settings} settings @returns {Words} */
function wordsOf({lang, translation}) {
  const [english = []] = [RECEIPT_WORDS.en];
  const built = RECEIPT_WORDS[lang] ?? RECEIPT_WORDS[lang.slice(0, 2)] ?? english;
  const names = RECEIPT_WORDS.names ?? [];
  return /** @type {any} */ (Object.fromEntries(names.map((name, at) => [name, translation[name] || built[at]])));
}

/** @param {string} label @param {unknown[]} values */
const row = (label, ...values) =>
  values.some(value => value) ? [element('dt', {}, label), element('dd', {}, ...values)] : [];

/** @param {string} names @param {Element[][]} rows */
const listOf = (names, ...rows) => element(names, {}, ...rows.flat());

/**
 * Return the decisions, the newest first, and the reference by which the service finds them.
 * @param {any[]} proofs
 * @param {Settings} settings
 * @param {false | ((consentId: string, id: string) => Promise<string | null>)} receiptFor false: the service has none.
 * @returns {Element[]}
 */
export function receipts(proofs, settings, receiptFor) {
  const words = wordsOf(settings);
  const [newest] = proofs.slice(-1);
  const consentId = proofs.map(proof => proof?.consentId).find(id => id);
  return [
    ...proofs.map((_, at) => decision(proofs[proofs.length - 1 - at], settings, words)),
    listOf(
      'dl.reference',
      row(words.receiptSiteLabel, location.hostname),
      row(words.receiptReferenceLabel, consentId && element('code', {}, consentId)),
    ),
    element(
      'div.row',
      {},
      consentId && copy(consentId, words),
      receiptFor && download(consentId, newest?.id, words, receiptFor),
    ),
  ];
}

/**
 * Return the names of the services that the proof has such entries of, but for those that were no choice.
 * @param {any} proof
 * @param {Settings} settings
 * @param {(entry: any) => boolean} is
 */
function named(proof, {groups}, is) {
  const services = groups.flatMap(group => group.services);
  const known = (/** @type {any} */ entry) => services.find(({slug}) => slug === entry.slug);
  return objects(proof?.consents?.cookieConsents)
    .filter(entry => !known(entry)?.defaultConsent && is(entry))
    .map(entry => known(entry)?.name ?? entry.name ?? entry.slug)
    .join(', ');
}

/** @param {any} proof @param {Settings} settings @param {Words} words */
const decision = (proof, settings, words) =>
  listOf(
    'dl.decision',
    row(
      words.receiptDateLabel,
      attempt(() =>
        new Date(proof.date).toLocaleString(settings.lang || 'en', {dateStyle: 'long', timeStyle: 'short'}),
      ),
    ),
    row(
      words.acceptedLabel,
      named(proof, settings, ({consent, notRefused}) => consent === true && !notRefused),
    ),
    row(
      words.notRefusedLabel,
      named(proof, settings, ({consent, notRefused}) => consent === true && notRefused),
    ),
    row(
      words.refusedLabel,
      named(proof, settings, ({consent}) => consent !== true),
    ),
  );

/** @param {string} part @param {string} label @param {() => void} click */
const button = (part, label, click) => element(`button.${part}.link`, {click}, label);

/** @param {string} consentId @param {Words} words */
function copy(consentId, {receiptCopyLabel, receiptCopiedLabel}) {
  const made = button('copy-reference', receiptCopyLabel, async () => {
    const isCopied = await attempt(() =>
      navigator.clipboard.writeText(consentId).then(
        () => true,
        () => false,
      ),
    );
    if (isCopied) made.replaceChildren(receiptCopiedLabel);
  });
  return made;
}

/**
 * @param {string} consentId
 * @param {string} id
 * @param {Words} words
 * @param {(consentId: string, id: string) => Promise<string | null>} receiptFor
 */
const download = (consentId, id, {receiptDownloadLabel}, receiptFor) =>
  button('download-receipt', receiptDownloadLabel, async () => {
    const text = await receiptFor(consentId, id);
    attempt(() => {
      if (!text) return;
      const href = URL.createObjectURL(new Blob([text], {type: 'application/ld+json'}));
      const made = /** @type {HTMLAnchorElement} */ (element('a', {href, download: 'consent-receipt.json'}));
      made.click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
    });
  });
