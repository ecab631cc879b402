/** The widget that the page wishes for: an element names it, a command, or both. */
import {attempt} from './guard.js';

/**
 * Look for elements that name a widget whenever the page changes, until one has started.
 * @param {(id: unknown, lang: unknown) => unknown} begin Starts a widget. Returns whether one has started.
 */
export function watch(begin) {
  /** An element, and what takes precedence over its attributes. @type {[string?, unknown?, unknown?][]} */
  const wishes = [];
  const observer = new MutationObserver(look);

  /** Try the wishes, the last one first, until a widget has started. One whose element is not in the page yet stays. */
  function look() {
    for (const wish of wishes.splice(0)) {
      const [selector, widgetId, lang] = wish;
      const data = selector && attempt(() => /** @type {HTMLElement} */ (document.querySelector(selector)).dataset);
      const {widgetid: id, lang: language} = data || {};
      if (selector && !widgetId && !id) wishes.push(wish);
      else if (begin(widgetId ?? id, lang ?? language)) return observer.disconnect();
    }
  }

  observer.observe(window.document, {childList: true, subtree: true, attributeFilter: ['id', 'data-widgetid']});
  return (/** @type {[string?, unknown?, unknown?]} */ ...wish) => {
    wishes.unshift(wish);
    look();
  };
}
