/** Turn texts with paragraphs, lists, links and emphasis into nodes. Any other tag is left out, so that none shows. */
import {HREF} from './shapes.js';

const PIECE = /<(\/?)([a-z][\w-]*)([^<>]*)>|<[!?/][^<>]*>|&(?:amp|lt|gt);|[^<&]+|[<&]/gi;
const LINK = /\shref\s*=\s*(["'])([^"']*)\1/i;
const TAG = /^(b|strong|i|em|br|p|ul|ol|li)$/;
/** They end where the next one begins. */
const ALONE = /^(p|li)$/;
const CHARACTERS = /** @type {Record<string, string>} */ ({'&amp;': '&', '&lt;': '<', '&gt;': '>'});

/**
 * Return what follows are put into, once the nearest element of that name has ended.
 * @param {Node} into
 * @param {string} tag
 */
function ended(into, tag) {
  /** @type {any} */
  let open = into;
  while (open && open.localName !== tag) open = open.parentNode;
  return open?.parentNode ?? into;
}

/** @param {string} tag @param {string} href */
function made(tag, href) {
  const element = document.createElement(tag);
  if (href) Object.assign(element, {href: href.replaceAll('&amp;', '&'), target: '_blank'});
  return element;
}

/**
 * @param {unknown} text
 * @returns {DocumentFragment}
 */
export function richText(text) {
  const fragment = new DocumentFragment();
  /** @type {any} */
  let into = fragment;
  for (const [piece, slash, name = '', attributes = ''] of `${text ?? ''}`.matchAll(PIECE)) {
    const tag = name.toLowerCase();
    const [, , href = ''] = (tag === 'a' && LINK.exec(attributes)) || [];
    if (slash) into = ended(into, tag);
    else if (TAG.test(tag) || HREF.test(href)) {
      if (tag === into.localName && ALONE.test(tag)) into = into.parentNode;
      const element = made(tag, href);
      into.append(element);
      if (tag !== 'br') into = element;
    } else if (!/^<./.test(piece)) into.append(CHARACTERS[piece] ?? piece);
  }
  return fragment;
}
