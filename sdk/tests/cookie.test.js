import assert from 'node:assert/strict';
import test from 'node:test';
import {parse, storedIn, valueOf, writeCookie} from '../src/cookie.js';
import {merged} from '../src/guard.js';
import {NOW, SECONDS, jar, place} from './helpers.js';

const OPTIONS = {days: 180, domain: '', now: NOW, location: place()};
const DOMAIN = {...OPTIONS, domain: '.shop.example', location: place('www.shop.example')};
const encoded = (/** @type {unknown} */ members) => encodeURIComponent(JSON.stringify(members));

/** A decision. @param {Choices} choices @param {{t?: number, r?: number}} [stamp] @returns {Record<string, any>} */
const made = (choices, {t = SECONDS, r = 0} = {}) => merged(choices, /** @type {any} */ ({_: {t, r}}));

/** A decision as release 1.0 stored it. @param {Choices} choices */
const plain = choices => merged(choices, /** @type {any} */ ({_: {t: 0}}));

test('a cookie that is anything but slugs and booleans counts as missing', () => {
  for (const garbled of [
    '',
    '%',
    'null',
    '1',
    '[]',
    '[true]',
    '"x"',
    '{"drift":1}',
    '{"drift":"true"}',
    '{"Drift!":true}',
    '{"drift":true,"_x":1}',
    '{',
  ])
    assert.equal(parse(garbled, NOW), null, garbled);
  assert.deepEqual(parse(encoded({drift: true, 'a.b_c-d': false}), NOW), plain({drift: true, 'a.b_c-d': false}));
});

test('a cookie states its time and its renewal, and members that are not known are ignored', () => {
  const stamp = {t: SECONDS, r: 3};
  for (const more of [{}, {$: 1, Later: {deep: true}, drift2: 'yes'}])
    for (const inner of [{}, {p: 'policy', s: ['gpc'], z: null}]) {
      const found = parse(encoded({drift: true, ...more, _: {...stamp, ...inner}}), NOW);
      assert.deepEqual([found?.drift, found?._], [true, {...stamp, ...inner}]);
    }
});

test('a cookie whose time is to come, or cannot be read, counts as missing', () => {
  const at = (/** @type {unknown} */ t) => parse(encoded({drift: true, _: {t, r: 0}}), NOW);
  assert.ok(at(SECONDS + 60));
  for (const t of [SECONDS + 61, 'soon', undefined, {}]) assert.equal(at(t), null, String(t));
  for (const stamp of [null, 7, 'x', [], {}]) assert.equal(parse(encoded({drift: true, _: stamp}), NOW), null);
});

test('a key that is a property of every object is no choice', () => {
  assert.equal(parse('{"__proto__":true}', NOW), null);
  assert.deepEqual(storedIn(`c=${encoded({constructor: true})}`, 'c', NOW), plain({constructor: true}));
  assert.equal(storedIn(`c=${encoded({drift: true})}`, 'c', NOW)?.constructor, undefined);
});

test('what a page adds to every object is in no cookie', t => {
  Object.assign(Object.prototype, {youtube: true, _: {t: SECONDS, r: 9}});
  t.after(() => ['youtube', '_'].forEach(name => Reflect.deleteProperty(Object.prototype, name)));
  assert.deepEqual(storedIn(`c=${encoded({drift: true})}`, 'c', NOW), plain({drift: true}));
});

test('only the cookie of that very name is read', () => {
  const cookies = `xeuconsent=${encoded({drift: true})}; euconsent2=${encoded({drift: true})}`;
  assert.equal(storedIn(cookies, 'euconsent', NOW), null);
});

test('where two cookies disagree the refusal holds, whichever comes first', () => {
  const [one, two] = [
    valueOf(made({drift: true, youtube: true}, {r: 4})),
    valueOf(made({drift: false, analytics: true}, {t: SECONDS - 9, r: 2})),
  ];
  for (const cookies of [`c=${one}; c=${two}`, `c=${two}; c=${one}`])
    assert.deepEqual(
      storedIn(cookies, 'c', NOW),
      made({drift: false, youtube: false, analytics: false}, {t: SECONDS - 9, r: 2}), // what one leaves out, it refuses
    );
});

test('a cookie of release 1.0 beside a later one makes it as old', () => {
  const cookies = `c=${valueOf(made({drift: true}, {r: 4}))}; c=${encoded({drift: true})}`;
  assert.deepEqual(storedIn(cookies, 'c', NOW), plain({drift: true}));
});

test('a garbled cookie beside a valid one changes nothing', () => {
  assert.deepEqual(storedIn(`c=%7B; c=${valueOf(made({drift: true}))}`, 'c', NOW), made({drift: true}));
});

test('the cookie is written as the contract says', () => {
  const document = jar();
  writeCookie(document, 'euconsent', made({drift: true}, {r: 2}), OPTIONS);
  const value = '%7B%22drift%22%3Atrue%2C%22_%22%3A%7B%22t%22%3A1795521600%2C%22r%22%3A2%7D%7D';
  assert.equal(document.written, `euconsent=${value};Max-Age=15552000;Path=/;SameSite=Lax;Secure`);
  assert.equal(document.cookie, `euconsent=${value}`);
});

test("a page without https gets a cookie that is not Secure, and the domain is the widget's", () => {
  const document = jar('www.shop.example');
  writeCookie(document, 'c', made({}), {...DOMAIN, days: 1, location: place('www.shop.example', 'http:')});
  assert.equal(document.written, `c=${valueOf(made({}))};Max-Age=86400;Path=/;Domain=.shop.example;SameSite=Lax`);
});

test('a domain replaces the cookie of the host alone, which could contradict it', () => {
  const document = jar('www.shop.example');
  writeCookie(document, 'c', made({drift: true}), {...DOMAIN, domain: ''});
  writeCookie(document, 'c', made({drift: false}), DOMAIN);
  assert.equal(document.cookie, `c=${valueOf(made({drift: false}))}`);
});

test("a domain that is not the page's does not lose the choices", () => {
  const document = jar('localhost');
  writeCookie(document, 'c', made({drift: true}), {...DOMAIN, location: place('localhost', 'http:')});
  assert.deepEqual(storedIn(document.cookie, 'c', NOW), made({drift: true}));
});

test('a cookie of a parent domain cannot keep a decision from taking effect', () => {
  const document = jar('www.shop.example');
  for (const older of [valueOf(made({drift: false}, {t: SECONDS - 1})), encoded({drift: true})]) {
    document.cookie = `c=${older};Max-Age=9;Path=/;Domain=shop.example`;
    document.cookie = 'c=BOtm;Max-Age=9;Path=/x';
    writeCookie(document, 'c', made({drift: true}), {...DOMAIN, domain: ''});
    assert.deepEqual(storedIn(document.cookie, 'c', NOW), made({drift: true}));
    assert.equal(document.cookie, `c=BOtm; c=${valueOf(made({drift: true}))}`, "another vendor's cookie stays");
  }
});

test('in a frame of another site the cookie is a partitioned one', () => {
  const document = jar('shop.example', true);
  for (const choices of [{drift: true}, {drift: false}]) {
    writeCookie(document, 'c', made(choices), OPTIONS);
    assert.equal(document.cookie, `c=${valueOf(made(choices))}`);
    assert.match(document.written, /;Path=\/;SameSite=None;Secure;Partitioned$/);
  }
  writeCookie(document, 'c', null, OPTIONS);
  assert.equal(document.cookie, '');
});

test('choices can be taken away, of the domain and of the host', () => {
  const document = jar('www.shop.example');
  writeCookie(document, 'c', made({drift: true}), DOMAIN);
  document.cookie = `c=${valueOf(made({drift: true}))};Max-Age=9;Path=/`;
  writeCookie(document, 'c', null, DOMAIN);
  assert.equal(document.cookie, '');
});
