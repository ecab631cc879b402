/** Whether a decision is the visitor's: a click that a script dispatches is not, unless it gives the visitor's again. */

/** What the visitor has pressed last, the innermost first, and when. @type {EventTarget[]} */
let pressed = [];
let time = 0;
let isVisitors = false;

/** Note from now on what the visitor presses. */
export function notePresses() {
  for (const kind of ['pointerdown', 'keydown'])
    addEventListener(
      kind,
      event => {
        if (event.isTrusted && Event.prototype.composedPath.call(event))
          [pressed, time] = [event.composedPath(), event.timeStamp];
      },
      true,
    );
}

/** Make a listener that notes whose event it is. @param {(event: Event) => void} listener */
export const heard = listener =>
  /** @this {EventTarget} @param {Event} event */
  function (event) {
    isVisitors = event.isTrusted || (pressed.includes(this) && event.timeStamp - time < 1000);
    listener(event);
  };

/** Click a button as the visitor did before it was there. @param {any} button @param {Event} event */
export function clickFor(button, event) {
  if (event.isTrusted) [pressed, time] = [[button], performance.now()];
  button.click();
}

/**
 * Go on once the visitor presses no button of the screen that the page's server has included, or after two seconds.
 * @param {() => void} work
 */
export function onceReleased(work, tries = 100) {
  if (tries && document.querySelector('#dastra-first-screen:active'))
    setTimeout(() => onceReleased(work, tries - 1), 20);
  else work();
}

/** Return the action of a decision that is made now. @param {Action} action */
export const actionOf = action => (isVisitors ? action : 'Api');
