/** The visitor's consents: what is stored, what the page has set since, and what a decision does. */
import {DEFAULT_NAME, choicesIn, writeCookie} from './cookie.js';
import {isObject, warn} from './guard.js';
import {A_DAY, CLOSED, PROOF, SESSION, isUuid, uuid} from './storage.js';

const PURPOSES = ['Necessary', 'Preference', 'Analytical', 'Marketing', 'Other', 'Unclassified'];

/** @typedef {Pick<Decision, 'action' | 'userId' | 'typeDevice' | 'referrer'>} Circumstances */

/** The choices in a proof, to be filled in when the visitor is asked again. @param {Partial<Proof> | null} proof */
function choicesOf(proof) {
  const entries = proof?.consents?.cookieConsents;
  return Object.fromEntries((Array.isArray(entries) ? entries : []).map(entry => [entry?.slug, entry?.consent === true]));
}

/**
 * A consent ends with its proof, also where the clock or another program kept the cookie alive; and a proof that ends
 * later than any can was made by a wrong clock.
 * @param {Partial<Proof> | null} proof
 * @param {number} now
 */
export function hasExpired(proof, now) {
  const end = Date.parse(proof?.dateExpiration ?? '');
  return end <= now || end > now + 181 * A_DAY;
}

export class Consent {
  #local;
  #session;
  #jar;
  #isSecure;
  #widgetId;
  #isOptedOut;
  #now;
  #cookieName;
  /** @type {Settings | null} */
  settings = null;
  /** Set by the page, and nothing more yet. @type {Choices} */
  #pending = {};
  /** Set by the page for this page view. @type {Choices} */
  #passing = {};
  /** What a browser without cookies would have forgotten. @type {Choices | null} */
  #unstored = null;
  /** What an expired consent said. @type {Choices} */
  #earlier = {};

  /**
   * @param {{local: Store, session: Store, jar: {cookie: string}, isSecure: boolean, widgetId: number, isOptedOut: boolean,
   * now: () => number}} surroundings `isSecure`: the page came by https. `isOptedOut`: the browser says no by a signal.
   */
  constructor({local, session, jar, isSecure, widgetId, isOptedOut, now}) {
    this.#local = local;
    this.#session = session;
    this.#jar = jar;
    this.#isSecure = isSecure;
    this.#widgetId = widgetId;
    this.#isOptedOut = isOptedOut;
    this.#now = now;
    this.#cookieName = this.#proof()?.consentCookieName || DEFAULT_NAME;
  }

  /** From here on the widget is known. @param {Settings} settings */
  use(settings) {
    this.settings = settings;
    this.#cookieName = settings.consentCookieName;
    this.#forgetExpired();
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
    return this.#expanded({...this.#stored(), ...this.#passing});
  }

  /** The same with what the page has set since: what would be saved. */
  get current() {
    return this.#expanded({...this.#stored(), ...this.#passing, ...this.#pending});
  }

  /** What the switches show at first: what holds, else what once held. */
  get draft() {
    return {...this.#earlier, ...choicesOf(this.#proof()), ...this.#signalled, ...this.#stored(), ...this.#passing, ...this.#pending};
  }

  /** What a signal refuses, as long as there is no choice. @returns {Choices} */
  get #signalled() {
    const isHeard = this.#isOptedOut && this.settings?.enableGPC && !this.hasConsented;
    const refused = isHeard ? this.services.filter(({purpose}) => purpose === 2 || purpose === 3) : [];
    return Object.fromEntries(refused.map(({slug}) => [slug, false]));
  }

  get hasConsented() {
    return !!this.#stored();
  }

  /** Whether the visitor has to be asked: there is no decision, or none that the owner still takes. */
  get isDue() {
    const choices = this.#stored();
    if (!choices || !this.settings) return true;
    const isOld = this.settings.renewal > (this.#proof()?.renewal ?? Infinity);
    return isOld || (this.settings.renewOnNewService && this.optional.some(({slug}) => !(slug in choices)));
  }

  /** Whether the window was closed without a choice less than a day ago. */
  get wasClosed() {
    const age = this.#now() - Number(this.#local.read(CLOSED) ?? NaN);
    return age >= 0 && age < A_DAY;
  }

  noteClosed() {
    this.#local.write(CLOSED, this.#now());
  }

  /** A purpose's services. @param {unknown} label Its name or its number. */
  of(label) {
    const purpose = PURPOSES.findIndex((name, number) => name === label || number === label);
    return this.services.filter(service => service.purpose === purpose);
  }

  /** @param {Service[]} services @param {boolean} choice */
  set(services, choice) {
    if (!services.length) warn('No such service or purpose, or not yet.');
    for (const {slug} of services) this.#pending[slug] = choice === true;
  }

  /** What is stored, with a consent to these besides. @param {string[]} slugs @returns {Choices} */
  plus(slugs) {
    return {...this.#stored(), ...Object.fromEntries(slugs.map(slug => [slug, true]))};
  }

  /** What was set holds for this page view, but against a signal. */
  pass() {
    Object.assign(this.#passing, this.#pending, this.#signalled);
    this.#pending = {};
  }

  /** What another tab has decided goes before what this page has set. */
  forgetPassing() {
    this.#passing = {};
  }

  /**
   * Store a decision in this browser: cookie and proof. Services that the choices leave out are refused.
   * @param {Choices | boolean} choices true and false are for all services.
   * @param {Circumstances} circumstances
   * @param {Settings} settings
   * @returns {Decision} what the service is to be told
   */
  decide(choices, circumstances, settings) {
    const isChosen = (/** @type {string} */ slug) => choices === true || Object(choices)[slug] === true;
    const complete = Object.fromEntries(this.optional.map(({slug}) => [slug, isChosen(slug)]));
    this.#write(complete);
    this.#unstored = this.#inCookie() ? null : complete;
    this.#pending = {};
    this.#passing = {};
    this.#local.remove(CLOSED);
    return this.#record(complete, circumstances, settings);
  }

  /**
   * What the service is to be told of a signal, once in the time of a consent. It is no choice: no cookie says it.
   * @param {Circumstances} circumstances
   */
  prove(circumstances) {
    const {settings} = this;
    if (!settings?.proveSignals || this.#proof()?.action === 'Signal' || !Object.keys(this.#signalled).length) return null;
    return this.#record(Object.fromEntries(this.optional.map(({slug}) => [slug, false])), circumstances, settings);
  }

  /** The last decision as this browser keeps it: of this widget, or it is none. */
  #proof() {
    const proof = this.#local.read(PROOF);
    return isObject(proof) && proof.widgetId === this.#widgetId ? /** @type {Partial<Proof>} */ (proof) : null;
  }

  /** The choices that this browser keeps, unless they have expired. */
  #stored() {
    return hasExpired(this.#proof(), this.#now()) ? null : (this.#inCookie() ?? this.#unstored);
  }

  #inCookie() {
    return choicesIn(this.#jar.cookie, this.#cookieName);
  }

  /** @param {Choices} choices */
  #expanded(choices) {
    if (!this.settings) return choices;
    return Object.fromEntries(this.services.map(({slug, defaultConsent}) => [slug, defaultConsent || choices[slug] === true]));
  }

  /** @param {Choices | null} choices */
  #write(choices) {
    writeCookie(this.#jar, this.#cookieName, choices, {
      days: this.settings?.consentCookieExpiryTime ?? 180,
      domain: this.settings?.consentCookieDomain ?? '',
      isSecure: this.#isSecure,
    });
  }

  /** Expired choices and ids are forgotten, but for what is filled in if this page view asks again. */
  #forgetExpired() {
    const proof = this.#proof();
    if (!hasExpired(proof, this.#now())) return;
    this.#earlier = choicesOf(proof);
    this.#write(null);
    this.#local.remove(PROOF);
  }

  #sessionId() {
    const known = this.#session.read(SESSION);
    if (isUuid(known)) return String(known);
    const made = uuid();
    this.#session.write(SESSION, made);
    return made;
  }

  /** Keep the proof. @param {Choices} choices @param {Circumstances} circumstances @param {Settings} settings */
  #record(choices, circumstances, {lang, versionKey, consentCookieExpiryTime, consentCookieName, workSpaceId, renewal}) {
    const now = this.#now();
    const date = new Date(now).toISOString();
    const consentId = this.#proof()?.consentId;
    const cookieConsents = Object.entries(choices).map(([slug, consent]) => ({slug, consent, date}));
    /** @type {Decision} */
    const decision = {
      id: uuid(),
      sessionId: this.#sessionId(),
      consentId: consentId && isUuid(consentId) ? consentId : null,
      type: 'Consents',
      ...circumstances,
      consents: {lang: lang || null, versionKey: versionKey || null, cookieConsents},
    };
    const dateExpiration = new Date(now + consentCookieExpiryTime * A_DAY).toISOString();
    const own = {date, dateExpiration, widgetId: this.#widgetId, workSpaceId, renewal, consentCookieName};
    this.#local.write(PROOF, /** @satisfies {Proof} */ ({...decision, type: 2, ...own}));
    return decision;
  }
}
