/** Pages in frames of the same site. Part of the second file. */

/**
 * Ask the visitor, unless the outermost page asks for the same widget. It may still be starting.
 * @param {any} outermost
 * @param {number} widgetId
 * @param {() => void} ask
 */
export function unlessAround(outermost, widgetId, ask) {
  if (outermost.document.readyState !== 'complete')
    outermost.addEventListener('load', () => unlessAround(outermost, widgetId, ask));
  else if (outermost.dastra?.widgetId !== widgetId) ask();
}
