/**
 * What the SDK uses of the browser, taken once at the start. The build puts these names into every module in place of the
 * globals (`inject` in build.js). Elements with names (`<img name="currentScript">`) and later scripts replace only the
 * page's own. Live values, such as `scrollY`, are not taken. Neither is what a page cannot replace, such as `location`, or what
 * only the start uses, such as `Map`.
 */
const {assign, create, getOwnPropertyDescriptors} = globalThis.Object;
const {get, set} = globalThis.Reflect;

export const {
  AbortSignal,
  CSSStyleSheet,
  CustomEvent,
  Date,
  Element,
  HTMLScriptElement,
  MutationObserver,
  Promise,
  URL,
  addEventListener,
  dispatchEvent,
  encodeURIComponent,
  decodeURIComponent,
  fetch,
  setTimeout,
} = globalThis;

/** Fill an array of numbers at random. */
export const random = globalThis.crypto.getRandomValues.bind(globalThis.crypto);

/** @type {Pick<Element, 'getAttribute' | 'matches' | 'querySelector' | 'querySelectorAll' | 'removeAttribute' | 'setAttribute'>} */
export const {getAttribute, matches, querySelector, querySelectorAll, removeAttribute, setAttribute} =
  globalThis.Element?.prototype ?? {};

/** @param {any[]} objects */
const copy = (...objects) => create(null, assign(create(null), ...objects.map(getOwnPropertyDescriptors)));

export const [Array, JSON, Math, Object] = [globalThis.Array, globalThis.JSON, globalThis.Math, globalThis.Object].map(
  each => copy(each),
);

/** @param {Document} real @returns {Document} */
const withoutNames = real =>
  new Proxy(copy(EventTarget.prototype, Node.prototype, Document.prototype), {
    get(taken, name) {
      const value = get(taken, name, real);
      return typeof value === 'function' ? value.bind(real) : value;
    },
    set: (taken, name, value) => set(taken, name, value, real),
  });

/** The page's document without its named elements. */
export const document = globalThis.document && withoutNames(globalThis.document);
