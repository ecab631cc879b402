/** The policy of the place where the visitor is. Part of the file for what not every widget needs. */
import {attempt, list} from './guard.js';

/** For unknown places, and those that no policy names: nothing is released without consent. @type {Policy} */
export const STRICT = {id: 'strict', regions: []};

/** An answer that is older may have been made for another place: a browser reuses it when the service is down. */
const FRESH = 600_000;

const PLACE = /^[A-Z]{2}(-[A-Z\d]{1,3})?$/;

/** Return a place, or '' for what is none. @param {any} place */
export const placeOr = place => (PLACE.test(place) ? `${place}` : '');

/**
 * Return the place in an answer's headers; '' for one that is unknown, malformed or older than ten minutes when it was read.
 * The edge made the answer at `date`, or `age` seconds later.
 * @param {any} told The headers, and `read`, the time at which they were read.
 */
export function placeIn(told) {
  const date = attempt(() => +new Date(told.date)) ?? -1; // a page may have replaced it
  const age = told?.read - date - (+told?.age || 0) * 1000;
  return Math.abs(age) < FRESH ? placeOr(told['x-dastra-location']) : '';
}

/**
 * Return the policy that names the place, else the one that names its country, else that of every known place. A country
 * alone is unknown if some policy names a part of it.
 * @param {any} policies
 * @param {string} place
 * @returns {Policy}
 */
export function policyFor(policies, place) {
  const [country = ''] = place.split('-');
  const named = (/** @type {string} */ region) =>
    list(policies).find((/** @type {Policy} */ {regions}) => list(regions).includes(region));
  const isPart = (/** @type {string} */ region) => region.startsWith(`${place}-`);
  if (!place || list(policies).some(({regions}) => list(regions).some(isPart))) return STRICT;
  return named(place) ?? named(country) ?? named('*') ?? STRICT;
}
