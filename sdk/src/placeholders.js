/** What stands for a held frame. Part of the file for what is held. */
import {
  attempt,
  document,
  element,
  hold,
  querySelectorAll,
  richText,
  standing,
  styleSheet,
  themeOf,
} from './handed_over.js';
import {fill} from './fill.js';
import {OUTAGE_WORDS} from '../package/outage_words.js';
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

/** No rule weighs anything: whatever the page says wins. */
const PLACE = ':where(.dastra-blocking-iframe)';

let style = '';
/** @type {CSSStyleSheet} */
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
 * @param {Settings['theme']} theme
 */
function fit(placeholder, frame, theme) {
  const root = document.contains(frame) ? document : frame.getRootNode();
  const {adoptedStyleSheets} = /** @type {Document} */ (root);
  const wanted = css + themeOf(PLACE, theme);
  if (style !== wanted) sheet = styleSheet((style = wanted)); // after an outage; a later sheet comes first
  if (!adoptedStyleSheets.includes(sheet)) adoptedStyleSheets.push(sheet);
  const now = () => attempt(() => fitNow(placeholder, frame));
  // Style sheets may still be loading; painting comes later.
  if (!attempt(() => requestAnimationFrame(now))) setTimeout(now);
}

/**
 * @param {string | null | undefined} lang
 * @param {string | undefined} dir
 * @param {string} name
 * @param {unknown} text
 * @param {unknown[]} actions
 */
const box = (lang, dir, name, text, ...actions) =>
  element(
    'div',
    {
      class: CLASSES,
      role: 'group',
      'aria-label': name,
      'data-nosnippet': '',
      lang,
      dir: dir ?? 'auto',
    },
    element('div', {}, text),
    ...actions,
  );

/**
 * Return what stands for a frame whose service has no consent: whose content it is and what it is for, and two buttons.
 * One shows it until the next decision or page, the other one stores a consent.
 * @param {HTMLElement} frame
 * @param {string[]} slugs
 * @param {Settings} settings
 * @param {Partial<Rule>} rule
 * @param {Blocking} blocking
 */
function asking(frame, slugs, settings, {body, buttonLabel, buttonClass} = {}, blocking) {
  const {translation, direction} = settings;
  const values = named(slugs, settings);
  const {name} = values;
  const title = fill(translation.frameTitle, values) || name;
  const shown = (/** @type {() => void} */ show) => () => {
    show();
    frame.focus({preventScroll: true});
  };
  const button = (/** @type {string} */ label, /** @type {string} */ spoken, /** @type {() => void} */ show) =>
    element('button', {type: 'button', class: buttonClass, 'aria-label': spoken, click: shown(show)}, label);
  const always = buttonLabel || fill(translation.frameAlwaysLabel, values) || translation.buttonAcceptLabel || '';
  const once = translation.frameOnceLabel;
  return box(
    translation.lang,
    direction,
    title,
    body
      ? richText(body)
      : element(
          'div',
          {},
          element('b', {}, title),
          element('p', {}, fill(translation.frameText, values) || values.purpose),
        ),
    once && button(once, `${once}: ${name}`, () => blocking.showOnce(/** @type {HTMLIFrameElement} */ (frame), slugs)),
    button(always, always.includes(name) ? always : `${always} ${name}`, () => blocking.consentTo(slugs)),
  );
}

/** Return the names of services, and those of their purposes. @param {string[]} slugs @param {Settings} settings */
function named(slugs, {groups}) {
  const services = groups.flatMap(({label, services}) =>
    services.filter(({slug}) => slugs.includes(slug)).map(({name}) => ({name, label})),
  );
  const listed = (/** @type {'name' | 'label'} */ what) =>
    services
      .map(each => each[what])
      .filter((each, at, all) => all.indexOf(each) === at)
      .join(', ');
  return {name: listed('name'), purpose: listed('label')};
}

/** Return the sentence for an outage, in English for other languages. @param {string} language */
function unavailable(language) {
  const text = OUTAGE_WORDS[language] ?? OUTAGE_WORDS[language.slice(0, 2)];
  return element('span', text ? {} : {lang: 'en'}, text ?? OUTAGE_WORDS.en);
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
  return box(language, undefined, name, unavailable(language), isPage && element('a', {href: url}, name));
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
 * Put the frame's placeholder before it, unless it is there. The frame keeps it until other settings come: a page may have
 * replaced `WeakMap`.
 * @param {HTMLElement & {dastraPlaceholder?: HTMLElement | undefined, dastraSettings?: Settings | null}} frame
 * @param {string[]} slugs
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 */
export function place(frame, slugs, rule, blocking) {
  const before = standing(frame);
  const {settings} = blocking.consent;
  if (frame.dastraSettings !== settings) {
    frame.dastraPlaceholder?.remove(); // it is in another language
    frame.dastraPlaceholder = undefined;
  }
  frame.dastraSettings = settings;
  const made = (frame.dastraPlaceholder ??= placeholderOf(frame, slugs, rule, blocking));
  if (made === before || placed.filter(each => each === made).length > MOST) return;
  before?.remove();
  placed.push(made);
  setTimeout(() => (placed = []));
  frame.before(made);
  fit(made, frame, settings?.theme);
}
