/**
 * What the first file hands over to the others: each function exists once, with what the first took from the browser at
 * its start. The build puts `document` into every module of the others.
 */

/** @typedef {typeof import('./on_demand.js').SHARED} Shared */

/** @type {Shared[0]} */ export let addEventListener;
/** @type {Shared[1]} */ export let anonymous;
/** @type {Shared[2]} */ export let answers;
/** @type {Shared[3]} */ export let attempt;
/** @type {Shared[4]} */ export let bitsOf;
/** @type {Shared[5]} */ export let button;
/** @type {Shared[6]} */ export let dialog;
/** @type {Shared[7]} */ export let disclaimer;
/** @type {Shared[8]} */ export let dispatch;
/** @type {Shared[9]} */ export let document;
/** @type {Shared[10]} */ export let domainsOf;
/** @type {Shared[11]} */ export let element;
/** @type {Shared[12]} */ export let fetch;
/** @type {Shared[13]} */ export let formOf;
/** @type {Shared[14]} */ export let header;
/** @type {Shared[15]} */ export let hold;
/** @type {Shared[16]} */ export let iconButton;
/** @type {Shared[17]} */ export let image;
/** @type {Shared[18]} */ export let isLink;
/** @type {Shared[19]} */ export let isUuid;
/** @type {Shared[20]} */ export let jar;
/** @type {Shared[21]} */ export let jsonOf;
/** @type {Shared[22]} */ export let keyOf;
/** @type {Shared[23]} */ export let layer;
/** @type {Shared[24]} */ export let link;
/** @type {Shared[25]} */ export let list;
/** @type {Shared[26]} */ export let lookAgain;
/** @type {Shared[27]} */ export let madeByScripts;
/** @type {Shared[28]} */ export let merged;
/** @type {Shared[29]} */ export let objects;
/** @type {Shared[30]} */ export let onDemand;
/** @type {Shared[31]} */ export let own;
/** @type {Shared[32]} */ export let parked;
/** @type {Shared[33]} */ export let proofIn;
/** @type {Shared[34]} */ export let push;
/** @type {Shared[35]} */ export let querySelectorAll;
/** @type {Shared[36]} */ export let removeAttribute;
/** @type {Shared[37]} */ export let richText;
/** @type {Shared[38]} */ export let setAttribute;
/** @type {Shared[39]} */ export let setTimeout;
/** @type {Shared[40]} */ export let standing;
/** @type {Shared[41]} */ export let styleSheet;
/** @type {Shared[42]} */ export let themeOf;
/** @type {Shared[43]} */ export let trusted;
/** @type {Shared[44]} */ export let warn;
/** @type {Shared[45]} */ export let ADDRESS;
/** @type {Shared[46]} */ export let A_DAY;
/** @type {Shared[47]} */ export let JSON;
/** @type {Shared[48]} */ export let Math;
/** @type {Shared[49]} */ export let MutationObserver;
/** @type {Shared[50]} */ export let NAMES;
/** @type {Shared[51]} */ export let OPT_OUT;
/** @type {Shared[52]} */ export let OURS;
/** @type {Shared[53]} */ export let OUTBOX;
/** @type {Shared[54]} */ export let PARTITIONED;
/** @type {Shared[55]} */ export let Object;
/** @type {Shared[56]} */ export let PROOF;
/** @type {Shared[57]} */ export let Promise;

/** @param {Shared} shared */
function take(shared) {
  // prettier-ignore
  [
    addEventListener, anonymous, answers, attempt, bitsOf, button, dialog, disclaimer, dispatch,
    document, domainsOf, element, fetch, formOf, header, hold, iconButton, image, isLink, isUuid, jar,
    jsonOf, keyOf, layer, link, list, lookAgain, madeByScripts, merged, objects, onDemand, own, parked,
    proofIn, push, querySelectorAll, removeAttribute, richText, setAttribute, setTimeout, standing,
    styleSheet, themeOf, trusted, warn, ADDRESS, A_DAY, JSON, Math, MutationObserver, NAMES, OPT_OUT,
    OURS, OUTBOX, PARTITIONED, Object, PROOF, Promise,
  ] = shared;
}

// Not document.currentScript, which an element of that name replaces.
const {get} = /** @type {any} */ (Reflect.getOwnPropertyDescriptor(Document.prototype, 'currentScript'));

/** Hand this file's parts to the script element that loads it. @param {() => unknown} parts */
export function handOver(parts) {
  get.call(window.document)?.dastra?.((/** @type {Shared} */ shared) => {
    take(shared);
    return parts();
  });
}
