/**
 * The rules of the visitor's place, and the memory of opt-outs: they decide which services are released without a choice, and
 * which stay off. Part of the optional file: it is loaded for widgets with policies, and for visitors with a signal or a
 * remembered opt-out.
 */
import {list, merged, objects} from './guard.js';
import {placeIn, placeOr, policyFor} from './policy.js';
import {bitsOf} from './signals.js';
import {OPT_OUT, keyOf, proofIn} from './storage.js';

/** A signal opts out of all purposes but *Necessary* and *Preference*. */
const SIGNALLED = [2, 3, 4, 5];

/**
 * @typedef {import('./consent.js').Consent} Consent
 * @typedef {import('./cookie.js').Stored} Stored
 */

/** Pages of developers, who may state a place: in developer mode, the site's own pages are served too. */
const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** @param {Settings} settings The place is in their `told`; on a developer's page, the widget's element may state it. */
function placeOf({developerMode, told}) {
  const isLocal = developerMode && LOCAL.test(location.hostname);
  const stated = isLocal && document.querySelector('[data-widgetid][data-place]')?.getAttribute('data-place');
  return stated ? placeOr(stated) : placeIn(told);
}

export class Rules {
  #settings;
  #consent;
  #bits;
  /** null for a widget without policies. */
  #policy;
  #services;
  #optional;
  /** A signal has come that the last decision did not know. */
  #isNew = false;

  /** @param {Settings} settings @param {Pick<Consent, 'dependencies' | 'widgetId' | 'effective'>} consent */
  constructor(settings, consent) {
    const {policies, groups} = settings;
    this.#settings = settings;
    this.#consent = consent;
    this.#bits = bitsOf(consent.dependencies.signals);
    this.#policy = policies ? merged(policyFor(policies, placeOf(settings))) : null;
    this.#services = groups.flatMap(group => group.services);
    this.#optional = this.#services.filter(({requiredConsent, purpose}) => requiredConsent && purpose < 5);
    /** The policy of the place, which a proof names; undefined for a widget without policies. */
    this.policyId = this.#policy?.id;
    /** Whether elements with `data-dastra-choices` are shown. */
    this.link = !!this.#policy?.link;
    /** Services that must be asked for here. */
    this.asks = this.#optional.filter(service => !this.isOnHere(service));
  }

  /** Whether there is no reason to open the window here. A visitor who has opted out is told nothing more. */
  get isQuiet() {
    return !this.asks.length && !(this.#policy?.announce && !this.#memory.length);
  }

  /** Whether a service is on by default here. @param {Service} service */
  isOnHere(service) {
    const isExempt = this.#policy?.exempt && Object.hasOwn(service, 'exempt') && service.exempt;
    return !!(isExempt || this.#policy?.optOut?.includes(service.purpose));
  }

  get #key() {
    return keyOf(OPT_OUT, this.#consent.widgetId);
  }

  /**
   * The memory of opt-outs, which has no end: slugs, purposes, `!slug` for what is on although its purpose is off, and an
   * object with the time in seconds.
   */
  get #kept() {
    return list(this.#consent.dependencies.local.read(this.#key));
  }

  /** @returns {unknown[]} */
  get #memory() {
    return this.#kept.filter(entry => typeof entry !== 'object');
  }

  /** @param {unknown[]} entries */
  #remember(entries) {
    const once = entries.filter((entry, at) => entries.indexOf(entry) === at);
    const t = Math.floor(this.#consent.dependencies.now() / 1000);
    this.#consent.dependencies.local.write(this.#key, once.length ? [...once, {t}] : once);
  }

  /** Return what choices refuse: purposes of which all is refused, and slugs. @param {Choices} choices */
  #refusedBy(choices) {
    return [0, 1, 2, 3, 4].flatMap(number => {
      const own = this.#optional.filter(({purpose}) => purpose === number);
      const slugs = own.map(({slug}) => slug).filter(slug => choices[slug] === false);
      return slugs.length && slugs.length === own.length ? [number, ...slugs] : slugs;
    });
  }

  /** What a signal is about. */
  get #signalled() {
    return this.#services.filter(({purpose}) => SIGNALLED.includes(purpose));
  }

  /**
   * Return what tells whether a service is released, by the stored choice if there is one. A purpose that is off takes the
   * default away alone. A later decision in another subdomain counts before what is remembered here.
   * @param {any} stamp Of the last decision.
   */
  allowing(stamp) {
    const [time] = /** @type {any[]} */ (objects(this.#kept));
    const isOld = this.#settings.consentCookieDomain && stamp?.t > (time?.t ?? 0);
    const off = isOld ? [] : this.#memory;
    const isOff = (/** @type {Service} */ {slug, purpose}) => off.includes(purpose) && !off.includes(`!${slug}`);
    return (/** @type {Service} */ service, /** @type {boolean | undefined} */ choice) =>
      !off.includes(service.slug) && (choice ?? (this.isOnHere(service) && !isOff(service))) === true;
  }

  /** Return the stored choices without what is off, or what is in effect. @param {Consent} consent @returns {Choices} */
  inEffect({stored, effective}) {
    const choices = merged(stored ?? effective);
    for (const slug in choices) choices[slug] &&= effective[slug] === true;
    return choices;
  }

  /** A decision has ended: an opt-out has not. A signal was none. @param {Partial<Proof> | null} proof @param {Choices} choices */
  end(proof, choices) {
    if (this.#policy && proof?.action !== 'Signal') this.#remember([...this.#memory, ...this.#refusedBy(choices)]);
  }

  /** Hear the signals. @param {Stored | null} stored The last decision. */
  hear(stored) {
    const signalled = this.#signalled;
    const isNew = this.#bits & ~merged(stored?._).s;
    if (!signalled.length || !this.#settings.enableGPC || !isNew) return;
    this.#isNew = true;
    this.#remember([...this.#memory, ...SIGNALLED, ...signalled.map(({slug}) => slug)]);
  }

  /** Whether a signal is on, and something that it is about is off. */
  get isHonoured() {
    const {effective} = this.#consent;
    const isOn = this.#settings.enableGPC && this.#bits;
    return !!isOn && this.#signalled.some(({slug}) => !effective[slug]);
  }

  /**
   * Return the decision that proves a signal, once per consent period. A signal is not a choice, so no cookie stores it.
   * @param {Consent} consent
   * @param {import('./consent.js').Circumstances} circumstances
   */
  prove(consent, circumstances) {
    const isProved = proofIn(consent.dependencies.local, consent.widgetId)?.action === 'Signal';
    if (!this.#settings.proveSignals || !this.#isNew || isProved) return null;
    const {effective} = consent;
    const choices = Object.fromEntries(this.#optional.map(({slug}) => [slug, !!effective[slug]]));
    return consent.record(choices, circumstances, this.#settings);
  }

  /**
   * Return the choices that a decision stores: not that what is on by default is on, which is no consent elsewhere. An earlier
   * consent stays one.
   * @param {Choices} choices
   * @param {Choices | null} before The last decision.
   */
  kept(choices, before) {
    const isLeft = (/** @type {Service} */ service) =>
      choices[service.slug] === true && before?.[service.slug] !== true && this.isOnHere(service);
    const left = this.#optional.filter(isLeft).map(({slug}) => slug);
    return Object.fromEntries(Object.entries(choices).filter(([slug]) => !left.includes(slug)));
  }

  /**
   * Remember a decision: its refusals take the place of what was remembered. An answer for some services takes these alone
   * out of it. With a signal, what comes later is off.
   * @param {Choices} choices
   * @param {boolean} isPart
   */
  decide(choices, isPart) {
    const rest = isPart ? this.#memory.filter(entry => choices[`${entry}`] !== true) : [];
    const isSignalled = this.#settings.enableGPC && this.#bits;
    const off = [...rest, ...(isSignalled ? SIGNALLED : []), ...this.#refusedBy(choices)];
    const on = this.#optional.filter(({slug, purpose}) => choices[slug] === true && off.includes(purpose));
    this.#isNew = false;
    this.#remember(this.#policy ? [...off, ...on.map(({slug}) => `!${slug}`)] : rest);
  }
}
