import assert from 'node:assert/strict';
import test from 'node:test';
import {isUuid} from '../src/shapes.js';
import {guarded, stateIn, uuid} from '../src/storage.js';
import {memory} from './helpers.js';

const forbidden = () => {
  throw new DOMException('The operation is insecure.', 'SecurityError');
};

test('a storage that may not be opened keeps values for the page view', () => {
  const store = guarded(forbidden);
  assert.equal(store.read('key'), null);
  store.write('key', {a: 1});
  assert.deepEqual(store.read('key'), {a: 1});
  store.remove('key');
  assert.equal(store.read('key'), null);
});

test('a full storage gives the new value, not the old one', () => {
  const storage = memory();
  const store = guarded(() => storage);
  store.write('key', 'old');
  storage.setItem = forbidden;
  store.write('key', 'new');
  assert.equal(store.read('key'), 'new');
  assert.equal(storage.getItem('key'), '"old"');
});

test('what another tab writes is seen', () => {
  const storage = memory();
  const store = guarded(() => storage);
  store.write('key', 1);
  storage.setItem('key', '2');
  assert.equal(store.read('key'), 2);
});

test("a storage that is missing, as in an app's web view, keeps values for the page view", () => {
  const store = guarded(() => /** @type {any} */ (null));
  store.write('key', {a: 1});
  assert.deepEqual(store.read('key'), {a: 1});
});

test("a widget's state is an object, apart from other widgets'", () => {
  const storage = memory();
  const store = guarded(() => storage);
  storage.setItem('dastra-state:44', '{"types":[2]}');
  assert.deepEqual(stateIn(store, 44), {types: [2]});
  for (const garbled of [null, '7', '[]', 'null', '{', '"x"']) {
    if (garbled) storage.setItem('dastra-state:45', garbled);
    assert.deepEqual(stateIn(store, 45), {});
  }
});

test('garbled JSON is nothing', () => {
  const storage = memory();
  storage.setItem('key', '{"a":');
  assert.equal(guarded(() => storage).read('key'), null);
});

test('identifiers are random UUIDs of version 4', () => {
  const made = Array.from({length: 100}, uuid);
  assert.equal(new Set(made).size, 100);
  for (const each of made) assert.match(each, /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
});

test('only a whole UUID is one', () => {
  assert.ok(isUuid('8A5E89C4-2243-4598-97C5-BA3CFB35A138'));
  for (const other of [null, undefined, '', 1, 'x8a5e89c4-2243-4598-97c5-ba3cfb35a138', {}]) assert.ok(!isUuid(other));
});
