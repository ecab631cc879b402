import assert from 'node:assert/strict';
import test from 'node:test';
import {Consent, hasExpired} from '../src/consent.js';
import {valueOf} from '../src/cookie.js';
import {merged} from '../src/guard.js';
import {checked} from '../src/settings.js';
import {adopt} from '../src/storage.js';
import {A_DAY, CONSENT_ID, NOW, SECONDS, jar, place, settings, store} from './helpers.js';

/** @type {import('../src/consent.js').Circumstances} */
const CIRCUMSTANCES = {action: 'Selection', userId: null, referrer: 'https://shop.example/'};

const PROOF = 'dastra-consents:43';

/** @param {Choices} choices @param {{t?: number, r?: number, name?: string}} [stamp] */
const cookie = (choices, {t = SECONDS, r = 0, name = 'euconsent'} = {}) =>
  `${name}=${valueOf({...choices, _: {t, r}})}`;

/** As release 1.0 wrote it. @param {Choices} choices */
const plain = choices => `euconsent=${encodeURIComponent(JSON.stringify(choices))}`;

/**
 * A visitor of widget 43.
 * @param {{browser?: ReturnType<typeof browsing>, own?: object, now?: number, protocol?: string, isEmbedded?: boolean}} [given]
 */
function visit({browser = browsing(), own, now = NOW, protocol = 'https:', isEmbedded = false} = {}) {
  const location = place('shop.example', protocol);
  const consent = new Consent({...browser, location, isEmbedded, signals: {gpc: false, dnt: false}, now: () => now});
  consent.widgetId = 43;
  const given = /** @type {Settings} */ (checked(settings(own)));
  return {...browser, consent, given, start: () => (consent.use(given), consent)};
}

const browsing = () => ({local: store(), session: store(), jar: jar()});

/** A visitor who has decided. @param {Choices} choices @param {Parameters<typeof visit>[0]} [given] */
function decided(choices, given) {
  const visitor = visit(given);
  visitor.start().decide(choices, CIRCUMSTANCES, visitor.given);
  const {local, session, jar} = visitor;
  return {local, session, jar};
}

/** @param {ReturnType<typeof browsing>} browser @param {object} changes */
const alterProof = ({local}, changes) => local.write(PROOF, {.../** @type {any} */ (local.read(PROOF)), ...changes});

test('without a decision all is refused but what is necessary', () => {
  const consent = visit().start();
  assert.deepEqual(consent.effective, merged({session: true, analytics: false, drift: false, youtube: false}));
  assert.equal(consent.isDue, true);
  assert.equal(consent.hasConsented, false);
});

test('what a page adds to every object is no choice', t => {
  Object.assign(Object.prototype, {drift: true, analytics: true});
  t.after(() => ['drift', 'analytics'].forEach(slug => Reflect.deleteProperty(Object.prototype, slug)));
  for (const choice of [false, {}]) {
    const {start, given, jar, local, session} = visit();
    const consent = start();
    assert.deepEqual([consent.effective.drift, consent.current.drift, consent.draft.drift], [false, false, false]);
    consent.decide(choice, CIRCUMSTANCES, given);
    assert.equal(jar.cookie, cookie({analytics: false, drift: false, youtube: false}));
    assert.equal(consent.effective.drift, false);
    const later = visit({browser: {local, session, jar}}).consent;
    assert.deepEqual({...later.effective}, {analytics: false, drift: false, youtube: false});
  }
});

test('a decision is in the cookie and in the proof, and in nothing else', () => {
  const visitor = visit();
  const decision = visitor.start().decide({drift: true, unknown: true}, CIRCUMSTANCES, visitor.given);
  const choices = {analytics: false, drift: true, youtube: false};
  assert.equal(visitor.jar.cookie, cookie(choices));
  assert.equal(visitor.jar.written, `${cookie(choices)};Max-Age=15552000;Path=/;SameSite=Lax;Secure`);
  const date = '2026-11-24T12:00:00.000Z';
  assert.deepEqual(decision, {
    id: decision.id,
    sessionId: visitor.session.read('dastra-session'),
    consentId: null,
    type: 'Consents',
    ...CIRCUMSTANCES,
    consents: {
      lang: 'en',
      versionKey: 'd32cec0b-cdd3-4229-972a-0632094d9599',
      signals: {gpc: false, dnt: false},
      cookieConsents: Object.entries(choices).map(([slug, consent]) => ({slug, consent, date})),
    },
  });
  assert.deepEqual(visitor.local.read(PROOF), {
    ...decision,
    type: 2,
    date,
    dateExpiration: '2027-05-23T12:00:00.000Z',
    widgetId: 43,
    workSpaceId: 19,
    renewal: 0,
    consentCookieName: 'euconsent',
  });
  assert.deepEqual(visitor.consent.effective, merged({session: true, ...choices}));
  assert.equal(visitor.consent.isDue, false);
});

test('two decisions have two names, one session, and one consentId', () => {
  const browser = decided({drift: true});
  alterProof(browser, {consentId: CONSENT_ID});
  const {consent, given, start} = visit({browser});
  const first = start().decide({}, CIRCUMSTANCES, given);
  const second = consent.decide({}, CIRCUMSTANCES, given);
  assert.notEqual(first.id, second.id);
  assert.equal(first.sessionId, second.sessionId);
  assert.deepEqual([first.consentId, second.consentId], [CONSENT_ID, CONSENT_ID]);
});

test('the cookie decides: a proof without it releases nothing', () => {
  const browser = decided({drift: true});
  browser.jar.cookie = 'euconsent=;Max-Age=0;Path=/';
  const consent = visit({browser}).start();
  assert.equal(consent.effective.drift, false);
  assert.equal(consent.isDue, true);
  assert.equal(consent.draft.drift, true, 'the earlier choice is filled in');
});

test('before the settings are there the stored choices hold', () => {
  const {consent} = visit({browser: decided({drift: true})});
  assert.deepEqual(consent.effective, merged({analytics: false, drift: true, youtube: false}));
});

test('a cookie of another name is found before the settings say so', () => {
  const own = {consentCookieName: 'choices'};
  const first = visit({own});
  first.start().decide({drift: true}, CIRCUMSTANCES, first.given);
  const {local, session, jar} = first;
  assert.equal(visit({browser: {local, session, jar}, own}).consent.effective.drift, true);
});

test('a true for a necessary service does not survive its becoming another purpose', () => {
  const browser = decided({session: true});
  assert.equal(browser.jar.cookie.includes('session'), false);
});

test('a consent that has expired is forgotten, whoever kept the cookie, and filled in once', () => {
  const browser = decided({drift: true});
  const consent = visit({browser, now: NOW + 180 * A_DAY}).start();
  assert.equal(consent.effective.drift, false);
  assert.equal(consent.isDue, true);
  assert.equal(consent.draft.drift, true);
  assert.equal(browser.jar.cookie, '');
  assert.equal(browser.local.read(PROOF), null);
});

test('so is one in a cookie of the domain, which only the settings name', () => {
  const own = {consentCookieDomain: '.shop.example'};
  const first = visit({own});
  first.start().decide({drift: true}, CIRCUMSTANCES, first.given);
  const {local, session, jar} = first;
  const {consent, start} = visit({browser: {local, session, jar}, own, now: NOW + 180 * A_DAY});
  assert.deepEqual(consent.effective, merged(), 'before the settings are there');
  assert.equal(start().effective.drift, false);
  assert.equal(jar.cookie, '');
});

test('a consent ends while the page is open', () => {
  const browser = decided({drift: true});
  let now = NOW;
  const location = place();
  const consent = new Consent({
    ...browser,
    location,
    isEmbedded: false,
    signals: {gpc: false, dnt: false},
    now: () => now,
  });
  consent.widgetId = 43;
  assert.equal(consent.effective.drift, true);
  now += 180 * A_DAY;
  assert.equal(consent.effective.drift, undefined);
});

test('a proof ends when it says so, and one that a wrong clock made has ended', () => {
  const ends = (/** @type {any} */ dateExpiration) => hasExpired({dateExpiration}, NOW);
  assert.equal(ends('2026-11-24T12:00:00.000Z'), true);
  assert.equal(ends('2026-11-24T12:00:00.001Z'), false);
  assert.equal(ends('2027-05-23T12:00:00.000Z'), false);
  assert.equal(ends('2030-01-01T00:00:00.000Z'), true);
  for (const unknown of [undefined, 'x', null, {}])
    assert.equal(ends(unknown), false, 'the cookie has an age of its own');
  assert.equal(hasExpired(null, NOW), false);
});

test('a library that replaces Date.parse ends no proof', t => {
  const {parse} = Date;
  t.after(() => Object.assign(Date, {parse}));
  Object.assign(Date, {parse: () => null});
  assert.equal(hasExpired({dateExpiration: '2026-11-24T12:00:00.001Z'}, NOW), false);
});

test("before the settings, a cookie counts only if this widget's proof names it", () => {
  const {local, session, jar} = decided({drift: true});
  assert.equal(visit({browser: {local, session, jar}}).consent.effective.drift, true);
  local.remove(PROOF); // it may be another widget's
  const {consent, start} = visit({browser: {local, session, jar}});
  assert.deepEqual(consent.effective, merged());
  assert.equal(start().effective.drift, true);
});

test('who has decided is asked again when the owner raises the renewal', () => {
  const browser = decided({drift: true});
  const consent = visit({browser, own: {renewal: 1}}).start();
  assert.equal(consent.isDue, true);
  assert.equal(consent.effective.drift, true, 'what was decided holds until then');
  assert.equal(consent.draft.drift, true);
});

test('an answer for a part leaves the rest of the question open', () => {
  const browser = decided({drift: true});
  const again = visit({browser, own: {renewal: 1}});
  again.start().decide({drift: true, youtube: true}, CIRCUMSTANCES, again.given, true);
  const {consent} = again;
  assert.equal(consent.effective.youtube, true);
  assert.equal(consent.isDue, true);
});

test('and then never again for the same renewal', () => {
  const browser = decided({drift: true});
  const again = visit({browser, own: {renewal: 1}});
  again.start().decide({}, CIRCUMSTANCES, again.given);
  assert.equal(visit({browser, own: {renewal: 1}}).start().isDue, false);
  assert.equal(visit({browser, own: {renewal: 0}}).start().isDue, false, 'a roll-back asks nobody');
});

test('the cookie knows the renewal, and the proof only that of a cookie of release 1.0', () => {
  const isDue = (/** @type {string} */ text, /** @type {object | null} */ changes, /** @type {number} */ renewal) => {
    const browser = decided({drift: true});
    browser.jar.cookie = 'euconsent=;Max-Age=0;Path=/';
    browser.jar.cookie = `${text};Path=/`;
    if (changes) alterProof(browser, changes);
    else browser.local.remove(PROOF);
    return visit({browser, own: {renewal}}).start().isDue;
  };
  const choices = {analytics: false, drift: true, youtube: false};
  for (const proof of [null, {renewal: 0}, {renewal: 9}]) {
    assert.equal(isDue(cookie(choices, {r: 2}), proof, 2), false);
    assert.equal(isDue(cookie(choices, {r: 1}), proof, 2), true);
  }
  assert.equal(isDue(plain(choices), {renewal: 2}, 2), false);
  assert.equal(isDue(plain(choices), {renewal: 1}, 2), true);
  assert.equal(isDue(plain(choices), null, 1), true);
  assert.equal(isDue(plain(choices), null, 0), false);
});

test('a new service is asked for only if the widget says so', () => {
  const more = {groups: [...settings().groups, {purpose: 4, services: [{slug: 'new', purpose: 4}]}]};
  const browser = decided({drift: true});
  assert.equal(visit({browser, own: more}).start().isDue, false);
  const consent = visit({browser, own: {...more, renewOnNewService: true}}).start();
  assert.equal(consent.isDue, true);
  assert.deepEqual(
    consent.effective,
    merged({session: true, analytics: false, drift: true, youtube: false, new: false}),
  );
});

test('a new service is asked about whatever its slug', () => {
  const groups = [...settings().groups, {purpose: 2, services: [{slug: 'constructor', purpose: 2}]}];
  assert.equal(visit({browser: decided({}), own: {groups, renewOnNewService: true}}).start().isDue, true);
});

test('a new service that is necessary asks for nothing', () => {
  const groups = [{purpose: 0, services: [{slug: 'more', purpose: 0}]}, ...settings().groups];
  assert.equal(visit({browser: decided({}), own: {groups, renewOnNewService: true}}).start().isDue, false);
});

test('closed without a choice: not asked for 180 days, or as many as the owner says, whatever the clock does', () => {
  for (const [own, days] of /** @type {[object, number][]} */ ([
    [{}, 180],
    [{askAgainAfterClose: 3}, 3],
  ])) {
    const browser = browsing();
    visit({browser, own}).start().noteClosed();
    const closed = (/** @type {number} */ now) => visit({browser, own, now}).start().wasClosed;
    assert.equal(closed(NOW + days * A_DAY - 1), true);
    assert.equal(closed(NOW + days * A_DAY), false);
    assert.equal(closed(NOW - 1), false);
    for (const garbled of ['garbled', null, {}, {time: 'garbled'}]) {
      browser.local.write('dastra-closed:43', garbled);
      assert.equal(closed(NOW), false);
    }
  }
});

test('closed without a choice before the owner asks again: asked', () => {
  const browser = browsing();
  visit({browser}).start().noteClosed();
  assert.equal(visit({browser, own: {renewal: 1}}).start().wasClosed, false);
});

test('the note of an X of release 1.0 is the time alone', () => {
  const browser = browsing();
  browser.local.write('dastra-closed:43', NOW);
  const closed = (/** @type {number} */ now) => visit({browser, now}).start().wasClosed;
  assert.deepEqual([closed(NOW + 1), closed(NOW + 180 * A_DAY)], [true, false]);
});

test('a decision takes the note of the X away', () => {
  const visitor = visit();
  visitor.start().noteClosed();
  visitor.consent.decide({}, CIRCUMSTANCES, visitor.given);
  assert.equal(visitor.local.read('dastra-closed:43'), null);
});

test('what the page sets is read back at once, and holds when it is passed on', () => {
  const consent = visit().start();
  consent.set(consent.servicesOf('Marketing'), true);
  assert.deepEqual([consent.current.drift, consent.current.youtube, consent.effective.drift], [true, true, false]);
  consent.applyForPageView();
  assert.equal(consent.effective.drift, true);
  assert.equal(consent.hasConsented, false, 'for this page view only');
  consent.clearPageView();
  assert.equal(consent.effective.drift, false);
});

test('what is only set after a decision does not hold', () => {
  const visitor = visit();
  visitor.start().decide({}, CIRCUMSTANCES, visitor.given);
  visitor.consent.set(visitor.consent.servicesOf('Marketing'), true);
  assert.equal(visitor.consent.current.drift, true);
  assert.equal(visitor.consent.effective.drift, false);
});

test('a purpose is named by its label or its number', () => {
  const consent = visit().start();
  const slugs = (/** @type {unknown} */ label) => consent.servicesOf(label).map(({slug}) => slug);
  assert.deepEqual(slugs('Necessary'), ['session']);
  assert.deepEqual(slugs('Marketing'), ['drift', 'youtube']);
  assert.deepEqual(slugs(3), ['drift', 'youtube']);
  for (const other of ['marketing', 'IAB', 7, null, undefined, '']) assert.deepEqual(slugs(other), []);
});

test('setting what does not exist is a warning', t => {
  const warn = t.mock.method(console, 'warn', () => {});
  const consent = visit().start();
  consent.set(consent.servicesOf('Nonsense'), true);
  assert.equal(warn.mock.callCount(), 1);
});

test('only true is true', () => {
  const consent = visit().start();
  consent.set(consent.servicesOf(2), /** @type {any} */ ('yes'));
  assert.equal(consent.current.analytics, false);
});

test('a browser without cookies keeps a decision for the page view', () => {
  const visitor = visit({
    browser: {
      ...browsing(),
      jar: /** @type {any} */ ({
        get cookie() {
          return '';
        },
        set cookie(_) {},
      }),
    },
  });
  visitor.start().decide({drift: true}, CIRCUMSTANCES, visitor.given);
  assert.equal(visitor.consent.effective.drift, true);
  assert.equal(visitor.consent.isDue, false);
});

test('a garbled proof is lost, no more', () => {
  const browser = decided({drift: true});
  for (const garbled of [
    7,
    'x',
    [],
    {widgetId: 43, consents: {cookieConsents: 'x'}},
    {widgetId: 43, consentId: 'x', consents: {cookieConsents: [null]}},
  ]) {
    browser.local.write(PROOF, garbled);
    const {consent, given, start} = visit({browser});
    assert.equal(start().effective.drift, true);
    assert.equal(consent.draft.drift, true);
    assert.equal(consent.decide({drift: true}, CIRCUMSTANCES, given).consentId, null);
  }
});

test("another widget's proof is not this one's", () => {
  const browser = decided({drift: true});
  alterProof(browser, {widgetId: 44, consentId: CONSENT_ID, dateExpiration: '2020-01-01T00:00:00Z'});
  const {given, start} = visit({browser, own: {renewal: 0}});
  assert.equal(start().isDue, false);
  assert.equal(start().decide({}, CIRCUMSTANCES, given).consentId, null);
});

test('a decision of another tab is seen at the next look', () => {
  const browser = browsing();
  const consent = visit({browser}).start();
  browser.jar.cookie = cookie({analytics: true, drift: false, youtube: false});
  assert.equal(consent.effective.analytics, true);
  assert.equal(consent.isDue, false);
});

// --- Cookies that others have set ------------------------------------------------------------------------------------

/** Another script replaces the cookie. @param {ReturnType<typeof browsing>} browser @param {string} text */
function replaced(browser, text) {
  browser.jar.cookie = 'euconsent=;Max-Age=0;Path=/';
  browser.jar.cookie = `${text};Path=/;Domain=shop.example`;
  return browser;
}

const ALL = {analytics: true, drift: true, youtube: true};

test('what was refused here stays refused, whatever a cookie says', () => {
  for (const forged of [cookie(ALL, {t: SECONDS + 5, r: 9}), plain(ALL)]) {
    const browser = replaced(decided({drift: true}), forged);
    const {consent, start} = visit({browser});
    assert.deepEqual(consent.effective, merged({analytics: false, drift: true, youtube: false}));
    assert.deepEqual(start().effective, merged({session: true, analytics: false, drift: true, youtube: false}));
    assert.equal(consent.isDue, false, 'the cookie alone says so');
    assert.equal(consent.withConsentTo(['youtube']).analytics, false);
  }
});

test('a consent in the proof adds nothing, and a service that it does not know follows the cookie', () => {
  const refusing = replaced(decided(ALL), cookie({analytics: false, drift: true}));
  assert.deepEqual(visit({browser: refusing}).consent.effective, merged({analytics: false, drift: true}));
  const more = replaced(decided({}), cookie({...ALL, later: true}));
  assert.deepEqual(
    visit({browser: more}).consent.effective,
    merged({analytics: false, drift: false, youtube: false, later: true}),
  );
});

test('a cookie that is gone is asked for, and one that a proof has outlived too', () => {
  const browser = decided({});
  browser.jar.cookie = 'euconsent=;Max-Age=0;Path=/';
  assert.equal(visit({browser}).start().isDue, true);
  const expired = replaced(decided({}), cookie(ALL, {t: SECONDS + 180 * 86_400}));
  const {consent, start} = visit({browser: expired, now: NOW + 180 * A_DAY});
  assert.deepEqual(consent.effective, merged());
  assert.equal(start().effective.drift, false);
  assert.equal(expired.jar.cookie, '', 'also that of the domain');
  assert.equal(consent.isDue, true);
});

const SHARED = {own: {consentCookieDomain: '.shop.example'}};

test('with a cookie for all subdomains, the newer decision counts', () => {
  for (const [text, youtube] of /** @type {const} */ ([
    [cookie(ALL, {t: SECONDS + 1}), true],
    [cookie(ALL), false],
    [cookie(ALL, {t: SECONDS - 1}), false],
    [plain(ALL), false],
    [cookie(ALL, {t: SECONDS + 61}), false],
  ])) {
    const browser = replaced(decided({drift: true}, SHARED), text);
    const {consent, start} = visit({browser, ...SHARED});
    assert.ok(!consent.effective.youtube, 'only the settings name the domain');
    assert.equal(start().effective.youtube, youtube);
  }
});

test('a newer decision of another subdomain outlives the proof of this one', () => {
  const now = NOW + 180 * A_DAY;
  const newer = cookie({...ALL, youtube: false}, {t: SECONDS + 90 * 86_400, r: 0});
  const browser = replaced(decided({}, SHARED), newer);
  const {consent, start} = visit({browser, now, ...SHARED});
  assert.equal(start().effective.drift, true);
  assert.equal(consent.isDue, false);
  assert.equal(browser.local.read(PROOF), null);
  assert.equal(consent.effective.youtube, false);
});

test('a storage that is full does not keep an earlier refusal against a consent', () => {
  const browser = decided({});
  const {local} = browser;
  const {consent, given, start} = visit({browser: {...browser, local: {...local, write: () => {}}}});
  start().decide(ALL, CIRCUMSTANCES, given);
  assert.equal(consent.effective.drift, true);
  assert.equal(visit({browser}).start().effective.drift, true);
});

test('the prefix __Host- is for pages of https', () => {
  const own = {consentCookieName: '__Host-consent'};
  for (const [protocol, name] of [
    ['https:', '__Host-consent'],
    ['http:', 'consent'],
  ]) {
    const browser = decided({drift: true}, {own, ...(protocol && {protocol})});
    const choices = {analytics: false, drift: true, youtube: false};
    assert.equal(browser.jar.cookie, cookie(choices, {...(name && {name})}));
    assert.equal(visit({browser, own, ...(protocol && {protocol})}).consent.effective.drift, true);
  }
});

test('in a frame whose browser keeps no cookie, the proof stands in, unless it is that of a signal', () => {
  const dumb = {...browsing(), jar: jar('portal.example')};
  Object.defineProperty(dumb.jar, 'cookie', {get: () => '', set() {}});
  const browser = decided({drift: true}, {browser: dumb, isEmbedded: true});
  const effective = {session: true, analytics: false, drift: true, youtube: false};
  const isDue = (/** @type {Parameters<typeof visit>[0]} */ given) => visit({browser, ...given}).start().isDue;

  assert.deepEqual(visit({browser, isEmbedded: true}).start().effective, merged(effective));
  assert.equal(isDue({isEmbedded: true}), false);
  assert.equal(isDue({isEmbedded: true, own: {renewal: 1}}), true);
  assert.equal(isDue({isEmbedded: false}), true, 'only in a frame');
  alterProof(browser, {action: 'Signal'});
  assert.equal(isDue({isEmbedded: true}), true);
});

// --- Several widgets --------------------------------------------------------------------------------------------------

test('two widgets of one origin know nothing of each other', () => {
  const browser = browsing();
  const one = visit({browser, own: {consentCookieName: 'one'}});
  one.start().decide({drift: true}, CIRCUMSTANCES, one.given);
  one.consent.noteClosed();
  const other = visit({browser, own: {consentCookieName: 'other', renewal: 7}});
  other.consent.widgetId = 44;
  assert.deepEqual([other.start().isDue, other.consent.wasClosed], [true, false]);
  other.consent.decide({}, CIRCUMSTANCES, other.given);
  assert.equal(one.consent.wasClosed, true);
  assert.equal(one.consent.effective.drift, true);
  assert.equal(one.consent.isDue, false);
});

test('entries of release 1.0 go to their widget, once', () => {
  const {local} = browsing();
  const older = {widgetId: 43, consentId: CONSENT_ID};
  local.write('dastra-consents', older);
  adopt(local, 44);
  assert.deepEqual(local.read('dastra-consents'), older);
  assert.equal(local.read('dastra-consents:44'), null);
  local.write('dastra-closed', NOW);
  adopt(local, 43);
  assert.deepEqual(local.read(PROOF), older);
  assert.equal(local.read('dastra-closed:43'), NOW);
  for (const key of ['dastra-consents', 'dastra-closed']) assert.equal(local.read(key), null);
  adopt(local, 43);
  assert.deepEqual(local.read(PROOF), older);
  for (const garbled of [7, 'x', [], {}]) {
    local.write('dastra-consents', garbled);
    adopt(local, 43);
    assert.deepEqual(local.read(PROOF), older);
  }
});

test('an unclassified service is no choice, whatever is stored or asked for', () => {
  const groups = settings().groups.concat({
    label: 'Odd',
    purpose: 5,
    services: [{slug: 'odd', name: 'Odd', purpose: 5}],
  });
  const browser = {...browsing(), jar: Object.assign(jar(), {cookie: `${cookie({odd: true, drift: true})}`})};
  const visitor = visit({browser, own: {groups, renewOnNewService: false}});
  const consent = visitor.start();
  assert.equal(Object.hasOwn(consent.effective, 'odd'), false);
  consent.decide(true, CIRCUMSTANCES, visitor.given);
  assert.equal(visitor.jar.cookie, cookie({analytics: true, drift: true, youtube: true}));
  consent.set(consent.servicesOf('Unclassified'), true);
  consent.applyForPageView();
  assert.equal(Object.hasOwn(consent.effective, 'odd'), false);
  assert.equal(consent.allConsents.find(({slug}) => slug === 'odd')?.consent, false);
});
