/** The visitor's consent: the stored choices, the page's changes since, and the effect of a decision. */
import {storedIn, writeCookie} from './cookie.js';
import {list, merged, objects, warn} from './guard.js';
import {isUuid} from './shapes.js';
import {bitsOf} from './signals.js';
import {A_DAY, CLOSED, OPT_OUT, PROOF, SESSION, keyOf, proofIn, uuid} from './storage.js';

const PURPOSES = ['Necessary', 'Preference', 'Analytical', 'Marketing', 'Other', 'Unclassified'];

/** The policy of places that no policy names, and of widgets without policies. */
const STRICT = 'strict';

/**
 * @typedef {import('./cookie.js').Stored} Stored
 *
 * @typedef {import('./rules.js').Rules} Rules
 *
 * @typedef {Pick<Decision, 'action' | 'userId' | 'referrer'>} Circumstances
 *
 * @typedef {object} Dependencies
 * @property {Store} local
 * @property {Store} session
 * @property {{cookie: string}} jar
 * @property {import('./cookie.js').Place} location
 * @property {boolean} isEmbedded A page of another origin is around this one.
 * @property {import('./signals.js').Signals} signals What the browser sends.
 * @property {() => number} now
 */

/**
 * Return a choice for each of these services.
 * @template {{slug?: any}} T A service, or an object with its slug.
 * @param {T[]} services
 * @param {(service: T) => boolean} choice
 * @returns {Choices}
 */
const chosen = (services, choice) =>
  merged(Object.fromEntries(services.map(service => [service.slug, choice(service)])));

/**
 * Return the choices in a proof, which are shown when the visitor is asked again.
 * @param {Partial<Proof> | null} proof
 */
const choicesOf = proof => chosen(objects(proof?.consents?.cookieConsents), ({consent}) => consent === true);

/**
 * A consent ends with its proof, even if the cookie still exists. A proof that ends later than possible was made by a
 * wrong clock, and has ended too.
 * @param {Partial<Proof> | null} proof
 * @param {number} now
 */
export function hasExpired(proof, now) {
  const end = +new Date(`${proof?.dateExpiration}`); // a library of dates may have replaced Date.parse
  return end <= now || end > now + 181 * A_DAY;
}

export class Consent {
  dependencies;
  /** The id of the widget that the page has started; until then 0, which is not a valid id. */
  widgetId = 0;
  /** @type {Settings | null} */
  settings = null;
  /** Set by the page, but not applied yet. @type {Choices} */
  #pending = merged();
  /** Applied by the page for this page view only. @type {Choices} */
  #forPageView = merged();
  /** The last decision if the browser did not store the cookie. @type {Stored | null} */
  #unstored = null;
  /** An expired consent. @type {Partial<Proof> | null} */
  #earlier = null;
  /** The rules of the place and of signals, where there are any. @type {Rules | undefined} */
  law;

  /** @param {Dependencies} dependencies */
  constructor(dependencies) {
    this.dependencies = dependencies;
  }

  /** Whether rules are needed: opt-outs that are remembered, policies, or a signal that counts. @param {Partial<Settings>} settings */
  needsRules({policies, enableGPC}) {
    return policies || this.#optedOut[0] || (enableGPC && bitsOf(this.dependencies.signals));
  }

  /**
   * Start to use the widget's settings. Expired choices and ids are deleted; the window still shows the choices if it
   * asks again on this page view. A newer decision in another subdomain stays.
   * @param {Settings} settings
   * @param {Rules} [rules]
   */
  use(settings, rules) {
    this.settings = settings;
    this.law = rules;
    const proof = this.#proof();
    if (hasExpired(proof, this.dependencies.now())) {
      this.#earlier = proof;
      rules?.end(proof, choicesOf(proof));
      if (!this.stored) this.#write(null, settings);
      this.dependencies.local.remove(this.#key(PROOF));
    }
    rules?.hear(this.stored);
  }

  get services() {
    return this.settings?.groups.flatMap(group => group.services) ?? [];
  }

  /** The services that visitors can consent to: unclassified ones are not shown. */
  get optional() {
    return this.services.filter(({requiredConsent, purpose}) => requiredConsent && purpose < 5);
  }

  /** The choices in effect for every service of the widget; before the settings are known, the stored choices. */
  get effective() {
    return this.#expanded(merged());
  }

  /** The choices in effect with the page's changes since: `save` would store them. */
  get current() {
    return this.#expanded(this.#pending);
  }

  /** The switches' first state: the choices in effect, otherwise earlier ones under the same rules. */
  get draft() {
    const proof = this.#earlier ?? this.#proof();
    const isEarlier = !this.stored && this.#isHere(proof?.consents?.policy);
    return this.#expanded(this.#pending, isEarlier ? choicesOf(proof) : null);
  }

  /** All services of the widget with their consent. @returns {import('../dastra.js').ServiceConsent[]} */
  get allConsents() {
    const {services, current} = this;
    return services.map(service => ({...service, consent: current[service.slug] === true}));
  }

  get hasConsented() {
    return !!this.stored;
  }

  /**
   * Whether to ask the visitor: without a decision, or if the owner no longer accepts it. That depends on the cookie
   * alone; for one of release 1.0, the proof has the renewal.
   */
  get isDue() {
    const stored = this.stored;
    const rules = this.law;
    if (rules?.isQuiet) return false;
    if (!stored || !this.settings) return true;
    const {renewal, renewOnNewService} = this.settings;
    const isOld = renewal > (stored._.r ?? this.#proof()?.renewal ?? 0);
    const asks = rules?.asks ?? this.optional;
    const isComplete = !renewOnNewService && this.#isHere(stored._.p);
    return isOld || !(isComplete || asks.every(({slug}) => Object.hasOwn(stored, slug)));
  }

  /** Whether the window was closed without a choice, and is not to ask again yet. Release 1.0 kept the time alone. */
  get wasClosed() {
    const closed = /** @type {any} */ (this.dependencies.local.read(this.#key(CLOSED)));
    const {time = closed, key = this.#closedKey} = closed ?? 0;
    const age = this.dependencies.now() - time;
    return age >= 0 && age < (this.settings?.askAgainAfterClose ?? 180) * A_DAY && key === this.#closedKey;
  }

  noteClosed() {
    this.dependencies.local.write(this.#key(CLOSED), {time: this.dependencies.now(), key: this.#closedKey});
  }

  /** If this changes, the visitor is asked again. */
  get #closedKey() {
    return `${[this.settings?.renewal, this.law?.policyId]}`;
  }

  /** Return a purpose's services. @param {unknown} label Its name or its number. */
  servicesOf(label) {
    const purpose = PURPOSES.findIndex((name, number) => name === label || number === label);
    return this.services.filter(service => service.purpose === purpose);
  }

  /** @param {Service[]} services @param {boolean} choice */
  set(services, choice) {
    if (!services.length) warn('Not a service or purpose yet.');
    for (const {slug} of services) this.#pending[slug] = choice === true;
  }

  /** Return the stored choices, with consent to these services added. @param {string[]} slugs @returns {Choices} */
  withConsentTo(slugs) {
    return merged(this.law?.inEffect(this) ?? this.stored, Object.fromEntries(slugs.map(slug => [slug, true])));
  }

  /** Apply the page's changes to this page view, except against what has been opted out of. */
  applyForPageView() {
    Object.assign(this.#forPageView, this.#pending);
    this.#pending = merged();
  }

  /** Drop the page's changes: a decision in another tab takes precedence. */
  clearPageView() {
    this.#forPageView = merged();
  }

  /**
   * Store a decision in this browser: cookie and proof. Services that the choices leave out are refused.
   * @param {Choices | boolean} choices true and false apply to all services.
   * @param {Circumstances} circumstances
   * @param {Settings} settings
   * @param {boolean} [isPart] It is an answer for some services alone: if the owner asks again, or has added a service, the others are
   *   still to be asked.
   * @returns {Decision} to be sent to the service
   */
  decide(choices, circumstances, settings, isPart) {
    const rules = this.law;
    const own = merged(/** @type {Choices} */ (choices));
    const before = this.stored;
    const earlier = isPart && before;
    const asked = this.optional.filter(({slug}) => !earlier || Object.hasOwn(own, slug));
    const complete = chosen(asked, ({slug}) => choices === true || own[slug] === true);
    const {r = settings.renewal, p = rules?.policyId} = (earlier || {})._ ?? {};
    const s = bitsOf(this.dependencies.signals);
    const stamp = {t: Math.floor(this.dependencies.now() / 1000), r, ...(p && {p}), ...(s && {s})};
    const decision = {...(rules?.kept(complete, before) ?? complete), _: stamp};
    rules?.decide(complete, !!isPart);
    this.#unstored = this.#write(decision, settings) ? null : decision;
    this.#pending = merged();
    this.#forPageView = merged();
    this.dependencies.local.remove(this.#key(CLOSED));
    return this.record(complete, circumstances, settings);
  }

  /**
   * The cookie's name; '' as long as it is not known: another widget may have the usual one. The prefix `__Host-` is
   * for https: browsers refuse it elsewhere, as on a developer's machine.
   */
  get cookieName() {
    const name = (this.settings ?? this.#proof())?.consentCookieName ?? '';
    return this.dependencies.location.protocol === 'https:' ? name : name.replace('__Host-', '');
  }

  /** @param {string} what */
  #key(what) {
    return keyOf(what, this.widgetId);
  }

  /** The last decision in this browser, if it is of this widget. */
  #proof() {
    return proofIn(this.dependencies.local, this.widgetId);
  }

  /**
   * The stored decision, unless it has expired. The cookie decides, without consents to what the proof refuses; or without
   * the proof, if the cookie is that of all subdomains and newer.
   * @returns {Stored | null}
   */
  get stored() {
    const proof = this.#proof();
    const refused = choicesOf(proof);
    const found = this.#inCookie() ?? this.#unstored ?? this.#inProof(proof, refused);
    if (!found || (this.settings?.consentCookieDomain && +new Date(`${proof?.date}`) < found._.t * 1000)) return found;
    for (const slug in refused) found[slug] &&= refused[slug];
    return hasExpired(proof, this.dependencies.now()) ? null : found;
  }

  /**
   * In a frame of another site, the browser may keep the proof alone. A signal is not a decision.
   * @param {Partial<Proof> | null} proof
   * @param {Choices} choices
   * @returns {Stored | null}
   */
  #inProof(proof, choices) {
    const isDecision =
      this.dependencies.isEmbedded && proof && proof.action !== 'Signal' && this.#isHere(proof.consents?.policy);
    return isDecision ? {...choices, _: {p: proof.consents?.policy, s: bitsOf(proof.consents?.signals)}} : null;
  }

  /** Whether this is the present policy. @param {string | undefined} policy */
  #isHere(policy = STRICT) {
    return policy === (this.law?.policyId ?? STRICT);
  }

  #inCookie() {
    const {jar, now} = this.dependencies;
    return storedIn(jar.cookie, this.cookieName, now());
  }

  /**
   * Return the choices in effect. Before the settings are known, a signal that the last decision did not know holds everything.
   * @param {Choices} pending Choices that count before all others.
   * @param {Choices | null} [earlier] Choices that count after all others.
   * @returns {Choices}
   */
  #expanded(pending, earlier) {
    const choices = /** @type {Stored} */ (merged(earlier, this.stored, this.#forPageView));
    const stamp = choices._;
    delete choices._;
    if (!this.settings) {
      if (bitsOf(this.dependencies.signals) & ~stamp?.s) return merged(pending);
      for (const slug of this.#optedOut) delete choices[slug];
      return merged(choices, pending);
    }
    const known = this.services.filter(({purpose}) => purpose < 5);
    const allows = this.law?.allowing(stamp) ?? ((_, /** @type {unknown} */ choice) => choice === true);
    return chosen(
      known,
      service => service.defaultConsent || (pending[service.slug] ?? allows(service, choices[service.slug])),
    );
  }

  /** The memory of opt-outs: purposes and slugs. @returns {any[]} */
  get #optedOut() {
    return list(this.dependencies.local.read(this.#key(OPT_OUT)));
  }

  /** @param {Stored | null} decision @param {Settings} settings */
  #write(decision, {consentCookieExpiryTime: days, consentCookieDomain: domain}) {
    const {jar, location, now} = this.dependencies;
    return writeCookie(jar, this.cookieName, decision, {days, domain, now: now(), location});
  }

  #sessionId() {
    const known = this.dependencies.session.read(SESSION);
    if (isUuid(known)) return known;
    const made = uuid();
    this.dependencies.session.write(SESSION, made);
    return made;
  }

  /**
   * Store a proof.
   * @param {Choices} choices
   * @param {Circumstances} circumstances
   * @param {Settings} settings
   */
  record(choices, circumstances, settings) {
    const {lang, versionKey, consentCookieExpiryTime, consentCookieName, workSpaceId, renewal} = settings;
    const policy = this.law?.policyId;
    const now = this.dependencies.now();
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
      consents: {
        lang: lang || null,
        versionKey: versionKey || null,
        ...(policy && {policy}),
        signals: this.dependencies.signals,
        cookieConsents,
      },
    };
    const dateExpiration = new Date(now + consentCookieExpiryTime * A_DAY).toISOString();
    const of = {widgetId: this.widgetId, workSpaceId, renewal, consentCookieName};
    const {local} = this.dependencies;
    local.remove(this.#key(PROOF)); // a storage that is full must not keep the earlier refusals
    local.write(this.#key(PROOF), /** @satisfies {Proof} */ ({...decision, type: 2, date, dateExpiration, ...of}));
    return decision;
  }
}
