'use client';

/** Consent for React: a hook, and a frame that waits for it. */
import {createElement, useCallback, useEffect, useRef, useSyncExternalStore} from 'react';
import {consentTo, hasConsent, isUnavailable, onConsentChange} from './index.js';
import {outageOf} from './outage.js';

/** @type {typeof import('./react.js').useConsent} */
export const useConsent = service => useAnswer(service, () => hasConsent(service));

/** @param {string} service @param {() => boolean} ask */
function useAnswer(service, ask) {
  const subscribe = useCallback((/** @type {() => void} */ changed) => onConsentChange(service, changed), [service]);
  return useSyncExternalStore(subscribe, ask, () => false);
}

/** @type {typeof import('./react.js').ConsentFrame} */
export function ConsentFrame({service, buttonLabel, children, ...frame}) {
  const isLost = useAnswer(service, isUnavailable);
  const isAsked = useRef(false);
  const node = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const consent = useConsent(service);
  useEffect(() => {
    if (consent && isAsked.current) node.current?.focus({preventScroll: true}); // the button has gone
    isAsked.current = false;
  }, [consent]);
  if (consent) return createElement('iframe', {ref: node, ...frame});
  const {className, style, width, height} = frame;
  const box = {className, style: {width: sized(width), height: sized(height), ...style}};
  if (isLost) return createElement('div', box, ...neutral(frame));
  const click = () => {
    isAsked.current = true;
    consentTo(service);
  };
  return createElement('div', box, children, createElement('button', {type: 'button', onClick: click}, buttonLabel));
}

/** @param {import('react').ComponentProps<'iframe'>} frame */
function neutral(frame) {
  const {lang, text, href, name} = outageOf(frame);
  return [createElement('p', {lang}, text), href && createElement('a', {href}, name)];
}

/** An attribute's number is pixels, in text too. @param {number | string | undefined} value */
const sized = value => (value && Number.isFinite(Number(value)) ? Number(value) : value);
