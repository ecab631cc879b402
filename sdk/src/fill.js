/** Texts with placeholders. Small enough to be in each file that needs it. */

/** Return a text with its placeholders filled: `{name}` by the value of that name. @param {string | undefined} text @param {any} values */
export const fill = (text, values) => text?.replace(/{(\w+)}/g, (own, name) => values[name] ?? own) ?? '';
