// Copies files from elsewhere that the console serves. They are committed, so that a build needs no Node.
import {copyFileSync} from 'node:fs';
import {pathToFileURL} from 'node:url';

const PACKAGE = new URL('./node_modules/htmx.org/dist/', import.meta.url);
const INTEGRATIONS = new URL('../integrations/', import.meta.url);
const ASSETS = new URL('../layers/consent_console/consent_console/assets/', import.meta.url);

/** The files of the console, and the file that each of them is: one of the package, or a download for owners. */
export const VENDORED = [
  {own: new URL('htmx.min.js', ASSETS), theirs: new URL('htmx.min.js', PACKAGE)},
  {own: new URL('hx-csp.min.js', ASSETS), theirs: new URL('ext/hx-csp.min.js', PACKAGE)},
  {own: new URL('consent-platform.tpl', ASSETS), theirs: new URL('google-tag-manager/template.tpl', INTEGRATIONS)},
  {
    own: new URL('consent-platform.php', ASSETS),
    theirs: new URL('wordpress/consent-platform/consent-platform.php', INTEGRATIONS),
  },
];

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const {own, theirs} of VENDORED) copyFileSync(theirs, own);
}
