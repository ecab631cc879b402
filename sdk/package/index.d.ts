/** Load the consent platform's SDK, and reach it from modules. */
import type {CookieConsent} from './dastra.js';

export type * from './dastra.js';

export interface Options {
  /** The service's origin: `https://consent.example.org`. */
  host: string;
  /** The widget's public key. */
  key: string;
  widgetId: number | string;
  /** `xx` or `xx-XX`; otherwise the language of the page. */
  lang?: string | undefined;
  /** At most 128 printable ASCII characters, without an e-mail address. A number becomes its digits. */
  userId?: string | number | null | undefined;
  /** The sixteen characters after `/sdk/` that `consent-ops install --pinned` prints, with `integrity`. Otherwise the newest. */
  build?: string | undefined;
  integrity?: string | undefined;
  /** The nonce of the page's Content-Security-Policy. */
  nonce?: string | undefined;
}

/**
 * Start the widget, once for the page: a second call returns the same promise. It is fulfilled when the settings have
 * loaded, and rejected when they or the script cannot be. Do not wait for it to draw a page. On a server it stays
 * pending.
 */
export function load(options: Options): Promise<CookieConsent>;

/** Open the window, as soon as the settings have loaded. */
export function openCookieConsent(): void;

/** Whether a service has consent. False until that is known, and on a server. */
export function hasConsent(service: string): boolean;

/** Consent to one service, as soon as the settings have loaded: for a button of yours. */
export function consentTo(service: string): void;

/**
 * Whether the widget is unavailable: its settings, or with `load` its script, cannot be loaded. A button that consents
 * does nothing then. False until that is known, before the first `onConsentChange`, and on a server.
 */
export function isUnavailable(): boolean;

/** Be told when the consent to a service changes, or `isUnavailable`. Returns a function that ends this. */
export function onConsentChange(service: string, changed: () => void): () => void;
