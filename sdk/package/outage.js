/** What stands for a frame while the widget is unavailable: the words of the SDK's own placeholder, and a link. */
import {OUTAGE_WORDS} from './outage_words.js';

/**
 * Return a sentence in the page's language, or else in English, and where the frame's content is.
 * @param {{src?: string | undefined, title?: string | undefined}} frame
 */
export function outageOf({src, title}) {
  const language = document.documentElement.lang || navigator.language;
  const known = Object.keys(OUTAGE_WORDS);
  const find = (/** @type {string} */ tag) => known.find(each => each.toLowerCase() === tag);
  const lang = find(language.toLowerCase()) ?? find(language.slice(0, 2).toLowerCase()) ?? 'en';
  const url = addressOf(src);
  return {lang, text: OUTAGE_WORDS[lang], href: url?.href, name: title || url?.host};
}

/** Return the address of a page; undefined for any other frame. @param {string | undefined} src */
function addressOf(src) {
  try {
    const url = new URL(/** @type {string} */ (src), document.baseURI);
    return src && /^https?:$/.test(url.protocol) ? url : undefined;
  } catch {
    return undefined;
  }
}
