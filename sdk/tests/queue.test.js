import assert from 'node:assert/strict';
import test from 'node:test';
import {isHeard, listen, prepared} from '../src/queue.js';

/** @param {any} page */
function hearing(page) {
  /** @type {unknown[]} */
  const heard = [];
  listen(prepared(page, '1.2.3'), {
    set: (...values) => heard.push(['set', ...values]),
    load: (...values) => heard.push(['load', ...values]),
    openCookieConsent: () => heard.push(['open']),
    fail() {
      throw new Error('mine');
    },
  });
  return heard;
}

test('what was pushed before is run in order, what is pushed later at once', () => {
  const page = {
    dastra: [
      ['set', 'a', 1],
      ['load', {widgetId: 43}],
    ],
  };
  const heard = hearing(page);
  page.dastra.push(['set', 'b', 2], ['set', 'c', 3]);
  assert.deepEqual(heard, [
    ['set', 'a', 1],
    ['load', {widgetId: 43}],
    ['set', 'b', 2],
    ['set', 'c', 3],
  ]);
});

test('a command may be the arguments of a function, as in tag managers', () => {
  /** @type {any} */
  const page = {dastra: []};
  /** @type {(...command: any[]) => void} */
  const dastra = function () {
    page.dastra.push(arguments);
  };
  dastra('set', 'a', 1);
  const heard = hearing(page);
  dastra('load', {widgetId: 43});
  assert.deepEqual(heard, [
    ['set', 'a', 1],
    ['load', {widgetId: 43}],
  ]);
});

test('the array stays the same, for pages that keep a reference', () => {
  const queue = [['set', 'a']];
  const page = {dastra: queue};
  const heard = hearing(page);
  queue.push(['set', 'b']);
  assert.equal(page.dastra, queue);
  assert.equal(queue.length, 0);
  assert.deepEqual(heard, [
    ['set', 'a'],
    ['set', 'b'],
  ]);
});

test('what a command pushes comes after what was there', () => {
  /** @type {any} */
  const page = {};
  page.dastra = [() => page.dastra.push(['set', 'last']), ['set', 'first']];
  assert.deepEqual(hearing(page), [
    ['set', 'first'],
    ['set', 'last'],
  ]);
});

test('a page without a queue gets one, and what is no array is replaced', () => {
  for (const dastra of [undefined, null, 'x', {nodeType: 1}]) {
    /** @type {any} */
    const page = {dastra};
    const heard = hearing(page);
    page.dastra.push(['set', 'a']);
    assert.deepEqual(heard, [['set', 'a']]);
  }
});

test('the queue states the version, to the commands before it too', () => {
  /** @type {any} */
  const page = {};
  /** @type {string[]} */
  const seen = [];
  page.dastra = [() => seen.push(page.dastra.version)];
  hearing(page);
  assert.equal(page.dastra.version, '1.2.3');
  assert.deepEqual(seen, ['1.2.3']);
});

test('the window may be opened before and after the commands are heard', () => {
  /** @type {any} */
  const page = {};
  const queue = prepared(page, '1.2.3');
  page.dastra.openCookieConsent();
  assert.deepEqual(queue, Object.assign([['openCookieConsent']], {...queue}));
  const heard = hearing(page);
  page.dastra.openCookieConsent();
  assert.deepEqual(heard, [['open'], ['open']]);
});

test('a bad command is a warning and stops nothing', t => {
  const warn = t.mock.method(console, 'warn', () => {});
  const error = t.mock.method(console, 'error', () => {});
  const hostile = {
    toString() {
      throw new Error('hostile');
    },
  };
  const heard = hearing({
    dastra: [
      null,
      7,
      'set',
      [],
      ['nonsense'],
      ['constructor'],
      [hostile],
      ['fail'],
      () => {
        throw new Error('page');
      },
      ['set', 'a'],
    ],
  });
  assert.deepEqual(heard, [['set', 'a']]);
  assert.equal(warn.mock.callCount(), 6);
  assert.equal(error.mock.callCount(), 3);
});

test('a second script sees that the first one listens', () => {
  /** @type {any} */
  const page = {dastra: []};
  assert.equal(isHeard(page.dastra), false);
  hearing(page);
  assert.equal(isHeard(page.dastra), true);
  for (const other of [undefined, null, {}, 'x']) assert.equal(isHeard(other), false);
});
