import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import {test} from 'node:test';

import {VENDORED} from '../vendor.js';

for (const {own, theirs} of VENDORED) {
  test(`${own.pathname.split('/').at(-1)} of the console is the file that it copies (make vendor)`, () => {
    assert.equal(readFileSync(own, 'utf8'), readFileSync(theirs, 'utf8'));
  });
}
