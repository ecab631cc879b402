/** The owner's colours, and the colours that follow from them. */

/** The settings' names of the background, title, button, text, primary and secondary colour. */
export const COLOURS = /** @type {const} */ ([
  'bgColor',
  'colorTitle',
  'colorBtn',
  'colorText',
  'colorPrimary',
  'colorSecondary',
]);

/** Relative luminance (WCAG 2.2), with an approximate gamma; alpha is ignored. @param {string} colour */
export function luminance(colour) {
  const digits = colour.length < 6 ? colour.replace(/\w/g, '$&$&') : colour;
  const [red, green, blue] = /** @type {[number, number, number]} */ (
    [1, 3, 5].map(at => (parseInt(digits.slice(at, at + 2), 16) / 255) ** 2.2)
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Return black or white, depending on which reads better on a colour. @param {string} colour */
export const readable = colour => (luminance(colour) > 0.179 ? '#000' : '#fff');

/**
 * Return a rule with the owner's colours and font. Missing colours follow from the others, or stay the built-in ones.
 * @param {(string | null | undefined)[]} colours Those of `COLOURS`; any of them may be missing.
 * @param {string | null} font
 */
export function themeOf([background, title, button, text, primary, secondary], font) {
  text ||= background && readable(background);
  button ||= primary;
  primary ||= button;
  const variables = {
    bg: background,
    text,
    title: title || text,
    btn: button,
    'on-btn': button && readable(button),
    primary,
    'on-primary': primary && readable(primary),
    off: background && `${readable(background)}b`, // neutral: a refusal must not look like a consent
    line: secondary && `1px solid ${secondary}`,
    font,
  };
  const declarations = Object.entries(variables).map(([name, value]) => value && `--dw-${name}:${value};`);
  return `.root{${declarations.join('')}}`;
}
