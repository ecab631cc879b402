/** The colours of the window, and of what stands for frames. The service derives both schemes from the owner's colours. */

/**
 * Return the rules that set the colours. Without them, in an outage and for settings of versions before 2.0.0, the style
 * sheets have those of the visitor's system.
 * @param {string} selector
 * @param {{light?: string, dark?: string}} [theme] Declarations.
 */
export const themeOf = (selector, {light, dark} = {}) =>
  `${selector}{${light}}@media(prefers-color-scheme:dark){${selector}{${dark}}}`;
