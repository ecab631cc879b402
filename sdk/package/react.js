'use client';

/** Consent for React: a hook, and a frame that waits for it. */
import {createElement, useCallback, useSyncExternalStore} from 'react';
import {consentTo, hasConsent, onConsentChange} from './index.js';

/** @type {typeof import('./react.js').useConsent} */
export function useConsent(service) {
  const subscribe = useCallback((/** @type {() => void} */ changed) => onConsentChange(service, changed), [service]);
  return useSyncExternalStore(
    subscribe,
    () => hasConsent(service),
    () => false,
  );
}

/** @type {typeof import('./react.js').ConsentFrame} */
export function ConsentFrame({service, buttonLabel, children, ...frame}) {
  if (useConsent(service)) return createElement('iframe', frame);
  const {className, style, width, height} = frame;
  return createElement(
    'div',
    {className, style: {width: sized(width), height: sized(height), ...style}},
    children,
    createElement('button', {type: 'button', onClick: () => consentTo(service)}, buttonLabel),
  );
}

/** An attribute's number is pixels, in text too. @param {number | string | undefined} value */
const sized = value => (value && Number.isFinite(Number(value)) ? Number(value) : value);
