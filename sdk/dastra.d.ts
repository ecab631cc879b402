/** The public API of the consent platform's browser SDK. Everything else in the file is internal. */

/** A purpose: its name, or its number from 0 to 5 in this order. */
export type Purpose =
  'Necessary' | 'Preference' | 'Analytical' | 'Marketing' | 'Other' | 'Unclassified' | 0 | 1 | 2 | 3 | 4 | 5;

/** A service of the widget, as its settings describe it, with its current consent. */
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
  /** Consent is given without asking: the purpose is 0. */
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
  /** Names of the service's entries in storages and of its databases; a star at the end stands for any ending. */
  storage: string[];
  consent: boolean;
}

export interface ConsentManager {
  /** Open the window: the first screen before a decision, the settings after one. */
  open(): void;
  /** Close the window, like its X. */
  close(): void;
  /** All services of the widget. Empty before `cookieReady`. */
  getAllConsents(): ServiceConsent[];
  /** Whether the visitor has made a choice, even a refusal. */
  hasConsented(): boolean;
  /** Whether all services of a purpose have consent. */
  getPurposeConsent(purpose: Purpose): boolean;
  /** Note a choice for all services of a purpose. It takes effect with `save` or `dispatchEvent`. */
  setPurposeConsent(purpose: Purpose, consent: boolean): void;
  getServiceConsent(slug: string): boolean;
  /** Note a choice for a service. It takes effect with `save` or `dispatchEvent`. */
  setServiceConsent(slug: string, consent: boolean): void;
  /** Another name of `setServiceConsent`. */
  setServicePurpose(slug: string, consent: boolean): void;
  /** Store and apply the noted choices, and send the proof. */
  save(): void;
  /** Apply the noted choices for this page view only, without storing or sending them. */
  dispatchEvent(): void;
}

export interface CookieConsent {
  consent: ConsentManager;
}

export interface LoadOptions {
  widgetId?: number | string;
  /** An element whose `data-widgetid` and `data-lang` replace missing options. The SDK waits until it is in the page. */
  selector?: string;
  /** At most 128 printable ASCII characters, without an e-mail address. A number becomes its digits. */
  userId?: string | number;
  /** `xx` or `xx-XX`; otherwise the language of the page. */
  lang?: string;
}

/** Frames that wait for a service, and their placeholder. */
export interface FrameRule {
  /** Selects the frames, including those that enter the page later. */
  selector: string;
  /** The slug of the service, in addition to a frame's own `data-consent`. */
  service: string;
  /**
   * Text, which may hold `<p> <ul> <ol> <li> <b> <strong> <i> <em> <br> <a href>`; otherwise the names of service and
   * purpose.
   */
  body?: string;
  buttonLabel?: string;
  /** One or more class names. */
  buttonClass?: string;
}

/** The service, for a script that does not come from it. */
export interface ServicePlace {
  /** An origin: `https://consent.example.org`. */
  host: string;
  /** The widget's public key. */
  key: string;
}

export type Command =
  | ['loadCookieConsent', LoadOptions]
  /** The window's language, also while it is shown. */
  | ['set', 'lang', string]
  /** States the service, before the SDK starts. */
  | ['configure', ServicePlace]
  /** Opens the window, as soon as the settings have loaded. */
  | ['openCookieConsent']
  | ['set', 'cookie:userId', string | number]
  /** Name the page's data layer, if it is not `dataLayer`. */
  | ['set', 'dataLayer', string]
  /** Called once the settings have loaded or cannot be, or at once if that is known. */
  | ['cookieReady', (manager: CookieConsent, problem?: 'unavailable') => void]
  /** Hold frames behind a placeholder. */
  | ['iframeBlock', FrameRule]
  /** Called once the SDK has loaded. */
  | (() => void);

/** Commands run in the order in which they were pushed, before or after the SDK has loaded. */
export interface CommandQueue extends Array<Command> {
  /** The SDK's version, such as `1.0.0`. Set as soon as the script has run. */
  version?: string;
  /** The widget that has started. */
  widgetId?: number;
  /** Open the window, as soon as the settings have loaded. Set as soon as the script has run. */
  openCookieConsent?: () => void;
  /** Set as soon as the widget has started. */
  cookieConsent?: CookieConsent;
}

/** The events on `window`. The first two are also pushed to the data layer, as `{event: name}`. */
export interface ConsentEventMap {
  /** A service may run. Dispatched only on a change. */
  [name: `dastra:consent:${string}`]: CustomEvent<undefined>;
  /** A service must not run; also by default, before any choice. */
  [name: `dastra:refused:${string}`]: CustomEvent<undefined>;
  /** The settings have loaded, and the events of all services have been dispatched. */
  'dastra:consents:ready': CustomEvent<ServiceConsent[]>;
  /** The settings cannot be loaded: the visitor is not asked, and what is not consented to stays held. */
  'dastra:unavailable': CustomEvent<{status: number}>;
  /** A held element has been released; dispatched on the element, and bubbles. */
  'dastra:released': CustomEvent<undefined>;
  /** The visitor or the page has saved a choice on this page. */
  'dastra:consents:updated': CustomEvent<ServiceConsent[]>;
  /** The visitor has made a choice in the window that refuses a service. Never on load. */
  'dastra:consents:any_refused': CustomEvent<undefined>;
  /** The visitor has made a choice in the window that accepts all services. Never on load. */
  'dastra:consents:all_accepted': CustomEvent<undefined>;
  /** Something hides the window, such as a content blocker: the visitor cannot see it. */
  'dastra:window:hidden': CustomEvent<undefined>;
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
