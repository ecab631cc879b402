/** The visitor's consents: what is stored, what the page has set since, and what a decision does. */
import {choicesIn, writeCookie} from './cookie.js';
import {isObject, warn} from './guard.js';
import {CLOSED, PROOF, SESSION, isUuid, uuid} from './storage.js';

const A_DAY = 86_400_000;
const PURPOSES = ['Necessary', 'Preference', 'Analytical', 'Marketing', 'Other', 'Unclassified'];

/**
 * @typedef {object} Surroundings
 * @property {Store} local
 * @property {Store} session
 * @property {{cookie: string}} jar `document`
 * @property {boolean} secure The page came by https.
 * @property {() => number} now
 * @property {string} widgetId
 */

/** The last decision as this browser keeps it: of this widget, or it is none. @param {Surroundings} surroundings */
export function proofOf({local, widgetId}) {
  const proof = local.read(PROOF);
  return isObject(proof) && proof.widgetId === Number(widgetId) ? /** @type {Partial<Proof>} */ (proof) : null;
}

/** The choices in a proof, to be filled in when the visitor is asked again. @param {Partial<Proof> | null} proof */
function choicesOf(proof) {
  const entries = proof?.consents?.cookieConsents;
  return Object.fromEntries(
    (Array.isArray(entries) ? entries : []).filter(isObject).map(({slug, consent}) => [slug, consent === true]),
  );
}

/**
 * A consent ends with its proof, also when the clock or another program kept the cookie alive; and a proof that ends
 * later than any can is one that a wrong clock made.
 * @param {Partial<Proof> | null} proof
 * @param {number} now
 */
export function hasExpired(proof, now) {
  const end = Date.parse(proof?.dateExpiration ?? '');
  return end <= now || end > now + 181 * A_DAY;
}

/** @param {Surroundings} surroundings */
export function createConsent(surroundings) {
  const {local, session, jar, secure, now, widgetId} = surroundings;
  let name = proofOf(surroundings)?.consentCookieName || 'euconsent';
  /** @type {Settings | null} */
  let settings = null;
  /** Set by the page, and nothing more yet. @type {Choices} */
  let pending = {};
  /** Set by the page for this page view. @type {Choices} */
  let passing = {};
  /** What a browser without cookies would have forgotten. @type {Choices | null} */
  let unstored = null;
  /** @type {Choices} */
  let earlier = {};

  const cookieOptions = () => ({
    days: settings?.consentCookieExpiryTime ?? 180,
    domain: settings?.consentCookieDomain ?? '',
    secure,
  });

  /** Choices and ids that have expired are forgotten, but for what is filled in when this page view asks again. */
  function forgetExpired() {
    const proof = proofOf(surroundings);
    if (!proof || !hasExpired(proof, now())) return;
    earlier = {...choicesOf(proof), ...choicesIn(jar.cookie, name)};
    writeCookie(jar, name, null, cookieOptions());
    local.remove(PROOF);
  }

  const stored = () => choicesIn(jar.cookie, name) ?? unstored;
  const services = () => settings?.groups.flatMap(group => group.services) ?? [];
  const optional = () => services().filter(service => !service.necessary);

  /** Choices for every service of the widget; before the settings are there, as they are. @param {Choices} choices */
  const expanded = choices =>
    settings
      ? Object.fromEntries(services().map(({slug, necessary}) => [slug, necessary || choices[slug] === true]))
      : choices;

  /** What holds on this page. */
  const effective = () => expanded({...stored(), ...passing});

  /** The same with what the page has set since: what would be saved. */
  const current = () => expanded({...stored(), ...passing, ...pending});

  /** Whether the widget has to ask: there is no decision, or one that the owner no longer takes. */
  function isDue() {
    const choices = stored();
    if (!choices || !settings) return true;
    const isOld = settings.renewal > (proofOf(surroundings)?.renewal ?? Infinity);
    return isOld || (settings.renewOnNewService && optional().some(({slug}) => !(slug in choices)));
  }

  /** Whether the visitor closed the window without a choice less than a day ago. */
  function wasClosed() {
    const age = now() - Number(local.read(CLOSED) ?? NaN);
    return age >= 0 && age < A_DAY;
  }

  function sessionId() {
    const known = session.read(SESSION);
    if (isUuid(known)) return known;
    const made = uuid();
    session.write(SESSION, made);
    return made;
  }

  /**
   * @param {Choices} choices
   * @param {Pick<Decision, 'action' | 'userId' | 'typeDevice' | 'referrer'>} circumstances
   * @returns {Decision}
   */
  function decisionOf(choices, circumstances) {
    const date = new Date(now()).toISOString();
    const consentId = proofOf(surroundings)?.consentId;
    return {
      id: uuid(),
      sessionId: sessionId(),
      consentId: isUuid(consentId) ? consentId : null,
      type: 'Consents',
      ...circumstances,
      consents: {
        lang: settings?.lang || null,
        versionKey: settings?.versionKey ?? null,
        cookieConsents: Object.entries(choices).map(([slug, consent]) => ({slug, consent, date})),
      },
    };
  }

  /** @param {Decision} decision @param {Settings} of */
  function writeProof(decision, of) {
    /** @type {Proof} */
    const proof = {
      ...decision,
      type: 2,
      date: new Date(now()).toISOString(),
      dateExpiration: new Date(now() + of.consentCookieExpiryTime * A_DAY).toISOString(),
      widgetId: Number(widgetId),
      workSpaceId: of.workSpaceId,
      renewal: of.renewal,
      consentCookieName: name,
    };
    local.write(PROOF, proof);
  }

  /**
   * Store a decision in this browser. What is given for services that the widget does not have is left out.
   * @param {Choices} choices
   * @param {Pick<Decision, 'action' | 'userId' | 'typeDevice' | 'referrer'>} circumstances
   * @param {Settings} of
   */
  function decide(choices, circumstances, of) {
    const complete = Object.fromEntries(optional().map(({slug}) => [slug, choices[slug] === true]));
    const decision = decisionOf(complete, circumstances);
    writeCookie(jar, name, complete, cookieOptions());
    pending = passing = {};
    unstored = choicesIn(jar.cookie, name) ? null : complete;
    writeProof(decision, of);
    local.remove(CLOSED);
    return decision;
  }

  /** @param {unknown} label A purpose's name or number. */
  const servicesOf = label => {
    const purpose = PURPOSES.findIndex(each => each.toLowerCase() === String(label).toLowerCase());
    return services().filter(service => service.purpose === (purpose < 0 ? Number(label) : purpose));
  };

  forgetExpired();

  return {
    effective,
    current,
    optional,
    isDue,
    wasClosed,
    decide,
    /** @param {Settings} given */
    use(given) {
      settings = given;
      name = given.consentCookieName;
      forgetExpired();
    },
    hasConsented: () => !!stored(),
    /** What a window shows at first: what holds, else what held before. */
    draft: () => ({...earlier, ...choicesOf(proofOf(surroundings)), ...stored(), ...passing, ...pending}),
    close: () => local.write(CLOSED, now()),
    /** @param {unknown} label */
    ofPurpose(label) {
      const of = servicesOf(label);
      return of.length > 0 && of.every(({slug}) => current()[slug]);
    },
    /** @param {Service[]} of @param {unknown} consent */
    set(of, consent) {
      for (const {slug} of of) pending[slug] = consent === true;
    },
    /** What was set holds for this page view. */
    pass() {
      passing = {...passing, ...pending};
      pending = {};
    },
    /** What another tab decided goes before it. */
    forgetPassing() {
      passing = {};
    },
    servicesOf,
    /** @param {unknown} slug */
    serviceOf(slug) {
      const of = services().filter(service => service.slug === slug);
      if (!of.length) warn(`Unknown service: ${slug}. (None is known before cookieReady.)`);
      return of;
    },
    list: () =>
      services().map(({cookies: _, necessary, ...service}) => ({
        ...service,
        requiredConsent: !necessary,
        defaultConsent: necessary,
        consent: current()[service.slug] === true,
      })),
  };
}
