"""The cases that publishing and the SDK share: sdk/tests/shapes.test.js reads the same tables."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from consent_core import shapes
from consent_core.errors import DefinitionError
from consent_core.publishing import texts
from tests.factories import definition

CASES = Path(__file__).parents[1] / "cases"
ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "integrations" / "wordpress" / "consent-platform" / "consent-platform.php"
TAG_TEMPLATE = ROOT / "integrations" / "google-tag-manager" / "template.tpl"


def table(name: str) -> dict[str, Any]:
    cases: dict[str, Any] = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return cases


SHAPES, URLS, STYLE_SHEETS, RICH_TEXTS, LANGUAGES, STORAGE_NAMES = map(
    table, ("shapes", "urls", "css", "rich_text", "languages", "storage_names")
)


def whole_number(value: str) -> int | str:
    """Return the number that a widget id means; a text that is written in another way stays a text."""
    return int(value) if value.isascii() and value.isdigit() and str(int(value)) == value else value


def service(**fields: object) -> dict[str, object]:
    return {"services": [{"name": "Drift", "slug": "drift", "purpose": "Marketing", **fields}]}


FIELDS: Mapping[str, Callable[[str], dict[str, object]]] = {
    "widgetId": lambda value: {"id": whole_number(value)},
    "key": lambda value: {"keys": [value]},
    "culture": lambda value: {"languages": ["en", value]},
    "slug": lambda value: service(slug=value),
    "uuid": lambda value: service(id=value),
    "colour": lambda value: {"bgColor": value},
    "fontFamily": lambda value: {"fontFamily": value},
    "cookieName": lambda value: {"consentCookieName": value},
    "cookieDomain": lambda value: {"consentCookieDomain": value},
    "storage name": lambda value: service(storage=[value]),
    "url": lambda value: {"cookieNoticeUrl": value},
    "image": lambda value: {"buttonLogoUrl": value, "origins": ["https://shop.example"]},
    "style sheet": lambda value: {"customCSS": value},
}
"""The part of a definition that takes a value of each shape."""

PATTERNS: Mapping[str, re.Pattern[str]] = {
    "widgetId": shapes.WIDGET_ID,
    "key": shapes.KEY,
    "culture": shapes.CULTURE,
    "slug": shapes.SLUG,
    "uuid": shapes.UUID,
    "colour": shapes.COLOUR,
    "fontFamily": shapes.FONT_FAMILY,
    "cookieName": shapes.CONSENT_COOKIE_NAME,
    "cookieDomain": shapes.COOKIE_DOMAIN,
}
"""The pattern of each shape, which requests are checked by as well."""

TABLES: Mapping[str, Mapping[str, list[str]]] = {
    **SHAPES,
    "url": URLS,
    "image": URLS["images"],
    "style sheet": STYLE_SHEETS,
    "storage name": STORAGE_NAMES,
}

ACCEPTED = [(shape, value) for shape, cases in TABLES.items() for value in cases["accepted"]]
REFUSED = [
    (shape, value)
    for shape, cases in TABLES.items()
    for verdict in ("refused", "refusedByPublishing")
    for value in cases.get(verdict, [])
]


def test_every_shape_of_the_tables_has_its_field_and_its_pattern() -> None:
    assert FIELDS.keys() == TABLES.keys()
    assert PATTERNS.keys() == SHAPES.keys()


@pytest.mark.parametrize(("shape", "pattern"), PATTERNS.items())
def test_a_pattern_divides_the_cases_of_its_shape(shape: str, pattern: re.Pattern[str]) -> None:
    cases = SHAPES[shape]
    refused = [*cases["refused"], *cases.get("refusedByPublishing", [])]

    assert [value for value in cases["accepted"] if not pattern.fullmatch(value)] == []
    assert [value for value in refused if pattern.fullmatch(value)] == []


@pytest.mark.parametrize(("shape", "value"), ACCEPTED)
def test_publishing_accepts_what_the_sdk_must_accept(shape: str, value: str) -> None:
    definition(**FIELDS[shape](value))


@pytest.mark.parametrize(("shape", "value"), REFUSED)
def test_publishing_refuses_what_has_another_shape(shape: str, value: str) -> None:
    with pytest.raises(DefinitionError):
        definition(**FIELDS[shape](value))


@pytest.mark.parametrize(
    ("written", "published"), [(case["written"], case["published"]) for case in RICH_TEXTS["published"]]
)
def test_a_text_is_published_in_the_form_that_the_sdk_reads(written: str, published: str) -> None:
    assert texts.rich(written) == published
    assert texts.rich(published) == published


@pytest.mark.parametrize("text", RICH_TEXTS["refused"] + RICH_TEXTS["refusedByPublishing"])
def test_publishing_refuses_a_text_of_which_the_sdk_would_leave_something_out(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        texts.rich(text)


@pytest.mark.parametrize(("written", "read"), LANGUAGES["read"].items())
def test_a_language_tag_is_read_as_the_sdk_reads_it(written: str, read: str) -> None:
    assert shapes.culture_of(written) == read
    assert shapes.CULTURE.fullmatch(read)


@pytest.mark.parametrize("written", [*LANGUAGES["unread"], "fr\n", "fr<b>", "fr-" + "x" * 61])
def test_a_tag_without_a_language_of_two_letters_is_not_read(written: str) -> None:
    assert shapes.culture_of(written) is None


def test_tags_may_be_nested_as_deep_as_the_longest_text_can() -> None:
    deepest = "<b>" * 714 + "</b>" * 714
    assert texts.rich(deepest) == deepest


def test_the_wordpress_plugin_has_the_same_shapes() -> None:
    plugin = PLUGIN.read_text("utf-8")
    slug = shapes.SLUG.pattern

    for pattern in (shapes.WIDGET_ID.pattern, shapes.KEY.pattern, f"{slug}( {slug})*"):
        assert f"'/^{pattern}$/'" in plugin


def test_the_tag_managers_template_has_the_same_shapes() -> None:
    _, _, after = TAG_TEMPLATE.read_text("utf-8").partition("___TEMPLATE_PARAMETERS___")
    parameters = {each["name"]: each for each in json.loads(after.partition("___SANDBOXED_JS")[0])}
    checked_by = {
        name: [argument for check in each.get("valueValidators", []) for argument in check.get("args", [])]
        for name, each in parameters.items()
    }

    assert checked_by["widgetId"] == [f"^{shapes.WIDGET_ID.pattern}$"]
    assert checked_by["key"] == [f"^{shapes.KEY.pattern}$"]
