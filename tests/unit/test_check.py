"""The check of a definition without its publication."""

import json
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.problems import Problem
from consent_core.publishing.check import Findings, check
from tests.factories import definition_json, service_json

NOW = datetime(2026, 11, 30, tzinfo=UTC)
CAREFUL: dict[str, Any] = {
    "origins": ["https://shop.example"],
    "cookieNoticeUrl": "https://shop.example/cookies",
    "enableGPC": True,
    "controller": {"name": "Shop Ltd"},
    "services": ["plausible"],
}


def checked(stated: Any, widget_id: int = 43) -> Findings:  # noqa: ANN401 - any JSON
    """Check it for a widget that was never published. The table refuses to be written."""
    table = Mock(spec=["live"], live=Mock(return_value=None))
    return check(table, widget_id, stated, now=NOW)


def test_a_careful_definition_has_neither_problems_nor_warnings() -> None:
    assert checked(definition_json(**CAREFUL)) == Findings()
    assert checked(json.loads(definition_json(**CAREFUL))) == Findings()
    assert Findings().as_json() == {"problems": [], "warnings": []}


def test_problems_and_warnings_have_their_places() -> None:
    faulty = definition_json(bgColor="red", translations={"en": {"buttonYes": "<b>"}})
    assert checked(faulty).as_json() == {
        "problems": [
            {"loc": ["bgColor"], "detail": "must be a colour such as #1a2b3c"},
            {"loc": ["translations", "en", "buttonYes"], "detail": "must be a plain label, without markup"},
        ],
        "warnings": [],
    }
    unwise = definition_json(**{**CAREFUL, "developerMode": True})
    on = "it is on, so every page on localhost is let in, and CloudFront keeps nothing"
    assert checked(unwise).as_json() == {
        "problems": [],
        "warnings": [{"loc": ["developerMode"], "detail": on}],
    }


def test_a_definition_that_cannot_be_stored_has_problems_beside_its_warnings() -> None:
    services = [service_json(slug=f"s{number}", description="x" * 5_000, cookies=[]) for number in range(70)]
    found = checked(definition_json(**{**CAREFUL, "services": services}))
    assert [problem.place for problem in found.problems] == [(), ("languages", 0)]
    assert ("services", 0, "privacyPolicyUrl") in {warning.place for warning in found.warnings}


def test_the_definition_of_another_widget_is_a_problem() -> None:
    another = Problem(("id",), "it is 43, but the address names widget 44")
    assert checked(definition_json(**CAREFUL), widget_id=44) == Findings((another,))


def test_the_first_hundred_are_named() -> None:
    many = definition_json(translations={"en": {f"x{number}": "x" for number in range(1_234)}})
    named = checked(many).as_json()["problems"]
    assert isinstance(named, list)
    assert len(named) == 101
    assert named[-1] == {"loc": [], "detail": "and 1,134 more"}


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(
    VALUES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
MEMBERS = ["translations", "services", "policies", "languages", "origins", "darkColors", "cookieNoticeUrl", "id"]


@given(st.text(max_size=50) | JSON.map(json.dumps) | st.dictionaries(st.text(max_size=8), JSON, max_size=3))
def test_no_text_and_no_object_breaks_a_check(stated: str | dict[str, Any]) -> None:
    assert checked(stated).problems


@given(st.dictionaries(st.sampled_from(MEMBERS), JSON, max_size=3))
def test_no_value_of_a_member_breaks_a_check(changes: dict[str, Any]) -> None:
    assert json.dumps(checked(json.loads(definition_json(**changes))).as_json())


@pytest.mark.parametrize("text", ["[" * 100_000, "\ud800", '{"\\ud800": 1}', ""], ids=["deep", "half", "name", "none"])
def test_what_cannot_be_read_is_one_problem_of_the_whole(text: str) -> None:
    (problem,) = checked(text).problems
    assert problem.place == ()
