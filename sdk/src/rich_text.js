/** Texts with links and emphasis, as publishing writes them, become nodes. What has another form is shown as it is. */

const PIECE = /<(\/?)(b|strong|i|em|br|a)(?: href="(https:\/\/[^"<>\s]+)")?>|&(amp|lt|gt);|[^<&]+|[<&]/g;
const CHARACTERS = /** @type {Record<string, string>} */ ({amp: '&', lt: '<', gt: '>'});
const DEEPEST = 8;

/**
 * @typedef {{text: string} | {open: string, href: string} | {close: string}} Token `br` is opened and never closed.
 * @param {unknown} text
 * @returns {Token[]}
 */
export function tokens(text) {
  /** @type {string[]} */
  const open = [];
  return Array.from(String(text ?? '').matchAll(PIECE), ([piece, slash, tag, href = '', entity]) => {
    if (entity) return {text: CHARACTERS[entity] ?? piece};
    if (!tag || (tag === 'a' && !slash) !== (href !== '')) return {text: piece};
    if (slash) return open.at(-1) === tag ? {close: /** @type {string} */ (open.pop())} : {text: piece};
    if (tag === 'br') return {open: tag, href};
    if (open.push(tag) > DEEPEST) return open.pop(), {text: piece};
    return {open: tag, href: href.replaceAll('&amp;', '&')};
  });
}

/**
 * @param {unknown} text
 * @returns {DocumentFragment}
 */
export function richText(text) {
  const fragment = document.createDocumentFragment();
  /** @type {Node} */
  let into = fragment;
  for (const token of tokens(text)) {
    if ('text' in token) into.appendChild(document.createTextNode(token.text));
    else if ('close' in token) into = into.parentNode ?? fragment;
    else {
      const element = into.appendChild(document.createElement(token.open));
      if (token.href) Object.assign(element, {href: token.href, target: '_blank', rel: 'noopener'});
      if (token.open !== 'br') into = element;
    }
  }
  return fragment;
}
