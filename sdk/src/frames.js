/** Frames: held behind a placeholder without an address, released with it, and held again. */
import {element, load, styleSheet} from './dom.js';
import css from './frames.css';
import {richText} from './rich_text.js';
import {slugsOf} from './slugs.js';
import {hasNonce, trusted} from './trusted.js';

/** The second name is a misspelling in the public documentation, which pages use in their styles. */
const CLASSES = 'dastra-blocking-iframe datra-blocking-iframe';

/** The properties of a frame's box and position. */
const BOX =
  /^((m..-)?(width|height)|border|padding|margin|flex|grid|position|top|right|bottom|left|float|order|z-index|transform|vertical-|aspect-|box-sizing|[a-z]+-self)/;

/**
 * @typedef {import('../dastra.js').FrameRule} Rule
 * @typedef {import('./blocking.js').Blocking} Blocking
 * @typedef {HTMLIFrameElement | HTMLScriptElement} Holdable A script: only with automatic blocking.
 */

/** @param {Holdable} element @returns {element is HTMLIFrameElement} */
const isFrame = element => element.localName === 'iframe';

/**
 * Give the placeholder the frame's size and position. It takes the CSS values, so that it follows the page's width. A
 * frame without a size is 300 by 150 pixels.
 * @param {HTMLElement} placeholder
 * @param {Element} frame
 */
function fit(placeholder, frame) {
  const style = getComputedStyle(frame);
  for (const name of style) if (BOX.test(name)) placeholder.style.setProperty(name, style.getPropertyValue(name));
  if (style.width === 'auto') placeholder.style.width = '300px';
  if (style.height === 'auto' && style.aspectRatio === 'auto') placeholder.style.height = '150px';
  placeholder.className = ''; // the frame must be visible for a moment
  placeholder.style.display = style.display === 'inline' ? 'inline-block' : style.display;
  placeholder.className = CLASSES;
}

/**
 * Remove the address. The parser creates scripts without a hook, but observers see them before they run. A script
 * without an address does not run, and can still run when it gets one.
 * @param {Holdable} element
 * @returns {boolean} whether there is an address to hold
 */
function hold(element) {
  const address = element.getAttribute('src');
  if (address !== null) {
    element.dataset.blockedSrc ??= address;
    element.removeAttribute('src');
    if (isFrame(element)) element.before(element); // leaving and entering the page discards the loaded document
  }
  return element.dataset.blockedSrc != null;
}

/** @param {Holdable} element */
function release(element) {
  const {blockedSrc} = element.dataset;
  if (blockedSrc == null) return;
  delete element.dataset.blockedSrc;
  if (isFrame(element)) load(element, blockedSrc);
  else if (hasNonce(element, blockedSrc)) {
    element.async = element.hasAttribute('async'); // otherwise the scripts would lose their order
    load(element, trusted().createScriptURL(blockedSrc));
  }
}

/** @type {WeakMap<Element, HTMLElement>} */
const placeholders = new WeakMap();
let isStyled = 0;

/**
 * Hold or release an element by its attribute or rule, otherwise by its address.
 * @param {Holdable} element
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 */
export function holdOrRelease(element, rule, blocking) {
  const named = slugsOf(element, rule?.service);
  const slugs = named.length ? named : blocking.servicesAt(element.dataset.blockedSrc ?? element.src);
  if (!slugs) return;
  const verdict = !slugs.length || blocking.verdict(slugs);
  if (verdict) {
    placeholders.get(element)?.remove();
    release(element);
  } else if (hold(element) && verdict === false && isFrame(element)) showPlaceholder(element, slugs, rule, blocking);
}

/**
 * @param {HTMLIFrameElement} frame
 * @param {string[]} slugs
 * @param {Rule | undefined} rule
 * @param {Blocking} blocking
 */
function showPlaceholder(frame, slugs, rule, blocking) {
  const {settings} = blocking.consent;
  const placeholder = placeholders.get(frame) ?? (settings && placeholderOf(frame, slugs, settings, rule, blocking));
  if (!placeholder || placeholder.nextElementSibling === frame) return;
  placeholders.set(frame, placeholder);
  isStyled ||= document.adoptedStyleSheets.push(styleSheet(css));
  frame.before(placeholder);
  requestAnimationFrame(() => fit(placeholder, frame)); // style sheets may still be loading; painting comes later
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
