/** Types that the modules share. What pages may use is in ../dastra.d.ts. */

declare module '*.css' {
  const text: string;
  export default text;
}

/** The project's version, which the build puts in. */
declare const VERSION: string;

/** A choice per service, by its slug. */
type Choices = Record<string, boolean>;

/** A parsed JSON object of which nothing is known yet. */
type Json = Record<string, unknown>;

type Action = 'AcceptAll' | 'RefuseAll' | 'Selection' | 'Api' | 'Signal';

/** Where the SDK came from. */
interface Place {
  /** The service's origin: that of the script's own address. */
  host: string;
  key: string;
}

/** A widget as a page names it. */
interface WidgetName {
  widgetId: string;
  /** xx or xx-XX; empty: the widget's first language. */
  culture: string;
}

type Service = Omit<import('../dastra.js').ServiceConsent, 'consent'>;

type Cookie = Service['cookies'][number];

interface Group {
  label: string;
  excerpt: string;
  description: string;
  purpose: number;
  services: Service[];
}

/** The widget's settings, after a check of all that could do harm. */
interface Settings {
  lang: string;
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
  position: string;
  displayLogo: boolean;
  showFixedButton: boolean;
  buttonLogoUrl: string;
  /** Seconds. */
  timerTrigger: number;
  /** Pixels. */
  scrollTrigger: number;
  cookieNoticeUrl: string;
  /** Background, title, button, text, primary, secondary; '' where none is set. */
  colours: string[];
  fontFamily: string;
  customCSS: string;
  translation: Record<string, string>;
  groups: Group[];
}

/** A decision as it is posted. */
interface Decision {
  id: string;
  sessionId: string;
  consentId: string | null;
  userId: string | null;
  type: 'Consents';
  typeDevice: number;
  action: Action;
  referrer: string | null;
  consents: {
    lang: string | null;
    versionKey: string | null;
    cookieConsents: {slug: string; consent: boolean; date: string}[];
  };
}

/** What localStorage["dastra-consents"] holds of the last decision. */
interface Proof extends Omit<Decision, 'type'> {
  type: 2;
  date: string;
  dateExpiration: string;
  widgetId: number;
  workSpaceId: number;
  /** The widget's `renewal` at the time: a higher one asks again. */
  renewal: number;
  /** Where the choices are, for a page view that comes before the settings. */
  consentCookieName: string;
}

/** A guarded JSON storage: what the browser does not keep is kept for the page view. */
interface Store {
  read(key: string): unknown;
  write(key: string, value: unknown): void;
  remove(key: string): void;
}
