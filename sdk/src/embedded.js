/** Pages in frames of other pages. */
import {attempt} from './guard.js';

/** The outermost page that this one may see: that of the same origin. @type {any} */
export let outermost = window;
while (outermost !== outermost.parent && attempt(() => outermost.parent.document)) outermost = outermost.parent;

/** Whether a page of another origin is around this one. */
export const isEmbedded = outermost !== window.top;
