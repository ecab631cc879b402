/** Frames: held without an address behind a placeholder, released with it, and held again. */
import {element, styleSheet} from './dom.js';
import css from './frames.css';
import {richText} from './rich_text.js';
import {slugsOf} from './slugs.js';

/** The second name is misspelt in the public documentation, and so in the styles of pages. */
const CLASSES = 'dastra-blocking-iframe datra-blocking-iframe';

/** All that makes the box of a frame, and its place among others. */
const BOX =
  /^((m..-)?(width|height)|border|padding|margin|flex|grid|position|top|right|bottom|left|float|order|z-index|transform|vertical-align|aspect-ratio|box-sizing|(align|justify)-self)/;

/**
 * @typedef {import('../dastra.js').FrameRule} Rule
 * @typedef {import('./blocking.js').Blocking} Blocking
 */

/**
 * As large as the frame would be, and where: what CSS says of it, so that it follows the page's width. A frame without a
 * size is 300 by 150.
 * @param {HTMLElement} placeholder
 * @param {Element} frame
 */
function fit(placeholder, frame) {
  const style = getComputedStyle(frame);
  for (const name of style) if (BOX.test(name)) placeholder.style.setProperty(name, style.getPropertyValue(name));
  if (style.width === 'auto') placeholder.style.width = '300px';
  if (style.height === 'auto' && style.aspectRatio === 'auto') placeholder.style.height = '150px';
  placeholder.className = ''; // for a moment the frame is not hidden
  placeholder.style.display = style.display === 'inline' ? 'inline-block' : style.display;
  placeholder.className = CLASSES;
}

/** @param {HTMLIFrameElement} frame @returns {boolean} whether there is something to hold */
function hold(frame) {
  const address = frame.getAttribute('src');
  if (address !== null) {
    frame.dataset.blockedSrc ??= address;
    frame.removeAttribute('src');
    frame.before(frame); // out of the page and in again: what it had loaded is gone
  }
  return frame.dataset.blockedSrc != null;
}

/** @param {HTMLIFrameElement} frame */
function release(frame) {
  const {blockedSrc} = frame.dataset;
  if (blockedSrc == null) return;
  delete frame.dataset.blockedSrc;
  frame.src = blockedSrc;
}

/** @type {WeakMap<Element, HTMLElement>} */
const placeholders = new WeakMap();
let isStyled = 0;

/**
 * Hold or release.
 * @param {HTMLIFrameElement} frame
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 */
export function treat(frame, rule, blocking) {
  const slugs = slugsOf(frame, rule?.service);
  if (!slugs.length) return;
  const verdict = blocking.verdict(slugs);
  if (verdict) {
    placeholders.get(frame)?.remove();
    release(frame);
  } else if (hold(frame) && verdict === false) cover(frame, slugs, rule, blocking);
}

/** @param {HTMLIFrameElement} frame @param {string[]} slugs @param {Rule | undefined} rule @param {Blocking} blocking */
function cover(frame, slugs, rule, blocking) {
  const {settings} = blocking.consent;
  const placeholder = placeholders.get(frame) ?? (settings && placeholderOf(frame, slugs, settings, rule, blocking));
  if (!placeholder || placeholder.nextElementSibling === frame) return;
  placeholders.set(frame, placeholder);
  isStyled ||= document.adoptedStyleSheets.push(styleSheet(css));
  frame.before(placeholder);
  requestAnimationFrame(() => fit(placeholder, frame)); // style sheets may be on their way; nothing is painted before
}

/**
 * @param {HTMLIFrameElement} frame
 * @param {string[]} slugs
 * @param {Settings} settings
 * @param {Partial<Rule>} rule
 * @param {Blocking} blocking
 */
function placeholderOf(frame, slugs, {groups, translation}, {body, buttonLabel, buttonClass} = {}, blocking) {
  const named = groups.flatMap(({label, services}) =>
    services.filter(({slug}) => slugs.includes(slug)).map(({name}) => [name, `${name} · ${label}`]),
  );
  const name = named.map(([name]) => name).join(', ');
  const label = buttonLabel || translation.buttonAcceptLabel;
  const click = () => {
    blocking.consentTo(slugs);
    frame.focus({preventScroll: true});
  };
  return element(
    'div',
    {class: CLASSES, role: 'group', 'aria-label': name},
    element('p', {}, body ? richText(body) : named.map(([, text]) => text).join(', ')),
    element('button', {type: 'button', class: buttonClass, 'aria-label': `${label} ${name}`, click}, label),
  );
}
