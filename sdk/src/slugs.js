/**
 * Return the services that an element waits for, by its attribute. The sources of media and pictures share that of the
 * whole.
 * @param {Element} element
 */
export const slugsOf = element =>
  (
    element.getAttribute('data-consent') ??
    element.closest(':is(video,audio,picture)[data-consent]')?.getAttribute('data-consent') ??
    ''
  )
    .split(/\s+/)
    .filter(slug => slug);
