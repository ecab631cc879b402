import assert from 'node:assert/strict';
import test from 'node:test';
import {choicesIn, cookieOf, parse, writeCookie} from '../src/cookie.js';
import {merged} from '../src/guard.js';
import {jar} from './helpers.js';

const OPTIONS = {days: 180, domain: '', isSecure: true};
const value = (/** @type {unknown} */ choices) => encodeURIComponent(JSON.stringify(choices));

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
    '{',
  ])
    assert.equal(parse(garbled), null, garbled);
  assert.deepEqual(parse(value({drift: true, 'a.b_c-d': false})), merged({drift: true, 'a.b_c-d': false}));
});

test('a key that is a property of every object is no choice', () => {
  assert.equal(parse('{"__proto__":true}'), null);
  assert.deepEqual(choicesIn(`euconsent=${value({constructor: true})}`, 'euconsent'), merged({constructor: true}));
  assert.deepEqual(Object.keys(choicesIn(`euconsent=${value({drift: true})}`, 'euconsent') ?? {}), ['drift']);
});

test('what a page adds to every object is in no cookie', t => {
  Object.assign(Object.prototype, {youtube: true});
  t.after(() => Reflect.deleteProperty(Object.prototype, 'youtube'));
  assert.deepEqual(choicesIn(`c=${value({drift: true})}`, 'c'), merged({drift: true}));
});

test('only the cookie of that very name is read', () => {
  const cookies = `xeuconsent=${value({drift: true})}; euconsent2=${value({drift: true})}`;
  assert.equal(choicesIn(cookies, 'euconsent'), null);
});

test('where two cookies disagree the refusal holds, whichever comes first', () => {
  const [one, two] = [value({drift: true, youtube: true}), value({drift: false, analytics: true})];
  for (const cookies of [`c=${one}; c=${two}`, `c=${two}; c=${one}`])
    assert.deepEqual(choicesIn(cookies, 'c'), merged({drift: false, youtube: true, analytics: true}));
});

test('a garbled cookie beside a valid one changes nothing', () => {
  assert.deepEqual(choicesIn(`c=%7B; c=${value({drift: true})}`, 'c'), merged({drift: true}));
});

test('the cookie is written as the contract says', () => {
  assert.equal(
    cookieOf('euconsent', {drift: true}, OPTIONS),
    'euconsent=%7B%22drift%22%3Atrue%7D;Max-Age=15552000;Path=/;SameSite=Lax;Secure',
  );
  assert.equal(
    cookieOf('c', {}, {days: 1, domain: '.shop.example', isSecure: false}),
    'c=%7B%7D;Max-Age=86400;Path=/;SameSite=Lax;Domain=.shop.example',
  );
});

test('a domain replaces the cookie of the host alone, which could contradict it', () => {
  const document = jar('www.shop.example');
  writeCookie(document, 'c', {drift: true}, OPTIONS);
  writeCookie(document, 'c', {drift: false}, {...OPTIONS, domain: '.shop.example'});
  assert.equal(document.cookie, `c=${value({drift: false})}`);
});

test("a domain that is not the page's does not lose the choices", () => {
  const document = jar('localhost');
  writeCookie(document, 'c', {drift: true}, {...OPTIONS, domain: '.shop.example'});
  assert.deepEqual(choicesIn(document.cookie, 'c'), merged({drift: true}));
});

test('choices can be taken away, of the domain and of the host', () => {
  const document = jar('www.shop.example');
  writeCookie(document, 'c', {drift: true}, {...OPTIONS, domain: '.shop.example'});
  writeCookie(document, 'c', null, {...OPTIONS, domain: '.shop.example'});
  assert.equal(document.cookie, '');
});
