/**
 * Bundle src/ into the files that browsers load: the first with the page, the others when they are needed.
 * `node build.js FOLDER` writes to FOLDER instead of the committed files.
 */
import {createHash} from 'node:crypto';
import {readFile, readdir, writeFile} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {build, transform} from 'esbuild';
import {minify} from 'terser';
import {DURATIONS, durations} from './durations.js';

/** The oldest browsers with <dialog>, constructable style sheets, private methods and dvh. */
export const TARGETS = ['chrome108', 'edge108', 'firefox101', 'safari16.4'];

/**
 * Members of our own objects that get short names in the bundle. They must be unknown to the page, the service, a
 * storage and the browser (tests/bundle.test.js). `#private` members are always shortened.
 */
export const INTERNAL = [
  ...'acknowledge allConsents allowing api applyForPageView applyToElements ask asks begin carryOut chance'.split(' '),
  ...'choices clearPageView consentTo cookieName current decide decided dependencies draft effective'.split(' '),
  ...'exclusively isCertain isDue hear inEffect isEmbedded isHonoured isOn isOnHere isQuiet isSecure isStarted jar kept known later leave'.split(
    ' ',
  ),
  ...'law local moved needsRules noteClosed onClose onShow optional own placeFor policyId post proof prove record'.split(
    ' ',
  ),
  ...'refusedOf saveChoices say serve servicesAt servicesOf setLanguage setUserId settings showWindow stored tellChanges'.split(
    ' ',
  ),
  ...'unavailable verdict wasClosed whenReady withConsentTo withdraw showOnce isShownOnce held'.split(' '),
];

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Minify a style sheet, and bundle it as a string. @type {import('esbuild').Plugin} */
const styles = {
  name: 'styles',
  setup({onLoad}) {
    onLoad({filter: /\.css$/}, async ({path}) => ({contents: await minified(path), loader: 'text'}));
  },
};

/**
 * The files that come on demand, with their own modules. They take all others from the first file: a name that is not
 * handed over ends the build.
 */
const OWN = {
  'receipt.js': /^\.\/(handed_over|receipts|receipt_words)\.js$/,
  'details.js':
    /^\.\/(adopted|around|device|duration|fill|handed_over|outbox|page|post|scrolled|second_screen|selection|watch|withdrawal)\.(js|css)$/,
  'held.js': /^\.\/(frames\.css|(fill|handed_over|late|placeholders|release|scripts)\.js)$/,
  'optional.js': /^\.\/(consent_mode|handed_over|policy|rules)\.js$/,
};

/** All files, in the order in which they are loaded. */
export const FILES = ['dastra.js', ...Object.keys(OWN)];

/** Take all modules but these from the first file. @param {RegExp} own @returns {import('esbuild').Plugin} */
const handedOver = own => ({
  name: 'handed over',
  setup({onResolve}) {
    onResolve({filter: /^\.\/.*/}, ({path, kind}) =>
      kind === 'entry-point' || own.test(path) ? null : {path: here('src/handed_over.js')},
    );
  },
});

/** Return the project's version, which only pyproject.toml states. */
export async function projectVersion() {
  const project = await readFile(here('../pyproject.toml'), 'utf8');
  const [, version] = /^version = "([\d.]+)"/m.exec(project) ?? [];
  if (!version) throw new Error('pyproject.toml states no version');
  return version;
}

const TEXTS = here('../layers/consent_core/consent_core/publishing/built_in_texts/');

/** The sentence for an outage in each of the built-in languages: for the SDK and the package. */
export const OUTAGE_WORDS = here('package/outage_words.js');

/** The words of proofs in each of them, for the file that shows these to people. */
export const RECEIPT_WORDS = here('src/receipt_words.js');

const RECEIPT_NAMES = [
  ...'receiptDateLabel receiptSiteLabel receiptReferenceLabel receiptCopyLabel receiptCopiedLabel'.split(' '),
  ...'receiptDownloadLabel acceptedLabel refusedLabel notRefusedLabel'.split(' '),
];

/** Return the module of these words. */
export async function receiptWords() {
  const files = (await readdir(TEXTS)).sort();
  const texts = await Promise.all(files.map(async file => JSON.parse(await readFile(TEXTS + file, 'utf8'))));
  const lines = files.map((file, at) => {
    const words = RECEIPT_NAMES.map(name => texts[at][name]);
    return `  ${JSON.stringify(basename(file, '.json'))}: ${JSON.stringify(words)},`;
  });
  const names = `  names: ${JSON.stringify(RECEIPT_NAMES)},`;
  return `/** Made by \`make sdk\`. @type {Record<string, string[]>} */\n// prettier-ignore\nexport const RECEIPT_WORDS = {\n${[names, ...lines].join('\n')}\n};\n`;
}

/** Return the module of the outage's words. */
export async function outageWords() {
  const files = (await readdir(TEXTS)).sort();
  const texts = await Promise.all(files.map(async file => JSON.parse(await readFile(TEXTS + file, 'utf8'))));
  const lines = files.map(
    (file, at) => `  ${JSON.stringify(basename(file, '.json'))}: ${JSON.stringify(texts[at].failureMessage)},`,
  );
  return `/** Made by \`make sdk\`. @type {Record<string, string>} */\n// prettier-ignore\nexport const OUTAGE_WORDS = {\n${lines.join('\n')}\n};\n`;
}

export const COMMITTED = here('../functions/widget_sdk');

/** The style sheet of the first screen, for pages that their server makes. */
export const SCREEN_STYLES = here('../layers/consent_core/consent_core/first_screen.css');

/** Return that style sheet. */
export const screenStyles = async () => `${await minified(here('src/window.css'))}\n`;

/** Return a style sheet as the bundle has it. @param {string} path */
export async function minified(path) {
  const {code} = await transform(await readFile(path, 'utf8'), {loader: 'css', minify: true, target: TARGETS});
  return code.trim().replaceAll(/(--[\w-]+): /g, '$1:');
}

/**
 * Return where a file is served for ever, and what `integrity` says of it.
 * @param {string} name
 * @param {string} text
 * @param {'sha256' | 'sha384'} hash
 */
export function pinned(name, text, hash = 'sha384') {
  const digest = (/** @type {string} */ algorithm) => createHash(algorithm).update(text);
  return {
    path: `/sdk/${digest('sha256').digest('hex').slice(0, 16)}/${name}`,
    integrity: `${hash}-${digest(hash).digest('base64')}`,
  };
}

/** The options of all files. @type {import('esbuild').BuildOptions} */
const COMMON = {
  absWorkingDir: here('.'),
  write: false,
  bundle: true,
  minify: true,
  mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
  format: 'esm', // modules are strict, and so are the tests: 'use strict' is not needed
  target: TARGETS,
  charset: 'utf8',
  legalComments: 'none',
};

/** Return the short names of the first file, which has the shortest for what it has most often. */
async function namesOfTheFirst() {
  const entryPoints = ['src/main.js'];
  const {mangleCache} = await build({
    ...COMMON,
    entryPoints,
    inject: ['src/natives.js'],
    mangleCache: {},
    plugins: [styles],
  });
  return mangleCache ?? {};
}

/**
 * Bundle an entry of src/. The size after brotli counts. Repetition costs little there: a helper that saves forty characters may
 * cost bytes. Terser saves about 3 % more than esbuild alone, because it inlines across functions.
 * @param {string} outfile
 * @param {string} entry
 * @param {string} inject The module whose exports take the place of globals.
 * @param {Record<string, string | false>} names Short names that another file has given already.
 * @param {Record<string, string>} inserted Constants of the sources.
 * @param {import('esbuild').Plugin[]} plugins
 */
async function compiled(outfile, entry, inject, names, inserted, plugins) {
  const {outputFiles, mangleCache} = await build({
    ...COMMON,
    entryPoints: [`src/${entry}`],
    outfile,
    define: Object.fromEntries(Object.entries(inserted).map(([name, value]) => [name, JSON.stringify(value)])),
    inject: [`src/${inject}`],
    mangleCache: names,
    sourcemap: 'external',
    plugins: [styles, ...plugins],
  });
  const text = (/** @type {string} */ end) => outputFiles?.find(({path}) => path.endsWith(end))?.text ?? '';
  const {code, map} = await minify(text('.js'), {
    ecma: 2020,
    module: true,
    enclose: true, // our names stay out of the page's scope
    // Inlining functions with parameters would cost bytes for their names. `unsafe` turns template literals into sums, which
    // differs only for symbols and dates.
    compress: {passes: 3, inline: 1, unsafe: true, unsafe_arrows: true},
    sourceMap: {content: text('.map'), includeSources: true, url: `${basename(outfile)}.map`},
  });
  await Promise.all([writeFile(outfile, `${code}\n`), writeFile(`${outfile}.map`, `${map}\n`)]);
  return {code: `${code}\n`, names: mangleCache ?? {}};
}

/**
 * The first file names the others by their hashes, so that one is never used with another's: `details.js` is DETAILS_PATH
 * in the sources.
 * @param {string} folder
 */
export async function bundle(folder) {
  /** @type {Record<string, string>} */
  const inserted = {VERSION: await projectVersion()};
  let names = await namesOfTheFirst();
  for (const [name, own] of Object.entries(OWN)) {
    const made = await compiled(join(folder, name), name, 'handed_over.js', names, inserted, [handedOver(own)]);
    const {path, integrity} = pinned(name, made.code, 'sha256'); // shorter, and as safe here
    const constant = name.replace('.js', '').toUpperCase();
    Object.assign(inserted, {[`${constant}_PATH`]: path, [`${constant}_INTEGRITY`]: integrity});
    names = made.names;
  }
  await compiled(join(folder, 'dastra.js'), 'main.js', 'natives.js', names, inserted, []);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , folder] = process.argv;
  if (!folder) {
    await writeFile(OUTAGE_WORDS, await outageWords());
    await writeFile(RECEIPT_WORDS, await receiptWords());
    await writeFile(SCREEN_STYLES, await screenStyles());
    await writeFile(DURATIONS, await durations());
  }
  await bundle(folder ?? COMMITTED);
}
