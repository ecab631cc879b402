/** What stands for a held frame. Part of the file for what is held. */
import {attempt, document, element, hold, querySelectorAll, richText, standing, styleSheet} from './handed_over.js';
import css from './frames.css';

/** The second name is a misspelling in the public documentation, which pages use in their styles. */
const CLASSES = 'dastra-blocking-iframe datra-blocking-iframe';

/** The properties of a frame's box and position. */
const BOX =
  /^((m..-)?(width|height)|border|padding|margin|flex|grid|position|top|right|bottom|left|float|order|z-index|transform|vertical-|aspect-|box-sizing|[a-z]+-self)/;

/**
 * @typedef {import('../dastra.js').FrameRule} Rule
 * @typedef {import('./blocking.js').Blocking} Blocking
 * @typedef {import('./release.js').Shown} Shown
 */

/** @type {CSSStyleSheet | undefined} */
let sheet;

/**
 * Give the placeholder the frame's size and position. It takes the CSS values, so that it follows the page's width. A
 * frame without a size is 300 by 150 pixels.
 * @param {HTMLElement} placeholder
 * @param {Element} frame
 */
function fitNow(placeholder, frame) {
  const style = getComputedStyle(frame);
  for (const name of style) if (BOX.test(name)) placeholder.style.setProperty(name, style.getPropertyValue(name));
  if (style.width === 'auto') placeholder.style.width = '300px';
  if (style.height === 'auto' && style.aspectRatio === 'auto') placeholder.style.height = '150px';
  placeholder.className = ''; // the frame must be visible for a moment
  placeholder.style.display = style.display === 'inline' ? 'inline-block' : style.display;
  placeholder.className = CLASSES;
}

/**
 * Style a placeholder that has entered the page. The page may have taken the style sheet away, replaced a function, or
 * named an element `adoptedStyleSheets`, which only our own `document` does not give back.
 * @param {HTMLElement} placeholder
 * @param {Element} frame
 */
function fit(placeholder, frame) {
  const root = document.contains(frame) ? document : frame.getRootNode();
  const {adoptedStyleSheets} = /** @type {Document} */ (root);
  sheet ??= styleSheet(css);
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
  const now = () => attempt(() => fitNow(placeholder, frame));
  // Style sheets may still be loading; painting comes later.
  if (!attempt(() => requestAnimationFrame(now))) setTimeout(now);
}

/**
 * @param {string} lang
 * @param {string} name
 * @param {unknown} text
 * @param {unknown} action
 */
const box = (lang, name, text, action) =>
  element(
    'div',
    {class: CLASSES, role: 'group', 'aria-label': name, 'data-nosnippet': '', lang},
    element('div', {}, text),
    action,
  );

/**
 * Return what stands for a frame whose service has no consent: words and a button.
 * @param {HTMLElement} frame
 * @param {string[]} slugs
 * @param {Settings} settings
 * @param {Partial<Rule>} rule
 * @param {Blocking} blocking
 */
function asking(frame, slugs, {groups, lang, translation}, {body, buttonLabel, buttonClass} = {}, blocking) {
  const named = groups.flatMap(({label, services}) =>
    services.filter(({slug}) => slugs.includes(slug)).map(({name}) => [name, `${name} · ${label}`]),
  );
  const name = named.map(([name]) => name).join(', ');
  const label = buttonLabel || translation.buttonAcceptLabel;
  const click = () => {
    blocking.consentTo(slugs);
    frame.focus({preventScroll: true});
  };
  return box(
    lang,
    name,
    body ? richText(body) : named.map(([, text]) => text).join(', '),
    element('button', {type: 'button', class: buttonClass, 'aria-label': `${label} ${name}`, click}, label),
  );
}

/** While the settings cannot be reached, neither can their texts. @type {Record<string, string>} */
const UNAVAILABLE = {
  en: 'The settings did not load.',
  fr: 'Les paramètres ne se sont pas chargés.',
  nl: 'De instellingen zijn niet geladen.',
  de: 'Die Einstellungen wurden nicht geladen.',
};

/** Return the sentence, in English for other languages. @param {string} language */
function unavailable(language) {
  const text = UNAVAILABLE[language.slice(0, 2)];
  return element('span', text ? {} : {lang: 'en'}, text ?? UNAVAILABLE.en);
}

/**
 * Return what stands for a frame while the settings cannot be reached: a sentence, and a link to the content.
 * @param {HTMLElement} frame
 * @param {string} language
 */
function neutral(frame, language) {
  const href = frame.dataset.blockedSrc ?? frame.dataset.src;
  const url = attempt(() => new URL(/** @type {string} */ (href), document.baseURI));
  const isPage = url?.protocol.startsWith('http');
  const name = frame.title || url?.host || '';
  return box(language, name, unavailable(language), isPage && element('a', {href: url}, name));
}

/**
 * @param {HTMLElement} frame
 * @param {string[]} slugs
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 */
const placeholderOf = (frame, slugs, rule, blocking) =>
  blocking.consent.settings
    ? asking(frame, slugs, blocking.consent.settings, rule, blocking)
    : neutral(frame, blocking.unavailable);

/** What has been put in during this task, once for each time: the page may take it out again at once. @type {HTMLElement[]} */
let placed = [];
const MOST = 50;

/**
 * A frame that leaves the page takes its placeholder along, and waits: it would load by itself if it came back after a
 * withdrawal.
 * @param {Element} node
 */
export function leave(node) {
  for (const each of /** @type {Shown[]} */ ([node, ...querySelectorAll.call(node, 'iframe,video,audio')])) {
    if (each.isConnected) continue;
    each.dastraShown = undefined;
    each.dastraPlaceholder?.remove();
    if (each.localName === 'iframe' && each.hasAttribute('data-consent')) hold(each, true);
  }
}

/**
 * Put the frame's placeholder before it, unless it is there. The frame keeps it: a page may have replaced `WeakMap`.
 * @param {HTMLElement & {dastraPlaceholder?: HTMLElement}} frame
 * @param {string[]} slugs
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 */
export function place(frame, slugs, rule, blocking) {
  const before = standing(frame);
  const made = (frame.dastraPlaceholder ??= placeholderOf(frame, slugs, rule, blocking));
  if (made === before || placed.filter(each => each === made).length > MOST) return;
  before?.remove();
  placed.push(made);
  setTimeout(() => (placed = []));
  frame.before(made);
  fit(made, frame);
}
