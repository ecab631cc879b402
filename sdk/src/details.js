/** The second file: what a visitor sees after a click. It hands its parts to the script element that loads it. */
import {take} from './handed_over.js';
import {secondScreen} from './second_screen.js';
import css from './second_screen.css';
import {Watch, openModal} from './watch.js';

// Not document.currentScript, which an element of that name replaces.
const {get} = /** @type {any} */ (Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript'));
get.call(window.document).dastra((/** @type {import('./handed_over.js').Shared} */ shared) => {
  take(shared);
  return [secondScreen, css, openModal, Watch];
});
