/** Types that the modules share. The public types are in ../dastra.d.ts. */

declare module '*.css' {
  const text: string;
  export default text;
}

/** The project's version, inserted by the build. */
declare const VERSION: string;

/** The paths of the files that come on demand, and their hashes for `integrity`. The build inserts them. */
declare const DETAILS_PATH: string;
declare const DETAILS_INTEGRITY: string;
declare const HELD_PATH: string;
declare const HELD_INTEGRITY: string;
declare const OPTIONAL_PATH: string;
declare const OPTIONAL_INTEGRITY: string;
declare const RECEIPT_PATH: string;
declare const RECEIPT_INTEGRITY: string;

/** A choice per service, by its slug. */
type Choices = Record<string, boolean>;

/** The hosts of each service that needs a consent, by its slug. */
type Hosts = Record<string, string[]>;

/** A parsed JSON object with unknown members. */
type Json = Record<string, unknown>;

type Action = 'AcceptAll' | 'RefuseAll' | 'Selection' | 'Api' | 'Signal';

/** The SDK's origin and key. */
interface Place {
  /** The service's origin, taken from the script's address. */
  host: string;
  key: string;
  /** The nonce of the SDK's own script; '' without one. */
  nonce: string;
}

/** A widget as a page requests it. */
interface WidgetName {
  widgetId: string;
  /** xx or xx-XX; empty: the widget's first language. */
  culture: string;
}

type Service = Omit<import('../dastra.js').ServiceConsent, 'consent'> & {
  /** It measures or adapts this site alone, for its owner alone, in aggregate. */
  exempt?: boolean;
};

type Cookie = Service['cookies'][number];

interface Group {
  label: string;
  excerpt: string;
  description: string;
  purpose: number;
  services: Service[];
}

/** What is released until the visitor refuses it, in some places. */
interface Policy {
  id: string;
  /** Countries (`FR`), parts of countries (`US-CA`), or `*` for every known place. */
  regions: string[];
  /** Purposes. */
  optOut?: number[];
  /** The services with `exempt`, too. */
  exempt?: boolean;
  /** Elements with `data-dastra-choices` are shown. */
  link?: boolean;
  /** The window is shown also if nothing has to be asked. */
  announce?: boolean;
}

/** The widget's settings. */
interface Settings {
  lang: string;
  /** Versions before 2.0.0 have none. */
  direction?: 'ltr' | 'rtl';
  versionKey: string | null;
  workSpaceId: number;
  consentCookieName: string;
  consentCookieDomain: string;
  /** Days, 1 to 180. */
  consentCookieExpiryTime: number;
  saveConsentProof: boolean;
  developerMode: boolean;
  renewal: number;
  renewOnNewService: boolean;
  reloadOnWithdrawal: boolean;
  /** Absent if the widget has none. */
  policies?: Policy[];
  /** Days; absent: 180. */
  askAgainAfterClose?: number;
  /** Who answers for the site. */
  controller?: {name: string; address?: string; contact?: string; dataProtectionOfficer?: string};
  /** The headers of the answer, and the time at which they were read. */
  told?: Json;
  enableGPC: boolean;
  proveSignals: boolean;
  enableConsentMode: boolean;
  consentModeOptions: {
    /** Milliseconds. */
    waitForUpdate: number;
    adsDataRedaction: boolean;
    urlPassthrough: boolean;
    regions: string[];
  };
  enableUET: boolean;
  enableClarity: boolean;
  position: string;
  layout?: 'Box' | 'Bar';
  overlay?: boolean;
  fixedButtonPosition?: string;
  displayLogo: boolean;
  showFixedButton: boolean;
  buttonLogoUrl: string;
  /** Seconds. */
  timerTrigger: number;
  /** Per cent of the page; above 100: pixels, in versions of release 1.0.0. */
  scrollTrigger: number;
  cookieNoticeUrl: string;
  /** Declarations for the light and the dark scheme; versions before 2.0.0 have none. */
  theme?: {light: string; dark: string};
  customCSS: string | null;
  translation: Record<string, string>;
  groups: Group[];
}

/** A decision in the form that is posted. */
interface Decision {
  id: string;
  sessionId: string;
  consentId: string | null;
  userId: string | null;
  type: 'Consents';
  typeDevice?: number;
  action: Action;
  referrer: string | null;
  consents: {
    lang: string | null;
    versionKey: string | null;
    /** Absent if the widget has no policies, and in proofs of release 1.0. */
    policy?: string;
    signals?: import('./signals.js').Signals;
    cookieConsents: {slug: string; consent: boolean; date: string}[];
  };
}

/** The last decision for a widget, in localStorage["dastra-consents:ID"]. */
interface Proof extends Omit<Decision, 'type'> {
  type: 2;
  date: string;
  dateExpiration: string;
  widgetId: number;
  workSpaceId: number;
  /** The widget's `renewal` at the time: a higher one asks again. */
  renewal: number;
  /** The cookie of the choices, for the time before the settings are known. */
  consentCookieName: string;
}

/** A guarded JSON storage. Values that the browser refuses last for the page view. */
interface Store {
  read(key: string): unknown;
  write(key: string, value: unknown): void;
  remove(key: string): void;
}
