"""docs/definition.md and docs/definition.schema.json describe the definition that publishing accepts."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consent_core.errors import DefinitionError
from consent_core.publishing import known_services, policies, texts
from consent_core.publishing.definitions import definition_from_json, public_part
from definition_schema import PAGE, PARTS, SCHEMA, described, rows, written
from local import ROOT

type Json = dict[str, Any]

TEXT = PAGE.read_text("utf-8")
SMALLEST: Json = {
    "id": 46,
    "label": "Garden shop",
    "keys": ["garden-shop-web-2026"],
    "origins": ["https://garden.example"],
}
SERVICE: Json = {"name": "Our basket", "slug": "basket", "purpose": "Necessary"}
COOKIE: Json = {"name": "basket"}
POLICY: Json = {"id": "garden", "regions": ["BR"]}

# The page's words for the schema's types.
KINDS = {
    "ConsentMode": "consent mode",
    "ConsentModeOptions": "object",
    "Controller": "object",
    "Colour": "colour",
    "Colours": "object",
    "CookieDefinition": "cookie",
    "CookieDomain": "cookie domain",
    "CookieName": "cookie name",
    "Culture": "language",
    "FontFamily": "font names",
    "Host": "host",
    "HttpsUrl": "address",
    "Key": "key",
    "Label": "label",
    "ListedPolicy": "policy",
    "ListedService": "service",
    "LocalUrl": "address, or one per language",
    "Logo": "logo",
    "OptOutPurpose": "purpose",
    "Origin": "origin",
    "PolicyRegion": "region",
    "RichText": "rich text, or one per language",
    "Slug": "slug",
    "StorageName": "name",
    "Switch": "true or false",
    "Uuid": "UUID",
}
# Types that the page words by itself.
WORDED = {
    "path": "path that starts with `/`",
    "domain": "host, or list of hosts, at most 200",
    "purpose": "one of `Necessary`, `Preference`, `Analytical`, `Marketing`, `Other`, `Unclassified`, "
    "or its number from 0 to 5",
    "regions": "list of regions, at most 1,000",
    "policies": "list of policies, at most 50",
    "consentCookieName": "cookie name, 1 to 64 letters, digits, `_`, `.` or `-`",
    "customCSS": "style sheet of at most 20,000 characters",
}


def schema() -> Json:
    read: Json = json.loads(SCHEMA.read_text("utf-8"))
    return read


VALIDATOR = Draft202012Validator(schema())


def part(name: str) -> Json:
    found: Json = schema() if name == "WidgetDefinition" else schema()["$defs"][name]
    return found


def kind(described: Json) -> str:
    if "$ref" in described:
        return KINDS[described["$ref"].rpartition("/")[2]]
    if "anyOf" in described:
        return kind(next(each for each in described["anyOf"] if each != {"type": "null"}))
    if "enum" in described:
        return "one of " + ", ".join(f"`{value}`" for value in described["enum"])
    if described["type"] == "array":
        return f"list of {kind(described['items'])}s{bounds(described)}"
    if described["type"] == "integer":
        low, high = described["minimum"], described.get("maximum")
        return f"number from {low}" + (f" to {high:,}" if high else "")
    return {"string": "text", "object": "object"}[described["type"]]


def bounds(described: Json) -> str:
    low, high = described.get("minItems"), described.get("maxItems")
    if high is None:
        return ""
    return f", {low} to {high:,}" if low else f", at most {high:,}"


def default(name: str, field: str) -> str:
    if field in part(name).get("required", ()):
        return "**required**"
    described = part(name)["properties"][field]
    if field == "consentModeOptions":  # its own table has the defaults
        return "`{}`"
    return f"`{json.dumps(described['default'])}`" if "default" in described else "–"


FIELDS = [(PARTS.get(heading, "WidgetDefinition"), *cells) for heading, cells in rows(TEXT, "Field")]


# --- The page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["WidgetDefinition", *PARTS.values()])
def test_the_page_describes_every_field_and_no_other(name: str) -> None:
    assert list(described(TEXT)[name]) == [field[1].strip("`") for field in FIELDS if field[0] == name]
    assert described(TEXT)[name].keys() == part(name)["properties"].keys()


@pytest.mark.parametrize("row", FIELDS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_the_page_gives_type_and_default_of_the_model(row: tuple[str, ...]) -> None:
    name, cell, type_, stated, _, effect = row
    field = cell.strip("`")
    worded = WORDED.get(field) if name not in {"CookieDefinition", "PolicyDefinition"} or field == "path" else None
    assert (type_, stated) == (worded or kind(part(name)["properties"][field]), default(name, field))
    assert effect.endswith(".")


def test_the_page_names_every_text_with_its_kind() -> None:
    listed = {cells[0].strip("`"): cells[1] for _, cells in rows(TEXT, "Text")}
    assert listed.keys() == texts.names()
    assert listed == {name: "rich text" if accepts_markup(name) else "label" for name in texts.names()}


def accepts_markup(name: str) -> bool:
    try:
        texts.checked(name, "<b>x</b>")
    except ValueError:
        return False
    return True


def with_field(name: str, field: str, value: object) -> Json:
    stated = {field: value}
    purpose = {"purpose": "Analytical"} if "Consent" in field or field == "exempt" else {}
    parts: dict[str, Json] = {
        "WidgetDefinition": stated,
        "ServiceDefinition": {"services": [{**SERVICE, **purpose, **stated}]},
        "CookieDefinition": {"services": [{**SERVICE, "cookies": [{**COOKIE, **stated}]}]},
        "PolicyDefinition": {"policies": [{**POLICY, **stated}]},
        "Controller": {"controller": {"name": "Garden Ltd", **stated}},
        "Colours": {"darkColors": stated},
        "ConsentModeOptions": {"consentModeOptions": stated},
    }
    return {**SMALLEST, **parts[name]}


EXAMPLES = [(name, field, each[0]) for name, fields in described(TEXT).items() for field, each in fields.items()]


@pytest.mark.parametrize(("name", "field", "example"), EXAMPLES, ids=[f"{each[0]}.{each[1]}" for each in EXAMPLES])
def test_every_example_can_be_published(name: str, field: str, example: object) -> None:
    definition = with_field(name, field, example)
    definition_from_json(json.dumps(definition))
    assert list(VALIDATOR.iter_errors(definition)) == []


# --- The schema -------------------------------------------------------------------------------------------------------


def test_the_file_is_what_the_generator_makes() -> None:
    Draft202012Validator.check_schema(schema())
    assert SCHEMA.read_text("utf-8") == written(TEXT), "run `make schema`"


@pytest.mark.parametrize("widget", [43, 44])
def test_the_demo_widgets_are_valid(widget: int) -> None:
    definition = json.loads((ROOT / "local" / "widgets" / f"{widget}.json").read_text("utf-8"))
    assert list(VALIDATOR.iter_errors(definition)) == []


@pytest.mark.parametrize(
    "accepted",
    [
        {"services": list(known_services.library())},
        {"services": [{"use": slug, "domain": "own.example"} for slug in known_services.library()]},
        {"services": [{**SERVICE, "purpose": 3, "id": "584FFEF3-251C-4E9A-BFB8-08D7FBFBEE92", "logoUrl": None}]},
        {"origins": [" HTTPS://bücher.example:443 "], "cookieNoticeUrl": "HTTPS://garden.example/?a=1#b"},
        {"fontFamily": '"Fira Sans", sans-serif', "label": "a < b"},
        {"policies": [*policies.presets()]},
        {"policies": [{"preset": id_, "link": True} for id_ in policies.presets()]},
        {"policies": [POLICY, {"id": "all", "regions": ["*"]}], "controller": None},
        {"languages": ["fr-BE"], "translations": {"fr": {"startupTitle": "Vos cookies"}}},
        {"languages": ["en"], "services": [{**SERVICE, "description": {"en": "<b>Keeps</b> it.", "fr-BE": "Garde."}}]},
    ],
)
def test_it_accepts_what_publishing_accepts(accepted: Json) -> None:
    definition = {**SMALLEST, **accepted}
    definition_from_json(json.dumps(definition))
    assert list(VALIDATOR.iter_errors(definition)) == []


@pytest.mark.parametrize(
    "refused",
    [
        {"id": 0},
        {"id": "46"},
        {"label": " "},
        {"label": "<b>shop</b>"},
        {"keys": []},
        {"keys": ["short"]},
        {"origins": ["http://garden.example"]},
        {"origins": ["https://garden.example/path"]},
        {"enabled": "yes"},
        {"colour": "#fff"},
        {"bgColor": "white"},
        {"position": "Left"},
        {"languages": []},
        {"languages": ["english"]},
        {"fontFamily": "Georgia; color:red"},
        {"enableIAB": True},
        {"consentCookieExpiryTime": 181},
        {"consentCookieName": "a b"},
        {"cookieNoticeUrl": "http://garden.example"},
        {"cookieNoticeUrl": {}},
        {"buttonLogoUrl": "data:image/svg+xml;base64,PHN2Zy8+"},
        {"translations": {"en": {"startupTitel": "Cookies"}}},
        {"consentModeOptions": {"regions": ["France"]}},
        {"services": ["no-such-service"]},
        {"services": [{"use": "no-such-service"}]},
        {"services": [{**SERVICE, "slug": "Basket"}]},
        {"services": [{**SERVICE, "purpose": "necessary"}]},
        {"services": [{**SERVICE, "id": "00000000-0000-0000-0000-000000000000"}]},
        {"services": [{**SERVICE, "domain": ["https://chat.example"]}]},
        {"services": [{**SERVICE, "cookies": [{"name": "a b"}]}]},
        {"services": [{**SERVICE, "cookies": [{**COOKIE, "path": "shop"}]}]},
        {"services": [{**SERVICE, "cookies": [{**COOKIE, "domain": "https://a.example"}]}]},
        {"services": [{**SERVICE, "consentModes": ["ads"]}]},
        {"services": [{**SERVICE, "storage": ["ab*"]}]},
        {"services": [{**SERVICE, "exempt": "yes"}]},
        {"policies": ["anz"]},
        {"policies": [{"preset": "anz"}]},
        {"policies": [{"preset": "us", "id": "america"}]},
        {"policies": [{**POLICY, "id": "strict"}]},
        {"policies": [{**POLICY, "id": "unknown"}]},
        {"policies": [{**POLICY, "regions": []}]},
        {"policies": [{**POLICY, "regions": ["Brazil"]}]},
        {"policies": [{**POLICY, "optOut": [5]}]},
        {"policies": [{**POLICY, "optOut": ["Necessary"]}]},
        {"controller": {}},
        {"askAgainAfterClose": 366},
        {"$schema": 1},
    ],
    ids=json.dumps,
)
def test_it_refuses_what_publishing_refuses(refused: Json) -> None:
    definition = {**SMALLEST, **refused}
    with pytest.raises(DefinitionError):
        definition_from_json(json.dumps(definition))
    assert list(VALIDATOR.iter_errors(definition))


@pytest.mark.parametrize("missing", sorted(SMALLEST.keys() - {"origins"}))
def test_it_names_what_is_required(missing: str) -> None:
    definition = {name: value for name, value in SMALLEST.items() if name != missing}
    with pytest.raises(DefinitionError):
        definition_from_json(json.dumps(definition))
    assert [error.message for error in VALIDATOR.iter_errors(definition)] == [f"'{missing}' is a required property"]


def test_a_definition_may_name_its_schema_which_is_never_stored() -> None:
    plain = definition_from_json(json.dumps(SMALLEST))
    named = definition_from_json(json.dumps({"$schema": "./definition.schema.json", **SMALLEST}))

    assert public_part(named) == public_part(plain)
    assert "$schema" not in named.model_dump(by_alias=True)


# --- The shapes that Python and JavaScript share ----------------------------------------------------------------------


def cases(file: str) -> Json:
    read: Json = json.loads((ROOT / "tests" / "cases" / f"{file}.json").read_text("utf-8"))
    return read


TABLES = {**cases("shapes"), "url": cases("urls")}
DEFINED = {
    "key": "Key",
    "culture": "Culture",
    "slug": "Slug",
    "uuid": "Uuid",
    "colour": "Colour",
    "fontFamily": "FontFamily",
    "cookieDomain": "CookieDomain",
    "url": "HttpsUrl",
}


def is_valid(shape: str, value: str) -> bool:
    validator = Draft202012Validator({"$defs": schema()["$defs"], "$ref": f"#/$defs/{DEFINED[shape]}"})
    return bool(validator.is_valid(value))


@pytest.mark.parametrize("shape", DEFINED)
def test_it_follows_the_shared_cases(shape: str) -> None:
    assert [value for value in TABLES[shape]["accepted"] if not is_valid(shape, value)] == []
    # Only publishing takes a URL apart; and to Python, though not to editors, $ also stands before a newline.
    refused = [] if shape == "url" else [value for value in TABLES[shape]["refused"] if not value.endswith("\n")]
    assert [value for value in refused if is_valid(shape, value)] == []
