/** Browser signals by which visitors opt out. */

/** @typedef {{gpc: boolean, dnt: boolean}} Signals Global Privacy Control, and Do Not Track. */

/** @param {any} navigator @returns {Signals} */
export const signalsOf = ({globalPrivacyControl, doNotTrack}) => ({
  gpc: globalPrivacyControl === true,
  dnt: doNotTrack === '1',
});

/** Return signals as a number, as the consent cookie has them: 1 for `gpc`, 2 for `dnt`. @param {any} [signals] */
export const bitsOf = ({gpc, dnt} = {}) => +!!gpc + 2 * +!!dnt;
