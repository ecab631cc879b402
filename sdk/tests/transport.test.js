import assert from 'node:assert/strict';
import test from 'node:test';
import {post} from '../src/post.js';
import {answerTo, get} from '../src/transport.js';

/** What fetch is asked for, and gives. @param {import('node:test').TestContext} t @param {() => Promise<Response>} answer */
function fetching(t, answer) {
  /** The options as they are at the call. @type {{url: any, options: RequestInit}[]} */
  const calls = [];
  t.mock.method(globalThis, 'fetch', (/** @type {any} */ url, /** @type {RequestInit} */ options) => {
    calls.push({url, options: {...options}});
    return answer();
  });
  return () => calls;
}

test('an answer is its status, what it says and what its headers tell', async () => {
  const before = Date.now();
  const headers = {'X-Dastra-Location': 'FR', Age: '3'};
  const {status, body, told} = await answerTo(Promise.resolve(Response.json({proofs: []}, {headers})));
  assert.deepEqual({status, body}, {status: 200, body: {proofs: []}});
  const {read, ...others} = /** @type {Json} */ (told);
  assert.deepEqual(others, {'content-type': 'application/json', 'x-dastra-location': 'FR', age: '3'});
  assert.ok(Number(read) >= before && Number(read) <= Date.now());
});

test('a refusal has its status, and the words of the service if it has some', async () => {
  for (const status of [400, 403, 404, 429, 503]) {
    const detail = {detail: 'No.'};
    const told = async (/** @type {Response} */ response) => ({
      ...(await answerTo(Promise.resolve(response))),
      told: null,
    });
    assert.deepEqual(await told(Response.json(detail, {status})), {status, body: detail, told: null});
    assert.deepEqual(await told(new Response('<html>', {status})), {status, body: null, told: null});
  }
});

test('no network, no time left and no JSON are no answer', async () => {
  for (const asked of [
    Promise.reject(new TypeError('Failed to fetch')),
    Promise.reject(new DOMException('', 'TimeoutError')),
    Promise.resolve(new Response('<html>')),
    Promise.resolve(new Response('')),
  ]) {
    const {status, body} = await answerTo(asked);
    assert.deepEqual({status, body}, {status: 0, body: null});
  }
});

test('nothing carries credentials to another origin, all ends, and a post needs no preflight and survives the page', async t => {
  const asked = fetching(t, async () => new Response());
  await get('https://consent.example/settings');
  await post('https://consent.example/history', {consentId: 'x'});
  const [got, posted] = asked();
  assert.equal(got?.options?.credentials, 'same-origin'); // as a preload with `crossorigin`
  for (const each of [got, posted]) assert.ok(each?.options?.signal instanceof AbortSignal);
  assert.deepEqual(got?.options?.headers, undefined);
  assert.deepEqual(
    {url: posted?.url, ...posted?.options, signal: null},
    {
      url: 'https://consent.example/history',
      credentials: 'omit',
      signal: null,
      method: 'POST',
      keepalive: true,
      headers: {'Content-Type': 'text/plain;charset=UTF-8'},
      body: '{"consentId":"x"}',
    },
  );
});

test('a post that may not survive the page is sent all the same, within the same time', async t => {
  const answers = [Promise.reject(new TypeError('Failed to fetch')), Promise.resolve(new Response('sent'))];
  const asked = fetching(t, () => /** @type {Promise<Response>} */ (answers.shift()));
  const answer = await post('https://consent.example/collect', {});
  const [first, second] = asked();
  assert.equal(await answer.text(), 'sent');
  assert.deepEqual({...first?.options, keepalive: undefined}, {...second?.options, keepalive: undefined});
  assert.deepEqual([first?.options?.keepalive, second?.options?.keepalive], [true, false]);
});
