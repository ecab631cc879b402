/**
 * What the first file hands over to the others: each function exists once, with what the first took from the browser at
 * its start. The build puts `document` into every module of the others.
 */

/** @typedef {typeof import('./on_demand.js').SHARED} Shared */

/** @type {Shared[0]} */ export let attempt;
/** @type {Shared[1]} */ export let button;
/** @type {Shared[2]} */ export let dialog;
/** @type {Shared[3]} */ export let disclaimer;
/** @type {Shared[4]} */ export let dispatch;
/** @type {Shared[5]} */ export let document;
/** @type {Shared[6]} */ export let element;
/** @type {Shared[7]} */ export let failure;
/** @type {Shared[8]} */ export let give;
/** @type {Shared[9]} */ export let hasNonce;
/** @type {Shared[10]} */ export let header;
/** @type {Shared[11]} */ export let image;
/** @type {Shared[12]} */ export let link;
/** @type {Shared[13]} */ export let richText;
/** @type {Shared[14]} */ export let styleSheet;
/** @type {Shared[15]} */ export let A_DAY;
/** @type {Shared[16]} */ export let ADDRESS;
/** @type {Shared[17]} */ export let OUTBOX;
/** @type {Shared[18]} */ export let PROOF;
/** @type {Shared[19]} */ export let isUuid;
/** @type {Shared[20]} */ export let keyOf;
/** @type {Shared[21]} */ export let layer;
/** @type {Shared[22]} */ export let objects;
/** @type {Shared[23]} */ export let proofIn;
/** @type {Shared[24]} */ export let push;
/** @type {Shared[25]} */ export let tell;
/** @type {Shared[26]} */ export let trusted;
/** @type {Shared[27]} */ export let warn;

/** @param {Shared} shared */
function take(shared) {
  // prettier-ignore
  [
    attempt, button, dialog, disclaimer, dispatch, document, element, failure, give, hasNonce, header, image,
    link, richText, styleSheet, A_DAY, ADDRESS, OUTBOX, PROOF, isUuid, keyOf, layer, objects, proofIn, push,
    tell, trusted, warn,
  ] = shared;
}

// Not document.currentScript, which an element of that name replaces.
const {get} = /** @type {any} */ (Object.getOwnPropertyDescriptor(Document.prototype, 'currentScript'));

/** Hand this file's parts to the script element that loads it. @param {() => unknown} parts */
export function handOver(parts) {
  get.call(window.document).dastra((/** @type {Shared} */ shared) => {
    take(shared);
    return parts();
  });
}
