"""How long a cookie is kept, in words, as sdk/src/duration.js writes it (tests/cases/durations.json).

The words of the built-in languages are those of browsers: ``make sdk`` takes them from there.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from consent_core.catalogue import candidates

_UNITS = (("year", 365), ("month", 30), ("day", 1))


def in_words(days: int, language: str) -> str:
    """Return one day or more in the largest unit that fits without a rest.

    A language that is none of the built-in ones has the words of its relative or its base, otherwise of English.
    """
    unit, size = next((unit, size) for unit, size in _UNITS if days % size == 0)
    words, number = _words(language), days // size
    form = int(words["forms"][number if number < 100 else 100 + number % 100])
    template: str = words[unit][form]
    return template.replace("{}", _written(number, words))


def _written(number: int, words: Mapping[str, Any]) -> str:
    plain = f"{number:,}".replace(",", words["separator"] if number >= words["grouped"] else "")
    zero = ord(words["zero"])
    return plain.translate({ord(str(digit)): zero + digit for digit in range(10)})


def _words(language: str) -> Mapping[str, Any]:
    known = _languages()
    return known[next((each for each in candidates(language) if each in known), "en")]


@cache
def _languages() -> Mapping[str, Mapping[str, Any]]:
    read: dict[str, dict[str, Any]] = json.loads((files(__package__) / "durations.json").read_text("utf-8"))
    return read
