import assert from 'node:assert/strict';
import test, {after, before} from 'node:test';
import {servicesAt} from '../src/autoblock.js';
import {checked} from '../src/settings.js';
import {settings} from './helpers.js';

const OWN = ['https://shop.example', 'https://consent.example'];

before(() => {
  Object.assign(globalThis, {document: {baseURI: 'https://shop.example/basket'}});
});

after(() => {
  Reflect.deleteProperty(globalThis, 'document');
});

/** A widget with one service for each of these lists of hosts. @param {Record<string, unknown>} hosts */
function widget(hosts) {
  const services = Object.entries(hosts).map(([slug, domains]) => ({
    slug,
    purpose: 3,
    domain: 'first.example',
    domains,
  }));
  const given = /** @type {Settings} */ (checked(settings({groups: [{purpose: 3, services}]})));
  return {settings: given, services: given.groups.flatMap(group => group.services)};
}

test('an address belongs to the services that list its host, or one above it', () => {
  const known = widget({ads: ['ads.example', 'shared.example'], films: ['shared.example']});
  for (const [address, slugs] of /** @type {const} */ ([
    ['https://ads.example/tag.js', ['ads']],
    ['https://cdn.ads.example:8443/tag.js', ['ads']],
    ['//ads.example/tag.js', ['ads']],
    ['https://ADS.example/tag.js', ['ads']],
    ['https://shared.example/', ['ads', 'films']],
    ['https://myads.example/tag.js', []],
    ['https://ads.example.evil.test/tag.js', []],
    ['https://shop.example/https://ads.example/', []],
  ]))
    assert.deepEqual(servicesAt(address, known, OWN), slugs, address);
});

test("what is the page's own, the SDK's, or not of the web belongs to nobody", () => {
  const known = widget({mine: ['shop.example', 'consent.example']});
  for (const address of ['/tag.js', 'tag.js', '', 'https://shop.example/x', 'https://consent.example/sdk/dastra.js'])
    for (const own of [known, {settings: null, services: []}])
      assert.deepEqual(servicesAt(address, own, OWN), [], address);
  for (const address of [
    'about:blank',
    'data:text/html,x',
    'blob:https://ads.example/1',
    'javascript:void 0',
    'https://[',
    'http://',
  ])
    assert.deepEqual(servicesAt(address, {settings: null, services: []}, OWN), [], address);
  assert.deepEqual(servicesAt('https://sub.shop.example/', known, OWN), ['mine'], 'another origin');
});

test('before the settings are there, every other address waits for what is never consented to', () => {
  assert.deepEqual(servicesAt('https://any.example/', {settings: null, services: []}, OWN), ['']);
});

test('domains that are no list of hosts hold nothing', () => {
  assert.deepEqual(servicesAt('https://ads.example/', widget({ads: 'ads.example', chat: [7, null]}), OWN), []);
});

test('settings of release 1.0.0 list the hosts as domain', () => {
  const services = [{slug: 'ads', purpose: 3, domain: ['ads.example']}];
  const given = /** @type {Settings} */ (checked(settings({groups: [{purpose: 3, services}]})));
  const known = {settings: given, services: given.groups.flatMap(group => group.services)};
  assert.deepEqual(servicesAt('https://ads.example/tag.js', known, OWN), ['ads']);
});
