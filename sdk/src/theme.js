/** The colours of the window, and of what stands for frames. The service derives both schemes from the owner's colours. */

/** Those of the visitor's system: in an outage, and for settings of versions before 2.0.0. */
const SYSTEM = {
  light:
    '--dw-scheme:light dark;--dw-bg:Canvas;--dw-title:CanvasText;--dw-text:CanvasText;--dw-btn:CanvasText;--dw-on-btn:Canvas;--dw-primary:CanvasText;--dw-on-primary:Canvas;--dw-off:GrayText;--dw-line:GrayText',
  dark: '',
};

/** @param {string} selector @param {{light: string, dark: string}} [theme] Declarations. */
export const themeOf = (selector, {light, dark} = SYSTEM) =>
  `${selector}{${light}}@media(prefers-color-scheme:dark){${selector}{${dark}}}`;
