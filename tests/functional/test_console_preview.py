"""The preview of a draft, which needs its key and nothing else, and which leads to no proof."""

import json
from datetime import UTC, datetime
from typing import Any, TypedDict

import pytest

from consent_console.pages import ASSETS, asset_path
from consent_core.publishing import changes, drafts, widgets
from consent_core.publishing.definitions import definition_from_json
from consent_core.widget_table import Draft
from local.tables import Tables
from tests.functional.conftest import Answer, Call, caller
from tests.handlers import load_handler

WIDGET = 44
NOW = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
HOST = "console.example"
STAMP = {"versionKey", "lastVersionGeneration", "dateCreation", "dateUpdate"}
"""The members that a publication adds, each time other ones."""

MISFIT = {"consentCookieDomain": "co.uk"}
"""A part that is valid by itself, and cannot be published."""


class By(TypedDict):
    actor: str
    now: datetime


ADA: By = {"actor": "ada", "now": NOW}


@pytest.fixture
def preview(tables: Tables) -> Call:
    return caller("console_preview")


def asked(route: str, path: str, parameters: dict[str, str], **query: str) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": f"GET {route}",
        "rawPath": path,
        "rawQueryString": "",
        "cookies": ["__Host-session=a-session"],
        "headers": {"host": HOST},
        "queryStringParameters": query,
        "pathParameters": parameters,
        "requestContext": {"http": {"method": "GET"}},
    }


def page(widget: str = str(WIDGET), **query: str) -> dict[str, Any]:
    return asked("/preview/{id}", f"/preview/{widget}", {"id": widget}, **query)


def settings(widget: str = str(WIDGET), **query: str) -> dict[str, Any]:
    path = "/v1/client/cookie-widget-settings/"
    return asked(f"{path}{{id}}", f"{path}{widget}", {"id": widget}, **query)


def draft_of(tables: Tables, **part: object) -> Draft:
    return drafts.save_part(tables.widgets, WIDGET, part, **ADA)


def policy_of(answer: Answer) -> dict[str, str]:
    parts = (each.partition(" ") for each in answer.headers["content-security-policy"].split("; "))
    return {name: value for name, _, value in parts}


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_has_the_snippet_of_a_site(preview: Call, tables: Tables) -> None:
    draft = draft_of(tables, label="Ours & theirs")
    answer = preview(page(key=draft.share_key))

    assert answer.status == 200
    assert f'<div id="dastra-cookie-consent" data-widgetid="{WIDGET}" data-lang="en"></div>' in answer.body
    assert f'<script src="/sdk/dastra.js?key={draft.share_key}" async></script>' in answer.body
    assert "Draft of Ours &amp; theirs: not live. Saved 2026-11-30 10:00 UTC." in answer.body
    assert "faults" not in answer.body


def test_the_page_has_no_origin_and_may_ask_for_its_settings_alone(preview: Call, tables: Tables) -> None:
    answer = preview(page(key=draft_of(tables, label="Ours").share_key))

    assert policy_of(answer) == {
        "sandbox": "allow-scripts",
        "default-src": "'none'",
        "script-src": f"{HOST}/sdk/ {HOST}{asset_path('preview.js')}",
        "style-src": f"{HOST}{asset_path('preview.css')}",
        "connect-src": f"{HOST}/v1/client/cookie-widget-settings/",
        "img-src": "data:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "dastra",
    }
    assert {name: value for name, value in answer.headers.items() if name != "content-security-policy"} == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "no-store",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "x-robots-tag": "noindex",
    }


def test_pictures_come_from_their_own_origins_alone(preview: Call, tables: Tables) -> None:
    origins = ["https://shop.example", "https://other.example"]
    logo = {"origins": origins, "buttonLogoUrl": "https://shop.example/logo.png"}
    answer = preview(page(key=draft_of(tables, **logo).share_key))
    assert policy_of(answer)["img-src"] == "data: https://shop.example"


def test_the_host_of_a_request_cannot_add_a_rule(preview: Call, tables: Tables) -> None:
    sent = page(key=draft_of(tables, label="Ours").share_key)
    answer = preview({**sent, "headers": {"host": "a.example; script-src *"}})
    assert policy_of(answer)["script-src"] == f"/sdk/ {asset_path('preview.js')}"


@pytest.mark.parametrize(
    ("asked_for", "shown"), [("fr", "fr"), ("fr-BE", "fr"), ("xx", "en"), ("<b>", "en"), ("", "en")]
)
def test_the_page_has_a_language_of_the_widget(preview: Call, tables: Tables, asked_for: str, shown: str) -> None:
    key = draft_of(tables, languages=["en", "fr"]).share_key
    assert f'data-lang="{shown}"' in preview(page(key=key, lang=asked_for)).body


@pytest.mark.parametrize(
    ("asked_for", "shown"), [("dark", ' data-scheme="dark"'), ("light", ' data-scheme="light"'), ("red", "")]
)
def test_the_page_has_the_scheme_of_its_address(preview: Call, tables: Tables, asked_for: str, shown: str) -> None:
    body = preview(page(key=draft_of(tables, label="Ours").share_key, scheme=asked_for)).body
    assert f'<html lang="en"{shown}>' in body


def test_a_public_key_shows_what_is_live(preview: Call, tables: Tables) -> None:
    draft_of(tables, label="Ours")
    live = widgets.read(tables.widgets, WIDGET)
    answer = preview(page(key=live.live.keys[0]))
    assert answer.status == 200
    assert f"{live.definition['label']}, as it is live." in " ".join(answer.body.split())
    assert "not live" not in answer.body


def test_a_draft_with_faults_shows_the_last_one_without(preview: Call, tables: Tables) -> None:
    first = draft_of(tables, position="Center")
    second = drafts.save_part(tables.widgets, WIDGET, {**MISFIT, "position": "TopLeft"}, expected=first.number, **ADA)

    answer = preview(page(key=second.share_key))
    assert answer.status == 200
    assert "It has faults, so that the last version without faults is shown." in answer.body
    assert preview(settings(key=second.share_key)).body["position"] == "Center"


def test_a_draft_that_was_never_valid_says_so(preview: Call, tables: Tables) -> None:
    draft = drafts.create(tables.widgets, "Shop", "https://shop.example", ["en"], **ADA)
    wrong = definition_from_json(json.dumps(json.loads(draft.definition) | MISFIT), parts_only=True)
    tables.widgets.save_draft(
        Draft(
            draft.widget_id,
            draft.number + 1,
            definition=json.dumps(wrong.model_dump(mode="json", by_alias=True, exclude_none=True)),
            changed_at=draft.changed_at,
            share_key=draft.share_key,
        )
    )
    answer = preview(page(str(draft.widget_id), key=draft.share_key))
    assert answer.status == 200
    assert "This draft cannot be shown yet" in answer.body
    assert "<script" not in answer.body
    assert preview(settings(str(draft.widget_id), key=draft.share_key)).problem == "unknown-widget"


# --- Keys -------------------------------------------------------------------------------------------------------------


def test_each_reason_for_no_preview_has_the_same_answer(preview: Call, tables: Tables) -> None:
    draft = draft_of(tables, label="Ours")
    changes.publish(tables.widgets, disabled(tables, 998), **ADA)
    off = tables.widgets.live(998)
    assert off is not None
    wrong = [
        page(key="0" * 43),
        page(key=draft.share_key[:-1]),
        page(key=""),
        page(key="<script>"),
        page(),
        page("999", key=draft.share_key),
        page("43", key=draft.share_key),
        page("nix", key=draft.share_key),
        page("%34%34", key=draft.share_key),
        page("998", key=off.keys[0]),
    ]
    answers = [preview(each) for each in wrong]
    assert {answer.status for answer in answers} == {404}
    assert len({answer.body for answer in answers}) == 1
    assert len({json.dumps(answer.headers) for answer in answers}) == 1
    assert "There is nothing to show here" in answers[0].body
    assert "<script" not in answers[0].body
    assert policy_of(answers[0])["sandbox"] == "allow-scripts"


def disabled(tables: Tables, widget_id: int) -> Any:  # noqa: ANN401 - a definition
    stated = widgets.read(tables.widgets, WIDGET).definition
    return definition_from_json(json.dumps({**stated, "id": widget_id, "enabled": False}))


@pytest.mark.parametrize("end", ["renew", "publish", "discard"])
def test_a_link_ends(preview: Call, tables: Tables, end: str) -> None:
    draft = draft_of(tables, label="Ours")
    assert [preview(each(key=draft.share_key)).status for each in (page, settings)] == [200, 200]
    match end:
        case "renew":
            renewed = drafts.new_share_key(tables.widgets, WIDGET, **ADA)
            assert [preview(each(key=renewed.share_key)).status for each in (page, settings)] == [200, 200]
        case "publish":
            drafts.publish(tables.widgets, WIDGET, **ADA)
        case "discard":
            drafts.discard(tables.widgets, WIDGET)
    assert [preview(each(key=draft.share_key)).status for each in (page, settings)] == [404, 404]


def test_the_preview_has_no_route_that_would_take_a_proof(tables: Tables) -> None:
    routes = load_handler("console_preview", POWERTOOLS_SERVICE_NAME="console_preview").ROUTES
    assert sorted(routes) == [
        "GET /assets/{hash}/{name}",
        "GET /preview/{id}",
        "GET /v1/client/cookie-widget-settings/{id}",
    ]


# --- Settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("culture", ["en", "fr", "de", None])
def test_the_settings_are_those_that_a_publication_serves(
    preview: Call, get_settings: Call, tables: Tables, culture: str | None
) -> None:
    """But for two members, with which no proof is made, and for the publication's own stamp."""
    draft = draft_of(tables, languages=["fr", "en"], position="Center", bgColor="#112233", saveConsentProof=True)
    asks = {"culture": culture} if culture else {}
    answer = preview(settings(key=draft.share_key, **asks))

    drafts.publish(tables.widgets, WIDGET, **ADA)
    live = widgets.read(tables.widgets, WIDGET)
    sent = settings(key=live.live.keys[0], **asks)
    served = get_settings({**sent, "headers": {"host": HOST, "origin": live.live.origins[0].replace("*", "www")}})

    assert served.status == 200
    assert answer.body.keys() == served.body.keys()
    differing = {name for name in served.body if answer.body[name] != served.body[name]}
    assert differing - STAMP == {"saveConsentProof", "developerMode"}
    assert (answer.body["saveConsentProof"], answer.body["developerMode"]) == (False, True)


def test_the_settings_may_be_read_by_a_page_without_an_origin(preview: Call, tables: Tables) -> None:
    answer = preview(settings(key=draft_of(tables, label="Ours").share_key))
    assert answer.headers == {
        "content-type": "application/json",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "null",
        "access-control-expose-headers": "date, x-dastra-location",
    }


@pytest.mark.parametrize(("place", "told"), [("US-CA", "US-CA"), ("FR", "FR"), ("nix", None), ("FR\r\nx: y", None)])
def test_the_settings_tell_the_place_of_the_address(
    preview: Call, tables: Tables, place: str, told: str | None
) -> None:
    answer = preview(settings(key=draft_of(tables, label="Ours").share_key, place=place))
    assert answer.headers.get("x-dastra-location") == told


def test_the_settings_have_the_scheme_of_the_address(preview: Call, tables: Tables) -> None:
    key = draft_of(tables, colorScheme="auto").share_key
    auto, light, dark = (preview(settings(key=key, scheme=each)).body["theme"] for each in ("", "light", "dark"))
    assert "--dw-scheme:light" in auto["light"].replace(" ", "")
    assert light == {"light": auto["light"], "dark": ""}
    assert dark["dark"] == ""
    assert "--dw-scheme:dark" in dark["light"].replace(" ", "")


def test_an_owner_who_wants_one_scheme_has_it_on_every_device(preview: Call, tables: Tables) -> None:
    key = draft_of(tables, colorScheme="light").share_key
    always, dark = (preview(settings(key=key, scheme=each)).body["theme"] for each in ("", "dark"))
    assert dark == always


def test_no_line_of_the_log_has_the_key(preview: Call, tables: Tables) -> None:
    key = draft_of(tables, label="Ours").share_key
    for sent in (page(key=key), settings(key=key), page("999", key=key)):
        assert key not in json.dumps(preview(sent).log)


# --- Files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(ASSETS))
def test_a_file_is_served_under_the_hash_of_its_content(preview: Call, name: str) -> None:
    path = asset_path(name)
    answer = preview(asked("/assets/{hash}/{name}", path, {}))
    assert answer.status == 200
    assert answer.headers["content-type"] == ASSETS[name]
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    is_open = name.startswith("preview.")
    assert answer.headers["cross-origin-resource-policy"] == ("cross-origin" if is_open else "same-origin")


@pytest.mark.parametrize("path", ["/assets/0123456789abcdef/console.css", "/assets/0123456789abcdef/nix.css"])
def test_another_file_is_not_served(preview: Call, path: str) -> None:
    answer = preview(asked("/assets/{hash}/{name}", path, {}))
    assert answer.status == 404
    assert answer.problem == "unknown-file"


@pytest.mark.parametrize("name", ["../templates/base.html", "..%2Fpages.py", "console.js.map"])
def test_no_file_outside_of_the_folder_is_served(preview: Call, name: str) -> None:
    version = asset_path("console.js").split("/")[2]
    assert preview(asked("/assets/{hash}/{name}", f"/assets/{version}/{name}", {})).status == 404
