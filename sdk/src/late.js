/**
 * A released script finds a page that has loaded. Listeners of the page's start that it adds itself are called once. The
 * events are not dispatched again, because the page's own code would start twice: those listeners get one under another
 * name. A text that it writes would replace the page.
 */
import {attempt, warn} from './handed_over.js';

/** Released scripts that have not ended. @type {HTMLScriptElement[]} */
let running = [];

/** The one whose listeners are called now. @type {HTMLScriptElement | null} */
let told = null;

/** The page's own. @type {unknown} */
let onload;

/** How often listeners have been called: it changes the name, so that none is called twice. */
let turn = 0;

/** @param {string} type */
const late = type => type + turn;

/** Return the released script that runs now. Modules cannot be told from other code at that time. */
function current() {
  const {currentScript} = document;
  return (
    told ?? running.find(each => (currentScript ? each === currentScript : each.getAttribute('data-type') === 'module'))
  );
}

/** @param {string} type @param {EventTarget} target */
const isOver = (type, target) =>
  type === 'DOMContentLoaded'
    ? document.readyState !== 'loading'
    : type === (target === window ? 'load' : 'readystatechange') && document.readyState === 'complete';

/**
 * Return what calls the page's own function. A framework that is loaded later may replace the prototype's. An element may
 * have the name, too.
 * @param {EventTarget} target
 * @param {'addEventListener' | 'removeEventListener'} name
 */
function pagesOwn(target, name) {
  const own = /** @type {any} */ (Object.hasOwn(target, name) && target[name]);
  return (/** @type {[string, any]} */ ...values) =>
    (own.apply ? own : Object.getPrototypeOf(target)[name]).apply(target, values);
}

/**
 * Nothing can be set under the name of an element.
 * @param {any} target
 * @param {string} name
 * @param {(...values: any[]) => void} value
 */
const replace = (target, name, value) => attempt(() => (target[name] = value));

/** Called once, before any script is released. */
export function prepare() {
  for (const target of [window, window.document]) {
    const add = pagesOwn(target, 'addEventListener');
    const remove = pagesOwn(target, 'removeEventListener');
    replace(target, 'addEventListener', (/** @type {[string, any]} */ ...[type, ...rest]) =>
      add(isOver(type, target) && current() ? late(type) : type, ...rest),
    );
    replace(target, 'removeEventListener', (/** @type {[string, any]} */ ...[type, ...rest]) => {
      remove(type, ...rest);
      remove(late(type), ...rest);
    });
  }
  for (const name of /** @type {const} */ (['write', 'writeln'])) {
    const write = document[name];
    replace(window.document, name, (/** @type {string[]} */ ...texts) => {
      const by = current();
      if (by) warn(`Not written, the page has loaded: ${by.src || by.text.slice(0, 80)}`);
      else write.apply(window.document, texts);
    });
  }
}

/** Return an event of the browser. A page may have replaced `Event`. @param {string} type @param {boolean} bubbles */
export function eventOf(type, bubbles) {
  const event = document.createEvent('Event');
  event.initEvent(type, bubbles);
  return event;
}

/** Called before a released script runs. @param {HTMLScriptElement} script */
export function begins(script) {
  if (!running.length) onload = window.onload;
  running.push(script);
}

/** Called after it has run, or failed. @param {HTMLScriptElement} script */
export function ends(script) {
  told = script;
  if (onload !== (onload = window.onload) && isOver('load', window))
    window.addEventListener('load', /** @type {any} */ (onload)); // the one of `prepare`
  for (const type of ['DOMContentLoaded', 'readystatechange', 'load']) {
    const event = eventOf(late(type), true);
    const target = type === 'load' ? window : window.document;
    Object.defineProperty(event, 'type', /** @type {any} */ ({__proto__: null, value: type}));
    Object.getPrototypeOf(target).dispatchEvent.call(target, event);
  }
  turn++;
  told = null;
  running = running.filter(each => each !== script);
}
