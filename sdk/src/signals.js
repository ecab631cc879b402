/** @param {any} navigator @returns {boolean} whether the browser sends Global Privacy Control or Do Not Track */
export const isOptedOut = ({globalPrivacyControl, doNotTrack}) => globalPrivacyControl === true || doNotTrack === '1';
