/** The widget's settings: fetched once per session, and checked wherever they could do harm. */
import {DEFAULT_NAME} from './cookie.js';
import {isObject, list, objects, warn} from './guard.js';
import {COLOUR, COOKIE_DOMAIN, COOKIE_NAME, CULTURE, FONT, HTTPS, IMAGE, SLUG, STYLES, fits} from './shapes.js';
import {A_DAY, SETTINGS} from './storage.js';

const COLOURS = ['bgColor', 'colorTitle', 'colorBtn', 'colorText', 'colorPrimary', 'colorSecondary'];

/**
 * Return a field if it is a string of that shape, otherwise ''. Publishing refuses everything that is refused here.
 * @param {Json} given
 * @param {string} name
 * @param {RegExp} shape
 */
function shaped(given, name, shape) {
  const value = given[name];
  if (fits(value, shape)) return value;
  if (value) warn(`Setting not allowed: ${name}`);
  return '';
}

/** @param {unknown} value @returns {string[]} */
const strings = value => list(value).filter(each => typeof each === 'string');

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
  logoUrl: shaped(service, 'logoUrl', IMAGE),
  privacyPolicyUrl: shaped(service, 'privacyPolicyUrl', HTTPS),
  domain: strings(service.domains ?? service.domain),
  consentModes: strings(service.consentModes),
  cookies: objects(service.cookies).filter(({name}) => typeof name === 'string'),
  storage: strings(service.storage),
});

/**
 * An unknown purpose becomes the last one, *Unclassified*, which requires consent.
 * @param {Json} group
 * @returns {Group}
 */
function groupOf(group) {
  const purpose = [0, 1, 2, 3, 4].includes(/** @type {any} */ (group.purpose))
    ? /** @type {number} */ (group.purpose)
    : 5;
  const services = objects(group.services).filter(service => shaped(service, 'slug', SLUG));
  return {.../** @type {any} */ (group), purpose, services: services.map(service => serviceOf(service, purpose))};
}

/**
 * Return an answer with all harmful values removed; null if it does not have the form of settings. The other fields are
 * flags, numbers and texts, which are harmless.
 * @param {unknown} value
 * @returns {Settings | null}
 */
export function checked(value) {
  if (!isObject(value) || !isObject(value.translation) || !Array.isArray(value.groups)) return null;
  const options = /** @type {any} */ (value.consentModeOptions ?? {});
  const days = Number(value.consentCookieExpiryTime);
  return {
    .../** @type {any} */ (value),
    lang: shaped(value, 'lang', CULTURE),
    consentCookieName: shaped(value, 'consentCookieName', COOKIE_NAME) || DEFAULT_NAME,
    consentCookieDomain: shaped(value, 'consentCookieDomain', COOKIE_DOMAIN),
    consentCookieExpiryTime: days >= 1 && days <= 180 ? days : 180,
    buttonLogoUrl: shaped(value, 'buttonLogoUrl', IMAGE),
    cookieNoticeUrl: shaped(value, 'cookieNoticeUrl', HTTPS),
    consentModeOptions: {...options, regions: strings(options.regions)},
    colours: COLOURS.map(name => shaped(value, name, COLOUR)),
    fontFamily: shaped(value, 'fontFamily', FONT),
    customCSS: shaped(value, 'customCSS', STYLES),
    saveConsentProof: value.saveConsentProof !== false,
    groups: objects(value.groups).map(groupOf),
  };
}

/**
 * @typedef {object} Modes What decides which tags are told what. The browser keeps it.
 * @property {Pick<Settings, 'enableConsentMode' | 'enableUET' | 'enableClarity' | 'consentModeOptions'>} channels
 * @property {Pick<Service, 'slug' | 'consentModes' | 'defaultConsent'>[]} types
 */

/** Return null if no tag is to be told. @param {Settings} settings @returns {Modes | null} */
export const modesOf = ({enableConsentMode, enableUET, enableClarity, consentModeOptions, groups}) =>
  enableConsentMode || enableUET || enableClarity
    ? {
        channels: {enableConsentMode, enableUET, enableClarity, consentModeOptions},
        types: groups.flatMap(({services}) =>
          services.map(({slug, consentModes, defaultConsent}) => ({slug, consentModes, defaultConsent})),
        ),
      }
    : null;

/**
 * Return the session's settings for this address, unless they are older than a day.
 * @param {Store} session
 * @param {string} url
 * @param {number} now
 */
export function cached(session, url, now) {
  const entry = session.read(SETTINGS);
  if (!isObject(entry) || entry.url !== url) return null;
  const age = now - Number(entry.time);
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

/**
 * Explain in the console why there is no window, and what to do.
 * @param {number} status
 * @param {string} origin
 * @param {string} widgetId
 */
export function explain(status, origin, widgetId) {
  if (status === 403) warn(`Refused: add ${origin} to the widget's domains.`);
  else if (status === 404) warn(`Widget ${widgetId} is not known by this key, or not enabled.`);
  else warn(`Could not load widget ${widgetId} (network or server error).`);
}
