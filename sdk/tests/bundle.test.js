import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {SourceMap} from 'node:module';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {isDeepStrictEqual} from 'node:util';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {COMMITTED, INTERNAL, bundle, projectVersion} from '../build.js';

/** Bytes that a visitor loads, window, styles and all. */
const LIMIT = 12_000;

/** A file, and what its map says but for the place that it is seen from. @param {string} file */
async function read(file) {
  const [text, map] = await Promise.all([readFile(file, 'utf8'), readFile(`${file}.map`, 'utf8')]);
  const {mappings, sourcesContent} = JSON.parse(map);
  return {text, mappings, sourcesContent};
}

test('the committed file is what the sources make', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'sdk-'));
  t.after(() => rm(folder, {recursive: true}));
  await bundle(join(folder, 'dastra.js'));
  const [made, committed] = await Promise.all([join(folder, 'dastra.js'), COMMITTED].map(read));
  // not deepEqual, which would print both files
  assert.ok(
    isDeepStrictEqual(made, committed),
    'the committed file is not what sdk/src makes: run `make sdk` and commit it',
  );
});

test('the file is small', async t => {
  const file = await readFile(COMMITTED);
  const brotli = brotliCompressSync(file, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length;
  t.diagnostic(`${file.length} bytes, gzip ${gzipSync(file, {level: 9}).length}, brotli ${brotli} of ${LIMIT}`);
  assert.ok(brotli <= LIMIT);
});

test("the file states the project's version", async () => {
  const text = await readFile(COMMITTED, 'utf8');
  assert.ok(text.includes(`{version:"${await projectVersion()}"}`));
});

/** What is declared in a file of types. @param {string} path */
async function declared(path) {
  const text = await readFile(new URL(path, import.meta.url), 'utf8');
  return Array.from(text.matchAll(/^\s*(\w+)\??[:(]/gm), ([, name]) => name ?? '');
}

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
  const {sources, sourceRoot, sourcesContent} = JSON.parse(await readFile(`${COMMITTED}.map`, 'utf8'));
  assert.equal(sourceRoot, undefined);
  assert.equal(sources.length, sourcesContent.length);
  for (const source of sources) assert.match(source, /^\.\.\/\.\.\/sdk\/src\/[\w.]+$/);
});

test('the map leads to the line that a place of the file comes from', async () => {
  const {text} = await read(COMMITTED);
  const payload = JSON.parse(await readFile(`${COMMITTED}.map`, 'utf8'));
  const map = new SourceMap(payload);
  for (const piece of [
    '"Retry-After"',
    '"dastra-closed"',
    '"Escape"',
    '.getRandomValues(',
    '.showModal(',
    '"iframe"',
  ]) {
    const {originalSource, originalLine} = /** @type {import('node:module').SourceMapping} */ (
      map.findEntry(0, text.indexOf(piece))
    );
    const lines = payload.sourcesContent[payload.sources.indexOf(originalSource)].split('\n');
    assert.ok(lines[originalLine].replaceAll("'", '"').includes(piece), `${piece}: ${lines[originalLine]}`);
  }
});

test('the file evaluates no text and writes no markup', async () => {
  const text = await readFile(COMMITTED, 'utf8');
  for (const sink of [
    'eval(',
    'Function(',
    'innerHTML',
    'outerHTML',
    'insertAdjacentHTML',
    'document.write',
    '.cssText',
    'srcdoc',
  ])
    assert.ok(!text.includes(sink), sink);
  assert.ok(text.endsWith('//# sourceMappingURL=dastra.js.map\n'));
});
