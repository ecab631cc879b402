/**
 * What the first file hands over to the second: each function exists once, with what the first took from the browser at
 * its start.
 */

/** @typedef {typeof import('./on_demand.js').SHARED} Shared */

/** @type {Shared[0]} */ export let attempt;
/** @type {Shared[1]} */ export let button;
/** @type {Shared[2]} */ export let dialog;
/** @type {Shared[3]} */ export let disclaimer;
/** @type {Shared[4]} */ export let dispatch;
/** @type {Shared[5]} */ export let element;
/** @type {Shared[6]} */ export let header;
/** @type {Shared[7]} */ export let image;
/** @type {Shared[8]} */ export let link;
/** @type {Shared[9]} */ export let richText;
/** @type {Shared[10]} */ export let styleSheet;
/** @type {Shared[11]} */ export let A_DAY;
/** @type {Shared[12]} */ export let ADDRESS;
/** @type {Shared[13]} */ export let OUTBOX;
/** @type {Shared[14]} */ export let PROOF;
/** @type {Shared[15]} */ export let isUuid;
/** @type {Shared[16]} */ export let keyOf;
/** @type {Shared[17]} */ export let objects;
/** @type {Shared[18]} */ export let proofIn;
/** @type {Shared[19]} */ export let warn;

/** @param {Shared} shared */
export function take(shared) {
  [
    attempt,
    button,
    dialog,
    disclaimer,
    dispatch,
    element,
    header,
    image,
    link,
    richText,
    styleSheet,
    A_DAY,
    ADDRESS,
    OUTBOX,
    PROOF,
    isUuid,
    keyOf,
    objects,
    proofIn,
    warn,
  ] = shared;
}
