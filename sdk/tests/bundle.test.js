import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {SourceMap} from 'node:module';
import {tmpdir} from 'node:os';
import {basename, join} from 'node:path';
import test from 'node:test';
import {isDeepStrictEqual} from 'node:util';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {minify} from 'terser';
import {
  COMMITTED,
  FILES as NAMES,
  INTERNAL,
  SCREEN_STYLES,
  bundle,
  pinned,
  projectVersion,
  screenStyles,
} from '../build.js';

/** Bytes after brotli: what loads before the window is visible, what comes on demand, and what a widget opts in to. */
const LIMITS = {
  'dastra.js': 13_782,
  'receipt.js': 4_200,
  'details.js': 6_400,
  'held.js': 4_250,
  'optional.js': 2_100,
};

const FILES = NAMES.map(name => join(COMMITTED, name));
const [FIRST = '', , SECOND = '', , OPTIONAL = ''] = FILES;

/** A file, and what its map says but for the place that it is seen from. @param {string} file */
async function read(file) {
  const [text, map] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.map`, 'utf8')]);
  const {mappings, sourcesContent} = JSON.parse(map);
  return {text, mappings, sourcesContent};
}

test('the committed files are what the sources make', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sdk-'));
  t.after(() => rm(folder, {recursive: true}));
  await bundle(folder);
  for (const name of Object.keys(LIMITS)) {
    const [made, committed] = await Promise.all([join(folder, name), join(COMMITTED, name)].map(read));
    // not deepEqual, which would print both files
    assert.ok(
      isDeepStrictEqual(made, committed),
      `the committed ${name} is not what sdk/src makes: run \`make sdk\` and commit it`,
    );
  }
});

test('the first screen of a server has the style sheet of the SDK', async () => {
  assert.equal(await readFile(SCREEN_STYLES, 'utf8'), await screenStyles());
});

test('the files are small', async t => {
  assert.deepEqual(Object.keys(LIMITS), NAMES);
  for (const [name, limit] of Object.entries(LIMITS)) {
    const file = await readFile(join(COMMITTED, name));
    const brotli = brotliCompressSync(file, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length;
    t.diagnostic(
      `${name}: ${file.length} bytes, gzip ${gzipSync(file, {level: 9}).length}, brotli ${brotli} of ${limit}`,
    );
    assert.ok(brotli <= limit, name);
  }
});

test("the first file states the project's version", async () => {
  const {text} = await read(FIRST);
  assert.ok(text.includes(`{version:"${await projectVersion()}"`));
});

test('the first file loads exactly the files that were built with it, and the second one that for receipts', async () => {
  for (const name of NAMES.slice(1)) {
    const {text} = await read(name === 'receipt.js' ? SECOND : FIRST);
    const {path, integrity} = pinned(name, (await read(join(COMMITTED, name))).text, 'sha256');
    assert.match(path, /^\/sdk\/[\da-f]{16}\/(details|held|optional|receipt)\.js$/);
    assert.ok(text.includes(`"${path}"`));
    assert.ok(text.includes(`"${integrity}"`));
  }
});

test("each module is in one file, but for what takes the first one's, and a small one", async () => {
  const [first = [], receipt, second, held, optional] = await Promise.all(
    FILES.map(async file =>
      JSON.parse(await readFile(`${file}.map`, 'utf8')).sources.map((/** @type {string} */ source) => basename(source)),
    ),
  );
  assert.deepEqual(second.sort(), [
    'adopted.js',
    'around.js',
    'details.js',
    'device.js',
    'duration.js',
    'fill.js',
    'handed_over.js',
    'outbox.js',
    'page.js',
    'post.js',
    'scrolled.js',
    'second_screen.css',
    'second_screen.js',
    'selection.js',
    'watch.js',
    'withdrawal.js',
  ]);
  assert.deepEqual(held.sort(), [
    'fill.js',
    'frames.css',
    'handed_over.js',
    'held.js',
    'late.js',
    'outage_words.js',
    'placeholders.js',
    'release.js',
    'scripts.js',
  ]);
  assert.deepEqual(receipt.sort(), ['handed_over.js', 'receipt.js', 'receipt_words.js', 'receipts.js']);
  assert.deepEqual(optional.sort(), ['consent_mode.js', 'handed_over.js', 'optional.js', 'policy.js', 'rules.js']);
  assert.deepEqual(
    [...receipt, ...second, ...held, ...optional].filter(source => first.includes(source)),
    [],
  );
});

/** What is declared in a file of types. @param {string} path */
async function declared(path) {
  const text = await readFile(new URL(path, import.meta.url), 'utf8');
  return Array.from(text.matchAll(/^\s*(\w+)\??[:(]/gm), ([, name]) => name ?? '');
}

/** They find themselves by these, and the page may change none of the others, or does no harm with it. */
const [BY_THESE, LIVE] = [
  'Document Reflect window',
  'indexedDB innerHeight localStorage location navigator scrollY sessionStorage',
];
/** What a page may replace by something that throws, which is caught. */
const CAUGHT = {
  'receipt.js': 'Blob Date URL location navigator',
  'details.js': 'DOMParser ResizeObserver URL getComputedStyle requestAnimationFrame',
  'held.js': 'CustomEvent URL getComputedStyle requestAnimationFrame',
  'optional.js': 'Date location',
};

test('the later files use nothing of the page that it may have replaced since the start', async () => {
  for (const [name, caught] of Object.entries(CAUGHT)) {
    const {text} = await read(join(COMMITTED, name));
    const options = /** @type {any} */ ({compress: false, mangle: false, format: {ast: true, code: false}});
    const {ast} = /** @type {any} */ (await minify(text, options));
    ast.figure_out_scope({});
    const allowed = `${BY_THESE} ${name === 'details.js' ? LIVE : ''} ${caught}`.split(' ');
    assert.deepEqual([...ast.globals.keys()].sort(), allowed.filter(Boolean).sort(), name);
  }
});

test('no name is shortened that a page, the service, a storage or the browser knows', async () => {
  const browser = await readFile(new URL('../node_modules/terser/tools/domprops.js', import.meta.url), 'utf8');
  const known = new Set(Array.from(browser.matchAll(/"(\w+)"/g), ([, name]) => name ?? ''));
  for (const file of ['../dastra.d.ts', '../src/types.d.ts']) for (const name of await declared(file)) known.add(name);
  for (const name of ['setAttribute', 'getAllConsents', 'consentId', 'translation']) assert.ok(known.has(name), name);
  assert.deepEqual(
    INTERNAL.filter(name => known.has(name)),
    [],
  );
});

test('the map names files of this repository and nothing of the machine', async () => {
  for (const file of FILES) {
    const {sources, sourceRoot, sourcesContent} = JSON.parse(await readFile(`${file}.map`, 'utf8'));
    assert.equal(sourceRoot, undefined);
    assert.equal(sources.length, sourcesContent.length);
    for (const source of sources) assert.match(source, /^\.\.\/\.\.\/sdk\/(src|package)\/[\w.]+$/);
  }
});

test('the maps lead to the line that a place of a file comes from', async () => {
  for (const [file, pieces] of /** @type {[string, string[]][]} */ ([
    [FIRST, ['"dastra-outbox"', '"Escape"', 'getRandomValues.bind(', '.showPopover(', '"iframe"']],
    [SECOND, ['"Retry-After"', '.showModal(', '"details"']],
    [OPTIONAL, ['"consentv2"', '"uetq"']],
  ])) {
    const {text} = await read(file);
    const payload = JSON.parse(await readFile(`${file}.map`, 'utf8'));
    const map = new SourceMap(payload);
    for (const piece of pieces) {
      const {originalSource, originalLine} = /** @type {import('node:module').SourceMapping} */ (
        map.findEntry(0, text.indexOf(piece))
      );
      const lines = payload.sourcesContent[payload.sources.indexOf(originalSource)].split('\n');
      assert.ok(lines[originalLine].replaceAll("'", '"').includes(piece), `${piece}: ${lines[originalLine]}`);
    }
  }
});

test('the files evaluate no text and write no markup', async () => {
  for (const file of FILES) {
    const {text} = await read(file);
    for (const sink of [
      'eval(',
      'Function(',
      'innerHTML',
      'outerHTML',
      'insertAdjacentHTML',
      'document.write',
      '.cssText',
    ])
      assert.ok(!text.includes(sink), `${file}: ${sink}`);
    assert.ok(text.endsWith(`//# sourceMappingURL=${basename(file)}.map\n`));
  }
});
