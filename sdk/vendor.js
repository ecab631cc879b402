// Copies other people's files that the console serves. They are committed, so that a build needs no Node.
import { copyFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const PACKAGE = new URL("./node_modules/htmx.org/dist/", import.meta.url);
const ASSETS = new URL("../layers/consent_console/consent_console/assets/", import.meta.url);

/** Each file of the console, and the file of the package that it is. */
export const VENDORED = [
  ["htmx.min.js", "htmx.min.js"],
  ["hx-csp.min.js", "ext/hx-csp.min.js"],
].map(([own, theirs]) => [new URL(own, ASSETS), new URL(theirs, PACKAGE)]);

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [own, theirs] of VENDORED) copyFileSync(theirs, own);
}
