import assert from 'node:assert/strict';
import test from 'node:test';
import {tokens} from '../src/rich_text.js';

/** Tokens as the markup that they stand for, with all text escaped. @param {unknown} text */
const shown = text =>
  tokens(text)
    .map(token => {
      if ('text' in token) return token.text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      if ('close' in token) return `</${token.close}>`;
      return token.href ? `<a href="${token.href.replaceAll('&', '&amp;')}">` : `<${token.open}>`;
    })
    .join('');

test('what publishing writes comes out as it went in', () => {
  for (const text of [
    'plain',
    'a &amp; b &lt; c &gt; d',
    '<b>a</b> <strong>b</strong> <i>c</i> <em>d</em><br>e',
    'see <a href="https://shop.example/p?a=1&amp;b=2">our <b>policy</b></a>.',
    'l’été, "quoted"',
  ])
    assert.equal(shown(text), text);
});

test('a link leads where its owner wrote', () => {
  assert.deepEqual(tokens('<a href="https://shop.example/?a=1&amp;b=%26amp;">'), [
    {open: 'a', href: 'https://shop.example/?a=1&b=%26amp;'},
  ]);
});

test('everything else is text', () => {
  for (const [text, expected] of /** @type {[string, string][]} */ ([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['<a href="javascript:alert(1)">x</a>', '&lt;a href="javascript:alert(1)"&gt;x&lt;/a&gt;'],
    ['<a href="https://a.example" onclick="x">x</a>', '&lt;a href="https://a.example" onclick="x"&gt;x&lt;/a&gt;'],
    ['<a>x</a>', '&lt;a&gt;x&lt;/a&gt;'],
    ['<b href="https://a.example">x', '&lt;b href="https://a.example"&gt;x'],
    ['<B>x</B>', '&lt;B&gt;x&lt;/B&gt;'],
    ['<b><i>x</b></i>', '<b><i>x&lt;/b&gt;</i>'],
    ['</b>x', '&lt;/b&gt;x'],
    ['&nbsp;&#60;&amp', '&amp;nbsp;&amp;#60;&amp;amp'],
    ['a < b & c', 'a &lt; b &amp; c'],
  ]))
    assert.equal(shown(text), expected);
});

test('nesting has an end', () => {
  assert.equal(shown('<b>'.repeat(9)), '<b>'.repeat(8) + '&lt;b&gt;');
});

test('what is no text at all is shown as text, and nothing as nothing', () => {
  assert.equal(shown(undefined), '');
  assert.equal(shown(null), '');
  assert.equal(shown(7), '7');
});
