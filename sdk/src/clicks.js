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

/** Return the action of a decision that is made now. @param {Action} action */
export const actionOf = action => (isVisitors ? action : 'Api');
