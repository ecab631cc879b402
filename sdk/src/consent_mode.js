/** Consent for Google's and Microsoft's tags: Consent Mode v2 and UET. */
import {push} from './events.js';
import {attempt, merged} from './guard.js';

const TYPES = [
  'ad_storage',
  'ad_user_data',
  'ad_personalization',
  'analytics_storage',
  'functionality_storage',
  'personalization_storage',
  'security_storage',
];

/** @typedef {Pick<import('./consent.js').Consent, 'services' | 'effective'>} Consent */

/** Google's tags accept only a real `arguments` object. @param {unknown[]} _ */
function gtag(..._) {
  push('dataLayer', arguments);
}

/** @param {unknown[]} values */
const uet = (...values) => push('uetq', ...values);

/** Whether the page, or its tag manager, has set the default already. @param {any} entry Of either queue. */
const isDefault = entry => entry === 'default' || (entry?.[0] === 'consent' && entry[1] === 'default');

/**
 * Return the state of each listed type: granted if every service that lists it has consent.
 * @param {Consent} consent
 */
export function statesOf({services, effective}) {
  /** @type {Record<string, string>} */
  const states = merged();
  for (const {slug, consentModes} of services)
    for (const type of consentModes) states[type] = effective[slug] && states[type] !== 'denied' ? 'granted' : 'denied';
  return states;
}

/**
 * Deny these types by default, unless the page has set a default. Return a function that sends changed states.
 * @param {(...values: unknown[]) => unknown} push
 * @param {unknown[] | undefined} queue
 * @param {string[]} types
 * @param {object} [options]
 */
function channel(push, queue, types, options) {
  const denied = Object.fromEntries(types.map(type => [type, 'denied']));
  if (!attempt(() => queue?.some(isDefault))) push('consent', 'default', {...denied, ...options});
  let known = '{}';
  return (/** @type {object} */ states) => {
    const text = JSON.stringify(states, types);
    if (text !== known) push('consent', 'update', JSON.parse((known = text)));
  };
}

/** @param {Settings} settings @returns a function to call when a consent may have changed */
export function consentMode({enableConsentMode, enableUET, consentModeOptions}) {
  /** @type {((states: object) => void)[]} */
  const channels = [];
  if (enableConsentMode) {
    const {waitForUpdate, regions, adsDataRedaction, urlPassthrough} = consentModeOptions;
    const region = regions.length && {region: regions};
    channels.push(channel(gtag, window.dataLayer, TYPES, {wait_for_update: waitForUpdate, ...region}));
    if (adsDataRedaction) gtag('set', 'ads_data_redaction', true);
    if (urlPassthrough) gtag('set', 'url_passthrough', true);
  }
  if (enableUET) channels.push(channel(uet, window.uetq, ['ad_storage']));
  return (/** @type {Consent} */ consent) => {
    for (const update of channels) update(statesOf(consent));
  };
}
