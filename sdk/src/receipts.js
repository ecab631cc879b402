/** Proofs as people read them. Part of the file for receipts. */
import {attempt, element, objects} from './handed_over.js';
import {RECEIPT_WORDS} from './receipt_words.js';

/**
 * @typedef {(service: Service, proof: any) => boolean} IsOn Whether a service was on by default in a proof.
 *
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
 * @param {IsOn} isOnIn
 * @returns {Element[]}
 */
export function receipts(proofs, settings, receiptFor, isOnIn) {
  const words = wordsOf(settings);
  const [newest] = proofs.slice(-1);
  const consentId = proofs.map(proof => proof?.consentId).find(id => id);
  return [
    ...proofs.map((_, at) => decision(proofs[proofs.length - 1 - at], settings, words, isOnIn)),
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
 * Return the names of the services that a proof has, by what it says of them: accepted, on but not refused, or refused. The
 * service marks those that were on by default; in this browser's own proof, the rules tell.
 * @param {any} proof
 * @param {Settings} settings
 * @param {IsOn} isOnIn
 */
function named(proof, {groups}, isOnIn) {
  const services = groups.flatMap(group => group.services);
  /** @type {[string[], string[], string[]]} */
  const names = [[], [], []];
  for (const {slug, name, consent, notRefused} of /** @type {any[]} */ (objects(proof?.consents?.cookieConsents))) {
    const service = services.find(each => each.slug === slug);
    if (service?.defaultConsent) continue; // no choice
    const isDefault = notRefused ?? (service && isOnIn(service, proof));
    names[consent === true ? (isDefault ? 1 : 0) : 2].push(service?.name ?? name ?? slug);
  }
  return names.map(each => each.join(', '));
}

/** @param {any} proof @param {Settings} settings @param {Words} words @param {IsOn} isOnIn */
function decision(proof, settings, words, isOnIn) {
  const [accepted, notRefused, refused] = named(proof, settings, isOnIn);
  const form = /** @type {const} */ ({dateStyle: 'long', timeStyle: 'short'});
  return listOf(
    'dl.decision',
    row(
      words.receiptDateLabel,
      attempt(() => new Date(proof.date).toLocaleString(settings.lang || 'en', form)),
    ),
    row(words.acceptedLabel, accepted),
    row(words.notRefusedLabel, notRefused),
    row(words.refusedLabel, refused),
  );
}

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
