import assert from 'node:assert/strict';
import test from 'node:test';
import {luminance, readable, themeOf} from '../src/colours.js';

test('a button has the text that reads better on it', () => {
  for (const [colour, text] of [
    ['#000', '#fff'],
    ['#fff', '#000'],
    ['#1c2733', '#fff'],
    ['#ffcc00', '#000'],
    ['#0000ffff', '#fff'],
    ['#0f08', '#000'],
  ])
    assert.equal(readable(String(colour)), text, colour);
});

test('luminance is that of WCAG to a hundredth', () => {
  assert.ok(Math.abs(luminance('#777777') - 0.184) < 0.01);
  assert.ok(Math.abs(luminance('#bada55') - 0.619) < 0.01);
});

test('what is not set follows from what is', () => {
  assert.equal(
    themeOf(['#101010', '', '', '', '#ffcc00', ''], ''),
    '.root{--dw-bg:#101010;--dw-text:#fff;--dw-title:#fff;--dw-btn:#ffcc00;--dw-on-btn:#000;--dw-primary:#ffcc00;--dw-on-primary:#000;--dw-off:#fffb;}',
  );
  assert.equal(
    themeOf(['', '', '#111111', '', '', '#999999'], 'Georgia, serif'),
    '.root{--dw-btn:#111111;--dw-on-btn:#fff;--dw-primary:#111111;--dw-on-primary:#fff;--dw-line:1px solid #999999;--dw-font:Georgia, serif;}',
  );
});

test('without settings nothing is overridden', () => {
  assert.equal(themeOf(['', '', '', '', '', ''], ''), '.root{}');
});
