"""A definition without policies has the settings that it had before there were any, byte for byte.

The fixture was made on 30 November 2026, by the code before policies. A new wording of a built-in text or of a known
service is the one reason to change it.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from consent_core.publishing.definitions import definition_from_json
from consent_core.publishing.rendering import Stamp, render
from tests.factories import VERSION_KEY

FIXTURE = Path(__file__).parents[1] / "fixtures" / "settings_without_policies.json"
GOLDEN: list[dict[str, Any]] = json.loads(FIXTURE.read_text("utf-8"))
STAMP = Stamp(VERSION_KEY, "2026-01-01T00:00:00.000Z", datetime(2026, 11, 24, 10, 0, tzinfo=UTC))


def test_the_fixture_has_ordinary_widgets_and_one_with_everything() -> None:
    assert [each["name"] for each in GOLDEN] == ["starter", "demo 43", "demo 44", "everything", "smallest"]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["name"])
def test_the_settings_are_the_same_bytes(golden: dict[str, Any]) -> None:
    widget = definition_from_json(json.dumps(golden["definition"]))
    assert {language: render(widget, language, STAMP).body for language in golden["settings"]} == golden["settings"]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden["name"])
def test_stating_the_defaults_changes_nothing(golden: dict[str, Any]) -> None:
    stated = {**golden["definition"], "policies": [], "enableGPC": False, "askAgainAfterClose": 180, "controller": None}
    services = [each if isinstance(each, str) else {**each, "exempt": False} for each in stated.get("services", [])]
    widget = definition_from_json(json.dumps({**stated, "services": services}))
    assert {language: render(widget, language, STAMP).body for language in golden["settings"]} == golden["settings"]
