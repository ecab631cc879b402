import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import {cultureOf, placeOf, referrerOf, typeDeviceOf, userIdOf, widgetIdOf} from '../src/config.js';

test("the service is where the script came from, the key is in the script's address", () => {
  const src = 'https://consent.example:8443/sdk/dastra.js?key=demo-public-key-43';
  const place = {host: 'https://consent.example:8443', key: 'demo-public-key-43', nonce: 'once'};
  assert.deepEqual(placeOf({src, nonce: 'once'}), place);
});

test('a script without a usable key has no place', () => {
  for (const src of [
    '',
    'https://a.example/sdk/dastra.js',
    'https://a.example/?key=short',
    'https://a.example/?key=has%20a%20space',
  ])
    assert.equal(placeOf({src, nonce: ''}), null, src);
  assert.equal(placeOf(null), null);
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

test('phones, tablets and desktops are told apart', () => {
  for (const [userAgent, maxTouchPoints, type] of /** @type {[string, number, number][]} */ ([
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/140', 0, 2],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605', 0, 2],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605', 5, 3],
    ['Mozilla/5.0 (iPad; CPU OS 12_2)', 5, 3],
    ['Mozilla/5.0 (Linux; Android 14; Pixel Tablet) Chrome/140 Safari/537.36', 5, 3],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140 Mobile Safari/537.36', 5, 1],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148', 5, 1],
  ]))
    assert.equal(typeDeviceOf({userAgent, maxTouchPoints}), type, userAgent);
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
    [...refused, undefined, null, '', NaN, Infinity, 1n, Symbol('x'), () => 'x'].filter(
      value => userIdOf(value) !== null,
    ),
    [],
  );
});
