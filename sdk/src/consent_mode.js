/** What Google's and Microsoft's tags are told: Consent Mode v2, and UET's. */
import {push} from './events.js';
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

/** @typedef {Pick<import('./consent.js').Consent, 'services' | 'effective'>} Consent */

/** Google's tags take an `arguments` object, and nothing that only looks like one. @param {unknown[]} _ */
function gtag(..._) {
  push('dataLayer', arguments);
}

/** @param {unknown[]} values */
const uet = (...values) => push('uetq', ...values);

/** Whether the page, or its tag manager, has said what holds at first. @param {any} entry Of the one queue, or of the other. */
const isDefault = entry => entry === 'default' || (entry?.[0] === 'consent' && entry[1] === 'default');

/** The types that services list: granted are those of which every service is consented to. @param {Consent} consent */
export function statesOf({services, effective}) {
  /** @type {Record<string, string>} */
  const states = {};
  for (const {slug, consentModes} of services)
    for (const type of consentModes) states[type] = effective[slug] && states[type] !== 'denied' ? 'granted' : 'denied';
  return states;
}

/**
 * Deny these types, unless that has been said; from then on tell them, when one has changed.
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

/** @param {Settings} settings @returns what to call when something may have changed */
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
