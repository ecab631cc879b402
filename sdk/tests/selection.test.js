import assert from 'node:assert/strict';
import test from 'node:test';
import {merged} from '../src/guard.js';
import {Selection} from '../src/selection.js';

/** @param {string[]} slugs @returns {any[]} */
const services = (...slugs) => slugs.map(slug => ({slug, defaultConsent: slug === 'session'}));

test("a purpose's switch is on when all of its services are", () => {
  const selection = new Selection(merged({drift: true}));
  const marketing = services('drift', 'youtube');
  assert.equal(selection.isOn(marketing), false);
  selection.flip(services('youtube'));
  assert.equal(selection.isOn(marketing), true);
  selection.flip(marketing);
  assert.deepEqual(selection.choices, merged({drift: false, youtube: false}));
});

test('nothing is on that nobody has chosen, whatever its slug', () => {
  assert.equal(new Selection({}).isOn(services('constructor')), false);
});

test('what is necessary is on', () => {
  assert.equal(new Selection({}).isOn(services('session')), true);
});

test('switches follow each other', () => {
  const selection = new Selection({});
  /** @type {boolean[]} */
  const seen = [];
  selection.watch(() => seen.push(selection.isOn(services('drift'))));
  selection.flip(services('drift', 'youtube'));
  assert.deepEqual(seen, [false, true]);
});
