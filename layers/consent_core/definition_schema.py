"""Make docs/definition.schema.json, the JSON Schema of a widget's definition, for editors (``make schema``).

Fields, types, bounds and defaults are those of the model; descriptions and examples are the tables of
docs/definition.md. Pydantic cannot see what a function checks, so the shapes are added here, from the patterns that
the functions use. The schema never refuses what publishing accepts; publishing also checks what spans several fields.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from consent_core import shapes
from consent_core.catalogue import PURPOSES, STRICT, Purpose
from consent_core.publishing import known_services, policies, texts
from consent_core.publishing.definitions import WidgetDefinition

type Json = dict[str, Any]

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "definition.md"
SCHEMA = DOCS / "definition.schema.json"

PARTS = {
    "A service": "ServiceDefinition",
    "A cookie": "CookieDefinition",
    "A policy": "PolicyDefinition",
    "The controller": "Controller",
    "Options of Google Consent Mode": "ConsentModeOptions",
    "Colours of the dark scheme": "Colours",
}
"""The headings of the page whose tables describe a part of a definition; the other tables describe the widget."""

_MAY_BE_ON = sorted(set(Purpose) - {Purpose.NECESSARY, Purpose.UNCLASSIFIED})

LONGEST_TEXT = 5_000
LONGEST_IMAGE = 24_000


def schema_of(page: str) -> Json:
    """Return the schema, described in the words of the page."""
    schema = _tidy(WidgetDefinition.model_json_schema())
    parts = schema["$defs"]
    parts |= _shapes()
    for name, part in {"WidgetDefinition": schema, **{name: parts[name] for name in PARTS.values()}}.items():
        part.pop("description", None)
        for field, (example, effect) in described(page)[name].items():
            part["properties"][field] |= {"description": effect, "examples": [example]}
    parts["ServiceDefinition"]["properties"]["domain"] |= {"type": ["string", "array"], **_shape(shapes.HOST)}
    parts["CookieDefinition"]["properties"]["path"] |= _shape(shapes.COOKIE_PATH)
    parts["ConsentModeOptions"]["properties"]["regions"]["items"] |= _shape(shapes.REGION)
    policy = parts["PolicyDefinition"]["properties"]
    policy["id"]["not"] = {"enum": [STRICT, "unknown"]}
    policy["regions"]["minItems"] = 1
    parts["ListedPolicy"] = _listed_policy(parts["PolicyDefinition"])
    parts["ListedService"] = _listed_service(parts["ServiceDefinition"])
    properties = schema["properties"]
    properties["consentCookieName"] |= _shape(shapes.CONSENT_COOKIE_NAME)
    properties["enableIAB"] = {"const": False, **properties["enableIAB"]}
    properties["translations"] |= {"propertyNames": {"$ref": "#/$defs/Culture"}, "additionalProperties": _own_texts()}
    for name in ("keys", "languages"):
        properties[name]["minItems"] = 1
    header = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:consent-platform:definition",
        "title": "Definition of a consent widget",
        "description": "What docs/definition.md describes. Publishing also checks what spans several fields.",
    }
    return {**header, **schema}


def described(page: str) -> Mapping[str, Mapping[str, tuple[object, str]]]:
    """Return, for each model that the page describes, the example and the effect of each field."""
    found: dict[str, dict[str, tuple[object, str]]] = {}
    for heading, cells in rows(page, "Field"):
        name, _, _, example, effect = cells
        fields = found.setdefault(PARTS.get(heading, "WidgetDefinition"), {})
        fields[name.strip("`")] = json.loads(example.strip("`")), _plain(effect)
    return found


def rows(page: str, first: str) -> Iterator[tuple[str, list[str]]]:
    """Yield heading and cells of each row of the tables whose first column is called ``first``."""
    heading, is_meant = "", False
    for line in page.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            is_meant = False
        elif cells[0] == first:
            is_meant = True
        elif is_meant and not cells[0].startswith("---"):
            yield heading, cells


def _plain(text: str) -> str:
    without_links = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)
    return re.sub(r"\*(\w+)\*", r"\1", without_links).replace("`", "")


def _tidy(part: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """Drop what pydantic adds and readers do not need: titles made of names, and null as a default."""
    if isinstance(part, dict):
        noise = {"title"} | ({"default"} if part.get("default", "") is None else set())
        return {name: _tidy(value) for name, value in part.items() if name not in noise}
    return [_tidy(each) for each in part] if isinstance(part, list) else part


# --- Shapes -----------------------------------------------------------------------------------------------------------


def _shape(pattern: re.Pattern[str]) -> Json:
    return {"pattern": f"^(?:{_ecma(pattern.pattern)})$"}


def _ecma(pattern: str) -> str:
    """Write a pattern as every JSON Schema validator reads it: without inline flags and needless escapes."""
    return pattern.replace("(?i:", "(?:").replace("0-9a-f]", "0-9a-fA-F]").replace('\\"', '"')


def _text(**keywords: object) -> Json:
    return {"type": "string", **keywords}


def _per_language(text: Json) -> Json:
    each = {"type": "object", "minProperties": 1, "propertyNames": {"$ref": "#/$defs/Culture"}}
    return {"anyOf": [text, {**each, "additionalProperties": text}]}


def _shapes() -> Json:
    url = f"^[Hh][Tt][Tt][Pp][Ss]:(?:{shapes.URL_CHARACTERS.pattern})$"
    https = _text(pattern=url, maxLength=2_048, description="an address that starts with https://")
    markup = {"pattern": "<[a-zA-Z/!]"}
    label = _text(maxLength=LONGEST_TEXT, pattern=r"\S", description="plain text, without markup", **{"not": markup})
    links = 'a text that may hold <a href="https://…">, <b>, <strong>, <i>, <em>, <br>, <p>, <ul>, <ol> and <li>'
    rich = _text(maxLength=LONGEST_TEXT, description=links)
    image = _text(maxLength=LONGEST_IMAGE, **_shape(shapes.DATA_IMAGE))
    return {
        "Key": _text(**_shape(shapes.KEY)),
        "Slug": _text(**_shape(shapes.SLUG)),
        "Culture": _text(**_shape(shapes.CULTURE)),
        "Uuid": _text(**_shape(shapes.UUID)),
        "Colour": _text(**_shape(shapes.COLOUR)),
        "FontFamily": _text(**_shape(shapes.FONT_FAMILY)),
        "Host": _text(**_shape(shapes.HOST)),
        "StorageName": _text(**_shape(shapes.STORAGE_NAME)),
        "CookieName": _text(**_shape(shapes.COOKIE_NAME)),
        "CookieDomain": _text(**_shape(shapes.COOKIE_DOMAIN)),
        "Origin": _text(pattern=r"^\s*[Hh][Tt][Tt][Pp][Ss]://[^/?#@\\]+\s*$"),
        "Label": label,
        "HttpsUrl": https,
        "Logo": {"anyOf": [https, image]},
        "RichText": _per_language(rich),
        "LocalUrl": _per_language(https),
        "Purpose": {"enum": [*PURPOSES, *PURPOSES.values()]},
        "PolicyRegion": _text(**_shape(shapes.POLICY_REGION)),
        "OptOutPurpose": {"enum": [each for purpose in _MAY_BE_ON for each in (purpose.label, int(purpose))]},
    }


def _listed_service(whole: Json) -> Json:
    """A service in full, the slug of a known one, or a reference to it with fields that win."""
    known = {"enum": sorted(known_services.library()), "description": "the slug of a well-known service"}
    reference = {**whole, "required": ["use"], "properties": {"use": known, **whole["properties"]}}
    return {"anyOf": [known, reference, {"$ref": "#/$defs/ServiceDefinition"}]}


def _listed_policy(whole: Json) -> Json:
    """A policy in full, the id of a preset, or a reference to one with fields that win."""
    known = {"enum": [*policies.presets()], "description": "the id of a preset"}
    own = {name: field for name, field in whole["properties"].items() if name != "id"}
    reference = {**whole, "required": ["preset"], "properties": {"preset": known, **own}}
    return {"anyOf": [known, reference, {"$ref": "#/$defs/PolicyDefinition"}]}


def _own_texts() -> Json:
    built_in = texts.built_in("en")
    properties = {name: _text(maxLength=LONGEST_TEXT, default=built_in[name]) for name in sorted(texts.names())}
    return {"type": "object", "additionalProperties": False, "properties": properties}


def written(page: str) -> str:
    """Return the schema as the file holds it."""
    return json.dumps(schema_of(page), ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(written(PAGE.read_text("utf-8")), "utf-8")
    sys.stdout.write(f"{SCHEMA.relative_to(DOCS.parent)} is written.\n")
