"""How long a cookie is kept, in the words that the window has too."""

import json
from pathlib import Path
from typing import Any

import pytest

from consent_core.durations import in_words
from consent_core.publishing.texts import BUILT_IN_LANGUAGES

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "cases" / "durations.json").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['language']} {case['days']}")
def test_a_life_of_days_is_written_as_the_window_writes_it(case: dict[str, Any]) -> None:
    assert in_words(case["days"], case["language"]) == case["text"]


@pytest.mark.parametrize("language", BUILT_IN_LANGUAGES)
def test_every_built_in_language_has_words_of_its_own(language: str) -> None:
    english = {in_words(days, "en") for days in (8, 60, 730)}
    assert (language == "en") is ({in_words(days, language) for days in (8, 60, 730)} == english)


def test_another_language_has_the_words_of_its_base_or_of_english() -> None:
    assert in_words(60, "fr-BE") == in_words(60, "fr")
    assert in_words(60, "sr") == "2 months"
