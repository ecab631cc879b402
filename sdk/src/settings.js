/** The widget's settings: asked for once a session, and believed only field by field. */
import {DEFAULT_NAME, isSlug} from './cookie.js';
import {isObject, warn} from './guard.js';
import {SETTINGS} from './storage.js';

const A_DAY = 86_400_000;
const COLOURS = ['bgColor', 'colorTitle', 'colorBtn', 'colorText', 'colorPrimary', 'colorSecondary'];
const COLOUR = /^#([\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i;
const LOGO = /^(https:\/\/|data:image\/(png|webp|jpeg);base64,)/;
const LOADING_CSS = /\\|<|@import|@font-face|@namespace|\b(url|src|image|image-set|cross-fade|element)\s*\(/i;

/** @param {unknown} value */
const text = value => (typeof value === 'string' ? value : '');

/** @param {unknown} value @param {RegExp} shape */
const shaped = (value, shape) => (shape.test(text(value)) ? text(value) : '');

/** @param {unknown} value @param {number} least @param {number} most @param {number} otherwise */
const number = (value, least, most, otherwise) =>
  typeof value === 'number' && value >= least ? Math.min(value, most) : otherwise;

/** @param {unknown} value @returns {Json[]} */
const objects = value => (Array.isArray(value) ? value.filter(isObject) : []);

/** @param {unknown} value */
const strings = value => (Array.isArray(value) ? value.map(text).filter(Boolean) : []);

/** @param {Json} cookie @returns {Cookie} */
const cookieOf = ({name, description, expiryDays}) => ({
  name: text(name),
  description: text(description),
  expiryDays: number(expiryDays, 0, 36_500, 0),
});

/** @param {Json} service @param {number} purpose @returns {Service} */
const serviceOf = (service, purpose) => ({
  id: text(service.id),
  name: text(service.name) || text(service.slug),
  slug: text(service.slug),
  purpose,
  necessary: purpose === 0 && service.purpose === 0,
  domain: strings(service.domain),
  logoUrl: shaped(service.logoUrl, LOGO),
  privacyPolicyUrl: shaped(service.privacyPolicyUrl, /^https:\/\//),
  description: text(service.description),
  cookies: objects(service.cookies).map(cookieOf),
});

/** A purpose that is none is the last one, *Unclassified*: it asks for consent. @param {Json} group @returns {Group} */
function groupOf(group) {
  const purpose = [0, 1, 2, 3, 4].indexOf(/** @type {number} */ (group.purpose));
  const services = objects(group.services).filter(service => isSlug(service.slug));
  return {
    label: text(group.label),
    excerpt: text(group.excerpt),
    description: text(group.description),
    purpose: purpose < 0 ? 5 : purpose,
    services: services.map(service => serviceOf(service, purpose < 0 ? 5 : purpose)),
  };
}

/** @param {Json} settings */
const coloursOf = settings =>
  Object.fromEntries(COLOURS.map(name => [name, shaped(settings[name], COLOUR)]).filter(([, colour]) => colour));

/**
 * Take from an answer what has its shape; null when it is no settings at all.
 * @param {unknown} value
 * @returns {Settings | null}
 */
export function checked(value) {
  if (!isObject(value) || !isObject(value.translation) || !Array.isArray(value.groups)) return null;
  const {translation} = value;
  return {
    lang: shaped(value.lang, /^[a-z]{2}(-[A-Z]{2})?$/),
    versionKey: text(value.versionKey) || null,
    workSpaceId: number(value.workSpaceId, 0, Infinity, 0),
    consentCookieName: shaped(value.consentCookieName, /^[\w.-]{1,64}$/) || DEFAULT_NAME,
    consentCookieDomain: shaped(value.consentCookieDomain, /^[a-z\d.-]+$/),
    consentCookieExpiryTime: number(value.consentCookieExpiryTime, 1, 180, 180),
    saveConsentProof: value.saveConsentProof !== false,
    developerMode: value.developerMode === true,
    renewal: number(value.renewal, 0, Infinity, 0),
    renewOnNewService: value.renewOnNewService === true,
    position: text(value.position),
    displayLogo: value.displayLogo === true,
    showFixedButton: value.showFixedButton !== false,
    buttonLogoUrl: shaped(value.buttonLogoUrl, LOGO),
    timerTrigger: number(value.timerTrigger, 0, 3_600, 0),
    scrollTrigger: number(value.scrollTrigger, 0, 100_000, 0),
    cookieNoticeUrl: shaped(value.cookieNoticeUrl, /^https:\/\//),
    colours: coloursOf(value),
    fontFamily: shaped(value.fontFamily, /^[\w ,'"-]{1,200}$/),
    customCSS: LOADING_CSS.test(text(value.customCSS)) ? '' : text(value.customCSS),
    texts: Object.fromEntries(Object.entries(translation).map(([name, own]) => [name, text(own)])),
    groups: objects(value.groups).map(groupOf),
  };
}

/**
 * The settings of this session, if they are of this widget and not older than a day.
 * @param {Store} session
 * @param {string} url
 * @param {number} now
 */
export function cached(session, url, now) {
  const entry = session.read(SETTINGS);
  if (!isObject(entry) || entry.url !== url) return null;
  const age = now - Number(entry.time);
  return age >= 0 && age < A_DAY ? checked(entry.settings) : null;
}

/**
 * Keep an answer for the session. A widget in developer mode is asked for each time.
 * @param {Store} session
 * @param {string} url
 * @param {number} now
 * @param {unknown} settings
 */
export function keep(session, url, now, settings) {
  if (isObject(settings) && settings.developerMode !== true) session.write(SETTINGS, {url, time: now, settings});
}

/**
 * Say once and clearly why there is no window, and what to do.
 * @param {number} status
 * @param {string} origin
 * @param {WidgetName} widget
 */
export function explain(status, origin, {widgetId}) {
  warn(
    status === 403
      ? `The origin ${origin} may not use widget ${widgetId}: add ${origin} to the widget's domains.`
      : status === 404
        ? `Widget ${widgetId} does not exist, is not enabled, or has another key: check data-widgetid and the script's key. (Page: ${origin})`
        : `The settings of widget ${widgetId} cannot be had now. Nothing is released, and the next page view asks again.`,
  );
}
