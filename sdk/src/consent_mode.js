/** Consent for the tags of Google and Microsoft: Consent Mode v2, UET and Clarity. */
import {layer, push} from './events.js';
import {attempt} from './guard.js';

const TYPES = [
  'ad_storage',
  'ad_user_data',
  'ad_personalization',
  'analytics_storage',
  'functionality_storage',
  'personalization_storage',
  'security_storage',
];

/**
 * @typedef {Record<string, string>} States Granted or denied, by type of consent.
 * @typedef {Pick<Service, 'slug' | 'consentModes' | 'defaultConsent'>} Types
 *
 * @typedef {Pick<Settings, 'enableConsentMode' | 'enableUET' | 'enableClarity' | 'consentModeOptions'> & {policies?: unknown, groups: {services: Types[]}[]}} Modes
 *   What decides which tags are told what: settings, or what the browser keeps of them.
 */

/** Kept in place of the policies: the widget has some. */
const KEPT = true;

/** Google's tags accept only a real `arguments` object. @param {unknown[]} _ */
function gtag(..._) {
  push(layer.name, arguments);
}

/** @param {unknown[]} values */
const uet = (...values) => push('uetq', ...values);

/**
 * Microsoft's snippet has the same function, whose calls wait for the tag.
 * @param {unknown} _
 * @param {unknown} __
 * @param {States} states
 */
const clarity = (_, __, states) =>
  attempt(() => {
    const page = /** @type {any} */ (window);
    page.clarity ??= function () {
      (page.clarity.q ??= []).push(arguments);
    };
    page.clarity('consentv2', states);
  });

/** Whether the page, or its tag manager, has set the default already. @param {string} queue */
const hasDefault = queue =>
  attempt(() =>
    /** @type {any} */ (window)[queue].some(
      (/** @type {any} */ entry) => entry === 'default' || (entry?.[0] === 'consent' && entry[1] === 'default'),
    ),
  );

/** Deny everything by default, with Google's own options. @param {Partial<Settings['consentModeOptions']>} options */
function openGoogle({waitForUpdate, regions, adsDataRedaction, urlPassthrough} = {}) {
  const denied = Object.fromEntries(TYPES.map(type => [type, 'denied']));
  const region = regions?.length && {region: regions};
  if (!hasDefault(layer.name)) gtag('consent', 'default', {...denied, wait_for_update: waitForUpdate, ...region});
  if (adsDataRedaction) gtag('set', 'ads_data_redaction', true);
  if (urlPassthrough) gtag('set', 'url_passthrough', true);
}

/**
 * Return the state of each type that a service lists: granted if every service that lists it has consent. A choice for
 * a service that is missing here is newer than what is known, so nothing is granted then.
 * @param {Types[]} services
 * @param {Choices} choices
 */
function statesOf(services, choices) {
  const isOld = Object.keys(choices).some(chosen => !services.some(({slug}) => slug === chosen));
  /** @type {States} */
  const states = {};
  for (const {slug, consentModes, defaultConsent} of services)
    for (const type of consentModes) {
      const isGranted = defaultConsent || (choices[slug] === true && !isOld);
      states[type] = isGranted && states[type] !== 'denied' ? 'granted' : 'denied';
    }
  return states;
}

/** @param {Modes['groups']} groups @returns {Types[]} */
const typesOf = groups =>
  groups.flatMap(({services}) =>
    services.map(({slug, consentModes, defaultConsent}) => ({slug, consentModes, defaultConsent})),
  );

/** @returns a function to call when a consent, or what is known of the widget, may have changed; it returns what to keep */
export function consentMode() {
  /** What each channel was told last, as text. */
  const told = /** @type {Record<string, string>} */ (Object.create(null));

  /** @param {string} channel @param {(...values: any[]) => unknown} say @param {States} states @param {() => unknown} [open] */
  function tell(channel, say, states, open) {
    if (told[channel] == null) open?.();
    const text = `${Object.entries(states)}`;
    if (text !== (told[channel] ?? '')) say('consent', 'update', states);
    told[channel] = text;
  }

  return (/** @type {Modes} */ modes, /** @type {Choices} */ choices) => {
    const {enableConsentMode, enableUET, enableClarity, consentModeOptions, groups, policies} = modes;
    const services = typesOf(groups);
    const states = statesOf(services, choices);
    const {ad_storage, analytics_storage} = states;
    if (enableConsentMode) tell('gtag', gtag, states, () => openGoogle(consentModeOptions));
    if (enableUET)
      tell(
        'uet',
        uet,
        ad_storage ? {ad_storage} : {},
        () => hasDefault('uetq') || uet('consent', 'default', {ad_storage: 'denied'}),
      );
    // Clarity has no default: a refusal deletes its cookies, so it must not come before a consent, or before it is known what
    // is on here.
    if (enableClarity && policies !== KEPT)
      tell('clarity', clarity, {ad_Storage: ad_storage ?? 'denied', analytics_Storage: analytics_storage ?? 'denied'});
    const kept = policies ? {policies: KEPT} : {};
    return {enableConsentMode, enableUET, enableClarity, consentModeOptions, groups: [{services}], ...kept};
  };
}
