import assert from 'node:assert/strict';
import test, {after, before} from 'node:test';
import {servicesAt} from '../src/autoblock.js';

const OWN = ['https://shop.example', 'https://consent.example'];

before(() => {
  Object.assign(globalThis, {document: {baseURI: 'https://shop.example/basket'}});
});

after(() => {
  Reflect.deleteProperty(globalThis, 'document');
});

/** What is known of services with these hosts. @param {Hosts | null} hosts */
const known = (hosts, isCertain = true) => ({hosts, isCertain});

test('an address belongs to the services that list its host, or one above it', () => {
  const listed = known({ads: ['ads.example', 'shared.example'], films: ['shared.example']});
  for (const [address, slugs] of /** @type {const} */ ([
    ['https://ads.example/tag.js', ['ads']],
    ['https://cdn.ads.example:8443/tag.js', ['ads']],
    ['//ads.example/tag.js', ['ads']],
    ['https://ADS.example/tag.js', ['ads']],
    ['https://ads.example./tag.js', ['ads']],
    ['https://cdn.ads.example.:8443/tag.js', ['ads']],
    ['https://shared.example/', ['ads', 'films']],
    ['https://myads.example/tag.js', []],
    ['https://ads.example.evil.test/tag.js', []],
    ['https://shop.example/https://ads.example/', []],
  ]))
    assert.deepEqual(servicesAt(address, listed, OWN, ''), slugs, address);
});

test("what is the page's own, the SDK's, or not of the web belongs to nobody", () => {
  const above = known({mine: ['example']});
  for (const address of ['/tag.js', 'tag.js', '', 'https://shop.example/x', 'https://consent.example/sdk/dastra.js'])
    for (const hosts of [above, known(null), known(null, false)])
      assert.deepEqual(servicesAt(address, hosts, OWN, ''), [], address);
  for (const address of ['about:blank', 'data:text/html,x', 'blob:https://ads.example/1', 'javascript:void 0'])
    assert.deepEqual(servicesAt(address, known(null, false), OWN, ''), [], address);
  assert.deepEqual(servicesAt('https://sub.shop.example/', above, OWN, ''), ['mine'], 'another origin');
});

test("the page's own host belongs to a service that lists exactly it", () => {
  for (const isCertain of [true, false])
    assert.deepEqual(servicesAt('/matomo.js', known({own: ['shop.example']}, isCertain), OWN, ''), ['own']);
});

test("until hosts are known for the first time, trackers' names under the own host wait", () => {
  const first = known(null, false);
  for (const address of [
    '/matomo/matomo.js',
    '/piwik.js',
    '/gtm.js?id=GTM-1',
    '/x/gtag/js?id=G-1',
    '/analytics.min.js',
  ])
    assert.deepEqual(servicesAt(address, first, OWN, ''), [''], address);
  for (const address of ['/jquery.js', '/matomo/shop.js', '/gamma.js', '/analyticsx.js'])
    assert.deepEqual(servicesAt(address, first, OWN, ''), [], address);
});

test('until the settings are there, every other address waits for what is never consented to', () => {
  for (const hosts of [null, {ads: ['ads.example']}])
    assert.deepEqual(servicesAt('https://any.example/', known(hosts, false), OWN, ''), ['']);
  assert.deepEqual(servicesAt('https://any.example/', known(null), OWN, ''), [''], 'none will come, and none is kept');
});

test('an address that cannot be parsed waits', () => {
  for (const address of ['https://[', 'http://'])
    assert.deepEqual(servicesAt(address, known({}), OWN, ''), [''], address);
});

test('hosts that the page exempts never wait', () => {
  for (const hosts of [known(null, false), known({pay: ['pay.example']})])
    for (const address of ['https://pay.example/v3.js', 'https://js.pay.example./v3.js', 'https://cdn.example/'])
      assert.deepEqual(servicesAt(address, hosts, OWN, 'pay.example\n cdn.example'), [], address);
  assert.deepEqual(servicesAt('https://mypay.example/', known(null), OWN, 'pay.example'), ['']);
});

test('remembered hosts that are no lists hold nothing', () => {
  const foreign = /** @type {any} */ ({ads: 'ads.example', chat: [7, null], films: null});
  assert.deepEqual(servicesAt('https://ads.example/', known(foreign), OWN, ''), []);
});
