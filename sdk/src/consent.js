/** The visitor's consents: what is stored, what the page has set since, and what a decision does. */
import {DEFAULT_NAME, choicesIn, writeCookie} from './cookie.js';
import {objects, warn} from './guard.js';
import {isUuid} from './shapes.js';
import {A_DAY, CLOSED, PROOF, SESSION, proofIn, uuid} from './storage.js';

const PURPOSES = ['Necessary', 'Preference', 'Analytical', 'Marketing', 'Other', 'Unclassified'];

/** @typedef {Pick<Decision, 'action' | 'userId' | 'typeDevice' | 'referrer'>} Circumstances */

/**
 * A choice for each of these.
 * @template {{slug?: any}} T A service, or what names one.
 * @param {T[]} services
 * @param {(service: T) => boolean} choice
 * @returns {Choices}
 */
const chosen = (services, choice) => Object.fromEntries(services.map(service => [service.slug, choice(service)]));

const no = () => false;

/** The choices in a proof, to be filled in when the visitor is asked again. @param {Partial<Proof> | null} proof */
const choicesOf = proof => chosen(objects(proof?.consents?.cookieConsents), ({consent}) => consent === true);

/**
 * A consent ends with its proof, also where the clock or another program kept the cookie alive; and a proof that ends
 * later than any can was made by a wrong clock.
 * @param {Partial<Proof> | null} proof
 * @param {number} now
 */
export function hasExpired(proof, now) {
  const end = Date.parse(/** @type {string} */ (proof?.dateExpiration));
  return end <= now || end > now + 181 * A_DAY;
}

export class Consent {
  #dependencies;
  /** Of the widget that the page has started; until then 0, which no widget has. */
  widgetId = 0;
  /** @type {Settings | null} */
  settings = null;
  /** Set by the page, and nothing more yet. @type {Choices} */
  #pending = {};
  /** Set by the page for this page view. @type {Choices} */
  #forPageView = {};
  /** What a browser without cookies would have forgotten. @type {Choices | null} */
  #unstored = null;
  /** What an expired consent said. @type {Choices} */
  #earlier = {};

  /**
   * @param {{local: Store, session: Store, jar: {cookie: string}, isSecure: boolean, isOptedOut: boolean, now: () => number}} dependencies `isSecure`: the page came by https. `isOptedOut`: the browser says no by a signal.
   */
  constructor(dependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * From here on the widget is known. Expired choices and ids are forgotten, but for what is filled in if this page view
   * asks again.
   * @param {Settings} settings
   */
  use(settings) {
    this.settings = settings;
    const proof = this.#proof();
    if (!hasExpired(proof, this.#dependencies.now())) return;
    this.#earlier = choicesOf(proof);
    this.#write(null, settings);
    this.#dependencies.local.remove(PROOF);
  }

  get services() {
    return this.settings?.groups.flatMap(group => group.services) ?? [];
  }

  /** The services that need a consent. */
  get optional() {
    return this.services.filter(service => service.requiredConsent);
  }

  /** What holds on this page, of every service of the widget; before the settings are there, what is stored. */
  get effective() {
    return this.#expanded({...this.#stored(), ...this.#forPageView});
  }

  /** The same with what the page has set since: what would be saved. */
  get current() {
    return this.#expanded({...this.#stored(), ...this.#forPageView, ...this.#pending});
  }

  /** What the switches show at first: what holds, else what once held. */
  get draft() {
    return {
      ...this.#earlier,
      ...choicesOf(this.#proof()),
      ...this.#signalled,
      ...this.#stored(),
      ...this.#forPageView,
      ...this.#pending,
    };
  }

  /** What a signal refuses, as long as there is no choice. @returns {Choices} */
  get #signalled() {
    const isHeard = this.#dependencies.isOptedOut && this.settings?.enableGPC && !this.hasConsented;
    const refused = isHeard ? this.services.filter(({purpose}) => purpose === 2 || purpose === 3) : [];
    return chosen(refused, no);
  }

  /** Every service of the widget with its consent. @returns {import('../dastra.js').ServiceConsent[]} */
  get allConsents() {
    const {services, current} = this;
    return services.map(service => ({...service, consent: current[service.slug] === true}));
  }

  get hasConsented() {
    return !!this.#stored();
  }

  /** Whether the visitor has to be asked: there is no decision, or none that the owner still takes. */
  get isDue() {
    const choices = this.#stored();
    if (!choices || !this.settings) return true;
    const isOld = this.settings.renewal > (this.#proof()?.renewal ?? Infinity);
    return isOld || (this.settings.renewOnNewService && this.optional.some(({slug}) => !Object.hasOwn(choices, slug)));
  }

  /** Whether the window was closed without a choice less than a day ago. */
  get wasClosed() {
    const age = this.#dependencies.now() - Number(this.#dependencies.local.read(CLOSED));
    return age >= 0 && age < A_DAY;
  }

  noteClosed() {
    this.#dependencies.local.write(CLOSED, this.#dependencies.now());
  }

  /** A purpose's services. @param {unknown} label Its name or its number. */
  servicesOf(label) {
    const purpose = PURPOSES.findIndex((name, number) => name === label || number === label);
    return this.services.filter(service => service.purpose === purpose);
  }

  /** @param {Service[]} services @param {boolean} choice */
  set(services, choice) {
    if (!services.length) warn('Not a service or purpose yet.');
    for (const {slug} of services) this.#pending[slug] = choice === true;
  }

  /** What is stored, with a consent to these besides. @param {string[]} slugs @returns {Choices} */
  withConsentTo(slugs) {
    return {...this.#stored(), ...Object.fromEntries(slugs.map(slug => [slug, true]))};
  }

  /** What was set holds for this page view, but against a signal. */
  applyForPageView() {
    Object.assign(this.#forPageView, this.#pending, this.#signalled);
    this.#pending = {};
  }

  /** What another tab has decided goes before what this page has set. */
  clearPageView() {
    this.#forPageView = {};
  }

  /**
   * Store a decision in this browser: cookie and proof. Services that the choices leave out are refused.
   * @param {Choices | boolean} choices true and false are for all services.
   * @param {Circumstances} circumstances
   * @param {Settings} settings
   * @returns {Decision} what the service is to be told
   */
  decide(choices, circumstances, settings) {
    const complete = chosen(this.optional, ({slug}) => choices === true || Object(choices)[slug] === true);
    this.#write(complete, settings);
    this.#unstored = this.#inCookie() ? null : complete;
    this.#pending = {};
    this.#forPageView = {};
    this.#dependencies.local.remove(CLOSED);
    return this.#record(complete, circumstances, settings);
  }

  /**
   * What the service is to be told of a signal, once in the time of a consent. It is no choice: no cookie says it.
   * @param {Circumstances} circumstances
   * @param {Settings} settings
   */
  prove(circumstances, settings) {
    const isNew = settings.proveSignals && this.#proof()?.action !== 'Signal' && Object.keys(this.#signalled).length;
    return isNew ? this.#record(chosen(this.optional, no), circumstances, settings) : null;
  }

  get #cookieName() {
    return (this.settings ?? this.#proof())?.consentCookieName || DEFAULT_NAME;
  }

  /** The last decision as this browser keeps it: of this widget, or it is none. */
  #proof() {
    return proofIn(this.#dependencies.local, this.widgetId);
  }

  /** The choices that this browser keeps, unless they have expired. */
  #stored() {
    return hasExpired(this.#proof(), this.#dependencies.now()) ? null : (this.#inCookie() ?? this.#unstored);
  }

  #inCookie() {
    return choicesIn(this.#dependencies.jar.cookie, this.#cookieName);
  }

  /** @param {Choices} choices */
  #expanded(choices) {
    if (!this.settings) return choices;
    return chosen(this.services, ({slug, defaultConsent}) => defaultConsent || choices[slug] === true);
  }

  /** @param {Choices | null} choices @param {Settings} settings */
  #write(choices, {consentCookieExpiryTime: days, consentCookieDomain: domain}) {
    const {jar, isSecure} = this.#dependencies;
    writeCookie(jar, this.#cookieName, choices, {days, domain, isSecure});
  }

  #sessionId() {
    const known = this.#dependencies.session.read(SESSION);
    if (isUuid(known)) return known;
    const made = uuid();
    this.#dependencies.session.write(SESSION, made);
    return made;
  }

  /** Keep the proof. @param {Choices} choices @param {Circumstances} circumstances @param {Settings} settings */
  #record(
    choices,
    circumstances,
    {lang, versionKey, consentCookieExpiryTime, consentCookieName, workSpaceId, renewal},
  ) {
    const now = this.#dependencies.now();
    const date = new Date(now).toISOString();
    const consentId = this.#proof()?.consentId;
    const cookieConsents = Object.entries(choices).map(([slug, consent]) => ({slug, consent, date}));
    /** @type {Decision} */
    const decision = {
      id: uuid(),
      sessionId: this.#sessionId(),
      consentId: isUuid(consentId) ? consentId : null,
      type: 'Consents',
      ...circumstances,
      consents: {lang: lang || null, versionKey: versionKey || null, cookieConsents},
    };
    const dateExpiration = new Date(now + consentCookieExpiryTime * A_DAY).toISOString();
    const own = {date, dateExpiration, widgetId: this.widgetId, workSpaceId, renewal, consentCookieName};
    this.#dependencies.local.write(PROOF, /** @satisfies {Proof} */ ({...decision, type: 2, ...own}));
    return decision;
  }
}
