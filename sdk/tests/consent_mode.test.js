import assert from 'node:assert/strict';
import test from 'node:test';
import {consentMode} from '../src/consent_mode.js';
import {layer} from '../src/events.js';

const OPTIONS = {waitForUpdate: 500, regions: [], adsDataRedaction: false, urlPassthrough: false};
const DENIED = {ad_storage: 'denied', analytics_storage: 'denied'};

/** @param {string} slug @param {string[]} consentModes */
const service = (slug, consentModes, defaultConsent = false) =>
  /** @type {any} */ ({slug, consentModes, defaultConsent});

const SERVICES = [
  service('basket', ['security_storage'], true),
  service('counter', ['analytics_storage']),
  service('ads', ['ad_storage']),
  service('films', ['ad_storage']),
  service('chat', []),
];

/** @param {object} on @returns {any} */
const modes = (on, services = SERVICES) => ({consentModeOptions: OPTIONS, groups: [{services}], ...on});

/** @param {import('node:test').TestContext} t @param {object} [page] */
function page(t, page = {}) {
  const window = /** @type {any} */ ({...page});
  const here = /** @type {any} */ (globalThis);
  here.window = window;
  t.after(() => delete here.window);
  return {
    window,
    google: () => (window[layer.name] ?? []).map((/** @type {any} */ entry) => Array.from(entry)),
    clarity: () => (window.clarity?.q ?? []).map((/** @type {any} */ entry) => Array.from(entry)),
  };
}

test('Google is told what holds, and told again only when it changes', t => {
  const {google} = page(t);
  const tell = consentMode();
  const on = modes({enableConsentMode: true});
  tell(on, {counter: true, ads: true, films: false, chat: true});
  tell(on, {counter: true, ads: true, films: false, chat: false});
  tell(on, {counter: true, ads: true, films: true, chat: false});
  assert.deepEqual(google().slice(1), [
    ['consent', 'update', {ad_storage: 'denied', analytics_storage: 'granted', security_storage: 'granted'}],
    ['consent', 'update', {ad_storage: 'granted', analytics_storage: 'granted', security_storage: 'granted'}],
  ]);
  assert.deepEqual(google()[0].slice(0, 2), ['consent', 'default']);
});

test("a state of the last page is not told again when the settings come, and the settings' own is", t => {
  const {google} = page(t);
  const tell = consentMode();
  const choices = {counter: true, ads: true, films: true, chat: true};
  tell(JSON.parse(JSON.stringify(modes({enableConsentMode: true}))), choices);
  const before = google();
  tell(modes({enableConsentMode: true}), {...choices, basket: true});
  assert.deepEqual(google(), before);
  tell(modes({enableConsentMode: true}, [...SERVICES, service('new', ['ad_storage'])]), {...choices, new: false});
  assert.equal(google().at(-1)[2].ad_storage, 'denied');
});

test('a state that is older than the decision grants nothing', t => {
  const {google} = page(t);
  consentMode()(modes({enableConsentMode: true}), {counter: true, ads: true, films: true, new: false});
  assert.deepEqual(google().at(-1), ['consent', 'update', {...DENIED, security_storage: 'granted'}]);
});

test("what a page's prototype holds grants nothing", t => {
  const {google} = page(t);
  const prototype = /** @type {any} */ (Object.prototype);
  t.after(() => ['ads', 'ad_storage'].forEach(name => delete prototype[name]));
  for (const name of ['ads', 'ad_storage'])
    Object.defineProperty(prototype, name, {value: 'granted', configurable: true, writable: true});
  consentMode()(modes({enableConsentMode: true}), {counter: false, films: true});
  assert.equal(google().at(-1)[2].ad_storage, 'denied');
});

test('Clarity is told both types, and no refusal before a consent', t => {
  const {clarity} = page(t);
  const tell = consentMode();
  const on = modes({enableClarity: true});
  tell(on, {counter: true, ads: true, films: true, chat: true});
  tell(on, {counter: true, ads: false, films: true, chat: true});
  tell(modes({enableClarity: true}, [service('counter', ['analytics_storage'])]), {counter: false});
  assert.deepEqual(clarity(), [
    ['consentv2', {ad_Storage: 'granted', analytics_Storage: 'granted'}],
    ['consentv2', {ad_Storage: 'denied', analytics_Storage: 'granted'}],
    ['consentv2', {ad_Storage: 'denied', analytics_Storage: 'denied'}],
  ]);
});

test("Clarity's own function is called, and a broken one breaks nothing", t => {
  /** @type {unknown[]} */
  const heard = [];
  for (const clarity of [(/** @type {unknown[]} */ ...values) => heard.push(values), 7, 'x']) {
    page(t, {clarity});
    consentMode()(modes({enableClarity: true, enableUET: true}), {counter: true});
  }
  assert.equal(heard.length, 1);
});

test('a default of the page is respected, in the queue that it is in', t => {
  const byPage = ['consent', 'default', {}];
  const {window, google} = page(t, {dataLayer: [byPage]});
  consentMode()(modes({enableConsentMode: true, enableUET: true}), {});
  assert.deepEqual(
    google().map((/** @type {unknown[]} */ entry) => entry[1]),
    ['default', 'update'],
  );
  const denied = {ad_storage: 'denied'};
  assert.deepEqual(window.uetq, ['consent', 'default', denied, 'consent', 'update', denied]);
});

test("the page's data layer may have another name", t => {
  t.after(() => (layer.name = 'dataLayer'));
  layer.name = 'ownLayer';
  const {window, google} = page(t, {ownLayer: [['consent', 'default', {}]]});
  consentMode()(modes({enableConsentMode: true}), {counter: true});
  assert.equal(google().length, 2);
  assert.equal(window.dataLayer, undefined);
});

test('a channel that is off is silent', t => {
  const {window} = page(t);
  consentMode()(modes({enableUET: true}), {counter: true});
  assert.deepEqual(Object.keys(window), ['uetq']);
});

test('what is kept of the settings is what the tags need, and tells them the same', t => {
  const {google} = page(t);
  const choices = {counter: true, ads: false, films: true, chat: true};
  const services = SERVICES.map(each => ({...each, name: each.slug, cookies: []}));
  const kept = consentMode()({...modes({enableConsentMode: true}, services), translation: {}}, choices);
  assert.deepEqual(JSON.parse(JSON.stringify(kept)), modes({enableConsentMode: true}));
  const [, update] = google();
  consentMode()(kept, choices);
  assert.deepEqual(google().slice(2), [update]);
});
