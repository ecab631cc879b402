// Copies other people's files that the console serves. They are committed, so that a build needs no Node.
import {copyFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const PACKAGE = new URL('./node_modules/htmx.org/dist/', import.meta.url);
const ASSETS = new URL('../layers/consent_console/consent_console/assets/', import.meta.url);

/** The files of the console, and the file of the package that each of them is. */
export const VENDORED = [
  {own: new URL('htmx.min.js', ASSETS), theirs: new URL('htmx.min.js', PACKAGE)},
  {own: new URL('hx-csp.min.js', ASSETS), theirs: new URL('ext/hx-csp.min.js', PACKAGE)},
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const {own, theirs} of VENDORED) copyFileSync(theirs, own);
}
