/** A widget on a page, from its name to its window. Everything meets here; nothing is decided here. */
import {referrerOf, typeDeviceOf} from './config.js';
import {createConsent} from './consent.js';
import {createApply, tell} from './events.js';
import {call, warn} from './guard.js';
import {createOutbox, exclusively} from './outbox.js';
import * as settingsOf from './settings.js';
import {PROOF, guarded} from './storage.js';
import {getSettings, post, settingsUrl} from './transport.js';
import {createWindow} from './window.js';

/** @param {Place} place @param {WidgetName} widget @param {() => string | null} userId */
export function createManager(place, widget, userId) {
  const local = guarded(() => localStorage);
  const session = guarded(() => sessionStorage);
  const {now} = Date;
  const secure = location.protocol === 'https:';
  const consent = createConsent({local, session, jar: document, secure, now, widgetId: widget.widgetId});
  const address = `${widget.widgetId}?key=${place.key}`;
  const later = (/** @type {() => void} */ work, /** @type {number} */ wait) => setTimeout(work, wait);
  const outbox = createOutbox({store: local, host: place.host, post, exclusively, now, random: Math.random, later});
  const announce = createApply();
  /** @type {unknown[]} */
  const waiting = [];
  /** @type {Settings | null} */
  let settings = null;
  /** @type {ReturnType<typeof createWindow> | null} */
  let pane = null;
  let isWanted = false;

  /** Carry out what holds: the one place where choices become deeds. @param {Choices} consents */
  function apply(consents) {
    const asked = new Set(consent.optional().map(({slug}) => slug));
    return announce(settings ? Object.fromEntries(Object.entries(consents).filter(([slug]) => asked.has(slug))) : consents);
  }

  /** Before the settings are there, a stored `true` is all that is known to be wanted. */
  const applyStored = () =>
    apply(Object.fromEntries(Object.entries(consent.effective()).filter(([, released]) => released)));

  function summarise() {
    if (!consent.hasConsented()) return;
    const consents = consent.effective();
    const isRefused = consent.optional().some(({slug}) => !consents[slug]);
    tell(`dastra:consents:${isRefused ? 'any_refused' : 'all_accepted'}`);
  }

  /** @param {Choices} choices @param {Action} action */
  function decide(choices, action) {
    if (!settings) return warn('Nothing can be decided before the settings are there.');
    const circumstances = {
      userId: userId(),
      typeDevice: typeDeviceOf(navigator),
      action,
      referrer: referrerOf(location),
    };
    const decision = consent.decide(choices, circumstances, settings);
    if (settings.saveConsentProof) outbox.add(address, decision);
    pane?.decided();
    apply(consent.effective());
    tell('dastra:consents:updated', consent.list());
    summarise();
  }

  /** Counted by the service, stored nowhere. @param {'Visit' | 'Quit'} type */
  function count(type) {
    if (!settings?.saveConsentProof) return;
    const body = {type, lang: settings.lang || null, typeDevice: typeDeviceOf(navigator)};
    post(`${place.host}/v1/client/collect/${address}`, body).catch(() => {});
  }

  /** Another tab may have decided. */
  function follow() {
    if (!settings) return void applyStored();
    if (apply(consent.effective())) summarise();
    if (!consent.isDue()) pane?.withdraw();
  }

  /** @param {Settings} given */
  function start(given) {
    settings = given;
    consent.use(given);
    for (const callback of waiting.splice(0)) call(callback, manager);
    apply(consent.effective());
    tell('dastra:consents:ready', consent.list());
    summarise();
    pane = createWindow({
      settings: given,
      nonce: place.nonce,
      draft: consent.draft,
      proof: () => local.read(PROOF),
      isDue: consent.isDue,
      decide,
      onShow: () => count('Visit'),
      onClose() {
        if (consent.isDue()) consent.close();
        count('Quit');
      },
    });
    if (isWanted) pane.open();
    else if (consent.isDue() && !consent.wasClosed()) pane.ask();
  }

  async function load() {
    const url = settingsUrl(place, widget);
    const known = settingsOf.cached(session, url, now());
    if (known) return start(known);
    applyStored();
    const {status, body} = await getSettings(url);
    const given = settingsOf.checked(body);
    if (!given) return settingsOf.explain(status, location.origin, widget);
    settingsOf.keep(session, url, now(), body);
    start(given);
  }

  const manager = {
    consent: {
      open() {
        isWanted = true;
        pane?.open();
      },
      close() {
        isWanted = false;
        pane?.close();
      },
      getAllConsents: consent.list,
      hasConsented: consent.hasConsented,
      getPurposeConsent: consent.ofPurpose,
      /** @param {unknown} label @param {boolean} choice */
      setPurposeConsent: (label, choice) => consent.set(consent.servicesOf(label), choice),
      /** @param {string} slug */
      getServiceConsent: slug => consent.current()[slug] === true,
      /** @param {string} slug @param {boolean} choice */
      setServiceConsent: (slug, choice) => consent.set(consent.serviceOf(slug), choice),
      save: () => decide(consent.current(), 'Api'),
      dispatchEvent() {
        consent.pass();
        apply(consent.effective());
        summarise();
      },
    },
  };

  return {
    manager,
    /** @param {unknown} callback */
    whenReady: callback => (settings ? call(callback, manager) : waiting.push(callback)),
    begin() {
      addEventListener('storage', ({key}) => {
        if (key !== PROOF) return;
        consent.forgetPassing();
        follow();
      });
      addEventListener('online', outbox.flush);
      document.addEventListener('visibilitychange', follow);
      void outbox.flush();
      void load();
    },
  };
}
