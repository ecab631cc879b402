import assert from 'node:assert/strict';
import test from 'node:test';
import {cached, checked, explain, keep} from '../src/settings.js';
import {A_DAY, NOW, settings, store} from './helpers.js';

const URL = 'https://consent.example/v1/client/cookie-widget-settings/43?key=demo-public-key-43';

/** @param {import('node:test').TestContext} t */
function warned(t) {
  const {mock} = t.mock.method(console, 'warn', () => {});
  return () => mock.calls.map(call => String(call.arguments[0]));
}

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

test('what could do harm is taken only in its shape', t => {
  warned(t);
  const given = checked(
    settings({
      lang: '"><b>',
      consentCookieName: 'a; Domain=evil.example',
      consentCookieDomain: 'shop.example; Path=/x',
      consentCookieExpiryTime: 9999,
      buttonLogoUrl: 'javascript:alert(1)',
      cookieNoticeUrl: 'http://shop.example/notice',
      bgColor: 'url(https://evil.example)',
      colorBtn: '#12345',
      colorText: '#abcdef',
      fontFamily: 'x;} * {display: none',
      groups: [
        'x',
        {
          purpose: 3,
          services: [
            null,
            {slug: '<b>'},
            {slug: 'drift', logoUrl: 'data:image/svg+xml;base64,AA', privacyPolicyUrl: 'data:,x', cookies: {}},
          ],
        },
      ],
    }),
  );
  assert.equal(given?.lang, '');
  assert.equal(given.consentCookieName, 'euconsent');
  assert.equal(given.consentCookieDomain, '');
  assert.equal(given.consentCookieExpiryTime, 180);
  assert.equal(given.buttonLogoUrl, '');
  assert.equal(given.cookieNoticeUrl, '');
  assert.deepEqual(given.colours, ['', '', '', '#abcdef', '', '']);
  assert.equal(given.fontFamily, '');
  assert.deepEqual(
    given.groups.map(group =>
      group.services.map(({slug, logoUrl, privacyPolicyUrl, cookies}) => [slug, logoUrl, privacyPolicyUrl, cookies]),
    ),
    [[['drift', '', '', []]]],
  );
});

test('a style sheet that could load something is left out whole', t => {
  warned(t);
  const taken = (/** @type {unknown} */ customCSS) => checked(settings({customCSS}))?.customCSS;
  assert.equal(taken('.window{border-radius:0}\n.title{color:red}'), '.window{border-radius:0}\n.title{color:red}');
  for (const css of ['a{b:url(x)}', 'a{}\n@IMPORT "x"', 'a{b:ur\\6c(x)}', '</style>', 'a{b:image-set ("x")}', 7, null])
    assert.equal(taken(css), '', String(css));
});

test('a scheme may be written in capitals', () => {
  const given = checked(
    settings({
      cookieNoticeUrl: 'HTTPS://shop.example/Notice',
      buttonLogoUrl: 'HTTPS://shop.example/logo.png',
      groups: [
        {
          purpose: 3,
          services: [{slug: 'drift', privacyPolicyUrl: 'Https://drift.example', logoUrl: 'HTTPS://shop.example/d.png'}],
        },
      ],
    }),
  );
  assert.equal(given?.cookieNoticeUrl, 'HTTPS://shop.example/Notice');
  assert.equal(given.buttonLogoUrl, 'HTTPS://shop.example/logo.png');
  const [service] = given.groups.flatMap(group => group.services);
  assert.deepEqual(
    [service?.privacyPolicyUrl, service?.logoUrl],
    ['Https://drift.example', 'HTTPS://shop.example/d.png'],
  );
});

test('what is refused is said, with the name of its field', t => {
  const said = warned(t);
  const service = {slug: '<b>', logoUrl: 'data:,x', privacyPolicyUrl: 'data:,x'};
  const fields = ['lang', 'consentCookieName', 'consentCookieDomain', 'buttonLogoUrl', 'cookieNoticeUrl'];
  const colours = ['bgColor', 'colorTitle', 'colorBtn', 'colorText', 'colorPrimary', 'colorSecondary'];
  const all = [...fields, ...colours, 'fontFamily', 'customCSS'];
  const groups = [{purpose: 3, services: [service, {...service, slug: 'drift'}]}];
  checked(settings({...Object.fromEntries(all.map(name => [name, '<'])), groups}));
  assert.deepEqual(
    said().sort(),
    [...all, 'slug', 'logoUrl', 'privacyPolicyUrl'].map(name => `[dastra] Setting not allowed: ${name}`).sort(),
  );
});

test('what is not set is no warning', t => {
  const said = warned(t);
  checked(
    settings({consentCookieDomain: null, bgColor: null, customCSS: '', fontFamily: null, cookieNoticeUrl: undefined}),
  );
  assert.deepEqual(said(), []);
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

test('a refusal is explained by one message that says what to do', t => {
  const warn = t.mock.method(console, 'warn', () => {});
  for (const status of [403, 404, 503]) explain(status, 'https://shop.example', '43');
  const [refused, unknown, down] = warn.mock.calls.map(call => String(call.arguments[0]));
  assert.equal(refused, "[dastra] Refused: add https://shop.example to the widget's domains.");
  assert.match(String(unknown), /43.*not known/);
  assert.equal(down, '[dastra] Could not load widget 43 (network or server error).');
});
