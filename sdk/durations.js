/**
 * Durations in the built-in languages, as browsers write them, for the cookie declaration that the service makes in Python.
 * `make sdk` writes them to the layer.
 */
import {readdir} from 'node:fs/promises';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));
const TEXTS = here('../layers/consent_core/consent_core/publishing/built_in_texts');

/** The file in the layer. */
export const DURATIONS = here('../layers/consent_core/consent_core/durations.json');

/** The longest life of a cookie that a definition may state, in days. */
const LONGEST = 36_500;

/**
 * Return the forms of a language: for 0 to 99, then for any number by its last two digits, the place of its plural
 * category in `categories`.
 * @param {string} language
 */
function plurals(language) {
  const rules = new Intl.PluralRules(language);
  const names = Array.from({length: LONGEST + 1}, (_, number) => rules.select(number));
  const categories = [...new Set(names)];
  const forms = names.slice(0, 200).map(name => categories.indexOf(name));
  for (const [number, name] of names.entries())
    if (categories.indexOf(name) !== forms[number < 100 ? number : 100 + (number % 100)])
      throw new Error(`${language}: the form of ${number} does not follow from its last two digits`);
  return {forms: forms.join(''), examples: categories.map(name => names.indexOf(name))};
}

/** @param {string} language */
function words(language) {
  const {forms, examples} = plurals(language);
  const written = (/** @type {number} */ number) => number.toLocaleString(language);
  const unit = (/** @type {string} */ name) =>
    examples.map(number =>
      number.toLocaleString(language, {style: 'unit', unit: name, unitDisplay: 'long'}).replace(written(number), '{}'),
    );
  const zero = written(0);
  if (written(9).codePointAt(0) !== (zero.codePointAt(0) ?? 0) + 9)
    throw new Error(`${language}: its digits have gaps`);
  const grouped = [1_000, 10_000].find(number => [...written(number)].length > `${number}`.length);
  if (!grouped) throw new Error(`${language}: it groups no digits`);
  const separator = [...written(10_000)][2];
  return {zero, grouped, separator, forms, day: unit('day'), month: unit('month'), year: unit('year')};
}

/** Return the text of that file. */
export async function durations() {
  const languages = (await readdir(TEXTS)).map(file => basename(file, '.json')).sort();
  const lines = languages.map(language => `  ${JSON.stringify(language)}: ${JSON.stringify(words(language))}`);
  return `{\n${lines.join(',\n')}\n}\n`;
}
