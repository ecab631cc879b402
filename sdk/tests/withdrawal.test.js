import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import {deletions, isLeft} from '../src/withdrawal.js';

const CASES = JSON.parse(await readFile(new URL('../../tests/cases/storage_names.json', import.meta.url), 'utf8'));
const PLACE = {protocol: 'https:', hostname: 'shop.example', pathname: '/'};

/**
 * A visitor's consent with services that declare these names.
 * @param {Record<string, {cookies?: string[], storage?: string[], consent?: boolean}>} services
 * @returns {any}
 */
const consentWith = services => ({
  cookieName: 'euconsent',
  services: Object.entries(services).map(([slug, {cookies = [], storage = []}]) => ({
    slug,
    cookies: cookies.map(name => ({name})),
    storage,
  })),
  effective: Object.fromEntries(Object.entries(services).map(([slug, {consent = false}]) => [slug, consent])),
});

test('a name that a service may declare reaches its entries, and no others', () => {
  const reaches = (/** @type {string} */ name, /** @type {string} */ entry) =>
    isLeft(consentWith({heat: {storage: [name]}}), entry);
  for (const [name, entry] of CASES.deleted) assert.ok(reaches(name, entry), `${name} ${entry}`);
  for (const [name, entry] of CASES.kept) assert.ok(!reaches(name, entry), `${name} ${entry}`);
  for (const name of CASES.accepted) assert.ok(reaches(name, name.replace('*', 'x')), name);
});

test('an entry goes with the cookie of its name, and stays with a consent', () => {
  const goes = (/** @type {Parameters<typeof consentWith>[0]} */ services) => isLeft(consentWith(services), '_heat1');
  assert.ok(goes({heat: {cookies: ['_heat1']}}));
  assert.ok(goes({heat: {cookies: ['_heat*']}}));
  assert.ok(!goes({heat: {cookies: ['_h*']}}), 'too short for a storage, where others keep their own');
  assert.ok(!goes({heat: {cookies: ['_heat1']}, more: {storage: ['_heat*'], consent: true}}));
  assert.ok(!goes({heat: {storage: ['_heat1'], consent: true}}));
  assert.ok(!goes({}));
});

test('a declared cookie is deleted wherever it may be, also a partitioned one', () => {
  const declared = {heat: {cookies: ['_h*', 'euconsent'], storage: ['stored']}};
  const made = deletions('_heat=1; euconsent=%7B%7D; store=1', consentWith(declared), PLACE);
  assert.deepEqual([...new Set(made.map(each => each.split('=')[0]))], ['_heat']);
  for (const domain of ['', ';Domain=shop.example', ';Domain=example'])
    for (const form of [';Secure', ';SameSite=None;Secure;Partitioned'])
      assert.ok(made.includes(`_heat=;Max-Age=0;Path=/${domain}${form}`), domain + form);
});
