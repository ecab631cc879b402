/** What pages may use of the consent platform's browser SDK. Everything else in the file is its own affair. */

/** A purpose: its name, or its number from 0 to 5 in this order. */
export type Purpose =
  'Necessary' | 'Preference' | 'Analytical' | 'Marketing' | 'Other' | 'Unclassified' | 0 | 1 | 2 | 3 | 4 | 5;

/** A service of the widget, as its settings describe it, with what holds for it now. */
export interface ServiceConsent {
  id: string;
  slug: string;
  name: string;
  version: string;
  domain: string[];
  logoUrl: string;
  privacyPolicyUrl: string;
  description: string;
  /** The purpose's number. */
  purpose: number;
  /** The visitor's consent is required: the purpose is not 0. */
  requiredConsent: boolean;
  /** Consented without being asked: the purpose is 0. */
  defaultConsent: boolean;
  /** Google's types of consent that the service needs. */
  consentModes: string[];
  cookies: {
    id: string;
    name: string;
    description: string;
    path: string;
    domain: string | null;
    expiryDays: number | null;
  }[];
  consent: boolean;
}

export interface ConsentManager {
  /** Open the window: the first screen for who has not decided yet, the settings for who has. */
  open(): void;
  /** Close the window, as its X does. */
  close(): void;
  /** All services of the widget. Empty before `cookieReady`. */
  getAllConsents(): ServiceConsent[];
  /** Whether the visitor has made a choice, whichever. */
  hasConsented(): boolean;
  /** Whether all services of a purpose are consented to. */
  getPurposeConsent(purpose: Purpose): boolean;
  /** Note a choice for all services of a purpose. Nothing happens before `save` or `dispatchEvent`. */
  setPurposeConsent(purpose: Purpose, consent: boolean): void;
  getServiceConsent(slug: string): boolean;
  /** Note a choice for a service. Nothing happens before `save` or `dispatchEvent`. */
  setServiceConsent(slug: string, consent: boolean): void;
  /** Store what was noted, apply it, and send the proof. */
  save(): void;
  /** Apply what was noted for this page view only: nothing is stored or sent. */
  dispatchEvent(): void;
}

export interface CookieConsent {
  consent: ConsentManager;
}

export interface LoadOptions {
  widgetId?: number | string;
  /** An element whose `data-widgetid` and `data-lang` stand for the options that are not given. */
  selector?: string;
  /** At most 128 printable ASCII characters, without an e-mail address. */
  userId?: string;
  /** `xx` or `xx-XX`; else the language of the page. */
  lang?: string;
}

/** Frames that wait for a service, and what is shown in their place. */
export interface FrameRule {
  /** Of the frames themselves, those to come included. */
  selector: string;
  /** The slug of the service, besides those of a frame's own `data-consent`. */
  service: string;
  /** Text, which may hold `<b> <strong> <i> <em> <br> <a href="https://…">`; else the names of service and purpose. */
  body?: string;
  buttonLabel?: string;
  /** One or several class names. */
  buttonClass?: string;
}

export type Command =
  | ['loadCookieConsent', LoadOptions]
  | ['set', 'cookie:userId', string]
  /** Called once the settings are there, or at once if they are. */
  | ['cookieReady', (manager: CookieConsent) => void]
  /** Hold frames, and put something in their place. */
  | ['iframeBlock', FrameRule]
  /** Called once the SDK is there. */
  | (() => void);

/** Commands run in the order in which they were pushed, before or after the SDK has arrived. */
export interface CommandQueue extends Array<Command> {
  /** The SDK's version, such as `1.0.0`. There from the moment the script has run. */
  version?: string;
  /** There from the moment the widget has been started. */
  cookieConsent?: CookieConsent;
}

/** The events on `window`. The first two are also pushed to `dataLayer`, as `{event: name}`. */
export interface ConsentEventMap {
  /** A service may run. Told when it becomes true, never twice in a row. */
  [name: `dastra:consent:${string}`]: CustomEvent<undefined>;
  /** A service must not run; also by default, before any choice. */
  [name: `dastra:refused:${string}`]: CustomEvent<undefined>;
  /** The settings are there, and every service has been told. */
  'dastra:consents:ready': CustomEvent<ServiceConsent[]>;
  /** A choice has been saved on this page. */
  'dastra:consents:updated': CustomEvent<ServiceConsent[]>;
  /** There is a choice, and it refuses something. */
  'dastra:consents:any_refused': CustomEvent<undefined>;
  /** There is a choice, and it accepts everything. */
  'dastra:consents:all_accepted': CustomEvent<undefined>;
}

declare global {
  interface Window {
    dastra: CommandQueue;
    dataLayer?: unknown[];
    uetq?: unknown[];
    addEventListener<Name extends keyof ConsentEventMap>(
      type: Name,
      listener: (this: Window, event: ConsentEventMap[Name]) => unknown,
      options?: boolean | AddEventListenerOptions,
    ): void;
  }
}
