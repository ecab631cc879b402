/** Consent for the tags of Google and Microsoft: Consent Mode v2, UET and Clarity. */
import {layer, push} from './events.js';
import {attempt} from './guard.js';
import {jsonOf} from './json.js';

/**
 * @typedef {'enableConsentMode' | 'enableUET' | 'enableClarity'} Switch
 *
 * @typedef {object} Modes The part of the settings that decides what the tags are told. The browser keeps it.
 * @property {Pick<Settings, Switch | 'consentModeOptions'>} channels
 * @property {Pick<Service, 'slug' | 'consentModes' | 'defaultConsent'>[]} types
 *
 * @typedef {Record<string, string>} States Granted or denied, by type of consent.
 *
 * @typedef {[name: Switch, queue: {name: string}, say: (...values: any[]) => unknown, types: string[]]} Channel
 */

/** Google's tags accept only a real `arguments` object. @param {unknown[]} _ */
function gtag(..._) {
  push(layer.name, arguments);
}

/** @param {unknown[]} values */
const uet = (...values) => push('uetq', ...values);

/**
 * Clarity has no default: a refusal deletes its cookies, so it must not come before a consent. Microsoft's snippet has
 * the same function, whose calls wait for the tag.
 * @param {unknown} _
 * @param {string} kind
 * @param {States} states
 */
const clarity = (_, kind, {ad_storage = 'denied', analytics_storage = 'denied'}) =>
  kind === 'update' &&
  attempt(() => {
    const page = /** @type {any} */ (window);
    page.clarity ??= function () {
      (page.clarity.q ??= []).push(arguments);
    };
    page.clarity('consentv2', {ad_Storage: ad_storage, analytics_Storage: analytics_storage});
  });

/** @type {Channel[]} */
const CHANNELS = [
  [
    'enableConsentMode',
    layer,
    gtag,
    [
      'ad_storage',
      'ad_user_data',
      'ad_personalization',
      'analytics_storage',
      'functionality_storage',
      'personalization_storage',
      'security_storage',
    ],
  ],
  ['enableUET', {name: 'uetq'}, uet, ['ad_storage']],
  ['enableClarity', {name: 'clarity'}, clarity, ['ad_storage', 'analytics_storage']],
];

/** Whether the page, or its tag manager, has set the default already. @param {any} entry Of a queue. */
const isDefault = entry => entry === 'default' || (entry?.[0] === 'consent' && entry[1] === 'default');

/**
 * Return null if no tag is to be told.
 * @param {Settings} settings
 * @param {Service[]} services
 * @returns {Modes | null}
 */
export const modesOf = ({enableConsentMode, enableUET, enableClarity, consentModeOptions}, services) =>
  enableConsentMode || enableUET || enableClarity
    ? {
        channels: {enableConsentMode, enableUET, enableClarity, consentModeOptions},
        types: services.map(({slug, consentModes, defaultConsent}) => ({slug, consentModes, defaultConsent})),
      }
    : null;

/**
 * Return the state of each type that a service lists: granted if every service that lists it has consent. A choice for
 * a service that is missing here is newer than what is known, so nothing is granted then.
 * @param {string[]} types
 * @param {Modes['types']} services
 * @param {Choices} choices
 * @returns {States}
 */
export function statesOf(types, services, choices) {
  const isOld = Object.keys(choices).some(chosen => !services.some(({slug}) => slug === chosen));
  return Object.fromEntries(
    types.flatMap(type => {
      const listing = services.filter(({consentModes}) => consentModes.includes(type));
      const isGranted = listing.every(({slug, defaultConsent}) => defaultConsent || (choices[slug] === true && !isOld));
      return listing.length ? [[type, isGranted ? 'granted' : 'denied']] : [];
    }),
  );
}

/**
 * Deny all types by default, unless the page has done so.
 * @param {Channel} channel
 * @param {Settings['consentModeOptions']} options Google's own.
 */
function open([, queue, say, types], {waitForUpdate, regions, adsDataRedaction, urlPassthrough}) {
  const isGoogle = say === gtag;
  const denied = Object.fromEntries(types.map(type => [type, 'denied']));
  const more = isGoogle && {wait_for_update: waitForUpdate, ...(regions.length && {region: regions})};
  const page = /** @type {any} */ (window);
  if (!attempt(() => page[queue.name].some(isDefault))) say('consent', 'default', {...denied, ...more});
  if (isGoogle && adsDataRedaction) gtag('set', 'ads_data_redaction', true);
  if (isGoogle && urlPassthrough) gtag('set', 'url_passthrough', true);
}

/** @returns a function to call when a consent, or what is known of the widget, may have changed */
export function consentMode() {
  /** What each channel was told last, as text. @type {Record<string, string>} */
  const told = {};
  return (/** @type {Modes} */ {channels, types: services}, /** @type {Choices} */ choices) => {
    for (const channel of CHANNELS.filter(([name]) => channels[name])) {
      const [name, , say, types] = channel;
      if (!told[name]) open(channel, channels.consentModeOptions);
      const states = statesOf(types, services, choices);
      const text = jsonOf(states);
      if (text !== (told[name] ?? '{}')) say('consent', 'update', states);
      told[name] = text;
    }
  };
}
