/** Make the npm package: `node pack.js FOLDER` writes FOLDER/consent-platform-VERSION.tgz, which `npm install` takes. */
import {execFileSync} from 'node:child_process';
import {cp, mkdtemp, mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';
import {projectVersion} from './build.js';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Write the package's files into a folder. @param {string} folder */
export async function assemble(folder) {
  await cp(here('package'), folder, {recursive: true});
  await cp(here('dastra.d.ts'), join(folder, 'dastra.d.ts'));
  await cp(here('../LICENSE'), join(folder, 'LICENSE'));
  const {name, ...rest} = JSON.parse(await readFile(here('package/package.json'), 'utf8'));
  const manifest = {name, version: await projectVersion(), ...rest};
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** @param {string} target */
async function pack(target) {
  const folder = await mkdtemp(join(tmpdir(), 'package-'));
  try {
    await assemble(folder);
    await mkdir(target, {recursive: true});
    execFileSync('npm', ['pack', folder, '--silent', '--pack-destination', resolve(target)], {stdio: 'inherit'});
  } finally {
    await rm(folder, {recursive: true});
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await pack(process.argv[2] ?? here('../build'));
