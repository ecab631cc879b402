/** Frames: held without an address behind a placeholder, released with it, and held again. */
import {element, styleSheet} from './dom.js';
import css from './frames.css';
import {richText} from './rich_text.js';
import {slugsOf} from './slugs.js';

/** The second name is misspelt in the public documentation, and so in the styles of pages. */
const CLASSES = 'dastra-blocking-iframe datra-blocking-iframe';

/** All that makes the box of a frame, and its place among others. */
const BOX =
  /^((min-|max-)?(width|height)|border|padding|margin|flex|grid|position|top|right|bottom|left|float|order|z-index|transform|vertical-align|aspect-ratio|box-sizing|(align|justify)-self)/;

/** @typedef {import('../dastra.js').FrameRule} Rule */

/**
 * As large as the frame would be, and where: what CSS says of it, so that it follows the page's width. A frame without a
 * size is 300 by 150.
 * @param {HTMLElement} placeholder
 */
function fit(placeholder) {
  const style = getComputedStyle(/** @type {Element} */ (placeholder.nextElementSibling));
  for (const name of style) if (BOX.test(name)) placeholder.style.setProperty(name, style.getPropertyValue(name));
  if (style.width === 'auto') placeholder.style.width = '300px';
  if (style.height === 'auto' && style.aspectRatio === 'auto') placeholder.style.height = '150px';
  placeholder.className = ''; // for a moment the frame is not hidden
  placeholder.style.display = style.display === 'inline' ? 'inline-block' : style.display;
  placeholder.className = CLASSES;
}

function fitAll() {
  for (const frame of document.querySelectorAll('.dastra-blocking-iframe + iframe'))
    fit(/** @type {HTMLElement} */ (frame.previousElementSibling));
}

/** @param {HTMLIFrameElement} frame @returns {boolean} whether there is something to hold */
function hold(frame) {
  const address = frame.getAttribute('src');
  if (address !== null) {
    frame.dataset.blockedSrc ??= address;
    frame.removeAttribute('src');
    frame.before(frame); // out of the page and in again: what was loaded, or on its way, is gone
  }
  return 'blockedSrc' in frame.dataset;
}

/** @param {HTMLIFrameElement} frame @param {HTMLElement | undefined} placeholder */
function release(frame, placeholder) {
  const {blockedSrc} = frame.dataset;
  placeholder?.remove();
  if (blockedSrc === undefined) return;
  delete frame.dataset.blockedSrc;
  frame.src = blockedSrc;
}

/** What the page is told of its frames' services. @param {Settings} settings @param {string[]} slugs */
function textsOf({groups, translation}, slugs) {
  const isNamed = (/** @type {Service} */ {slug}) => slugs.includes(slug);
  const concerned = groups.filter(({services}) => services.some(isNamed));
  const names = concerned.flatMap(({services}) => services.filter(isNamed).map(({name}) => name));
  return {name: names.join(', '), purpose: concerned.map(({label}) => label).join(', '), accept: translation.buttonAcceptLabel};
}

/** @param {import('./blocking.js').Knowledge} knows */
export function frames(knows) {
  /** @type {Rule[]} */
  const rules = [];
  /** @type {WeakMap<HTMLIFrameElement, HTMLElement>} */
  const placeholders = new WeakMap();
  let isStyled = 0;

  /** @param {HTMLIFrameElement} frame @param {string[]} slugs @param {Settings} settings @param {Partial<Rule>} rule */
  function made(frame, slugs, settings, {body, buttonLabel, buttonClass}) {
    const {name, purpose, accept} = textsOf(settings, slugs);
    const click = () => {
      knows.accept(slugs);
      frame.focus({preventScroll: true});
    };
    const label = buttonLabel ? null : `${accept} ${name}`;
    return element(
      'div',
      {role: 'group', 'aria-label': name},
      element('p', {}, body ? richText(body) : `${name} · ${purpose}`),
      element('button', {type: 'button', class: buttonClass, 'aria-label': label, click}, buttonLabel || accept),
    );
  }

  /** @param {HTMLIFrameElement} frame @param {HTMLElement} placeholder */
  function cover(frame, placeholder) {
    if (placeholder.nextElementSibling === frame) return;
    placeholders.set(frame, placeholder);
    isStyled ||= document.adoptedStyleSheets.push(styleSheet(css));
    addEventListener('resize', fitAll);
    frame.before(placeholder);
    requestAnimationFrame(fitAll); // style sheets may be on their way; nothing is painted before
  }

  /** @param {HTMLIFrameElement} frame @param {Rule} [rule] */
  function treat(frame, rule) {
    const slugs = slugsOf(frame, rule?.service);
    if (!slugs.length) return;
    const verdict = knows.verdict(slugs);
    if (verdict) return release(frame, placeholders.get(frame));
    if (!hold(frame)) return;
    const settings = verdict === false && knows.settings();
    if (settings) cover(frame, placeholders.get(frame) ?? made(frame, slugs, settings, rule ?? {}));
  }

  return {
    /** @param {Rule} rule */
    add(rule) {
      document.querySelector(rule.selector); // throws if it is none
      rules.push(rule);
    },
    /** Hold and release. */
    apply() {
      for (const frame of document.querySelectorAll('iframe'))
        treat(frame, rules.find(({selector}) => frame.matches(selector)));
    },
  };
}
