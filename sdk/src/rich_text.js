/** Turn texts with links and emphasis, in the form that publishing writes, into nodes. Anything else becomes text. */
import {HTTPS} from './shapes.js';

const PIECE = /<(\/?)(b|strong|i|em|br|a)(?: href="([^"<>\s]+)")?>|&(amp|lt|gt);|[^<&]+|[<&]/g;
const CHARACTERS = /** @type {Record<string, string>} */ ({amp: '&', lt: '<', gt: '>'});

/**
 * @param {unknown} text
 * @returns {DocumentFragment}
 */
export function richText(text) {
  const fragment = new DocumentFragment();
  /** @type {Node & ParentNode} */
  let into = fragment;
  for (const [piece, slash, tag = '', href = '', entity = ''] of String(text ?? '').matchAll(PIECE)) {
    if (slash && !href && /** @type {Element} */ (into).localName === tag) {
      into = /** @type {Element} */ (into.parentNode);
    } else if (tag && !slash && (tag === 'a' ? HTTPS.test(href) : !href)) {
      const element = document.createElement(tag);
      if (href) Object.assign(element, {href: href.replaceAll('&amp;', '&'), target: '_blank'});
      into.append(element);
      if (tag === 'br') continue;
      into = element;
    } else into.append(CHARACTERS[entity] ?? piece);
  }
  return fragment;
}
