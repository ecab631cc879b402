/** The owner's colours, and those that follow from them. */

/** Red, green, blue from 0 to 255; an alpha is not looked at. @param {string} colour #rgb, #rgba, #rrggbb or #rrggbbaa */
function channels(colour) {
  const digits = colour.length < 6 ? colour.slice(1).replace(/./g, '$&$&') : colour.slice(1);
  return [0, 2, 4].map(at => parseInt(digits.slice(at, at + 2), 16));
}

/** Relative luminance, WCAG 2.2. @param {string} colour */
export function luminance(colour) {
  const [red = 0, green = 0, blue = 0] = channels(colour).map(channel => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever reads better on a colour. @param {string} colour */
export const readable = colour => ((luminance(colour) + 0.05) ** 2 > 0.0525 ? '#000' : '#fff');

/**
 * A rule with the owner's colours and font; '' when there are none. What is not set follows from what is.
 * @param {Record<string, string>} colours
 * @param {string} font
 */
export function themeOf(colours, font) {
  const {bgColor, colorTitle, colorBtn, colorText, colorPrimary, colorSecondary} = colours;
  const text = colorText ?? (bgColor && readable(bgColor));
  const button = colorBtn ?? colorPrimary;
  const primary = colorPrimary ?? colorBtn;
  /** @type {Record<string, string | undefined>} */
  const variables = {
    bg: bgColor,
    text,
    title: colorTitle ?? text,
    btn: button,
    'on-btn': button && readable(button),
    primary,
    'on-primary': primary && readable(primary),
    off: colorSecondary ?? text,
    font,
  };
  const declarations = Object.entries(variables).map(([name, value]) => value && `--${name}:${value}`);
  return declarations.some(Boolean) ? `.root{${declarations.filter(Boolean).join(';')}}` : '';
}
