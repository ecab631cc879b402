import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import {
  addressIn,
  cultureOf,
  isSameFile,
  placeOf,
  referrerOf,
  statedPlace,
  userIdOf,
  widgetIdOf,
} from '../src/config.js';

const HOST = 'https://consent.example';
const KEY = 'demo-public-key-43';

test("the service is where the script came from, the key is in the script's address", () => {
  for (const [query, host] of /** @type {[string, string][]} */ ([
    ['', HOST],
    ['', 'https://consent.example:8443'],
    ['#asyncload', HOST],
    ['&ver=6.4#asyncload', HOST],
    ['?ver=6.4', HOST],
    ['%23asyncload', HOST],
    ['/', HOST],
    ['%20', HOST],
  ]))
    assert.deepEqual(placeOf(null, null, `${host}/sdk/dastra.js?key=${KEY}${query}`), {host, key: KEY}, query);
});

test('a script without a usable key has no place', () => {
  for (const address of [
    undefined,
    '',
    'https://a.example/sdk/dastra.js',
    'https://a.example/?key=short',
    'https://a.example/?key=has%20a%20space',
    `https://a.example/?key=${'k'.repeat(65)}`,
    'blob:https://a.example/0b93b823-ff36-4d61-8959-e9e8deee5ef8',
  ])
    assert.equal(placeOf(null, null, address), null, address);
});

test('attributes of the script replace what its address has', () => {
  const cdn = 'https://cdn.example/dastra.js';
  for (const [address, dataset, place] of /** @type {[string, Record<string, string>, unknown][]} */ ([
    [cdn, {host: HOST, key: KEY}, {host: HOST, key: KEY}],
    [`${cdn}?key=${KEY}`, {host: HOST}, {host: HOST, key: KEY}],
    [`${cdn}?key=another-key`, {host: HOST, key: KEY}, {host: HOST, key: KEY}],
    [`${HOST}/sdk/dastra.js`, {key: KEY}, {host: HOST, key: KEY}],
    [cdn, {host: HOST}, null],
    [`${cdn}?key=${KEY}`, {host: 'http://consent.example'}, null],
    [`${cdn}?key=${KEY}`, {host: ''}, null],
    [`${cdn}?key=${KEY}`, {key: ''}, null],
  ]))
    assert.deepEqual(placeOf(dataset['host'], dataset['key'], address), place, JSON.stringify([address, dataset]));
});

test('a stated host is an origin of https, or of this machine', () => {
  for (const host of [HOST, `${HOST}/`, 'HTTPS://Consent.Example:443'])
    assert.deepEqual(statedPlace(host, KEY), {host: HOST, key: KEY}, host);
  for (const host of ['http://localhost:3000', 'http://127.0.0.1:3000', 'https://[::1]:3000'])
    assert.deepEqual(statedPlace(host, KEY), {host, key: KEY}, host);
  for (const host of [
    undefined,
    null,
    7,
    {},
    '',
    'consent.example',
    '//consent.example',
    'http://consent.example',
    'http://localhost.evil.example',
    `${HOST}/path`,
    `${HOST}?x`,
    `${HOST}#x`,
    'https://shop.example@evil.example',
    'javascript:alert(1)',
    'data:text/plain,x',
    `blob:${HOST}/x`,
  ])
    assert.equal(statedPlace(host, KEY), null, String(host));
  for (const key of [undefined, null, 7, '', 'short', `${KEY} `, 'k'.repeat(65)])
    assert.equal(statedPlace(HOST, key), null, String(key));
});

test('a stack has the address of the script that made it', () => {
  const address = `http://127.0.0.1:3200/sdk/dastra.js?key=${KEY}`;
  for (const stack of [
    `Error\n    at ${address}:1:42\n    at https://shop.example/a.js:1:1`,
    `Error\n    at start (${address}:1:42)\n    at <anonymous>`,
    `@${address}:1:42\n`,
    `module code@${address}:1:42`,
  ])
    assert.equal(addressIn(stack), address, stack);
  for (const stack of [undefined, '', 'Error\n    at <anonymous>:1:1']) assert.equal(addressIn(stack), '');
});

test('a file is the same whatever its query', () => {
  const file = `${HOST}/sdk/dastra.js`;
  for (const address of [file, `${file}?key=${KEY}`, `${file}#asyncload`, `${file}?key=${KEY}#asyncload`])
    assert.equal(isSameFile(address, file), true, address);
  for (const address of ['', `${file}.map`, `https://evil.example/?${file}`, 'https://evil.example/sdk/dastra.js'])
    assert.equal(isSameFile(address, file), false, address);
});

test('the id of a widget is digits', () => {
  assert.equal(widgetIdOf(43), '43');
  assert.equal(widgetIdOf('999999999999999'), '999999999999999');
  for (const other of ['043', '0', '', null, undefined, '43;', -1, 1.5, '1000000000000000', [], {}])
    assert.equal(widgetIdOf(other), '', String(other));
});

test('the first tag that names a language decides', () => {
  for (const [tags, culture] of /** @type {[unknown[], string][]} */ ([
    [['fr'], 'fr'],
    [['fr-BE', 'en'], 'fr-BE'],
    [[' de\n'], 'de'],
    [['', undefined, 'nl'], 'nl'],
    [['fil', 'x', 'de-419'], 'de'],
    [[null, 7], ''],
  ]))
    assert.equal(cultureOf(...tags), culture, String(tags));
});

test('a language tag is read as the service reads it', async () => {
  const {read, unread} = JSON.parse(
    await readFile(new URL('../../tests/cases/languages.json', import.meta.url), 'utf8'),
  );
  for (const [tag, culture] of Object.entries(read)) assert.equal(cultureOf(tag), culture, tag);
  for (const tag of unread) assert.equal(cultureOf(tag), '', tag);
});

test('the referrer is the page without query and fragment', () => {
  const page = (/** @type {string} */ url) => referrerOf(/** @type {any} */ (new URL(url)));
  assert.equal(page('https://shop.example/basket?mail=a@b.example#x'), 'https://shop.example/basket');
  assert.equal(page('file:///page.html'), null);
});

test('a page whose address is longer than the service stores is not named', () => {
  const page = (/** @type {number} */ length) => `https://shop.example/${'x'.repeat(length - 21)}`;
  assert.equal(referrerOf(/** @type {any} */ (new URL(page(2048)))), page(2048));
  assert.equal(referrerOf(/** @type {any} */ (new URL(page(2049)))), null);
});

test('a userId is text that the service may store, and a number is its digits', async () => {
  const cases = new URL('../../tests/cases/user_ids.json', import.meta.url);
  const {accepted, refused, refusedByService} = JSON.parse(await readFile(cases, 'utf8'));
  assert.deepEqual([...accepted, ...refusedByService].map(userIdOf), [...accepted, ...refusedByService].map(String));
  assert.deepEqual(
    [...refused, undefined, null, '', 0, -0, NaN, Infinity, 1n, Symbol('x'), () => 'x'].filter(
      value => userIdOf(value) !== null,
    ),
    [],
  );
});
