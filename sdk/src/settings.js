/** The widget's settings: fetched once per session. Publishing has checked them; what is no settings counts as none. */
import {isObject, list, objects} from './guard.js';
import {isSlug} from './shapes.js';
import {A_DAY, SETTINGS} from './storage.js';

/**
 * Only strictly necessary services need no consent.
 * @param {Json} service
 * @param {number} purpose
 * @returns {Service}
 */
const serviceOf = (service, purpose, isNecessary = !purpose && service.purpose === 0) => ({
  .../** @type {any} */ (service),
  purpose,
  requiredConsent: !isNecessary,
  defaultConsent: isNecessary,
  domain: list(service.domains ?? service.domain),
  consentModes: list(service.consentModes),
  cookies: objects(service.cookies),
  storage: list(service.storage),
});

/**
 * An unknown purpose becomes the last one, *Unclassified*, which requires consent.
 * @param {any} group
 * @returns {Group}
 */
function groupOf(group) {
  const purpose = [0, 1, 2, 3, 4].includes(group.purpose) ? group.purpose : 5;
  const services = objects(group.services).filter(({slug}) => isSlug(slug));
  return {...group, purpose, services: services.map(service => serviceOf(service, purpose))};
}

/**
 * Return an answer in the form that the SDK relies on; null if it does not have the form of settings.
 * @param {unknown} value
 * @returns {Settings | null}
 */
export function checked(value) {
  if (!isObject(value) || !isObject(value.translation) || !Array.isArray(value.groups)) return null;
  return {
    .../** @type {any} */ (value),
    lang: `${value.lang ?? ''}`,
    consentCookieExpiryTime: Math.min(+(/** @type {any} */ (value.consentCookieExpiryTime)) || 180, 180),
    saveConsentProof: value.saveConsentProof !== false,
    groups: objects(value.groups).map(groupOf),
  };
}

/**
 * Return the session's settings for this address, unless they are older than a day.
 * @param {Store} session
 * @param {string} url
 * @param {number} now
 */
export function cached(session, url, now) {
  const entry = session.read(SETTINGS);
  if (!isObject(entry) || entry.url !== url) return null;
  const age = now - +(/** @type {any} */ (entry.time));
  return age >= 0 && age < A_DAY ? checked(entry.answer) : null;
}

/**
 * Store an answer for the session. The settings of a widget in developer mode are fetched each time.
 * @param {Store} session
 * @param {string} url
 * @param {number} now
 * @param {unknown} answer
 */
export function keep(session, url, now, answer) {
  if (isObject(answer) && !answer.developerMode) session.write(SETTINGS, {url, time: now, answer});
}
