/**
 * Return the services that an element waits for: those of its attribute, and the one of a rule.
 * @param {HTMLElement} element
 * @param {string} [more]
 */
export const slugsOf = ({dataset}, more = '') => `${dataset.consent ?? ''} ${more}`.split(/\s+/).filter(Boolean);
