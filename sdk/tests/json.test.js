import assert from 'node:assert/strict';
import test from 'node:test';
import {jsonOf} from '../src/json.js';

const VALUES = [
  null,
  true,
  0,
  -1.5,
  1e21,
  NaN,
  'plain',
  '"\\\n\u2028\ud800é',
  [],
  {},
  [1, [2, []], {a: [{}]}],
  {drift: true, 'a-b': false, '': null, nested: {list: ['x', null], number: 7}},
  JSON.parse('{"__proto__": {"toString": 1}}'),
  Object.assign(Object.create(null), {drift: true}),
];

test("it is the browser's JSON", () => {
  for (const value of VALUES) assert.equal(jsonOf(value), JSON.stringify(value));
});

test('a missing value is null', () => {
  assert.equal(jsonOf(undefined), 'null');
  assert.equal(jsonOf({a: undefined}), '{"a":null}');
});

test("a page's toJSON changes nothing, not even one that throws", t => {
  const expected = VALUES.map(value => JSON.stringify(value));
  const page = /** @type {any[]} */ ([Object.prototype, Array.prototype, String.prototype, Number.prototype]);
  t.after(() => page.forEach(prototype => delete prototype.toJSON));
  for (const toJSON of [
    () => 'theirs',
    () => {
      throw new Error('theirs');
    },
  ]) {
    for (const prototype of page) Object.defineProperty(prototype, 'toJSON', {value: toJSON, configurable: true});
    const written = VALUES.map(jsonOf);
    page.forEach(prototype => delete prototype.toJSON);
    assert.deepEqual(written, expected);
  }
});
