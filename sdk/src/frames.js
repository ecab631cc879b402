/** Frames and all else that loads by an attribute: held, released with it, and held again. */
import {hold, isWaiting, parkedAddress} from './elements.js';
import {matches} from './natives.js';
import {slugsOf} from './slugs.js';

/**
 * @typedef {import('../dastra.js').FrameRule} Rule
 * @typedef {import('./blocking.js').Blocking} Blocking
 * @typedef {(HTMLIFrameElement | HTMLScriptElement) & {dastraOnce?: string | undefined}} Holdable Any element with a mark; a script: only with automatic blocking.
 */

/**
 * Return what stands before a frame, also in a copy of the page, whose button is dead.
 * @param {Element} frame
 */
export const standing = ({previousElementSibling: before}) =>
  before && matches.call(before, '.dastra-blocking-iframe') ? before : null; // a form's fields have names

/** @param {Holdable} element @param {string[]} slugs @param {Blocking} blocking */
const verdictOn = (element, slugs, blocking) =>
  !slugs.length || blocking.isShownOnce(element, slugs) || blocking.verdict(slugs);

/**
 * Hold or release an element by its attribute, otherwise by its address.
 * @param {Holdable} element
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 * @returns {unknown} whether the element is to be released once the file for that is there
 */
export function holdOrRelease(element, rule, blocking) {
  const named = slugsOf(element);
  const isMarked = named.length > 0;
  const slugs = isMarked ? named : blocking.servicesAt(parkedAddress(element) ?? element.src);
  if (!slugs) return;
  const verdict = verdictOn(element, slugs, blocking);
  const isFrame = element.localName === 'iframe';
  if (verdict) {
    if (!blocking.held && isWaiting(element, isMarked)) return true;
    if (isFrame) standing(element)?.remove();
    blocking.held?.[3](element, isMarked);
  } else if (
    hold(element, isMarked) &&
    isFrame &&
    (blocking.consent.settings ? verdict === false : blocking.unavailable)
  ) {
    if (blocking.held) blocking.held[1](element, slugs, rule, blocking);
    else blocking.draw();
  }
}
