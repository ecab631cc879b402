import assert from 'node:assert/strict';
import test from 'node:test';
import {Consent} from '../src/consent.js';
import {Rules} from '../src/rules.js';
import {checked} from '../src/settings.js';
import {A_DAY, NOW, SECONDS, jar, place as pageAt, settings, store} from './helpers.js';

/** A shop's services: purpose, and whether it is exempt. */
const SERVICES = {shop: [0], pref: [1], plausible: [2, true], ga: [2], fb: [3], ads: [3]};
const ALL = 'shop pref plausible ga fb ads';
const POLICIES = [
  {id: 'us', regions: ['US'], optOut: [1, 2, 3, 4]},
  {id: 'gb', regions: ['GB'], exempt: true},
  {id: 'ca', regions: ['CA-ON', 'CA-BC'], optOut: [1, 2]},
];
const LABELS = ['Necessary', 'Preference', 'Analytical', 'Marketing'];
const GROUPS = LABELS.map((label, purpose) => ({
  purpose,
  label,
  services: Object.entries(SERVICES)
    .filter(([, [own]]) => own === purpose)
    .map(([slug, [, exempt]]) => ({slug, name: slug, purpose, ...(exempt && {exempt})})),
}));

/** @typedef {{gpc?: boolean, dnt?: boolean}} Signals */

/** The browser of a visitor who travels. */
class Visitor {
  browser = {local: store(), session: store(), jar: jar()};
  /** In days from the first visit. */
  day = 0;
  /** @type {string | null} */
  place = null;
  /** @type {Signals} */
  signals = {};
  own = {};

  /** @param {object} own Settings */
  constructor(own = {}) {
    this.own = {groups: GROUPS, policies: POLICIES, enableGPC: true, ...own};
  }

  /** Open a page. @param {{place?: string | null, signals?: Signals, day?: number, own?: object}} given */
  opens({place = this.place, signals = this.signals, day = this.day, own = {}} = {}) {
    Object.assign(this, {place, signals, day});
    const now = NOW + day * A_DAY;
    const told = {'x-dastra-location': place, date: new Date(now).toUTCString(), read: now};
    const given = /** @type {Settings} */ (checked({...settings({...this.own, ...own}), told}));
    const both = {gpc: false, dnt: false, ...signals};
    const consent = new Consent({
      ...this.browser,
      location: pageAt(),
      isEmbedded: false,
      signals: both,
      now: () => now,
    });
    consent.widgetId = 43;
    const before = Object.keys(consent.effective).filter(slug => consent.effective[slug]);
    consent.use(given, consent.needsRules(given) ? new Rules(given, consent) : undefined);
    this.given = given;
    this.consent = consent;
    this.before = before.join(' ');
    return this;
  }

  get current() {
    return /** @type {Consent} */ (this.consent);
  }

  /** @param {Choices | boolean} choices @param {boolean} [isPart] */
  decides(choices, isPart) {
    const action = choices === true ? 'AcceptAll' : choices === false ? 'RefuseAll' : 'Selection';
    const circumstances = {action: /** @type {Action} */ (action), userId: null, referrer: null};
    const {draft} = this.current;
    const own = typeof choices === 'boolean' || isPart ? choices : {...draft, ...choices};
    this.decision = this.current.decide(own, circumstances, /** @type {Settings} */ (this.given), isPart);
    return this;
  }

  /** Press the button of a placeholder. @param {string} slug */
  answers(slug) {
    return this.decides(this.current.withConsentTo([slug]), true);
  }

  closes() {
    this.current.noteClosed();
    return this;
  }

  /** What runs, and whether the window opens. */
  get released() {
    const {effective} = this.current;
    return Object.keys(SERVICES)
      .filter(slug => effective[slug])
      .join(' ');
  }

  get isAsked() {
    return this.current.isDue && !this.current.wasClosed;
  }

  /** The switches that are on at first. */
  get switches() {
    const {draft} = this.current;
    return Object.keys(SERVICES)
      .filter(slug => slug !== 'shop' && draft[slug])
      .join(' ');
  }

  get cookie() {
    const [, value = ''] = this.browser.jar.cookie.split('=');
    return {...JSON.parse(decodeURIComponent(value)), _: undefined};
  }

  get optedOut() {
    return this.browser.local.read('dastra-optout:43');
  }
}

const GPC = {gpc: true};
const OFF = {gpc: false};

const first = (/** @type {string | null} */ place, signals = {}, own = {}) => new Visitor(own).opens({place, signals});

/** @type {[string, () => Visitor, string, boolean][]} */
const RELEASED = [
  ['first visit, FR', () => first('FR'), 'shop', true],
  ['first visit, BR', () => first('BR'), 'shop', true],
  ['first visit, null', () => first(null), 'shop', true],
  ['first visit,', () => first(''), 'shop', true],
  ['first visit, zz', () => first('zz'), 'shop', true],
  ['first visit, US<', () => first('US<'), 'shop', true],
  ['first visit, US-CA', () => first('US-CA'), ALL, false],
  ['first visit, US-TX', () => first('US-TX'), ALL, false],
  ['first visit, US', () => first('US'), ALL, false],
  ['first visit, GB', () => first('GB'), 'shop plausible', true],
  ['first visit, CA-ON', () => first('CA-ON'), 'shop pref plausible ga', true],
  ['first visit, CA-QC', () => first('CA-QC'), 'shop', true],
  ['first visit, CA', () => first('CA'), 'shop', true],
  ['first visit with GPC, FR', () => first('FR', GPC), 'shop', true],
  ['first visit with GPC, US-CA', () => first('US-CA', GPC), 'shop pref', false],
  ['first visit with GPC, GB', () => first('GB', GPC), 'shop', true],
  ['DNT alone, US', () => first('US', {dnt: true}), 'shop pref', false],
  ['GPC but enableGPC false, US', () => first('US', GPC, {enableGPC: false}), ALL, false],
  ['US: refused all', () => refusedInUs(), 'shop', false],
  ['a new marketing service later: stays off', () => refusedInUs().opens({own: withOneMore()}), 'shop', false],
  ['200 days later: still off (opt-out has no end)', () => refusedInUs().opens({day: 200}), 'shop', false],
  [
    'then in France: asked again (the decision has ended)',
    () => refusedInUs().opens({day: 200}).opens({place: 'FR'}),
    'shop',
    true,
  ],
  ['US: only marketing off', () => onlyMarketingOff(), 'shop pref plausible ga', false],
  [
    'travels to France: what was left on is no consent; asked',
    () => onlyMarketingOff().opens({place: 'FR'}),
    'shop',
    true,
  ],
  ['FR: accepted all', () => acceptedInFr(), ALL, false],
  ['travels to US', () => acceptedInFr().opens({place: 'US'}), ALL, false],
  ['GPC switched on after the consent, FR', () => acceptedInFr().opens({signals: GPC}), 'shop pref', false],
  ['GPC off again: stays off', () => acceptedInFr().opens({signals: GPC}).opens({signals: OFF}), 'shop pref', false],
  [
    'accepted again with GPC on: holds with GPC',
    () => acceptedInFr().opens({signals: GPC}).decides(true).opens(),
    ALL,
    false,
  ],
  ['FR: refused; travels to US: refusal holds', () => first('FR').decides(false).opens({place: 'US'}), 'shop', false],
  ['US: GPC seen once, now off: still off', () => first('US', GPC).opens({signals: OFF}), 'shop pref', false],
  ['GB: objected to statistics', () => first('GB').decides({plausible: false}).opens(), 'shop', false],
  ['FR: X, 25 h later', () => closedInFr().opens({day: 25 / 24}), 'shop', false],
  ['179 d later', () => closedInFr().opens({day: 179}), 'shop', false],
  ['179 d, renewal raised', () => closedInFr().opens({day: 179, own: {renewal: 1}}), 'shop', true],
  ['181 d later', () => closedInFr().opens({day: 181}), 'shop', true],
  ['X in FR, then in GB: another policy asks', () => closedInFr().opens({place: 'GB'}), 'shop plausible', true],
  [
    'askAgainAfterClose 1',
    () =>
      first('FR', {}, {askAgainAfterClose: 1})
        .closes()
        .opens({day: 25 / 24}),
    'shop',
    true,
  ],
  ['FR: consent 181 d old', () => acceptedInFr().opens({day: 181}), 'shop', true],
  ['the same in US: default again', () => acceptedInFr().opens({day: 181, place: 'US'}), ALL, false],
  ['US subdomain: cookie only, fb false', () => onSubdomain(), 'shop pref plausible ga ads', false],
];

const refusedInUs = () => first('US').decides(false).opens();
const acceptedInFr = () => first('FR').decides(true).opens();
const onlyMarketingOff = () => first('US').decides({fb: false, ads: false}).opens();
const closedInFr = () => first('FR').closes();

function withOneMore() {
  const more = {slug: 'more', name: 'more', purpose: 3};
  return {groups: GROUPS.map(group => (group.purpose === 3 ? {...group, services: [...group.services, more]} : group))};
}

function onSubdomain() {
  const visitor = first('US', {}, {consentCookieDomain: 'shop.example'}).decides({fb: false});
  visitor.browser.local = store();
  return visitor.opens();
}

for (const [name, make, released, isAsked] of RELEASED)
  test(`released: ${name}`, () => {
    const visitor = make();
    assert.deepEqual([visitor.released, visitor.isAsked], [released, isAsked]);
  });

test('accepting all where all is on by default is no consent elsewhere', () => {
  const visitor = first('US').decides(true).opens();
  assert.deepEqual([visitor.cookie, visitor.released, visitor.optedOut], [{_: undefined}, ALL, []]);
  assert.equal(visitor.current.hasConsented, true);
  visitor.opens({place: 'FR'});
  assert.deepEqual([visitor.released, visitor.isAsked], ['shop', true]);
});

test('switching off and on again where all is on by default is no consent elsewhere either', () => {
  const visitor = first('US').decides({fb: false}).opens().decides({fb: true}).opens();
  assert.deepEqual([visitor.released, visitor.optedOut], [ALL, []]);
  assert.equal(visitor.opens({place: 'FR'}).released, 'shop');
});

test('a consent of France stays one when the visitor accepts all in the United States', () => {
  const visitor = first('FR').decides(true).opens({place: 'US'}).decides(true).opens({place: 'FR'});
  assert.deepEqual([visitor.released, visitor.isAsked], [ALL, false]);
});

test('an announcement is made until the visitor decides or closes, and not to one who has opted out', () => {
  const announced = {policies: [{...POLICIES[0], announce: true}]};
  const visitor = first('US', {}, announced);
  assert.deepEqual([visitor.released, visitor.isAsked], [ALL, true]);
  assert.equal(visitor.closes().opens().isAsked, false);
  assert.equal(visitor.opens({day: 181}).isAsked, true);
  assert.equal(visitor.decides({fb: false}).opens().isAsked, false);
  assert.equal(visitor.opens({day: 400}).isAsked, false, 'who has opted out is not asked again');
});

test('a place that is part of a policy beside that of its country is strict while the part is unknown', () => {
  const policies = [
    {id: 'us', regions: ['US'], optOut: [1, 2, 3, 4]},
    {id: 'us-ca', regions: ['US-CA']},
  ];
  for (const [place, released] of [
    ['US-CA', 'shop'],
    ['US', 'shop'],
    ['US-TX', ALL],
  ])
    assert.equal(first(place ?? '', {}, {policies}).released, released, place);
});

test('every known place is that of the star', () => {
  const policies = [
    {id: 'us', regions: ['US'], optOut: [3]},
    {id: 'all', regions: ['*'], exempt: true},
  ];
  for (const [place, released] of [
    ['FR', 'shop plausible'],
    ['US', 'shop fb ads'],
    ['', 'shop'],
    ['FRA', 'shop'],
    ['US-CALI', 'shop'],
    ['US-', 'shop'],
  ])
    assert.equal(first(place ?? '', {}, {policies}).released, released, place);
});

test('the order of policies does not matter', () => {
  const us = {id: 'us', regions: ['US'], optOut: [3]};
  const california = {id: 'us-ca', regions: ['US-CA']};
  const all = {id: 'all', regions: ['*'], exempt: true};
  for (const policies of [
    [us, california, all],
    [california, us, all],
    [all, us, california],
    [all, california, us],
  ])
    for (const [place, released] of [
      ['US-TX', 'shop fb ads'],
      ['US-CA', 'shop'],
      ['FR', 'shop plausible'],
    ])
      assert.equal(first(place ?? '', {}, {policies}).released, released, `${place}: ${policies.map(({id}) => id)}`);
});

test('a part of a decision answers for its services alone', () => {
  const visitor = first('CA-ON').answers('fb').opens();
  assert.deepEqual([visitor.released, visitor.isAsked], ['shop pref plausible ga fb', false]);
  assert.deepEqual(visitor.cookie, {fb: true, ads: false, _: undefined});
  const other = first('US', GPC).answers('fb').opens();
  assert.equal(other.released, 'shop pref fb');
  assert.equal(other.opens({signals: OFF}).released, 'shop pref fb');
});

test('an answer for one service gives back nothing else that a signal took away', () => {
  for (const own of [{}, {policies: undefined}]) {
    const visitor = first('FR', {}, own).decides(true).opens({signals: GPC});
    assert.equal(visitor.answers('fb').opens().released, 'shop pref fb');
    assert.equal(visitor.opens({signals: OFF}).released, 'shop pref fb');
  }
});

test('an answer for one service leaves its purpose opted out for those that come later', () => {
  const visitor = refusedInUs().answers('fb').opens();
  assert.equal(visitor.released, 'shop fb');
  assert.equal(visitor.opens({own: withOneMore()}).current.effective.more, false);
});

test('an answer for one service is no answer to what another place asks', () => {
  const visitor = onlyMarketingOff().opens({place: 'FR'}).answers('fb').opens();
  assert.deepEqual([visitor.released, visitor.isAsked], ['shop fb', true]);
});

test('with a signal on, a service that comes later is off, whatever was accepted', () => {
  const visitor = first('US', GPC).decides(true).opens();
  assert.equal(visitor.released, ALL);
  assert.equal(visitor.opens({own: withOneMore()}).current.effective.more, false);
  assert.equal(visitor.opens({signals: OFF}).released, ALL);
  assert.equal(visitor.decides(false).opens().released, 'shop');
});

test('a newer decision in another subdomain counts before what is remembered here', () => {
  const own = {consentCookieDomain: 'shop.example'};
  const visitor = first('FR', {}, own).decides(false).opens({day: 1});
  const {local} = visitor.browser;
  visitor.browser.local = store();
  visitor.opens({signals: GPC}).decides(true);
  visitor.browser.local = local;
  assert.deepEqual([visitor.opens().released, visitor.isAsked], [ALL, false]);
});

test('what was left on is not ticked where the policy asks for it since', () => {
  const visitor = first('US').decides({ads: false}).opens();
  const policies = [{id: 'us', regions: ['US'], optOut: [1, 2]}];
  visitor.opens({own: {policies}});
  assert.deepEqual([visitor.released, visitor.switches], ['shop pref plausible ga', 'pref plausible ga']);
});

test('when the policies are gone, visitors who left all on are asked', () => {
  const visitor = first('US')
    .decides({})
    .opens({own: {policies: undefined}});
  assert.deepEqual([visitor.released, visitor.isAsked], ['shop', true]);
});

test('a signal that was proved is no opt-out of what it does not concern', () => {
  const visitor = first('US', GPC, {proveSignals: true});
  const {law} = visitor.current;
  law?.prove(visitor.current, {action: 'Signal', userId: null, referrer: null});
  assert.equal(visitor.opens({day: 181, signals: OFF}).released, 'shop pref');
});

test('what a page adds to every object is no exemption', t => {
  const added = {exempt: true, optOut: [1, 2, 3, 4], announce: true};
  Object.assign(Object.prototype, added);
  t.after(() => Object.keys(added).forEach(name => Reflect.deleteProperty(Object.prototype, name)));
  assert.deepEqual([first('GB').released, first('FR').released], ['shop plausible', 'shop']);
});

test('only what is refused is stored where all is on by default', () => {
  const visitor = onlyMarketingOff();
  assert.deepEqual(visitor.cookie, {fb: false, ads: false, _: undefined});
  assert.deepEqual(visitor.optedOut, [3, 'fb', 'ads', {t: SECONDS}]);
});

/** @type {[string, () => Visitor, string][]} */
const SWITCHES = [
  ['FR first', () => first('FR'), ''],
  ['US first', () => first('US'), 'pref plausible ga fb ads'],
  ['US first, GPC', () => first('US', GPC), 'pref'],
  ['GB first', () => first('GB'), 'plausible'],
  ['US after marketing off', () => onlyMarketingOff(), 'pref plausible ga'],
  ['the same in FR: nothing pre-ticked', () => onlyMarketingOff().opens({place: 'FR'}), ''],
  ['FR accepted, then GPC on', () => acceptedInFr().opens({signals: GPC}), 'pref'],
  ['and 181 d later, GPC off', () => acceptedInFr().opens({signals: GPC}).opens({signals: OFF, day: 181}), 'pref'],
  [
    'FR selection, 181 d later: what once held',
    () => first('FR').decides({plausible: true}).opens({day: 181}),
    'plausible',
  ],
];

for (const [name, make, switches] of SWITCHES)
  test(`switches on: ${name}`, () => assert.equal(make().switches, switches));

/** @type {[string, () => Visitor, string][]} */
const BEFORE = [
  ['FR accepted', () => acceptedInFr().opens(), 'pref plausible ga fb ads'],
  ['GPC new', () => acceptedInFr().opens({signals: GPC}), ''],
  ['GPC was on, is off', () => acceptedInFr().opens({signals: GPC}).opens({signals: OFF}), 'pref'],
  ['nothing stored, US', () => first('US'), ''],
];

for (const [name, make, before] of BEFORE)
  test(`before the settings: ${name}`, () => assert.equal(make().before, before));
