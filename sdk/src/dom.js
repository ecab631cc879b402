/** Elements are built without markup. */
import {heard} from './clicks.js';

/**
 * @param {string} names Tag and class names: `button.accept-all.button`. The first class is also the element's `part`,
 * so that a page can style it.
 * @param {Record<string, unknown>} attributes A function becomes the `on…` property of that event, where watch.js finds
 * it; null and false are skipped.
 * @param {unknown[]} children Nodes and texts; empty ones are skipped.
 */
export function element(names, attributes, ...children) {
  const [tag, ...classes] = names.split('.');
  const made = document.createElement(/** @type {string} */ (tag));
  made.className = classes.join(' ');
  if (classes[0]) made.part = classes[0];
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function')
      Object.assign(made, {[`on${name}`]: heard(/** @type {(event: Event) => void} */ (value))});
    else if (value != null && value !== false) made.setAttribute(name, /** @type {string} */ (value));
  }
  made.append(.../** @type {Node[]} */ (children.filter(each => each)));
  return made;
}

/** Return a line drawing of 24 by 24 pixels. @param {string} path */
export function icon(path) {
  const [svg, line] = /** @type {any} */ (
    ['svg', 'path'].map(tag => document.createElementNS('http://www.w3.org/2000/svg', tag))
  );
  svg.setAttribute('viewBox', '0 0 24 24');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** Return a style sheet that even the strictest Content-Security-Policy allows without a nonce. @param {string} text */
export function styleSheet(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
