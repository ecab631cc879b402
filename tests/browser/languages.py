"""The built-in languages, those first that a fixed sample of a matrix takes."""

from consent_core.publishing.texts import BUILT_IN_LANGUAGES

SAMPLE = ("de", "el", "fi", "ga", "hu", "bg", "ar", "th", "ja")
"""The longest texts in Latin, Greek and Cyrillic letters, a script from right to left, and two without spaces."""

LANGUAGES = (*SAMPLE, *(language for language in BUILT_IN_LANGUAGES if language not in SAMPLE))
