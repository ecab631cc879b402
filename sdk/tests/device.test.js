import assert from 'node:assert/strict';
import test from 'node:test';
import {typeDeviceOf} from '../src/device.js';

test('phones, tablets and desktops are told apart', () => {
  for (const [userAgent, maxTouchPoints, type] of /** @type {[string, number, number][]} */ ([
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/140', 0, 2],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605', 0, 2],
    ['Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) Safari/605', 5, 3],
    ['Mozilla/5.0 (iPad; CPU OS 12_2)', 5, 3],
    ['Mozilla/5.0 (Linux; Android 14; Pixel Tablet) Chrome/140 Safari/537.36', 5, 3],
    ['Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/140 Mobile Safari/537.36', 5, 1],
    ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0) Mobile/15E148', 5, 1],
  ]))
    assert.equal(typeDeviceOf({userAgent, maxTouchPoints}), type, userAgent);
});
