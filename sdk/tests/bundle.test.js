import assert from 'node:assert/strict';
import {mkdtemp, readFile, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import test from 'node:test';
import {brotliCompressSync, constants, gzipSync} from 'node:zlib';
import {COMMITTED, bundle} from '../build.js';

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
  assert.deepEqual(made, committed, 'the committed file is not what sdk/src makes: run `make sdk` and commit it');
});

test('the file is small', async t => {
  const file = await readFile(COMMITTED);
  const brotli = brotliCompressSync(file, {params: {[constants.BROTLI_PARAM_QUALITY]: 11}}).length;
  t.diagnostic(`${file.length} bytes, gzip ${gzipSync(file, {level: 9}).length}, brotli ${brotli} of ${LIMIT}`);
  assert.ok(brotli <= LIMIT);
});

test('the map names files of this repository and nothing of the machine', async () => {
  const {sources, sourceRoot, sourcesContent} = JSON.parse(await readFile(`${COMMITTED}.map`, 'utf8'));
  assert.equal(sourceRoot, undefined);
  assert.equal(sources.length, sourcesContent.length);
  for (const source of sources) assert.match(source, /^\.\.\/\.\.\/sdk\/src\/[\w.]+$/);
});

test('the file evaluates no text and writes no markup', async () => {
  const text = await readFile(COMMITTED, 'utf8');
  for (const sink of ['eval(', 'Function(', 'innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', '.cssText', 'srcdoc'])
    assert.ok(!text.includes(sink), sink);
  assert.ok(text.endsWith('//# sourceMappingURL=dastra.js.map\n'));
});
