"""The settings against the documented answer, as three kinds of parser read it that apps are made with.

tests/cases/documented_settings.json has the members and types of the documentation's page on native applications, with
shorter texts. A parser made from it takes unknown members, but none that is missing, null or of another type.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_core.publishing.rendering import Stamp, settings_of
from local import ROOT
from tests.factories import VERSION_KEY, definition, service_json

type Json = Any

SAMPLE = json.loads((Path(__file__).parents[1] / "cases" / "documented_settings.json").read_text("utf-8"))
STAMP = Stamp(VERSION_KEY, "2026-01-01T00:00:00.000Z", datetime(2026, 11, 24, 10, 0, tzinfo=UTC))

STILL_NULL = {"tenant", "expiryDays"}
"""Members that may be null here, as they are in the sample. The sample's other null members are texts."""


def kind_of(name: str, value: Json) -> type:
    """The type that an app's developer gives to a member of the sample."""
    return type(value) if value is not None else object if name in STILL_NULL else str


# --- Three parsers, each made from the sample alone -------------------------------------------------------------------


def strict_model(name: str, sample: dict[str, Json]) -> type[BaseModel]:
    """A model of strict types, as Swift's Codable or a generated client has them."""

    def annotation(member: str, value: Json) -> Any:  # noqa: ANN401 - a type to annotate with
        if isinstance(value, dict):
            return strict_model(member, value)
        if isinstance(value, list):
            return list[annotation(member, value[0])]  # type: ignore[misc]
        return kind_of(member, value) if value is not None or member not in STILL_NULL else Any

    fields: dict[str, Any] = {member: (annotation(member, value), ...) for member, value in sample.items()}
    config = ConfigDict(strict=True, extra="ignore")
    made: type[BaseModel] = create_model(name, __config__=config, **fields)
    return made


def faults_without_nulls(sample: Json, given: Json, place: str = "settings") -> Iterator[str]:
    """The decoding of Kotlin's data classes: every declared property must be there, of its type, and not null."""
    if isinstance(sample, dict) and isinstance(given, dict):
        for name, value in sample.items():
            if name not in given:
                yield f"{place}.{name} is missing"
            elif kind_of(name, value) is not object:
                yield from faults_without_nulls(value if value is not None else "", given[name], f"{place}.{name}")
    elif isinstance(sample, list) and isinstance(given, list):
        for index, entry in enumerate(given):
            yield from faults_without_nulls(sample[0], entry, f"{place}[{index}]")
    elif type(given) is not type(sample):
        yield f"{place} is {type(given).__name__}"


def json_schema(name: str, sample: Json) -> dict[str, Json]:
    """A JSON Schema, as tools derive it from a sample."""
    if isinstance(sample, dict):
        members = {member: json_schema(member, value) for member, value in sample.items()}
        return {"type": "object", "required": [*sample], "properties": members}
    if isinstance(sample, list):
        return {"type": "array", "items": json_schema(name, sample[0])}
    names = {str: "string", bool: "boolean", int: "integer"}
    kind = kind_of(name, sample)
    return {} if kind is object else {"type": names[kind]}


MODEL = strict_model("Settings", SAMPLE)
VALIDATOR = jsonschema.Draft202012Validator(json_schema("settings", SAMPLE))


def read_by_all(settings: Json) -> None:
    MODEL.model_validate(settings)
    assert list(faults_without_nulls(SAMPLE, settings)) == []
    VALIDATOR.validate(settings)


# --- Our answers ------------------------------------------------------------------------------------------------------


def rendered(widget: WidgetDefinition, language: str) -> Json:
    return json.loads(json.dumps(settings_of(widget, language, STAMP)))


DEMO = ROOT / "local" / "widgets"
BARE = definition(services=[service_json(cookies=[{"name": "a"}])])
WIDGETS = {
    "of the fewest members": BARE,
    "without services": definition(),
    **{f"of the demo: {name}": definition_from_json((DEMO / f"{name}.json").read_text("utf-8")) for name in (43, 44)},
}


@pytest.mark.parametrize(
    ("name", "language"), [(name, language) for name, widget in WIDGETS.items() for language in widget.languages]
)
def test_every_kind_of_parser_reads_the_settings(name: str, language: str) -> None:
    read_by_all(rendered(WIDGETS[name], language))


def members(value: Json, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The place of every member of the sample."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, member in entries:
        yield (*place, name)
        yield from members(member, (*place, name))


DOCUMENTED = [place for place in members(SAMPLE) if isinstance(place[-1], str)]


@pytest.mark.parametrize("place", DOCUMENTED, ids=lambda place: ".".join(map(str, place)))
def test_no_kind_of_parser_reads_settings_without_a_documented_member(place: tuple[str | int, ...]) -> None:
    settings = rendered(BARE, "en")
    part = settings
    for step in place[:-1]:
        part = part[step]

    del part[place[-1]]

    with pytest.raises(ValidationError):
        MODEL.model_validate(settings)
    assert len(list(faults_without_nulls(SAMPLE, settings))) == 1
    assert not VALIDATOR.is_valid(settings)
