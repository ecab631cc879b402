import assert from 'node:assert/strict';
import test from 'node:test';
import {Outbox, exclusively} from '../src/outbox.js';
import {uuid} from '../src/storage.js';
import {A_DAY, CONSENT_ID, NOW, store} from './helpers.js';

const TO = '43?key=demo-public-key-43';

/** @param {string | null} [consentId] @returns {any} */
const decision = (consentId = null) => ({id: uuid(), consentId, userId: null, type: 'Consents', referrer: null});

/** One that holds what the service does not need. */
const detailed = () => ({...decision(), userId: 'Y3JtLTQy', referrer: 'https://shop.example/basket'});

/** @param {number} status @param {unknown} [body] @param {Record<string, string>} [headers] */
const answer = (status, body = {consentId: CONSENT_ID}, headers = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), {status, headers});

/**
 * An outbox whose service answers in turn with these, and with 201 from then on. Time stands still until it is moved.
 * @param {{answers?: (Response | Error)[], local?: Store, exclusively?: any, own?: string}} [options]
 */
function posting({answers = [], local = store(), exclusively = (/** @type {any} */ work) => work(), own = TO} = {}) {
  const seen = {
    /** @type {{url: string, body: any}[]} */ posts: [],
    /** @type {{work: () => void, wait: number}[]} */ appointments: [],
    now: NOW,
    local,
    waiting: () => local.read('dastra-outbox'),
    settled: () => new Promise(resolve => setImmediate(resolve)),
  };
  const dependencies = {
    local,
    host: 'https://consent.example',
    async post(/** @type {string} */ url, /** @type {any} */ body) {
      seen.posts.push({url, body: structuredClone(body)});
      if (seen.posts.length > 99) await new Promise(() => {}); // a storm of posts fails its test, and lets it end
      const next = answers.shift() ?? answer(201);
      if (next instanceof Error) throw next;
      return next;
    },
    exclusively,
    now: () => seen.now,
    chance: () => 0.5,
    device: () => 3,
    later: (/** @type {() => void} */ work, /** @type {number} */ wait) => seen.appointments.push({work, wait}),
  };
  return {outbox: new Outbox(dependencies, own), seen};
}

/** @param {Outbox} outbox @param {string} to @param {any} decision */
function send(outbox, to, decision) {
  outbox.add(to, decision);
  return outbox.flush();
}

test('a decision is posted and forgotten when it is answered', async () => {
  for (const status of [200, 201, 202]) {
    const {outbox, seen} = posting({answers: [answer(status, status === 202 ? '' : undefined)]});
    const sent = decision();
    send(outbox, TO, sent);
    await seen.settled();
    assert.deepEqual(seen.posts, [
      {url: `https://consent.example/v1/client/collect/${TO}`, body: {...sent, typeDevice: 3}},
    ]);
    assert.equal(seen.waiting(), null);
  }
});

test('it is kept before it is posted', () => {
  const {outbox, seen} = posting({exclusively: () => new Promise(() => {})});
  send(outbox, TO, decision());
  assert.equal(/** @type {any[]} */ (seen.waiting()).length, 1);
  assert.equal(seen.posts.length, 0);
});

test('decisions go in order, one at a time, and the next one carries the consentId of the answer', async () => {
  const {outbox, seen} = posting();
  seen.local.write('dastra-consents:43', {widgetId: 43, consentId: null});
  const [first, second] = [decision(), decision()];
  send(outbox, TO, first);
  send(outbox, TO, second);
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => [body.id, body.consentId]),
    [
      [first.id, null],
      [second.id, CONSENT_ID],
    ],
  );
  assert.deepEqual(seen.local.read('dastra-consents:43'), {widgetId: 43, consentId: CONSENT_ID});
});

test('a decision whose answer was never read to its end is kept: the page went meanwhile', async () => {
  const {outbox, seen} = posting({answers: [new Response(new ReadableStream(), {status: 201})]});
  const sent = decision();
  send(outbox, TO, sent);
  await seen.settled();

  const [kept] = /** @type {any} */ (seen.waiting());
  assert.equal(kept.decision.id, sent.id);
});

test("another widget's consentId is not taken, nor given", async () => {
  const {outbox, seen} = posting();
  seen.local.write('dastra-consents:43', {widgetId: 44, consentId: '11111111-2243-4598-97c5-ba3cfb35a138'});
  send(outbox, TO, decision());
  await seen.settled();
  assert.equal(seen.posts[0]?.body.consentId, null);
  assert.deepEqual(seen.local.read('dastra-consents:43'), {
    widgetId: 44,
    consentId: '11111111-2243-4598-97c5-ba3cfb35a138',
  });
});

test('a decision whose answer was lost is repeated to the letter', async () => {
  const {outbox, seen} = posting({answers: [new Error('network')]});
  send(outbox, TO, decision());
  await seen.settled();
  seen.local.write('dastra-consents:43', {widgetId: 43, consentId: CONSENT_ID}); // learnt elsewhere in between
  await outbox.flush();
  assert.equal(seen.posts.length, 2);
  assert.deepEqual(seen.posts[0], seen.posts[1]);
});

test('no network, refusals for now and 5xx keep it, and it is tried again', async () => {
  for (const failure of [
    new TypeError('Failed to fetch'),
    ...[401, 403, 404, 407, 408, 425, 429, 500, 502, 503, 504].map(status => answer(status)),
  ]) {
    const {outbox, seen} = posting({answers: [failure]});
    send(outbox, TO, decision());
    await seen.settled();
    assert.equal(/** @type {any[]} */ (seen.waiting()).length, 1);
    assert.equal(seen.appointments.length, 1);
    seen.appointments[0]?.work();
    await seen.settled();
    assert.equal(seen.posts.length, 2);
    assert.equal(seen.waiting(), null);
  }
});

/** What may answer in the service's place: an offline page, a hotspot, a proxy, a cache. */
const NOT_THE_SERVICE = [
  answer(200, '<!doctype html><title>You are offline</title>'),
  answer(200, 'Welcome to our hotspot'),
  answer(200, ''),
  answer(201, 'null'),
  answer(201, '{"status":"ok"}'),
  answer(200, '{"consentId":7}'),
  answer(201, '{"consentId":"x"}'),
  answer(200, `"${CONSENT_ID}"`),
  answer(203),
  new Response(null, {status: 204}),
  Response.redirect('https://hotspot.example/', 302),
  Response.error(),
  answer(511, '<html>'),
];

test('only an answer of the service delivers it', async () => {
  for (const other of NOT_THE_SERVICE) {
    const {outbox, seen} = posting({answers: [other]});
    seen.local.write('dastra-consents:43', {widgetId: 43, consentId: null});
    send(outbox, TO, detailed());
    await seen.settled();
    assert.equal(/** @type {any[]} */ (seen.waiting()).length, 1, String(other.status));
    assert.deepEqual(seen.local.read('dastra-consents:43'), {widgetId: 43, consentId: null});
    seen.appointments[0]?.work();
    await seen.settled();
    assert.deepEqual(seen.posts[0], seen.posts[1]);
    assert.equal(seen.waiting(), null);
  }
});

test('a refused decision is sent once more, without what is optional', async () => {
  for (const status of [400, 409, 413, 415, 422]) {
    const {outbox, seen} = posting({answers: [answer(status)]});
    const sent = detailed();
    send(outbox, TO, sent);
    await seen.settled();
    assert.deepEqual(
      seen.posts.map(({body}) => body),
      [
        {...sent, typeDevice: 3, userId: 'Y3JtLTQy', referrer: 'https://shop.example/basket'},
        {...sent, typeDevice: 3, userId: null, referrer: null},
      ],
    );
    assert.equal(seen.waiting(), null);
    assert.equal(seen.appointments.length, 0);
  }
});

test('one that is refused for good is set aside with the reason, and the next one goes', async t => {
  const warn = t.mock.method(console, 'warn', () => {});
  for (const [body, reason] of [
    ['{"title":"Too large"}', '413 Too large'],
    ['<html>', '413 '],
    [JSON.stringify({title: 'x'.repeat(1000)}), `413 ${'x'.repeat(196)}`],
  ]) {
    const {outbox, seen} = posting({answers: [answer(413, body), answer(413, body)]});
    const [first, second] = [detailed(), decision()];
    send(outbox, TO, first);
    send(outbox, TO, second);
    await seen.settled();
    assert.deepEqual(
      seen.posts.map(({body}) => body.id),
      [first.id, first.id, second.id],
    );
    const [kept, ...others] = /** @type {any[]} */ (seen.waiting());
    assert.deepEqual(others, []);
    assert.deepEqual([kept.to, kept.refused], [TO, reason]);
    assert.deepEqual(kept.decision, {...first, typeDevice: 3, userId: null, referrer: null});
    await outbox.flush();
    await posting({local: seen.local}).outbox.flush();
    assert.equal(seen.posts.length, 3);
    assert.equal(warn.mock.calls.at(-1)?.arguments[0], `[dastra] Decision set aside: ${reason}`);
  }
  assert.equal(warn.mock.callCount(), 3);
});

/** One of an earlier page. */
const STALE = {to: TO, time: NOW - 1, isSent: false, after: 0, decision: detailed()};

/** What a page may do to a storage after the start. @type {Record<string, (storage: Store) => Partial<Store>>} */
const BROKEN_STORAGES = {
  'removes nothing': () => ({remove() {}}),
  'keeps nothing new': () => ({write() {}}),
  'neither of both': () => ({write() {}, remove() {}}),
  'has one text': storage => ({read: key => structuredClone(key === 'dastra-outbox' ? [STALE] : storage.read(key))}),
};

test('whatever becomes of the storage, what is answered or refused for good is not sent again', async t => {
  t.mock.method(console, 'warn', () => {});
  for (const [name, broken] of Object.entries(BROKEN_STORAGES))
    for (const [status, times] of [
      [201, 1],
      [422, 2], // once more without what is optional
    ]) {
      const local = store();
      local.write('dastra-outbox', [STALE]);
      const answers = Array.from({length: Number(times)}, () => answer(Number(status)));
      const {outbox, seen} = posting({local: {...local, ...broken(local)}, answers});
      const next = decision();
      send(outbox, TO, next);
      await seen.settled();
      await outbox.flush();
      await outbox.flush();
      assert.deepEqual(
        seen.posts.map(({body}) => body.id),
        [...Array.from({length: Number(times)}, () => STALE.decision.id), next.id],
        `${name}: ${status}`,
      );
    }
});

/** Names of an entry, a decision and an answer. */
const MEMBERS = [
  'refused',
  'isSent',
  'after',
  'to',
  'time',
  'id',
  'consentId',
  'userId',
  'typeDevice',
  'title',
  'ignored',
];

test('what a page adds to all objects is no member of an entry, nor of an answer', async t => {
  const warn = t.mock.method(console, 'warn', () => {});
  const all = /** @type {any} */ (Object.prototype);
  for (const name of MEMBERS)
    for (const value of [true, 9e15, CONSENT_ID, () => {}]) {
      const local = store();
      const [stored, ...others] = [STALE.decision, decision(), decision()].map(each => ({...each}));
      local.write('dastra-outbox', [{...STALE, decision: stored}]);
      const {outbox, seen} = posting({local, answers: [answer(503), answer(201, {}), answer(201)]});
      try {
        all[name] = value;
        for (const each of others) send(outbox, TO, each);
        await seen.settled();
        await outbox.flush();
        await outbox.flush();
      } finally {
        delete all[name];
      }
      const ids = [stored, stored, stored, ...others].map(each => each.id);
      assert.deepEqual(
        seen.posts.map(({body}) => [body.id, body.typeDevice]),
        ids.map(id => [id, 3]),
        `${name}: ${value}`,
      );
      assert.equal(seen.waiting(), null);
    }
  assert.equal(warn.mock.callCount(), 0);
});

test('beyond twenty those set aside go first', async t => {
  t.mock.method(console, 'warn', () => {});
  const {outbox, seen} = posting({answers: Array.from({length: 25}, () => answer(422))});
  for (let count = 0; count < 25; count++) send(outbox, TO, decision());
  await seen.settled();
  const stored = () => /** @type {any[]} */ (seen.waiting()).map(({refused}) => refused);
  assert.deepEqual(
    stored(),
    Array.from({length: 20}, () => '422 '),
  );

  const offline = posting({local: seen.local, answers: [answer(503)]});
  const waiting = decision();
  send(offline.outbox, TO, waiting);
  await offline.seen.settled();
  assert.deepEqual(stored(), [...Array.from({length: 19}, () => '422 '), undefined]);
  await offline.outbox.flush();
  assert.equal(offline.seen.posts.at(-1)?.body.id, waiting.id);
});

test('what the service has left out is named', async t => {
  const warn = t.mock.method(console, 'warn', () => {});
  const {outbox, seen} = posting({answers: [answer(201, {consentId: CONSENT_ID, ignored: ['userId']})]});
  send(outbox, TO, detailed());
  await seen.settled();
  assert.equal(seen.waiting(), null);
  assert.deepEqual(
    warn.mock.calls.map(({arguments: [text]}) => text),
    ['[dastra] Not stored: userId'],
  );
});

test("a widget's decisions keep their order, and do not wait for another widget's", async () => {
  const {outbox, seen} = posting({answers: [answer(404), answer(201)]});
  const other = '44?key=demo-public-key-44';
  const [consent, withdrawal, elsewhere] = [decision(), decision(), decision()];
  send(outbox, TO, consent);
  send(outbox, TO, withdrawal);
  send(outbox, other, elsewhere);
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [consent.id, elsewhere.id],
  );
  seen.appointments.at(-1)?.work();
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [consent.id, elsewhere.id, consent.id, withdrawal.id],
  );
});

test('a key that is gone does not hold up decisions under the newer one', async () => {
  const {outbox, seen} = posting({answers: [answer(404)]});
  send(outbox, TO, decision());
  send(outbox, '43?key=a-newer-key-43', decision());
  await seen.settled();
  assert.equal(seen.posts.length, 2);
  const next = posting({local: seen.local, own: '43?key=a-newer-key-43'});
  await next.outbox.flush();
  assert.deepEqual(
    next.seen.posts.map(({url}) => url.split('/').at(-1)),
    ['43?key=a-newer-key-43'],
  );
});

test('the next try is at the earliest time of any widget', async () => {
  const {outbox, seen} = posting({
    answers: [answer(503, '', {'Retry-After': '60'}), answer(503, '', {'Retry-After': '20'})],
  });
  send(outbox, TO, decision());
  send(outbox, '44?key=demo-public-key-44', decision());
  await seen.settled();
  assert.deepEqual(
    seen.appointments.map(({wait}) => wait),
    [20_000],
  );
});

test('a clock that is set back does not change the order', async () => {
  const {outbox, seen} = posting({answers: [answer(503)]});
  const [consent, withdrawal] = [decision(), decision()];
  send(outbox, TO, consent);
  await seen.settled();
  seen.now -= A_DAY;
  send(outbox, TO, withdrawal);
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [consent.id, consent.id, withdrawal.id],
  );
});

test('the wait doubles with each failure, with jitter, and ends at minutes', async () => {
  const {outbox, seen} = posting({answers: Array.from({length: 12}, () => answer(500))});
  send(outbox, TO, decision());
  await seen.settled();
  for (let round = 0; round < 11; round++) {
    seen.appointments.at(-1)?.work();
    await seen.settled();
  }
  const waits = seen.appointments.map(({wait}) => wait / 1500);
  assert.deepEqual(waits, [2, 4, 8, 16, 32, 64, 128, 256, 256, 256, 256, 256]);
});

test("the service's own Retry-After is honoured, also by the next page view", async () => {
  const {outbox, seen} = posting({answers: [answer(503, '', {'Retry-After': '60'})]});
  send(outbox, TO, decision());
  await seen.settled();
  assert.equal(seen.appointments[0]?.wait, 60_000);

  const next = posting({local: seen.local});
  next.seen.now += 10_000;
  await next.outbox.flush();
  assert.equal(next.seen.posts.length, 0);
  assert.equal(next.seen.appointments[0]?.wait, 50_000);

  next.seen.now += 50_000;
  await next.outbox.flush();
  assert.equal(next.seen.posts.length, 1);
});

test('a Retry-After that is too long or unreadable does not stop it for good', async () => {
  for (const [header, wait] of /** @type {[string, number][]} */ ([
    ['999999999', 3_600_000],
    ['soon', 3000],
    ['-5', 3000],
  ])) {
    const {outbox, seen} = posting({answers: [answer(503, '', {'Retry-After': header})]});
    send(outbox, TO, decision());
    await seen.settled();
    assert.equal(seen.appointments[0]?.wait, wait, header);
  }
});

test('beyond twenty the oldest go', async t => {
  const warn = t.mock.method(console, 'warn', () => {});
  const {outbox, seen} = posting({exclusively: () => new Promise(() => {})});
  const all = Array.from({length: 22}, () => decision());
  for (const each of all) send(outbox, TO, each);
  const kept = /** @type {any[]} */ (seen.waiting()).map(entry => entry.decision.id);
  assert.deepEqual(
    kept,
    all.slice(2).map(({id}) => id),
  );
  assert.equal(warn.mock.callCount(), 2);
});

test('what is garbled, or older than any proof, is not sent', async () => {
  const {outbox, seen} = posting();
  const good = {to: TO, time: NOW, isSent: false, after: 0, decision: decision()};
  seen.local.write('dastra-outbox', [
    null,
    'x',
    {},
    {...good, to: '43?key=a&x=1/../../evil'},
    {...good, to: 'https://evil.example/'},
    {...good, decision: {id: 'x'}},
    {...good, decision: null},
    {...good, time: NOW - 180 * A_DAY},
    good,
  ]);
  await outbox.flush();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [good.decision.id],
  );
  seen.local.write('dastra-outbox', {length: 1});
  await outbox.flush();
  assert.equal(seen.posts.length, 1);
});

test('what is added while another is on its way goes next', async () => {
  const {outbox, seen} = posting();
  const [first, second] = [decision(), decision()];
  send(outbox, TO, first);
  outbox.flush();
  await Promise.resolve();
  send(outbox, TO, second);
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [first.id, second.id],
  );
});

test('what another tab adds during a request is not lost', async () => {
  const local = store();
  const other = {to: TO, time: NOW, isSent: false, after: 0, decision: decision()};
  const {outbox, seen} = posting({local});
  const first = decision();
  send(outbox, TO, first);
  local.write('dastra-outbox', [.../** @type {any[]} */ (local.read('dastra-outbox')), other]);
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [first.id, other.decision.id],
  );
});

test('what two tabs that wrote at once have lost is written back, and sent', async () => {
  const {outbox, seen} = posting();
  const [lost, next] = [decision(), decision()];
  send(outbox, TO, lost);
  seen.local.remove('dastra-outbox');
  send(outbox, TO, next);
  assert.deepEqual(
    /** @type {any[]} */ (seen.waiting()).map(entry => entry.decision.id),
    [lost.id, next.id],
  );
  await seen.settled();
  assert.deepEqual(
    seen.posts.map(({body}) => body.id),
    [lost.id, next.id],
  );
  assert.equal(seen.waiting(), null);
});

test('what another tab has sent is not sent again', async () => {
  const {outbox, seen} = posting({answers: [answer(503)]});
  send(outbox, TO, decision());
  await seen.settled();
  const entries = /** @type {any[]} */ (seen.waiting());
  seen.local.write(
    'dastra-outbox',
    entries.map(entry => ({...entry, isSent: true})),
  );
  outbox.acknowledge();
  seen.local.remove('dastra-outbox');
  await outbox.flush();
  assert.equal(seen.posts.length, 1);
});

test('a failure of the browser is tried again later', async () => {
  const {outbox, seen} = posting({exclusively: () => Promise.reject(new Error('x'))});
  send(outbox, TO, decision());
  await seen.settled();
  assert.equal(seen.posts.length, 0);
  assert.equal(seen.appointments.length, 1);
});

/** @param {import('node:test').TestContext} t @param {any} locks */
function locked(t, locks) {
  const page = /** @type {any} */ (globalThis);
  const {navigator} = page;
  Object.defineProperty(page, 'navigator', {value: {locks}, configurable: true});
  t.after(() => Object.defineProperty(page, 'navigator', {value: navigator, configurable: true}));
}

test('the work is done once: under the lock, or without one that does not come in time', async t => {
  const stolen = (/** @type {() => Promise<unknown>} */ work) => Promise.race([work(), Promise.reject(new Error('x'))]);
  const never = new Promise(() => {});
  /** @type {[any, string[]][]} */
  const table = [
    [{request: async (/** @type {any} */ _, /** @type {any} */ work) => work()}, ['work', 'late']],
    [undefined, ['work', 'late']],
    [{request: () => Promise.reject(new DOMException('x', 'SecurityError'))}, ['work', 'late']],
    [{request: (/** @type {any} */ _, /** @type {any} */ work) => stolen(work)}, ['work', 'late']],
    [{request: () => {}}, ['work', 'late']], // a page has replaced it
    [{request: () => never}, ['late', 'work']], // held for ever
    [{request: (/** @type {any} */ _, /** @type {any} */ work) => pause(3000).then(work)}, ['late', 'work']],
  ];
  t.mock.timers.enable({apis: ['setTimeout']});
  const pause = (/** @type {number} */ wait) => new Promise(resolve => setTimeout(resolve, wait));
  for (const [locks, order] of table) {
    /** @type {string[]} */
    const seen = [];
    locked(t, locks);
    const done = exclusively(async () => seen.push('work'));
    for (const wait of [1999, 1, 1000]) {
      await new Promise(setImmediate);
      if (wait === 1) seen.push('late');
      t.mock.timers.tick(wait);
    }
    assert.equal(await done, order.indexOf('work') + 1);
    assert.deepEqual(seen, order);
  }
});
