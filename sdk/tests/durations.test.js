import assert from 'node:assert/strict';
import {readFile} from 'node:fs/promises';
import test from 'node:test';
import {DURATIONS, durations} from '../durations.js';
import {duration} from '../src/duration.js';

const CASES = JSON.parse(await readFile(new URL('../../tests/cases/durations.json', import.meta.url), 'utf8'));
const TEXTS = {sessionLabel: 'until the browser is closed', underADayLabel: 'less than a day'};

test('a life of days is written in the largest unit that fits, in the words of the language', () => {
  for (const {language, days, text} of CASES)
    assert.equal(duration(days, language, TEXTS), text, `${language} ${days}`);
});

test('a session and less than a day have texts of the widget', () => {
  assert.equal(duration(null, 'en', TEXTS), 'until the browser is closed');
  assert.equal(duration(0, 'en', TEXTS), 'less than a day');
});

test('the words of the service are those of browsers', async () => {
  assert.equal(await readFile(DURATIONS, 'utf8'), await durations());
});
