/** Texts with links and emphasis, as publishing writes them, become nodes. What has another form is shown as it is. */

const PIECE = /<(\/?)(b|strong|i|em|br|a)(?: href="(https:\/\/[^"<>\s]+)")?>|&(amp|lt|gt);|[^<&]+|[<&]/g;
const CHARACTERS = /** @type {Record<string, string>} */ ({amp: '&', lt: '<', gt: '>'});
const DEEPEST = 8;

/**
 * @param {unknown} text
 * @returns {DocumentFragment}
 */
export function richText(text) {
  const fragment = new DocumentFragment();
  /** @type {Node & ParentNode} */
  let into = fragment;
  let depth = 0;
  for (const [piece, slash, tag = '', href = '', entity = ''] of String(text ?? '').matchAll(PIECE)) {
    if (slash && !href && /** @type {Element} */ (into).localName === tag) {
      into = /** @type {Element} */ (into.parentNode);
      depth--;
    } else if (tag && !slash && (tag === 'a') === !!href && depth < DEEPEST) {
      const element = document.createElement(tag);
      if (href) Object.assign(element, {href: href.replaceAll('&amp;', '&'), target: '_blank'});
      into.append(element);
      if (tag === 'br') continue;
      into = element;
      depth++;
    } else into.append(CHARACTERS[entity] ?? piece);
  }
  return fragment;
}
