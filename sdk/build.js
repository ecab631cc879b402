/**
 * Bundle src/ into the two files that browsers load: the first with the page, the second when it is asked for.
 * `node build.js FOLDER` writes to FOLDER instead of the committed files.
 */
import {createHash} from 'node:crypto';
import {readFile, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';
import {minify} from 'terser';

/** The oldest browsers with <dialog>, constructable style sheets, private methods and dvh. */
export const TARGETS = ['chrome108', 'edge108', 'firefox101', 'safari16.4'];

/**
 * Members of our own objects that get short names in the bundle. They must be unknown to the page, the service, a
 * storage and the browser (tests/bundle.test.js). `#private` members are always shortened.
 */
export const INTERNAL = [
  ...'acknowledge allConsents announce api applyForPageView ask begin carryOut chance choices'.split(' '),
  ...'clearPageView consentTo cookieName current decide decided draft effective exclusively isCertain'.split(' '),
  ...'isDue isEmbedded isOn isOptedOut isStarted jar known later leave local moved'.split(' '),
  ...'noteClosed onClose onShow optional own placeFor post proof prove refusedOf saveChoices'.split(' '),
  ...'servicesAt servicesOf setLanguage setUserId settings showWindow verdict wasClosed whenReady'.split(' '),
  ...'withConsentTo withdraw'.split(' '),
];

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Minify a style sheet, and bundle it as a string. @type {import('esbuild').Plugin} */
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

/** The second file's own modules. It takes all others from the first file: a name that is not handed over ends the build. */
const OWN = /^\.\/(handed_over|outbox|second_screen|selection|watch)\.(js|css)$/;

/** @type {import('esbuild').Plugin} */
const handedOver = {
  name: 'handed over',
  setup({initialOptions, onResolve}) {
    if (!String(initialOptions.entryPoints).includes('details')) return;
    onResolve({filter: /^\.\/.*/}, ({path, kind}) =>
      kind === 'entry-point' || OWN.test(path) ? null : {path: here('src/handed_over.js')},
    );
  },
};

/** Return the project's version, which only pyproject.toml states. */
export async function projectVersion() {
  const project = await readFile(here('../pyproject.toml'), 'utf8');
  const [, version] = /^version = "([\d.]+)"/m.exec(project) ?? [];
  if (!version) throw new Error('pyproject.toml states no version');
  return version;
}

export const COMMITTED = here('../functions/widget_sdk');

/** Return where a file is served for ever, and what `integrity` says of it. @param {string} name @param {string} text */
export function pinned(name, text) {
  const digest = (/** @type {string} */ algorithm) => createHash(algorithm).update(text);
  return {
    path: `/sdk/${digest('sha256').digest('hex').slice(0, 16)}/${name}`,
    integrity: `sha384-${digest('sha384').digest('base64')}`,
  };
}

/**
 * Bundle an entry. The size after brotli counts. Repetition costs little there: a helper that saves forty characters may
 * cost bytes. Terser saves about 3 % more than esbuild alone, because it inlines across functions.
 * @param {string} outfile
 * @param {string} entry
 * @param {Record<string, string>} inserted Constants of the sources.
 * @param {string[]} inject Modules whose exports take the place of globals.
 * @param {Record<string, string | false>} names Short names that another file has given already.
 */
async function compiled(outfile, entry, inserted, inject = [], names = {}) {
  const {outputFiles, mangleCache} = await build({
    absWorkingDir: here('.'),
    entryPoints: [entry],
    outfile,
    write: false,
    bundle: true,
    minify: true,
    define: Object.fromEntries(Object.entries(inserted).map(([name, value]) => [name, JSON.stringify(value)])),
    inject,
    mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
    mangleCache: names,
    format: 'esm', // modules are strict, and so are the tests: 'use strict' is not needed
    target: TARGETS,
    charset: 'utf8',
    legalComments: 'none',
    sourcemap: 'external',
    plugins: [styles, handedOver],
  });
  const text = (/** @type {string} */ end) => outputFiles.find(({path}) => path.endsWith(end))?.text ?? '';
  const {code, map} = await minify(text('.js'), {
    ecma: 2020,
    module: true,
    enclose: true, // our names stay out of the page's scope
    // Inlining functions with parameters would cost 30 bytes for their names. `unsafe` turns template literals into
    // sums, which differs only for symbols and dates, and saves 30 bytes.
    compress: {passes: 3, inline: 1, unsafe: true},
    sourceMap: {content: text('.map'), includeSources: true, url: `${basename(outfile)}.map`},
  });
  await Promise.all([writeFile(outfile, `${code}\n`), writeFile(`${outfile}.map`, `${map}\n`)]);
  return {code: `${code}\n`, names: mangleCache};
}

/** The first file names the second by its hash, so that one is never used with another's. @param {string} folder */
export async function bundle(folder) {
  const second = await compiled(join(folder, 'details.js'), 'src/details.js', {}, ['src/handed_over.js']);
  const {path, integrity} = pinned('details.js', second.code);
  const inserted = {VERSION: await projectVersion(), DETAILS_PATH: path, DETAILS_INTEGRITY: integrity};
  await compiled(join(folder, 'dastra.js'), 'src/main.js', inserted, ['src/natives.js'], second.names);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle(process.argv[2] ?? COMMITTED);
