/** A widget on a page. It connects the parts, which hold all the rules. */
import {pageApi} from './api.js';
import {Blocking} from './blocking.js';
import {referrerOf, typeDeviceOf, userIdOf} from './config.js';
import {Consent} from './consent.js';
import {consentMode, modesOf} from './consent_mode.js';
import {jar} from './cookie.js';
import {isEmbedded, unlessAround} from './embedded.js';
import {Announcer, dispatch} from './events.js';
import {attempt, call, objects, warn} from './guard.js';
import {onDemand} from './on_demand.js';
import {Outbox, exclusively} from './outbox.js';
import {cached, checked, explain, keep} from './settings.js';
import {isOptedOut} from './signals.js';
import {OUTBOX, PROOF, adopt, guarded, keepState, keyOf, proofIn, stateIn} from './storage.js';
import {answerTo, get, post, settingsUrl} from './transport.js';
import {ConsentWindow} from './window.js';
import {clearStorages, deletions} from './withdrawal.js';

const {now} = Date;

export class Manager {
  #place;
  #local = guarded(() => localStorage);
  #session = guarded(() => sessionStorage);
  #announcer = new Announcer();
  #consent = new Consent({
    local: this.#local,
    session: this.#session,
    jar,
    location,
    isEmbedded,
    isOptedOut: isOptedOut(navigator),
    now,
  });
  #outbox;
  /** @type {ConsentWindow | null} */
  #window = null;
  #updateTags = consentMode();
  /** What the tags' consent follows from. @type {any} */
  #modes;
  #isWanted = false;
  /** @type {unknown[]} */
  #waiting = [];
  /** The services that had consent on this page view: their scripts run until it ends. @type {Set<string>} */
  #ran = new Set();
  /** The page's id of the visitor. @type {string | null} */
  #userId = null;

  /** Whether the page has started a widget. */
  isStarted = false;
  blocking;
  api = pageApi(this.#consent, {
    showWindow: isOpen => this.#show(isOpen),
    carryOut: () => {
      this.#apply();
      this.#summarise();
    },
    saveChoices: choices => this.#decide(choices, 'Api'),
  });

  /** @param {Place} place @param {boolean} isAutomatic */
  constructor(place, isAutomatic) {
    const {host} = place;
    const later = setTimeout.bind(window);
    this.#place = place;
    const consentTo = (/** @type {string[]} */ slugs) => this.#decide(this.#consent.withConsentTo(slugs), 'Selection');
    this.blocking = new Blocking(consentTo, isAutomatic ? [host, location.origin] : null);
    this.#outbox = new Outbox({local: this.#local, host, post, exclusively, now, chance: Math.random, later});
  }

  /** @param {unknown} userId */
  setUserId(userId) {
    this.#userId = userIdOf(userId);
    if (userId && !this.#userId) warn('Not a userId: at most 128 ASCII characters, without @.');
  }

  /** @param {unknown} callback */
  whenReady(callback) {
    if (this.#consent.settings) call(callback, this.api);
    else this.#waiting.push(callback);
  }

  /** @param {WidgetName} widget */
  async begin(widget) {
    this.isStarted = true;
    const widgetId = (this.#consent.widgetId = Number(widget.widgetId));
    adopt(this.#local, widgetId);
    Object.assign(window.dastra, {widgetId});
    this.blocking.consent = this.#consent;
    this.#listen();
    this.#outbox.own = this.#address;
    this.#outbox.flush();
    const url = settingsUrl(this.#place, widget);
    const known = cached(this.#session, url, now());
    if (known) return this.#start(known);
    this.#modes = stateIn(this.#local, this.#consent.widgetId);
    this.#apply(); // a returning visitor's choices do not wait for the settings
    const {status, body} = await answerTo(get(url));
    const settings = checked(body);
    if (!settings) return explain(status, location.origin, widget.widgetId);
    keep(this.#session, url, now(), body);
    this.#start(settings);
  }

  #listen() {
    addEventListener('online', () => this.#outbox.flush());
    document.addEventListener('visibilitychange', () => this.#follow());
    addEventListener('storage', ({key}) => {
      if (key === OUTBOX) this.#outbox.acknowledge();
      if (key !== keyOf(PROOF, this.#consent.widgetId)) return;
      this.#consent.clearPageView();
      this.#follow();
    });
    addEventListener('pageshow', ({persisted}) => {
      if (!persisted) return;
      this.#consent.clearPageView();
      this.#endScripts();
    });
  }

  /** @param {Settings} settings */
  #start(settings) {
    const consent = this.#consent;
    consent.use(settings);
    this.#modes = modesOf(settings, consent.services);
    keepState(this.#local, consent.widgetId, this.#modes);
    whenSeen(() => {
      const signal = settings.saveConsentProof && consent.prove(this.#circumstances('Signal'), settings);
      if (signal) this.#outbox.add(this.#address, signal);
    });
    for (const callback of this.#waiting) call(callback, this.api);
    this.#apply();
    dispatch('dastra:consents:ready', consent.allConsents);
    this.#summarise();
    this.#window = new ConsentWindow({
      settings,
      draft: () => consent.draft,
      proof: () => proofIn(this.#local, consent.widgetId),
      history: () => this.#history(),
      isDue: () => consent.isDue,
      decide: (choices, action) => this.#decide(choices, action),
      details: onDemand(this.#place),
      onShow: () => whenSeen(() => this.#count('Visit')),
      onClose: () => {
        if (consent.isDue) consent.noteClosed();
        this.#count('Quit');
      },
    });
    if (this.#isWanted) this.#window.open();
    else if (consent.isDue && !consent.wasClosed) unlessAround(consent.widgetId, () => this.#window?.ask());
  }

  /**
   * Apply the choices in effect; only this method does so. A listener may make a decision, so releases and deletions
   * read the choices again after the events.
   */
  #apply() {
    const {optional, effective, settings} = this.#consent;
    const heard = settings ? optional.map(({slug}) => slug) : released(effective);
    attempt(() => this.#updateTags(this.#modes, effective));
    for (const slug of released(effective)) this.#ran.add(slug);
    const hasChanged = this.#announcer.announce(heard, effective);
    this.blocking.apply();
    for (const cookie of deletions(jar.cookie, this.#consent, location)) jar.cookie = cookie;
    clearStorages(this.#consent);
    return hasChanged;
  }

  /** @param {boolean} isOpen */
  #show(isOpen) {
    this.#isWanted = isOpen;
    if (isOpen) this.#window?.open();
    else this.#window?.close();
  }

  /** Dispatch whether all services are accepted, once the visitor has made a choice. */
  #summarise() {
    const {hasConsented, optional, effective} = this.#consent;
    if (!hasConsented) return;
    const isAll = optional.every(({slug}) => effective[slug]);
    dispatch(`dastra:consents:${isAll ? 'all_accepted' : 'any_refused'}`);
  }

  /** @param {Choices | boolean} choices @param {Action} action */
  #decide(choices, action) {
    const settings = this.#consent.settings;
    if (!settings) return warn('Not saved: wait for cookieReady.');
    const decision = this.#consent.decide(choices, this.#circumstances(action), settings);
    const sent = settings.saveConsentProof && this.#outbox.add(this.#address, decision);
    this.#window?.decided();
    this.#apply();
    dispatch('dastra:consents:updated', this.#consent.allConsents);
    this.#summarise();
    if (settings.reloadOnWithdrawal) this.#endScripts(sent);
  }

  /**
   * Scripts that run end only with the page: reload it if a service that ran has no consent any more. Wait up to a second
   * for the proof. Before the settings are known, a service without a stored choice has none.
   * @param {unknown} [sent]
   */
  async #endScripts(sent) {
    const {effective, settings} = this.#consent;
    if (![...this.#ran].some(slug => !(effective[slug] ?? settings))) return;
    await Promise.race([sent, new Promise(done => setTimeout(done, 1000))]);
    location.reload();
  }

  /** @param {Action} action */
  #circumstances(action) {
    return {userId: this.#userId, typeDevice: typeDeviceOf(navigator), action, referrer: referrerOf(location)};
  }

  get #address() {
    return `${this.#consent.widgetId}?key=${this.#place.key}`;
  }

  /** Send a count, which the service does not store. @param {'Visit' | 'Quit'} type */
  #count(type) {
    const {lang, saveConsentProof} = /** @type {Settings} */ (this.#consent.settings);
    if (!saveConsentProof) return;
    const body = {type, lang: lang || null, typeDevice: typeDeviceOf(navigator)};
    post(`${this.#place.host}/v1/client/collect/${this.#address}`, body).catch(() => {});
  }

  /** Follow a decision that another tab may have made. */
  #follow() {
    if (this.#apply() && this.#consent.settings) this.#summarise();
    if (!this.#consent.isDue) this.#window?.withdraw();
    if (this.#consent.settings?.reloadOnWithdrawal) this.#endScripts();
  }

  /**
   * Return the service's proofs of this consent, and the decisions that it has refused; an empty list if there are none.
   */
  async #history() {
    const {widgetId} = this.#consent;
    const proof = proofIn(this.#local, widgetId);
    const consentId = proof?.consentId;
    const url = `${this.#place.host}/v1/client/consents/${widgetId}/history?key=${this.#place.key}`;
    const proofs = consentId ? objects((await answerTo(post(url, {consentId}))).body?.proofs) : [];
    const refused = this.#outbox.refusedOf(widgetId);
    return refused.length && !proofs.length ? [proof, ...refused] : [...proofs, ...refused];
  }
}

/** Run when the visitor sees the page: a browser may load one in advance that stays unseen. @param {() => void} work */
function whenSeen(work) {
  if (/** @type {any} */ (document).prerendering === true) document.addEventListener('prerenderingchange', work);
  else work();
}

/** Return the slugs with consent. @param {Choices} choices */
const released = choices => Object.keys(choices).filter(slug => choices[slug]);
