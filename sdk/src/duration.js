/** How long a cookie is kept, in words. The declaration that the service makes has the same (tests/cases/durations.json). */
import {attempt} from './guard.js';

/**
 * Return how long a cookie is kept, in the largest unit that fits without a rest.
 * @param {number | null} days null: until the browser is closed.
 * @param {string} lang
 * @param {{sessionLabel?: string, underADayLabel?: string}} translation
 */
export function duration(days, lang, {sessionLabel, underADayLabel}) {
  if (!days) return days === 0 ? underADayLabel : sessionLabel;
  const [unit, size] = /** @type {[string, number]} */ (
    days % 365 ? (days % 30 ? ['day', 1] : ['month', 30]) : ['year', 365]
  );
  return attempt(() => (days / size).toLocaleString(lang, {style: 'unit', unit, unitDisplay: 'long'}));
}
