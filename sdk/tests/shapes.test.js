import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import * as shapes from '../src/shapes.js';

/** The cases that publishing reads too. @param {string} name */
const table = async name =>
  JSON.parse(await readFile(new URL(`../../tests/cases/${name}.json`, import.meta.url), 'utf8'));

/** @param {RegExp} shape @param {{accepted: string[], refused: string[]}} cases */
function agree(shape, {accepted, refused}) {
  assert.ok(accepted.length && refused.length);
  for (const value of accepted) assert.ok(shapes.fits(value, shape), `accepted by publishing: ${value}`);
  for (const value of refused) assert.ok(!shapes.fits(value, shape), `refused by publishing: ${value}`);
}

const NAMES = /** @type {Record<string, RegExp>} */ ({
  widgetId: shapes.WIDGET_ID,
  key: shapes.KEY,
  slug: shapes.SLUG,
  uuid: shapes.UUID,
});

for (const [name, shape] of Object.entries(NAMES))
  test(`publishing and SDK agree on a ${name}`, async () => agree(shape, (await table('shapes'))[name]));

test('every link that publishing accepts is shown', async () => {
  for (const href of (await table('urls')).accepted) assert.ok(shapes.HREF.test(href), href);
});

test('only a string has a shape', () => {
  for (const value of [null, undefined, 7, true, ['drift'], {}, new String('drift')]) assert.ok(!shapes.isSlug(value));
  for (const value of [null, undefined, '', 1, ['8a5e89c4-2243-4598-97c5-ba3cfb35a138'], {}])
    assert.ok(!shapes.isUuid(value));
});
