/** @param {any} navigator @returns {boolean} whether the browser says no: Global Privacy Control, or Do Not Track */
export const isOptedOut = ({globalPrivacyControl, doNotTrack}) => globalPrivacyControl === true || doNotTrack === '1';
