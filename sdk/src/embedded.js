/** Pages in frames of other pages. */
import {attempt} from './guard.js';

/** The outermost page that this one may see: that of the same origin. @type {any} */
let outermost = window;
while (outermost !== outermost.parent && attempt(() => outermost.parent.document)) outermost = outermost.parent;

/** Whether a page of another origin is around this one. */
export const isEmbedded = outermost !== window.top;

/**
 * Ask the visitor, unless the outermost page asks for the same widget. It may still be starting.
 * @param {number} widgetId
 * @param {() => void} ask
 */
export function unlessAround(widgetId, ask) {
  if (outermost === window) ask();
  else if (outermost.document.readyState !== 'complete')
    outermost.addEventListener('load', () => unlessAround(widgetId, ask));
  else if (outermost.dastra?.widgetId !== widgetId) ask();
}
