/** What stands for a frame while the widget is unavailable: the words of the SDK's own placeholder, and a link. */

/** @type {Record<string, string>} */
const WORDS = {
  en: 'The settings did not load.',
  fr: 'Les paramètres ne se sont pas chargés.',
  nl: 'De instellingen zijn niet geladen.',
  de: 'Die Einstellungen wurden nicht geladen.',
};

/**
 * Return a sentence in the page's language, or else in English, and where the frame's content is.
 * @param {{src?: string | undefined, title?: string | undefined}} frame
 */
export function outageOf({src, title}) {
  const language = (document.documentElement.lang || navigator.language).slice(0, 2).toLowerCase();
  const lang = Object.hasOwn(WORDS, language) ? language : 'en';
  const url = addressOf(src);
  return {lang, text: WORDS[lang], href: url?.href, name: title || url?.host};
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
