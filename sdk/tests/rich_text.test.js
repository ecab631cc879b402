import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test, {after, before} from 'node:test';
import {richText} from '../src/rich_text.js';

/** As much of an element as is needed. */
class Made {
  href = '';
  parentNode = /** @type {Made | null} */ (null);
  children = /** @type {(Made | string)[]} */ ([]);

  /** @param {string} localName */
  constructor(localName) {
    this.localName = localName;
  }

  /** @param {Made | string} child */
  append(child) {
    this.children.push(child);
    if (child instanceof Made) child.parentNode = this;
  }

  /** @returns {string} markup, with all text escaped */
  get inner() {
    return this.children.map(child => (child instanceof Made ? child.outer : escaped(child))).join('');
  }

  /** @returns {string} */
  get outer() {
    const tag = this.localName;
    const start = this.href ? `<${tag} href="${this.href.replaceAll('&', '&amp;')}">` : `<${tag}>`;
    return tag === 'br' ? start : `${start}${this.inner}</${tag}>`;
  }
}

/** @param {string} text */
const escaped = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** @param {unknown} text */
const made = text => /** @type {Made} */ (/** @type {unknown} */ (richText(text)));

/** @param {unknown} text */
const shown = text => made(text).inner;

before(() => {
  Object.assign(globalThis, {
    DocumentFragment: class extends Made {},
    document: {createElement: (/** @type {string} */ tag) => new Made(tag)},
  });
});

after(() => {
  for (const name of ['DocumentFragment', 'document']) Reflect.deleteProperty(globalThis, name);
});

/**
 * The cases that publishing reads too.
 * @returns {Promise<{published: {published: string}[], refused: string[], refusedByPublishing: string[]}>}
 */
const table = async () =>
  JSON.parse(await readFile(new URL('../../tests/cases/rich_text.json', import.meta.url), 'utf8'));

/** All elements, at any depth. @param {Made} element @returns {Made[]} */
const elementsIn = element =>
  element.children.flatMap(child => (child instanceof Made ? [child, ...elementsIn(child)] : []));

test('what publishing writes comes out as it went in', async () => {
  const {published} = await table();
  assert.ok(published.length);
  for (const each of published) assert.equal(shown(each.published), each.published);
});

test('what publishing refuses becomes no element but those that texts may have, and no tag shows', async () => {
  const {refused, refusedByPublishing} = await table();
  assert.ok(refused.length);
  for (const text of [...refused, ...refusedByPublishing]) {
    const elements = elementsIn(made(text));
    for (const {localName, href} of elements) {
      assert.match(localName, /^(b|strong|i|em|br|a|p|ul|ol|li)$/, text);
      assert.equal(new URL(href, 'https://page.example').protocol, 'https:', text);
    }
    assert.doesNotMatch(shown(text), /&lt;[a-z/!?][^<]*&gt;/i, text);
  }
});

test('a link leads where its owner wrote', () => {
  const [link] = made('<a href="https://shop.example/?a=1&amp;b=%26amp;">x</a>').children;
  assert.ok(link instanceof Made);
  assert.equal(link.href, 'https://shop.example/?a=1&b=%26amp;');
});

test('everything else is text, and tags that a text may not have are left out', () => {
  for (const [text, expected] of /** @type {[string, string][]} */ ([
    ['<script>alert(1)</script>', 'alert(1)'],
    ['<img src=x onerror=alert(1)>x<!-- y --><?z?>', 'x'],
    ['<a href="javascript:alert(1)">x</a>', 'x'],
    ['<a href="\u0001javascript:alert(1)">x</a>', 'x'],
    ['<a href="//evil.example">x</a>', 'x'],
    ['<a>x</a>', 'x'],
    ['<a class="y" href="https://a.example" onclick="x">x</a>', '<a href="https://a.example">x</a>'],
    ["<A HREF='../privacy'>x</A>", '<a href="../privacy">x</a>'],
    ['<p class="y">x</p><P>z', '<p>x</p><p>z</p>'],
    ['<p>x<p>y', '<p>x</p><p>y</p>'],
    ['<ul><li>x<li>y</ul>z', '<ul><li>x</li><li>y</li></ul>z'],
    ['<B>x</B>', '<b>x</b>'],
    ['<b><i>x</b>y</i>', '<b><i>x</i></b>y'],
    ['</b>x', 'x'],
    ['&nbsp;&#60;&amp', '&amp;nbsp;&amp;#60;&amp;amp'],
    ['a < b & c <3', 'a &lt; b &amp; c &lt;3'],
  ]))
    assert.equal(shown(text), expected);
});

test('tags are nested as deep as the longest text can', () => {
  const deepest = '<b>'.repeat(714) + '</b>'.repeat(714);
  assert.equal(shown(deepest), deepest);
});

test('what is no text at all is shown as text, and nothing as nothing', () => {
  assert.equal(shown(undefined), '');
  assert.equal(shown(null), '');
  assert.equal(shown(7), '7');
});
