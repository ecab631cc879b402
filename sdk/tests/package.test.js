import assert from 'node:assert/strict';
import {mkdtemp, readFile, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {OUTAGE_WORDS, outageWords, projectVersion} from '../build.js';
import {assemble} from '../pack.js';
import {outageOf} from '../package/outage.js';

const OPTIONS = {host: 'https://consent.example', key: 'demo-public-key-43', widgetId: 43};
let imports = 0;

/** A new copy of the module, as a page has it. @returns {Promise<typeof import('../package/index.js')>} */
const imported = () => import(`../package/index.js?${++imports}`);

/**
 * A page that notes what is appended to it.
 * @param {import('node:test').TestContext} t
 * @param {unknown} [dastra]
 * @param {{src: string}[]} [present] The scripts that it has.
 */
function page(t, dastra, present = []) {
  const global = /** @type {any} */ (globalThis);
  const events = new EventTarget();
  const {addEventListener, removeEventListener, dispatchEvent} = EventTarget.prototype;
  const bound = Object.entries({addEventListener, removeEventListener, dispatchEvent}).map(([name, method]) => [
    name,
    method.bind(events),
  ]);
  /** @type {any[]} */
  const scripts = [];
  const document = {
    createElement: () => Object.assign(new EventTarget(), {}),
    head: {append: (/** @type {any} */ script) => scripts.push(script)},
    documentElement: {lang: ''},
    scripts: present,
    readyState: 'loading',
    baseURI: 'https://shop.example/films/',
  };
  const page = {window: {dastra}, document, ...Object.fromEntries(bound)};
  Object.assign(global, page);
  t.after(() => {
    for (const name of Object.keys(page)) delete global[name];
  });
  return {scripts, window: global.window};
}

test('an import does nothing, and a server loads nothing', async () => {
  const before = Object.keys(globalThis);
  const {load, hasConsent} = await imported();
  assert.equal(await Promise.race([load(OPTIONS), 'pending']), 'pending');
  assert.equal(hasConsent('youtube'), false);
  assert.deepEqual(Object.keys(globalThis), before);
});

test('a tag of the page that has not run yet is waited for, until the page has loaded', async t => {
  const {scripts} = page(t, undefined, [{src: 'https://consent.example/sdk/dastra.js?key=demo-public-key-43'}]);
  const {load} = await imported();
  load(OPTIONS);
  assert.equal(scripts.length, 0);
  dispatchEvent(new Event('load'));
  assert.equal(scripts.length, 1); // it did not run
});

test('a page that refuses the script is told so, and may call again', async t => {
  const {scripts} = page(t);
  const {createElement} = document;
  document.createElement = () => {
    throw new TypeError('Trusted Types');
  };
  const {load} = await imported();
  await assert.rejects(load(OPTIONS), {message: 'Trusted Types'});
  document.createElement = createElement;
  load(OPTIONS);
  assert.equal(scripts.length, 1);
});

test('the script is loaded once, and the promise has the manager', async t => {
  const {scripts, window} = page(t);
  const {load} = await imported();
  const loading = load({...OPTIONS, lang: 'fr', userId: 'u1'});
  assert.equal(load(OPTIONS), loading);
  assert.equal(scripts.length, 1);
  const {src, async, nonce, integrity} = scripts[0];
  assert.deepEqual([src, async], ['https://consent.example/sdk/dastra.js?key=demo-public-key-43', true]);
  assert.deepEqual([nonce, integrity], [undefined, undefined]);
  const [[name, options], [ready, callback]] = window.dastra;
  assert.deepEqual([name, options], ['loadCookieConsent', {widgetId: 43, lang: 'fr', userId: 'u1'}]);
  assert.equal(ready, 'cookieReady');
  const manager = {};
  callback(manager);
  assert.equal(await loading, manager);
});

test('a build is pinned by its hash, and has the nonce of the page', async t => {
  const {scripts} = page(t);
  const {load} = await imported();
  load({...OPTIONS, build: '0123456789abcdef', integrity: 'sha384-x', nonce: 'n'});
  const {src, crossOrigin, integrity, nonce} = scripts[0];
  assert.equal(src, 'https://consent.example/sdk/0123456789abcdef/dastra.js?key=demo-public-key-43');
  assert.deepEqual([integrity, crossOrigin, nonce], ['sha384-x', 'anonymous', 'n']);
});

test('a page that has the script gets no second one', async t => {
  const {scripts, window} = page(t, Object.assign([], {version: '1.0.0'}));
  const {load, openCookieConsent} = await imported();
  load(OPTIONS);
  openCookieConsent();
  assert.equal(scripts.length, 0);
  assert.deepEqual(
    window.dastra.map((/** @type {unknown[]} */ [name]) => name),
    ['loadCookieConsent', 'cookieReady', 'openCookieConsent'],
  );
});

test('a script that cannot be loaded rejects the promise, and may be tried again', async t => {
  const {scripts} = page(t);
  const {load} = await imported();
  const loading = load(OPTIONS);
  scripts[0].dispatchEvent(new Event('error'));
  await assert.rejects(loading, {message: `Could not load ${scripts[0].src}`});
  load(OPTIONS);
  assert.equal(scripts.length, 2);
});

test('settings that cannot be had reject the promise', async t => {
  const {window} = page(t);
  const {load} = await imported();
  const loading = load(OPTIONS);
  window.dastra[1][1]({}, 'unavailable');
  await assert.rejects(loading, {message: 'Consent is unavailable.'});
});

test('a button may consent to one service', async t => {
  const {window} = page(t);
  const {consentTo} = await imported();
  consentTo('youtube');
  /** @type {unknown[]} */
  const done = [];
  const consent = {
    setServiceConsent: (/** @type {unknown[]} */ ...values) => done.push(values),
    save: () => done.push('saved'),
  };
  window.dastra[0][1]({consent});
  assert.deepEqual(done, [['youtube', true], 'saved']);
});

test('a component learns of an outage whenever it comes to the page, and of its end', async t => {
  const {window} = page(t);
  const {hasConsent, isUnavailable, onConsentChange} = await imported();
  /** @type {boolean[]} */
  const told = [];
  const end = onConsentChange('youtube', () => told.push(isUnavailable()));
  onConsentChange('drift', () => {});
  assert.equal(isUnavailable(), false);
  assert.deepEqual(
    window.dastra.map((/** @type {unknown[]} */ [name]) => name),
    ['cookieReady'],
  );
  window.dastra[0][1]({}, 'unavailable');
  assert.equal(isUnavailable(), true); // before the event, and without it for a component that comes later
  for (const name of ['unavailable', 'consents:ready', 'unavailable']) dispatchEvent(new Event(`dastra:${name}`));
  end();
  dispatchEvent(new Event('dastra:consents:ready'));
  assert.deepEqual([told, isUnavailable(), hasConsent('youtube')], [[true, false, true], false, false]);
});

test('a script that cannot be loaded is an outage, too', async t => {
  const {scripts} = page(t);
  const {isUnavailable, load, onConsentChange} = await imported();
  onConsentChange('youtube', () => {});
  const loading = load(OPTIONS);
  scripts[0].dispatchEvent(new Event('error'));
  await assert.rejects(loading);
  assert.equal(isUnavailable(), true);
});

test('in an outage a button consents to nothing', async t => {
  const {window} = page(t);
  const {consentTo} = await imported();
  consentTo('youtube');
  window.dastra[0][1]({consent: {}}, 'unavailable'); // it would throw
});

const OUTAGES = {
  'the page is in another language': ['eo', {}, ['en', undefined, undefined]],
  'the page has a region': ['FR-be', {src: 'film'}, ['fr', 'https://shop.example/films/film', 'shop.example']],
  'a title names it': ['nl', {src: '//films.example/a', title: 'A'}, ['nl', 'https://films.example/a', 'A']],
  'an address that runs': ['de', {src: 'javascript:alert(1)', title: 'A'}, ['de', undefined, 'A']],
  'no address': ['de', {src: 'https://['}, ['de', undefined, undefined]],
};
for (const [name, [lang, frame, told]] of Object.entries(OUTAGES))
  test(`what stands for a frame in an outage: ${name}`, t => {
    page(t);
    /** @type {any} */ (document.documentElement).lang = lang;
    const outage = outageOf(/** @type {any} */ (frame));
    assert.deepEqual([outage.lang, outage.href, outage.name], told);
  });

test('the words of an outage are those of the built-in texts', async t => {
  page(t);
  assert.equal(await readFile(OUTAGE_WORDS, 'utf8'), await outageWords());
  for (const [lang, told, text] of [
    ['nl-BE', 'nl', 'De instellingen zijn niet geladen.'],
    ['pt-BR', 'pt-BR', 'As configurações não foram carregadas.'],
    ['eo', 'en', 'The settings did not load.'],
  ]) {
    document.documentElement.lang = `${lang}`;
    const outage = outageOf({});
    assert.deepEqual([outage.lang, outage.text], [told, text]);
  }
});

test('the package has what its exports name, the licence and the version of the project', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'package-'));
  t.after(() => rm(folder, {recursive: true}));
  await assemble(folder);
  const files = await readdir(folder);
  const {version, exports} = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  assert.equal(version, await projectVersion());
  const named = Object.values(exports).flatMap(Object.values);
  assert.deepEqual(
    named.filter(path => !files.includes(path.slice(2))),
    [],
  );
  for (const name of ['LICENSE', 'README.md', 'dastra.d.ts']) assert.ok(files.includes(name), name);
  assert.equal(
    await readFile(join(folder, 'LICENSE'), 'utf8'),
    await readFile(new URL('../../LICENSE', import.meta.url), 'utf8'),
  );
});
