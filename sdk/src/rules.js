/**
 * What is released without a choice, and what stays off: the rules of the visitor's place, and the memory of opt-outs. Part of
 * the file for what not every widget needs: widgets with policies have rules, and so have visitors with a signal, or with a
 * memory of one.
 */
import {list} from './guard.js';
import {placeIn, policyFor} from './policy.js';
import {OPT_OUT, keyOf, proofIn} from './storage.js';

/** A signal opts out of all purposes but *Necessary* and *Preference*. */
const SIGNALLED = [2, 3, 4, 5];

/**
 * @typedef {import('./consent.js').Consent} Consent
 * @typedef {import('./cookie.js').Stored} Stored
 *
 * @typedef {object} Situation
 * @property {Store} local
 * @property {number} widgetId
 * @property {number} bits The signals.
 */

/** @param {Settings} settings The place is in their `told`; on a developer's page, an element may state it. @returns {string} */
const placeOf = ({developerMode, told}) =>
  (developerMode && document.querySelector('[data-place]')?.getAttribute('data-place')) || placeIn(told);

export class Rules {
  #settings;
  #situation;
  /** null for a widget without policies. */
  #policy;
  #services;
  #optional;
  /** A signal has come that the last decision did not know. */
  #isNew = false;

  /** @param {Settings} settings @param {Situation} situation */
  constructor(settings, situation) {
    const {policies, groups} = settings;
    this.#settings = settings;
    this.#situation = situation;
    this.#policy = policies ? policyFor(policies, placeOf(settings)) : null;
    this.#services = groups.flatMap(group => group.services);
    this.#optional = this.#services.filter(({requiredConsent, purpose}) => requiredConsent && purpose < 5);
    /** The policy of the place, which a proof names; undefined for a widget without policies. */
    this.policyId = this.#policy?.id;
    /** Whether elements with `data-dastra-choices` are shown. */
    this.link = !!this.#policy?.link;
    /** Services that must be asked for here. */
    this.asks = this.#optional.filter(service => !this.#isOn(service));
    /** Whether there is no reason to open the window here. */
    this.isQuiet = !this.asks.length && !this.#policy?.announce;
    /** Stamped on a decision in the cookie, and told to the service. */
    this.stamp = this.#policy ? {p: this.#policy.id} : {};
    this.named = this.#policy ? {policy: this.#policy.id} : {};
  }

  /** Whether a service is on by default here. @param {Service} service */
  #isOn({purpose, exempt}) {
    return !!(this.#policy?.optOut?.includes(purpose) || (this.#policy?.exempt && exempt));
  }

  get #key() {
    return keyOf(OPT_OUT, this.#situation.widgetId);
  }

  /** The memory of opt-outs: purposes and slugs. It has no end. @returns {unknown[]} */
  get #memory() {
    return list(this.#situation.local.read(this.#key));
  }

  /** @param {unknown[]} entries */
  #remember(entries) {
    const once = entries.filter((entry, at) => entries.indexOf(entry) === at);
    this.#situation.local.write(this.#key, once);
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

  /** Return what tells whether a service is released, by the stored choice if there is one. */
  allowing() {
    const off = this.#memory;
    return (/** @type {Service} */ service, /** @type {boolean | undefined} */ choice) =>
      !off.includes(service.slug) && !off.includes(service.purpose) && (choice ?? this.#isOn(service)) === true;
  }

  /** Whether a decision was made under the rules of another place. @param {Stored} stored */
  isElsewhere(stored) {
    return !!this.#policy && (stored._.p ?? 'strict') !== this.#policy.id;
  }

  /** A decision has ended: an opt-out has not. @param {Choices} choices */
  end(choices) {
    if (this.#policy) this.#remember([...this.#memory, ...this.#refusedBy(choices)]);
  }

  /** Hear the signals. @param {Stored | null} stored The last decision. */
  hear(stored) {
    const signalled = this.#signalled;
    const isNew = this.#situation.bits & ~stored?._.s;
    if (!signalled.length || !this.#settings.enableGPC || !isNew) return;
    this.#isNew = true;
    this.#remember([...this.#memory, ...SIGNALLED, ...signalled.map(({slug}) => slug)]);
  }

  /** Whether a signal is on, and something that it is about is off. @param {Consent} consent */
  isHonoured({effective}) {
    const isOn = this.#settings.enableGPC && this.#situation.bits;
    return !!isOn && this.#signalled.some(({slug}) => !effective[slug]);
  }

  /**
   * Return the decision that proves a signal, once per consent period. A signal is not a choice, so no cookie stores it.
   * @param {Consent} consent
   * @param {import('./consent.js').Circumstances} circumstances
   */
  prove(consent, circumstances) {
    const {local, widgetId} = this.#situation;
    const isProved = proofIn(local, widgetId)?.action === 'Signal';
    if (!this.#settings.proveSignals || !this.#isNew || isProved) return null;
    const {effective} = consent;
    const choices = Object.fromEntries(this.#optional.map(({slug}) => [slug, !!effective[slug]]));
    return consent.record(choices, circumstances, this.#settings);
  }

  /**
   * Return the choices that a decision stores: not what was on by default and was left so, which is no consent elsewhere.
   * @param {Choices} choices
   * @param {Choices | null} before The last decision.
   * @param {boolean} isAll The visitor has accepted all.
   */
  kept(choices, before, isAll) {
    const allows = this.allowing();
    const isLeft = (/** @type {Service} */ service) =>
      choices[service.slug] === true && before?.[service.slug] === undefined && allows(service, undefined);
    const left = isAll ? [] : this.#optional.filter(isLeft).map(({slug}) => slug);
    return Object.fromEntries(Object.entries(choices).filter(([slug]) => !left.includes(slug)));
  }

  /**
   * Remember a decision: its refusals take the place of what was remembered. An answer for some services takes these alone
   * out of it.
   * @param {Choices} choices
   * @param {boolean} isPart
   */
  decide(choices, isPart) {
    const isGranted = (/** @type {unknown} */ entry) =>
      this.#services.some(({slug, purpose}) => choices[slug] === true && (entry === slug || entry === purpose));
    const rest = isPart ? this.#memory.filter(entry => !isGranted(entry)) : [];
    this.#isNew = false;
    this.#remember([...rest, ...(this.#policy ? this.#refusedBy(choices) : [])]);
  }
}
