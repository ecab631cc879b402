/**
 * The services that an element waits for: those of its attribute, and one more that it may be known by.
 * @param {HTMLElement} element
 * @param {string} [more]
 */
export const slugsOf = ({dataset}, more = '') => `${dataset.consent ?? ''} ${more}`.split(/\s+/).filter(Boolean);
