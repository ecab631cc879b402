/** Bundles src/ to the one file that browsers load. `node build.js FILE` writes elsewhere than the committed place. */
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';

/** What the code needs of a browser: <dialog>, constructable style sheets, private methods, dvh. */
export const TARGETS = ['chrome108', 'edge108', 'firefox101', 'safari16.4'];

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** A style sheet becomes a string in the bundle, minified. @type {import('esbuild').Plugin} */
const styles = {
  name: 'styles',
  setup({onLoad}) {
    onLoad({filter: /\.css$/}, async ({path}) => {
      const css = await readFile(path, 'utf8');
      const {code} = await transform(css, {loader: 'css', minify: true, target: TARGETS});
      return {contents: code.trim(), loader: 'text'};
    });
  },
};

export const COMMITTED = here('../functions/widget_sdk/dastra.js');

/** @param {string} outfile */
export function bundle(outfile) {
  return build({
    absWorkingDir: here('.'),
    entryPoints: ['src/main.js'],
    outfile,
    bundle: true,
    minify: true,
    format: 'iife',
    target: TARGETS,
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: true,
    plugins: [styles],
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(process.argv[2] ?? COMMITTED);
