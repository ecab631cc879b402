import assert from 'node:assert/strict';
import test from 'node:test';
import {Delivery} from '../src/delivery.js';
import {Outbox} from '../src/outbox.js';
import {uuid} from '../src/storage.js';
import {CONSENT_ID, NOW, store} from './helpers.js';

const TO = '43?key=demo-public-key-43';

/** @returns {any} */
const decision = () => ({id: uuid(), consentId: null, userId: null, type: 'Consents', referrer: null});

/** A delivery whose second file comes when it is told to, or ends without it. */
function delivering({local = store(), now = NOW} = {}) {
  /** @type {any[]} */
  const posts = [];
  /** @type {((details: any) => void)[]} */
  const asked = [];
  /** @type {any} */
  let loaded = null;
  const service = {
    local,
    host: 'https://consent.example',
    now: () => now,
  };
  const post = async (/** @type {string} */ url, /** @type {any} */ body) => {
    posts.push({url, body: structuredClone(body)});
    return new Response(JSON.stringify({consentId: CONSENT_ID}), {status: 201});
  };
  const run = {
    post,
    device: () => 2,
    exclusively: (/** @type {any} */ work) => work(),
    chance: () => 0,
    later: () => {},
  };
  const outboxOf = (/** @type {any} */ given, /** @type {string} */ own, /** @type {any} */ entries) =>
    new Outbox({...run, ...given}, own, entries);
  const file = [0, 0, 0, outboxOf];
  const end = async (/** @type {any} */ details) => {
    loaded = details;
    for (const done of asked.splice(0)) done(details);
    await new Promise(resolve => setImmediate(resolve));
  };
  const delivery = new Delivery(service, done => (loaded ? done?.(loaded) : done && asked.push(done)));
  return {
    delivery,
    posts,
    asked,
    loads: () => end(file),
    fails: () => end(null),
    stored: () => local.read('dastra-outbox'),
  };
}

test('what all objects inherit sets no decision aside', t => {
  Object.assign(Object.prototype, {refused: true});
  t.after(() => Reflect.deleteProperty(Object.prototype, 'refused'));
  const {delivery, asked} = delivering();
  delivery.add(TO, decision());
  delivery.flush(TO);
  assert.equal(asked.length, 1);
});

test('a decision is stored at once, and sent when the second file is there', async () => {
  const {delivery, posts, loads, stored} = delivering();
  const [consent, withdrawal] = [decision(), decision()];
  let sent = 0;
  for (const each of [consent, withdrawal]) {
    delivery.add(TO, each);
    delivery.flush(TO).then(() => sent++);
  }
  const ids = (/** @type {any} */ list) => list.map((/** @type {any} */ {decision, body}) => (decision ?? body).id);
  assert.deepEqual(ids(stored()), [consent.id, withdrawal.id]);
  assert.deepEqual(posts, []);
  await loads();
  assert.deepEqual(ids(posts), [consent.id, withdrawal.id]);
  assert.deepEqual([stored(), sent], [null, 2]);
});

test('without the second file a decision stays until it is there', async () => {
  const local = store();
  const first = delivering({local});
  const [consent, withdrawal] = [decision(), decision()];
  for (const each of [consent, withdrawal]) {
    first.delivery.add(TO, each);
    first.delivery.flush(TO);
    await first.fails();
  }
  assert.deepEqual(first.posts, []);
  const next = delivering({local});
  next.delivery.flush(TO);
  await next.loads();
  assert.deepEqual(
    next.posts.map(({body}) => body.id),
    [consent.id, withdrawal.id],
  );
  assert.equal(next.stored(), null);
});

test('with nothing to send, the second file is not asked for', async () => {
  const local = store();
  local.write('dastra-outbox', [{to: TO, time: NOW, isSent: true, after: 0, decision: decision(), refused: '413 '}]);
  const {delivery, asked} = delivering({local});
  await delivery.flush(TO);
  delivery.acknowledge();
  assert.deepEqual(asked, []);
});

test('a clock that is set back does not change the order, and what is not an entry costs no decision', async () => {
  const local = store();
  local.write('dastra-outbox', [7, {time: 'never'}]);
  const first = delivering({local});
  const [consent, withdrawal] = [decision(), decision()];
  first.delivery.add(TO, consent);
  const next = delivering({local, now: NOW - 60_000});
  next.delivery.add(TO, withdrawal);
  next.delivery.flush(TO);
  await next.loads();
  assert.deepEqual(
    next.posts.map(({body}) => body.id),
    [consent.id, withdrawal.id],
  );
});

test('a decision that is set aside does not ask for the second file', async () => {
  const local = store();
  local.write('dastra-outbox', [{to: TO, time: NOW, isSent: true, after: 0, decision: decision(), refused: '422 '}]);
  const {delivery, asked, posts} = delivering({local});
  await delivery.flush(TO);
  assert.deepEqual([asked, posts], [[], []]);
});

test('a decision that the storage does not keep is sent all the same', async () => {
  const {delivery, posts, loads} = delivering({local: {...store(), write() {}}});
  const [consent, withdrawal] = [decision(), decision()];
  delivery.add(TO, consent);
  delivery.flush(TO);
  await loads();
  delivery.add(TO, withdrawal);
  await delivery.flush(TO);
  assert.deepEqual(
    posts.map(({body}) => body.id),
    [consent.id, withdrawal.id],
  );
});
