/** The widget that the page wishes for: an element names it, a command, or both. */
import {widgetIdOf} from './config.js';
import {attempt} from './guard.js';
import {getAttribute} from './natives.js';

/**
 * Look for elements that name a widget whenever the page changes, until one has started.
 * @param {(id: unknown, lang: unknown) => unknown} begin Starts a widget. Returns whether one has started.
 */
export function watch(begin) {
  /** An element, and what takes precedence over its attributes. @type {[string?, unknown?, unknown?][]} */
  const wishes = [];
  const observer = new MutationObserver(look);

  /**
   * Try the wishes, the last one first, until a widget has started. One whose element names no widget yet stays: a template
   * may fill it in later.
   */
  function look() {
    for (const wish of wishes.splice(0)) {
      const [selector, widgetId, lang] = wish;
      const names = (/** @type {Element} */ each) => widgetId || widgetIdOf(getAttribute.call(each, 'data-widgetid'));
      const element = attempt(() => [...document.querySelectorAll(/** @type {string} */ (selector))].find(names));
      const read = (/** @type {string} */ name) => element && getAttribute.call(element, name);
      const id = widgetId || read('data-widgetid');
      if (selector && !id) wishes.push(wish);
      else if (begin(id, lang ?? read('data-lang'))) return observer.disconnect();
    }
  }

  observer.observe(window.document, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['id', 'data-widgetid'],
  });
  return (/** @type {[string?, unknown?, unknown?]} */ ...wish) => {
    wishes.unshift(wish);
    look();
  };
}
