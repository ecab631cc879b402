import assert from 'node:assert/strict';
import test from 'node:test';
import {cached, checked, keep} from '../src/settings.js';
import {A_DAY, NOW, settings, store} from './helpers.js';

const URL = 'https://consent.example/v1/client/cookie-widget-settings/43?key=demo-public-key-43';

test('an answer that is no settings is none', () => {
  for (const other of [
    null,
    7,
    'x',
    [],
    {},
    {translation: {}},
    {groups: []},
    {translation: [], groups: []},
    {translation: {}, groups: {}},
  ])
    assert.equal(checked(other), null, JSON.stringify(other));
});

test('a service is necessary only if its group and itself say purpose 0', () => {
  const given = checked(
    settings({
      groups: [
        {
          purpose: 0,
          services: [{slug: 'a', purpose: 0}, {slug: 'b', purpose: 3}, {slug: 'c'}, {slug: 'd', purpose: '0'}],
        },
        {purpose: '0', services: [{slug: 'e', purpose: 0}]},
        {
          purpose: -1,
          services: [{slug: 'f', purpose: 0, necessary: true, requiredConsent: false, defaultConsent: true}],
        },
        {services: [{slug: 'g', purpose: 0}]},
      ],
    }),
  );
  const services = given?.groups.flatMap(group => group.services) ?? [];
  assert.deepEqual(
    services.filter(service => service.defaultConsent && !service.requiredConsent).map(service => service.slug),
    ['a'],
  );
  assert.deepEqual(
    given?.groups.map(group => group.purpose),
    [0, 5, 5, 5],
  );
});

test('what is missing or of another kind gets a form that is relied on', () => {
  const groups = [
    'x',
    {purpose: 3, services: [null, {slug: '<b>'}, {slug: 7}, {slug: 'drift', cookies: {}, domain: 'x'}]},
  ];
  const given = checked(settings({lang: null, consentCookieExpiryTime: 9999, groups}));
  assert.deepEqual([given?.lang, given?.consentCookieExpiryTime], ['', 180]);
  assert.equal(checked(settings({consentCookieExpiryTime: 'soon'}))?.consentCookieExpiryTime, 180);
  assert.deepEqual(
    given?.groups.map(group =>
      group.services.map(({slug, cookies, domain, storage}) => [slug, cookies, domain, storage]),
    ),
    [[['drift', [], [], []]]],
  );
});

test('the session keeps settings for a day, for this address alone', () => {
  const session = store();
  keep(session, URL, NOW, settings());
  assert.equal(cached(session, URL, NOW)?.lang, 'en');
  assert.equal(cached(session, URL, NOW + A_DAY - 1)?.lang, 'en');
  assert.equal(cached(session, URL, NOW + A_DAY), null);
  assert.equal(cached(session, URL, NOW - 1), null, 'a clock that was put back');
  assert.equal(cached(session, `${URL}&culture=fr`, NOW), null);
});

test('a widget in developer mode is never kept', () => {
  const session = store();
  keep(session, URL, NOW, settings({developerMode: true}));
  assert.equal(session.read('dastra-settings'), null);
});

test('what somebody else wrote into the session is not believed', () => {
  const session = store();
  for (const entry of [7, {}, {url: URL}, {url: URL, time: NOW}, {url: URL, time: NOW, settings: {}}]) {
    session.write('dastra-settings', entry);
    assert.equal(cached(session, URL, NOW), null);
  }
});
