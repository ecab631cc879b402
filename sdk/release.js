/**
 * Keep the committed build for ever: copy it to the folder of released builds, and print its lines for the changelog.
 * Pages pin it, and browsers keep its first file, which asks for its others.
 */
import {copyFile, mkdir, readFile} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import {COMMITTED, FILES, pinned} from './build.js';

for (const name of FILES) {
  const file = join(COMMITTED, name);
  const {path, integrity} = pinned(name, await readFile(file, 'utf8'));
  const kept = join(COMMITTED, path.replace('/sdk/', 'released/'));
  await mkdir(dirname(kept), {recursive: true});
  await copyFile(file, kept);
  console.log(`- \`${path}\` \`${integrity}\``);
}
