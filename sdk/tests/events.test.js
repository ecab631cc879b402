import assert from 'node:assert/strict';
import test from 'node:test';
import {Announcer, layer} from '../src/events.js';

const BOTH = ['analytics', 'drift'];

/** @param {import('node:test').TestContext} t @param {unknown} dataLayer */
function listening(t, dataLayer) {
  /** @type {string[]} */
  const seen = [];
  const page = /** @type {any} */ (globalThis);
  page.window = {dataLayer};
  page.dispatchEvent = (/** @type {Event} */ event) => seen.push(event.type);
  t.after(() => {
    delete page.window;
    delete page.dispatchEvent;
  });
  return {seen, page: page.window};
}

test('each service is told what holds, and told again only when it changes', t => {
  const {seen, page} = listening(t, undefined);
  const announcer = new Announcer();
  assert.equal(announcer.tellChanges(['drift'], {drift: true}), true);
  assert.equal(announcer.tellChanges(BOTH, {analytics: false, drift: true}), true);
  assert.equal(announcer.tellChanges(BOTH, {analytics: false, drift: true}), false);
  announcer.tellChanges(BOTH, {analytics: true, drift: false});
  const names = [
    'dastra:consent:drift',
    'dastra:refused:analytics',
    'dastra:consent:analytics',
    'dastra:refused:drift',
  ];
  assert.deepEqual(seen, names);
  assert.deepEqual(
    page.dataLayer,
    names.map(event => ({event})),
  );
});

test("a data layer may have the page's own name", t => {
  const {page} = listening(t, undefined);
  t.after(() => (layer.name = 'dataLayer'));
  layer.name = 'ownLayer';
  new Announcer().tellChanges(['drift'], {drift: true});
  assert.deepEqual(page.ownLayer, [{event: 'dastra:consent:drift'}]);
  assert.equal(page.dataLayer, undefined);
});

test('a dataLayer that cannot be used breaks nothing', t => {
  for (const dataLayer of [
    'x',
    {
      push() {
        throw new Error('theirs');
      },
    },
  ]) {
    const {seen} = listening(t, dataLayer);
    new Announcer().tellChanges(['drift'], {drift: true});
    assert.deepEqual(seen, ['dastra:consent:drift']);
  }
});
