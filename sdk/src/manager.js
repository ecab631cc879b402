/** A widget on a page. It connects the parts, which hold all the rules. */
import {pageApi} from './api.js';
import {Blocking} from './blocking.js';
import {actionOf} from './clicks.js';
import {cultureOf, referrerOf, userIdOf} from './config.js';
import {Consent} from './consent.js';
import {jar} from './cookie.js';
import {Delivery} from './delivery.js';
import {isEmbedded, outermost} from './embedded.js';
import {Announcer, dispatch} from './events.js';
import {attempt, call, warn} from './guard.js';
import {onDemand} from './on_demand.js';
import {cached, checked, keep} from './settings.js';
import {signalsOf} from './signals.js';
import {OUTBOX, PROOF, STATE, adopt, guarded, keyOf, proofIn, stateIn} from './storage.js';
import {answerTo, get, settingsUrl} from './transport.js';
import {own} from './trusted.js';
import {ConsentWindow} from './window.js';

const {now} = Date;
const signals = signalsOf(navigator);

/** @typedef {import('./rules.js').Rules} Rules */

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
    signals,
    now,
  });
  /** @type {import('./on_demand.js').OnDemand} */
  #details;
  #delivery;
  /** @type {ConsentWindow | null} */
  #window = null;
  /** @type {import('./on_demand.js').Loader<import('./on_demand.js').Optional>} */
  #optional;
  /** Tells the tags. @type {import('./on_demand.js').Optional[0] | undefined} */
  #tell;
  /** What the tags' consent follows from: settings, or what the browser has kept of them. @type {any} */
  #modes;
  /** Nothing is announced or released before it is known which tags are told, and how. */
  #isHeld = true;
  #isWanted = false;
  /** @type {unknown[]} */
  #waiting = [];
  /** The services that had consent on this page view: their scripts run until it ends. @type {Set<string>} */
  #ran = new Set();
  /** Told to callbacks that wait for the settings. @type {'unavailable' | undefined} */
  #problem;
  /** The page's id of the visitor. @type {string | null} */
  #userId = null;
  /** The language that the page has set. @type {unknown} */
  #language;
  /** The widget and its language, as they were asked for last. @type {WidgetName | null} */
  #widget = null;

  /** Whether the page has started a widget. */
  isStarted = false;
  blocking;
  api = pageApi(this.#consent, {
    showWindow: isOpen => this.#show(isOpen),
    carryOut: () => this.#apply(),
    saveChoices: choices => this.#decide(choices, 'Api'),
  });

  /** @param {Place} place @param {string | null} free The hosts that automatic blocking never holds; null: it is off. */
  constructor(place, free) {
    const {host} = place;
    own.nonce = place.nonce;
    this.#place = place;
    this.#details = onDemand(place, DETAILS_PATH, DETAILS_INTEGRITY);
    this.#optional = onDemand(place, OPTIONAL_PATH, OPTIONAL_INTEGRITY);
    const consentTo = (/** @type {string[]} */ slugs) => this.#decide(this.#consent.withConsentTo(slugs), 'Selection');
    this.blocking = new Blocking(
      consentTo,
      free == null ? null : [host, location.origin],
      free,
      onDemand(place, HELD_PATH, HELD_INTEGRITY),
    );
    this.#delivery = new Delivery({local: this.#local, host, now}, this.#details);
  }

  /** @param {unknown} userId */
  setUserId(userId) {
    this.#userId = userIdOf(userId);
    if (userId && !this.#userId) warn('Not stored: userId');
  }

  /** @param {unknown} callback */
  whenReady(callback) {
    if (this.#consent.settings || this.#problem) call(callback, this.api, this.#problem);
    else this.#waiting.push(callback);
  }

  /** Start the widget; the same widget again may change its language. @param {string} widgetId @param {unknown} lang */
  begin(widgetId, lang) {
    if (!this.isStarted) {
      this.isStarted = true;
      this.#consent.widgetId = Number(widgetId);
      Object.assign(window.dastra, {widgetId: this.#consent.widgetId});
      this.#speak(lang);
      this.#listen();
      this.#delivery.flush(this.#address);
    } else if (this.#consent.widgetId === Number(widgetId)) this.#speak(lang);
    else warn(`Already started: ${this.#consent.widgetId}`);
  }

  /** Show the texts in this language from now on. It comes before that of `begin`. @param {unknown} lang */
  setLanguage(lang) {
    this.#language = lang;
    if (this.isStarted) this.#speak();
  }

  /** @param {unknown} [lang] */
  #speak(lang) {
    const culture = cultureOf(this.#language, lang, document.documentElement.lang, navigator.language);
    if (culture !== this.#widget?.culture) this.#load({widgetId: String(this.#consent.widgetId), culture});
  }

  /** @param {WidgetName} widget */
  async #load(widget) {
    this.#widget = widget;
    // A browser may load a page in advance that the visitor never sees.
    if (/** @type {any} */ (document).prerendering === true)
      await new Promise(seen => document.addEventListener('prerenderingchange', seen));
    const url = settingsUrl(this.#place, widget);
    let settings = cached(this.#session, url, now());
    const state = settings ? {} : /** @type {any} */ (stateIn(this.#local, this.#consent.widgetId));
    // First of all, unless tags wait for a stored consent: the answer is on its way meanwhile.
    const first = settings || state.modes ? null : answerTo(get(url));
    adopt(this.#local, this.#consent.widgetId);
    if (!settings) {
      this.blocking.known.hosts ??= state.hosts;
      // A returning visitor's choices do not wait for the settings.
      this.#withOptional(state.modes, null, () => this.#apply());
      const {status, body, told} = await (first ?? answerTo(get(url)));
      const answer = {...body, told};
      settings = status === 200 ? checked(answer) : null;
      if (!settings) {
        warn(`${url} is not available on ${location.origin}: ${status} ${body?.detail ?? ''}`);
        return this.#doWithout(widget, status);
      }
      keep(this.#session, url, now(), answer);
    } else if (document.querySelector('link[rel=preload][href*="/cookie-widget-settings/"]')) {
      answerTo(get(url)); // a browser warns of a preload that no script takes
    }
    this.#withOptional(settings, settings, rules => this.#use(/** @type {Settings} */ (settings), widget, rules));
  }

  /** @param {Settings} settings @param {WidgetName} widget @param {Rules} [rules] */
  #use(settings, widget, rules) {
    if (widget !== this.#widget) return; // the page has asked for another language since
    if (!this.#window) return this.#start(settings, rules);
    this.#consent.use(settings, rules);
    this.#apply();
    this.#window.use(settings);
  }

  /**
   * Do this once the tags can be told and the rules are known, if there are any. If that cannot be loaded, go on without it; where rules are needed, as if there
   * were no settings.
   * @param {import('./consent_mode.js').Modes | null | undefined} modes
   * @param {Settings | null} settings
   * @param {(rules?: Rules) => void} work
   */
  #withOptional(modes, settings, work) {
    const needsRules = settings && this.#consent.needsRules(settings);
    const go = (/** @type {import('./on_demand.js').Optional | null} */ parts) => {
      const [tell, Rules] = parts ?? [];
      this.#tell = tell;
      this.#isHeld = false;
      if (needsRules && !Rules) this.#doWithout(/** @type {WidgetName} */ (this.#widget), 0);
      else work(needsRules ? new /** @type {any} */ (Rules)(settings, this.#consent) : undefined);
    };
    this.#modes = modes;
    this.#isHeld = true;
    if (needsRules || modes?.enableConsentMode || modes?.enableUET || modes?.enableClarity) this.#optional(go);
    else go(null);
  }

  /**
   * Tell the page and the visitor that there are no settings.
   * @param {WidgetName} widget
   * @param {number} status
   */
  #doWithout({culture}, status) {
    if (this.#consent.settings) return; // those of another language
    this.blocking.known.isCertain = true;
    document.getElementById('dastra-first-screen')?.remove(); // its buttons would be dead
    this.#problem = 'unavailable';
    this.blocking.unavailable = culture || 'en';
    // The tags may still be waiting to be told of a stored consent, which comes first.
    this.#withOptional(this.#modes, null, () => {
      this.#apply();
      for (const callback of this.#waiting) call(callback, this.api, this.#problem);
      dispatch('dastra:unavailable', {status});
    });
  }

  #listen() {
    addEventListener('online', () => this.#delivery.flush(this.#address));
    document.addEventListener('visibilitychange', () => this.#follow());
    addEventListener('storage', ({key}) => {
      if (key === OUTBOX) this.#delivery.acknowledge();
      if (key !== keyOf(PROOF, this.#consent.widgetId)) return;
      this.#consent.clearPageView();
      this.blocking.turn++;
      this.#follow();
    });
    addEventListener('pageshow', ({persisted}) => {
      if (!persisted) return;
      this.#consent.clearPageView();
      this.#endScripts();
    });
  }

  /** @param {Settings} settings @param {Rules} [rules] */
  #start(settings, rules) {
    const consent = this.#consent;
    consent.use(settings, rules);
    const hosts = Object.fromEntries(consent.optional.map(({slug, domain}) => [slug, domain]));
    this.blocking.known = {hosts, isCertain: true}; // until the next settings come: `#apply` keeps it
    const signal = settings.saveConsentProof && rules?.prove(consent, this.#circumstances('Signal'));
    if (signal) this.#delivery.add(this.#address, signal);
    if (signal) this.#delivery.flush(this.#address);
    for (const callback of this.#waiting) call(callback, this.api);
    this.#apply(() => dispatch('dastra:consents:ready', consent.allConsents));
    this.#window = new ConsentWindow(settings, {
      draft: () => consent.draft,
      proof: () => [proofIn(this.#local, consent.widgetId), this.#local.read(OUTBOX)],
      history: () => this.#delivery.history(this.#address),
      isDue: () => consent.isDue,
      decide: (choices, action) => this.#decide(choices, action, true),
      details: this.#details,
      onShow: () => this.#count('Visit'),
      onClose: () => {
        if (consent.isDue) consent.noteClosed();
        this.#count('Quit');
      },
    });
    this.#ask(this.#window);
  }

  /** Serve the page's own elements, and open the window if it is wanted, or due. @param {ConsentWindow} own */
  #ask(own) {
    const {isDue, wasClosed, widgetId, law} = this.#consent;
    this.blocking.serve = isLater =>
      this.#details(
        parts => parts?.[9](this.#consent, own, this.#place, this.#widget) ?? (this.blocking.serve = undefined),
        isLater,
      );
    this.blocking.serve(!law?.isHonoured);
    this.blocking.applyToElements();
    const isAsked = isDue && !wasClosed;
    const ask = () => own.ask();
    if (this.#isWanted) own.open();
    else if (!isAsked) own.withdraw();
    else if (outermost === window) ask();
    else this.#details(parts => (parts ? parts[7](outermost, widgetId, ask) : ask()));
  }

  /**
   * Apply the choices in effect; only this method does so. A listener may make a decision, so releases and deletions
   * read the choices again after the events.
   * @param {(hasChanged?: boolean) => void} [done] Called once scripts with consent have been released.
   */
  #apply(done) {
    if (this.#isHeld) return done?.();
    this.blocking.consent = this.#consent; // from now on, an element that comes later may be released at once
    const {effective, optional, settings} = this.#consent;
    const slugs = settings ? optional.map(({slug}) => slug) : released(effective);
    const modes = attempt(() => this.#tell?.(this.#modes, effective));
    if (settings && this.#consent.hasConsented)
      this.#local.write(keyOf(STATE, this.#consent.widgetId), {hosts: this.blocking.known.hosts, modes});
    for (const slug of released(effective)) this.#ran.add(slug);
    // A listener finds the frames of its service.
    this.blocking.applyToElements(() => {
      const hasChanged = this.#announcer.tellChanges(slugs, this.#consent.effective);
      this.blocking.apply(() => done?.(hasChanged));
      this.#clear();
    });
  }

  /**
   * Delete what refused services have stored. That is in the second file: it comes with the window, or else if a cookie or
   * an entry has such a name.
   */
  #clear() {
    const {services, effective, isDue} = this.#consent;
    const refused = services.filter(({slug}) => !effective[slug]);
    const names = refused.flatMap(({cookies, storage}) => [...cookies.map(({name}) => name), ...storage]);
    const stored = jar.cookie + attempt(() => [localStorage, sessionStorage].map(each => Object.keys(each)));
    const isLeft = names.some(name => stored.includes(name.replace('*', '')));
    this.#details(parts => parts?.[4](this.#consent), isDue || !isLeft);
  }

  /** @param {boolean} isOpen */
  #show(isOpen) {
    this.#isWanted = isOpen;
    if (isOpen) this.#window?.open();
    else this.#window?.close();
  }

  /**
   * Dispatch whether all services are accepted: after a decision in the window, and after one of the page or of another
   * tab that has changed something. Pages reload on these events, so a page view never begins with one.
   */
  #summarise() {
    const {hasConsented, optional, effective} = this.#consent;
    if (!hasConsented) return;
    const isAll = optional.every(({slug}) => effective[slug]);
    dispatch(`dastra:consents:${isAll ? 'all_accepted' : 'any_refused'}`);
  }

  /**
   * @param {Choices | boolean} choices
   * @param {Action} action
   * @param {boolean} isAnswer The visitor has answered in the window, to all of it; otherwise the page has, or a placeholder's button.
   */
  #decide(choices, action, isAnswer = false) {
    const {settings} = this.#consent;
    const before = !isAnswer && this.#consent.hasConsented && this.#consent.effective;
    if (!settings) return warn('Not saved: no settings');
    this.blocking.turn++;
    const isPart = !isAnswer && action !== 'Api'; // a placeholder's button
    const decision = this.#consent.decide(choices, this.#circumstances(actionOf(action)), settings, isPart);
    if (settings.saveConsentProof) this.#delivery.add(this.#address, decision);
    if (!isPart || !this.#consent.isDue) this.#window?.decided();
    const carryOut = () => {
      const sent = this.#delivery.flush(this.#address);
      this.#apply(() => {
        dispatch('dastra:consents:updated', this.#consent.allConsents);
        const {effective, optional} = this.#consent;
        const isNew = () => !before || optional.some(({slug}) => before[slug] !== effective[slug]);
        if ((isAnswer || action === 'Api') && isNew()) this.#summarise();
      });
      if (settings.reloadOnWithdrawal) this.#endScripts(sent);
    };
    // The frame after a press shows that the window closes, and does not wait for all that is sent and released.
    if (isAnswer) setTimeout(carryOut);
    else carryOut();
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
    return {userId: this.#userId, action, referrer: referrerOf(location)};
  }

  get #address() {
    return `${this.#consent.widgetId}?key=${this.#place.key}`;
  }

  /** Send a count, which the service does not store: a visit once the window is visible. @param {'Visit' | 'Quit'} type */
  #count(type) {
    this.#details(parts => parts?.[5](this.#place.host, this.#address, type, this.#consent.settings), type === 'Visit');
  }

  /** Follow a decision that another tab may have made. */
  #follow() {
    this.#apply(hasChanged => hasChanged && this.#consent.settings && this.#summarise());
    if (!this.#consent.isDue) this.#window?.withdraw();
    if (this.#consent.settings?.reloadOnWithdrawal) this.#endScripts();
  }
}

/** Return the slugs with consent. @param {Choices} choices */
const released = choices => Object.keys(choices).filter(slug => choices[slug]);
