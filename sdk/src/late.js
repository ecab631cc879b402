/**
 * A released script finds a page that has loaded. Listeners of the page's start that it adds itself are called once. The
 * events are not dispatched again, because the page's own code would start twice. A text that it writes would replace the
 * page.
 */
import {warn} from './handed_over.js';

/** Released scripts that have not ended. @type {HTMLScriptElement[]} */
let running = [];

/** The page's own. @type {unknown} */
let onload;

/** Has the listeners of events that are over. @type {EventTarget | undefined} */
let missed;

/** Return the released script that runs now. Modules cannot be told from other code at that time. */
function current() {
  const {currentScript} = document;
  return running.find(each => (currentScript ? each === currentScript : each.getAttribute('data-type') === 'module'));
}

/** @param {string} type @param {EventTarget} target */
const isOver = (type, target) =>
  type === 'load'
    ? target === window && document.readyState === 'complete'
    : type === 'DOMContentLoaded' && document.readyState !== 'loading';

function prepare() {
  const late = (missed = new EventTarget());
  for (const target of [window, document]) {
    const add = target.addEventListener;
    target.addEventListener = (/** @type {[string, any, any]} */ ...listening) => {
      if (isOver(listening[0], target) && current()) late.addEventListener(listening[0], listening[1], {once: true});
      else add.apply(target, listening);
    };
  }
  for (const name of /** @type {const} */ (['write', 'writeln'])) {
    const write = document[name];
    document[name] = (...texts) => {
      const by = current();
      if (by) warn(`Not written, the page has loaded: ${by.src || by.text.slice(0, 80)}`);
      else write.apply(document, texts);
    };
  }
}

/** Called before a released script runs. @param {HTMLScriptElement} script */
export function begins(script) {
  if (!missed) prepare();
  if (!running.length) onload = window.onload;
  running.push(script);
}

/** Called after it has run, or failed. @param {HTMLScriptElement} script */
export function ends(script) {
  running = running.filter(each => each !== script);
  if (isOver('load', window) && window.onload !== onload) missed?.addEventListener('load', window.onload, {once: true});
  onload = window.onload;
  for (const type of ['DOMContentLoaded', 'load']) missed?.dispatchEvent(new Event(type));
}
