/** Elements without markup. */

/**
 * @param {string} names Tag and class names: `button.accept-all.button`. The first class is also the element's `part`,
 * by which a page may style it.
 * @param {Record<string, unknown>} attributes A function listens to the event of that name; null and false are left out.
 * @param {unknown[]} children Nodes and texts; empty ones are left out.
 */
export function element(names, attributes, ...children) {
  const [tag, ...classes] = names.split('.');
  const made = document.createElement(/** @type {string} */ (tag));
  made.className = classes.join(' ');
  if (classes[0]) made.part = classes[0];
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, /** @type {EventListener} */ (value));
    else if (value != null && value !== false) made.setAttribute(name, /** @type {string} */ (value));
  }
  made.append(.../** @type {Node[]} */ (children.filter(Boolean)));
  return made;
}

/**
 * Give an element its address, past what automatic blocking wraps.
 * @param {Element} element
 * @param {string} address
 */
export const load = (element, address) => Element.prototype.setAttribute.call(element, 'src', address);

/** A line drawing of 24 by 24. @param {string} path */
export function icon(path) {
  const [svg, line] = /** @type {any} */ (
    ['svg', 'path'].map(tag => document.createElementNS('http://www.w3.org/2000/svg', tag))
  );
  svg.setAttribute('viewBox', '0 0 24 24');
  line.setAttribute('d', path);
  svg.append(line);
  return svg;
}

/** A style sheet that the strictest Content-Security-Policy admits, without a nonce. @param {string} text */
export function styleSheet(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
