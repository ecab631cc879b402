"""Refusals before any write: a service that changed under its old version, and items that are too large."""

import json
import uuid
from datetime import UTC, datetime

import pytest

from consent_core.catalogue import LiveWidget
from consent_core.dynamodb import connect
from consent_core.errors import DefinitionError
from consent_core.problems import Place
from consent_core.publishing.changes import add_origin, plan, publish
from consent_core.publishing.definitions import WidgetDefinition, public_part
from consent_core.widget_table import Change, Version, WidgetTable
from tests.factories import definition, live_widget, service_json

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
VERSION = "6f65cb1d-85eb-4a64-976d-519679189f8d"
NEW_VERSION = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client can be made, though it is never used."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


class TableInMemory(WidgetTable):
    """One widget, of which one definition is live; keeps what is written."""

    def __init__(self, live: LiveWidget | None = None, before: WidgetDefinition | None = None) -> None:
        super().__init__(connect(), "")
        self._live = live
        self._before = before
        self.written: list[tuple[LiveWidget, Change, Version | None]] = []

    def live(self, widget_id: int) -> LiveWidget | None:
        return self._live if widget_id == 43 else None

    def definition(self, widget_id: int, version_key: str) -> str | None:
        live = self.live(widget_id)
        assert live is not None
        assert version_key == live.version_key
        return None if self._before is None else public_part(self._before)

    def publish(
        self, live: LiveWidget, change: Change, version: Version | None = None, *, ends_draft: int | None = None
    ) -> None:
        assert ends_draft is None
        self.written.append((live, change, version))


def problems(tables: TableInMemory, widget: WidgetDefinition) -> list[str]:
    """Return the objections to a publication; without objections it must be written."""
    try:
        publish(tables, widget, actor="owner", now=NOW)
    except DefinitionError as error:
        refused = list(error.problems)
    else:
        refused = []
    assert len(tables.written) == (0 if refused else 1)
    return refused


def places(tables: TableInMemory, widget: WidgetDefinition) -> list[Place]:
    with pytest.raises(DefinitionError) as refused:
        plan(tables, widget, now=NOW)
    return [fault.place for fault in refused.value.errors]


# --- The version of a service -----------------------------------------------------------------------------------------

STATED = service_json(version=VERSION)


@pytest.mark.parametrize("change", [{"name": "Matomo Cloud"}, {"purpose": 3}, {"cookies": [{"name": "_pk"}]}])
def test_a_service_that_changes_under_its_stated_version_is_refused(change: dict[str, object]) -> None:
    before = definition(services=[STATED, service_json(slug="other", version=VERSION)])
    after = definition(services=[{**STATED, **change}, service_json(slug="other", version=VERSION)])
    assert problems(TableInMemory(live_widget(), before), after) == [
        "services: matomo: changed, but its version did not: leave version out, or state a new one"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([STATED], [{**STATED, "name": "Matomo Cloud", "version": NEW_VERSION}]),
        ([STATED], [service_json(name="Matomo Cloud")]),
        ([service_json()], [{**STATED, "name": "Matomo Cloud"}]),
        ([service_json()], [service_json(name="Matomo Cloud")]),
        ([STATED], [{**STATED, "slug": "piwik"}]),
        ([STATED], [STATED, service_json(slug="other")]),
        ([STATED], []),
        ([STATED, service_json(slug="a")], [service_json(slug="a"), STATED]),
    ],
)
def test_any_other_change_of_the_services_is_published(before: list[object], after: list[object]) -> None:
    tables = TableInMemory(live_widget(), definition(services=before))
    assert problems(tables, definition(services=after)) == []


# --- Sizes ------------------------------------------------------------------------------------------------------------


def large(services: int, letters: int = 5_000, **changes: object) -> WidgetDefinition:
    described = [service_json(slug=f"s{number}", description="x" * letters) for number in range(services)]
    return definition(services=described, **changes)


def size_in(problem: str) -> int:
    return int(problem.partition(" would have ")[2].partition(" ")[0].replace(",", ""))


def test_an_item_that_cannot_be_stored_is_refused_with_its_size() -> None:
    refused = problems(TableInMemory(), large(70))
    assert refused == [
        f"{item} would have {size_in(problem):,} bytes, and 350,000 can be stored: shorten texts, styles or images"
        for item, problem in zip(("The definition", "The settings in en"), refused, strict=True)
    ]
    assert all(350_000 < size_in(problem) < 380_000 for problem in refused)


def test_each_language_that_is_too_large_is_named() -> None:
    described = [
        service_json(slug=f"s{number}", description={"en": "x" * 2_000, "fr": "é" * 3_000}) for number in range(60)
    ]
    refused = problems(TableInMemory(), definition(languages=["en", "fr"], services=described))
    assert [problem.partition(" would have ")[0] for problem in refused] == ["The definition", "The settings in fr"]


def test_an_item_of_the_largest_size_is_stored_and_one_byte_more_is_not() -> None:
    too_large = max(map(size_in, problems(TableInMemory(), large(64, customCSS="x" * 20_000))))
    fitting = 20_000 - (too_large - 350_000)

    assert problems(TableInMemory(), large(64, customCSS="x" * fitting)) == []
    (refused,) = problems(TableInMemory(), large(64, customCSS="x" * (fitting + 1)))
    assert size_in(refused) == 350_001


def test_the_names_of_services_count_twice_for_they_are_in_the_catalogue_too() -> None:
    named = [service_json(slug=f"s{number}", name=f"{number}".ljust(4_500, "x")) for number in range(45)]
    (refused,) = problems(TableInMemory(), definition(services=named))
    assert refused.startswith("The definition would have 41")


def test_a_publication_too_large_for_a_transaction_is_refused_with_its_size() -> None:
    languages = [f"en-A{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1)]
    (refused,) = problems(TableInMemory(), large(31, languages=languages))

    assert size_in(refused) > 4_000_000
    assert refused == (
        f"All languages together would have {size_in(refused):,} bytes, and 4,000,000 can be published at once: "
        "shorten texts, styles or images, or use fewer languages"
    )
    assert problems(TableInMemory(), large(31, languages=languages[:-4])) == []


def test_what_publishing_alone_can_refuse_has_a_place_too() -> None:
    languages = [f"en-A{chr(letter)}" for letter in range(ord("A"), ord("Z") + 1)]
    words = {"en": "x" * 2_000, "fr": "é" * 3_000}
    described = [service_json(slug=f"s{number}", description=words) for number in range(60)]
    before = definition(services=[service_json(slug="other"), STATED])
    after = definition(services=[service_json(slug="other"), {**STATED, "name": "Matomo Cloud"}])

    assert places(TableInMemory(), definition(languages=["en", "fr"], services=described)) == [(), ("languages", 1)]
    assert places(TableInMemory(), large(70)) == [(), ("languages", 0)]
    assert places(TableInMemory(), large(31, languages=languages)) == [("languages",)]
    assert places(TableInMemory(), definition(origins=LONG_ORIGINS)) == [("origins",)]
    assert places(TableInMemory(live_widget(), before), after) == [("services", 1, "version")]


LONG_ORIGINS = tuple(f"https://{'x' * 60}.{'y' * 60}.{'z' * 60}.{number}.example" for number in range(1_900))


def test_an_allow_list_that_cannot_be_stored_is_refused_with_its_size() -> None:
    too_long = definition(origins=LONG_ORIGINS)
    sentence = (
        f"The allowed origins would have {len(json.dumps(LONG_ORIGINS)):,} bytes, and 350,000 can be stored: "
        "use wildcards"
    )
    assert problems(TableInMemory(), too_long) == [sentence]
    assert problems(TableInMemory(live_widget(), too_long), too_long) == [sentence]


def test_an_origin_that_makes_the_allow_list_too_long_is_refused() -> None:
    fitting = next(
        LONG_ORIGINS[:count] for count in range(1_750, 0, -1) if len(json.dumps(LONG_ORIGINS[:count])) <= 350_000
    )
    tables = TableInMemory(live_widget(origins=fitting))
    with pytest.raises(DefinitionError, match=r"^The allowed origins would have 350,\d{3} bytes"):
        add_origin(tables, 43, LONG_ORIGINS[-1], actor="owner", now=NOW)
    assert tables.written == []


# --- What a publication writes ----------------------------------------------------------------------------------------


def test_a_new_widget_starts_at_its_first_revision() -> None:
    tables = TableInMemory()
    answer = publish(tables, definition(), actor="owner", now=NOW, new_key=lambda: uuid.UUID(VERSION))

    ((live, change, version),) = tables.written
    assert change == Change("2026-11-24T10:00:00.000Z", "owner", "publish", "")
    assert (answer.version_key, answer.is_new_version) == (VERSION, True)
    assert (live.version_key, live.revision, live.created_at) == (VERSION, 1, "2026-11-24T10:00:00.000Z")
    assert version is not None
    assert version.settings.keys() == {"en"}


def test_origins_that_say_the_same_are_kept_once() -> None:
    tables = TableInMemory()
    publish(tables, definition(origins=["https://A.example", "https://a.example:443"]), actor="owner", now=NOW)
    assert tables.written[0][0].origins == ("https://a.example",)
