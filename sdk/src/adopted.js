/** The first screen that the page's server has included. Part of the second file. */
import {attempt} from './handed_over.js';

/**
 * Put the window in its place once the visitor presses no button of it, or after two seconds, and carry out what has been
 * pressed there. Where the page's policy has kept it closed, it counts as missing.
 * @param {Element & {dastraPress?: [string, Event]}} screen
 * @param {() => HTMLDialogElement | null} show
 * @param {() => void} ask
 */
export function adopt(screen, show, ask, tries = 100) {
  if (tries && screen.matches(':active')) return setTimeout(() => adopt(screen, show, ask, tries - 1), 20);
  const isSeen = attempt(() => screen.dastraPress ?? screen.matches(':popover-open'));
  const dialog = isSeen && show();
  screen.remove();
  if (!isSeen) return ask();
  if (!dialog) return;
  dialog.style.transition = 'none'; // it is there already
  const [name = '', event] = screen.dastraPress ?? [];
  attempt(() => /** @type {any} */ (dialog.querySelector(name)).onclick(event)); // the visitor's own
  if (!dialog.open) dialog.remove(); // it was never seen
}
