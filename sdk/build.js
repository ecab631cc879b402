/** Bundles src/ to the one file that browsers load. `node build.js FILE` writes elsewhere than the committed place. */
import {readFile, writeFile} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';
import {minify} from 'terser';

/** What the code needs of a browser: <dialog>, constructable style sheets, private methods, dvh. */
export const TARGETS = ['chrome108', 'edge108', 'firefox101', 'safari16.4'];

/**
 * Members of our own objects that get short names in the bundle. Nobody else may know them, be it the page, the service, a
 * storage or the browser (tests/bundle.test.js). What is `#private` is shortened anyway.
 */
export const INTERNAL = [
  ...'acknowledge allConsents announce api applyForPageView ask begin carryOut chance choices'.split(' '),
  ...'clearPageView consentTo current decide decided draft effective exclusively isDue isOn'.split(' '),
  ...'isOptedOut isSecure isStarted jar later leave local noteClosed onClose onShow optional post'.split(' '),
  ...'proof prove saveChoices servicesAt servicesOf setUserId settings showWindow verdict wasClosed'.split(' '),
  ...'whenReady withConsentTo withdraw'.split(' '),
];

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** A style sheet becomes a string in the bundle, minified. @type {import('esbuild').Plugin} */
const styles = {
  name: 'styles',
  setup({onLoad}) {
    onLoad({filter: /\.css$/}, async ({path}) => {
      const css = await readFile(path, 'utf8');
      const {code} = await transform(css, {loader: 'css', minify: true, target: TARGETS});
      return {contents: code.trim().replaceAll(/(--[\w-]+): /g, '$1:'), loader: 'text'};
    });
  },
};

/** The project's version, from the one place that states it. */
export async function projectVersion() {
  const project = await readFile(here('../pyproject.toml'), 'utf8');
  const [, version] = /^version = "([\d.]+)"/m.exec(project) ?? [];
  if (!version) throw new Error('pyproject.toml states no version');
  return version;
}

export const COMMITTED = here('../functions/widget_sdk/dastra.js');

/**
 * What counts is the size after brotli, which repeats cheaply: a helper that saves forty characters may cost bytes. Terser
 * makes of it some 3 % less than esbuild does alone, for it inlines across functions.
 * @param {string} outfile
 */
export async function bundle(outfile) {
  const {outputFiles} = await build({
    absWorkingDir: here('.'),
    entryPoints: ['src/main.js'],
    outfile,
    write: false,
    bundle: true,
    minify: true,
    define: {VERSION: JSON.stringify(await projectVersion())},
    mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
    format: 'esm', // strict by itself, and so are its tests: no 'use strict' is written
    target: TARGETS,
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: 'external',
    plugins: [styles],
  });
  const text = (/** @type {string} */ end) => outputFiles.find(({path}) => path.endsWith(end))?.text ?? '';
  const {code, map} = await minify(text('.js'), {
    ecma: 2020,
    module: true,
    enclose: true, // the page sees no name of ours
    // Inlined functions with parameters need names of their own: 30 bytes more. `unsafe` makes sums of template literals,
    // which differs only for symbols and dates: another 30 bytes.
    compress: {passes: 3, inline: 1, unsafe: true},
    sourceMap: {content: text('.map'), includeSources: true, url: `${basename(outfile)}.map`},
  });
  await Promise.all([writeFile(outfile, `${code}\n`), writeFile(`${outfile}.map`, `${map}\n`)]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(process.argv[2] ?? COMMITTED);
