/** Elements without markup. */

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} names Its class names; the first one is its `part`, by which a page may style it.
 * @param {Record<string, unknown>} [attributes] `undefined`, null and false are left out; functions are click handlers.
 * @param {(Node | string | false | null | undefined)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, names, attributes = {}, ...children) {
  const made = document.createElement(tag);
  if (names) {
    made.className = names;
    made.setAttribute('part', /** @type {string} */ (names.split(' ')[0]));
  }
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, /** @type {EventListener} */ (value));
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(name, String(value));
  }
  made.append(.../** @type {Node[]} */ (children.filter(Boolean)));
  return made;
}

/** A line drawing of 24 by 24. @param {string} path */
export function icon(path) {
  const space = 'http://www.w3.org/2000/svg';
  const svg = document.createElementNS(space, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(document.createElementNS(space, 'path'));
  svg.firstElementChild?.setAttribute('d', path);
  return svg;
}

/**
 * Style sheets that a strict Content-Security-Policy admits; an older browser gets elements with the script's nonce.
 * @param {ShadowRoot} root
 * @param {string} nonce
 * @param {string[]} texts
 */
export function style(root, nonce, texts) {
  for (const text of texts.filter(Boolean)) {
    if (root.adoptedStyleSheets) {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(text);
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    } else root.append(element('style', '', {nonce}, text));
  }
}
