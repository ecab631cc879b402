"""GET /v1/client/cookie-widget-settings/{id}, from the event to the answer."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent_core.publishing.changes import add_origin, publish
from consent_core.publishing.definitions import definition_from_json
from local.tables import Tables
from tests.functional.conftest import Call, at_widget, caller, event, with_headers

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SHOP = at_widget(with_headers(event("settings"), origin="https://shop.example"), "44", "demo-public-key-44")
DEFINITION = Path(__file__).parents[2] / "local" / "widgets" / "44.json"


def republish(tables: Tables, **changes: object) -> None:
    definition = {**json.loads(DEFINITION.read_text("utf-8")), **changes}
    publish(tables.widgets, definition_from_json(json.dumps(definition)), actor="test", now=NOW)


def test_the_settings_are_the_stored_rendering_letter_by_letter(get_settings: Call, tables: Tables) -> None:
    answer = get_settings(event("settings"))

    live = tables.widgets.live(43)
    assert live is not None
    rendering = tables.widgets.rendering(43, live.version_key, "fr")
    assert answer.status == 200
    assert answer.body == json.loads(rendering.body)
    assert answer.headers["etag"] == rendering.etag
    assert answer.body["translation"]["buttonLaterLabel"] == "Tout refuser"
    assert [group["purpose"] for group in answer.body["groups"]] == [0, 2, 3]


def test_a_published_widget_may_be_kept_for_a_day_at_the_edge_and_for_minutes_in_a_browser(get_settings: Call) -> None:
    answer = get_settings(SHOP)

    assert answer.headers == {
        "content-type": "application/json",
        "cache-control": "public, max-age=300, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400",
        "x-content-type-options": "nosniff",
        "etag": answer.headers["etag"],
        "vary": "Origin",
    }


def test_a_widget_in_developer_mode_is_never_cached(get_settings: Call) -> None:
    assert get_settings(event("settings")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("culture", "language"),
    [
        *(("fr", "fr"), ("fr-BE", "fr"), ("nl", "nl"), ("es", "en"), (None, "en"), ("", "en")),
        *(("FR", "fr"), ("fr_FR", "fr"), ("fr-fr", "fr"), ("NL-be", "nl"), ("fr-FR-u-ca-gregory", "fr")),
        *(("zh-Hant-TW", "en"), ("es-419", "en"), ("fil", "en"), ("fil-PH", "en"), ("fr_FR.UTF-8", "fr")),
    ],
)
def test_the_language_is_the_culture_its_base_or_the_widgets_first(
    get_settings: Call, culture: str | None, language: str
) -> None:
    sent = event("settings")
    sent["queryStringParameters"] = {"key": "demo-public-key-43", **({} if culture is None else {"culture": culture})}
    assert get_settings(sent).body["lang"] == language


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"other", {}', "*"])
def test_a_browser_that_has_the_settings_gets_304(get_settings: Call, tag: str) -> None:
    etag = get_settings(SHOP).headers["etag"]

    answer = get_settings(with_headers(SHOP, **{"if_none_match": tag.format(etag)}))

    assert (answer.status, answer.body, answer.metrics) == (304, None, {"SettingsNotModified": 1.0})
    assert answer.headers["etag"] == etag
    assert answer.headers["cache-control"].startswith("public, max-age=300, s-maxage=86400")


def test_an_outdated_tag_gets_the_settings(get_settings: Call) -> None:
    assert get_settings(with_headers(SHOP, if_none_match='"outdated"')).status == 200


def test_header_names_are_read_in_any_case(get_settings: Call) -> None:
    shouted = {**SHOP, "headers": {name.upper(): value for name, value in SHOP["headers"].items()}}
    assert get_settings(shouted).status == 200


@pytest.mark.parametrize("widget_id", ["0", "-1", "043", "4a", "4" * 16, "43#fr", "live"])
def test_an_id_of_another_shape_is_malformed(get_settings: Call, widget_id: str) -> None:
    answer = get_settings(at_widget(event("settings"), widget_id, "demo-public-key-43"))

    assert (answer.status, answer.problem) == (400, "malformed-request")
    assert answer.body["errors"] == [{"loc": ["path", "id"], "type": "string_pattern_mismatch"}]
    assert answer.metrics == {"SettingsRefusedMalformed": 1.0}


@pytest.mark.parametrize(
    ("key", "kind"), [(None, "missing"), ("", "string_pattern_mismatch"), ("k<y>12345", "string_pattern_mismatch")]
)
def test_a_key_that_is_missing_or_of_another_shape_is_malformed(get_settings: Call, key: str | None, kind: str) -> None:
    answer = get_settings(at_widget(event("settings"), "43", key))
    assert (answer.status, answer.body["errors"]) == (400, [{"loc": ["query", "key"], "type": kind}])


@pytest.mark.parametrize("culture", ["f", "french", "*", "fr fr", "fr-FR\n", "<b>", "fr-" + "x" * 61, "１１"])
def test_a_culture_of_another_shape_is_malformed(get_settings: Call, culture: str) -> None:
    sent = event("settings")
    sent["queryStringParameters"]["culture"] = culture
    assert get_settings(sent).body["errors"] == [{"loc": ["query", "culture"], "type": "string_pattern_mismatch"}]


def test_an_answer_does_not_reveal_whether_widget_or_key_is_wrong(get_settings: Call, tables: Tables) -> None:
    unknown = get_settings(at_widget(SHOP, "45", "demo-public-key-44"))
    wrong_key = get_settings(at_widget(SHOP, "44", "another-key-1"))
    republish(tables, enabled=False)
    disabled = get_settings(SHOP)

    assert (unknown.status, unknown.problem, unknown.metrics) == (404, "unknown-widget", {"SettingsRefusedNotFound": 1})
    assert unknown.body == wrong_key.body == disabled.body
    assert unknown.headers == wrong_key.headers == disabled.headers


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "http://shop.example",
        "http://localhost:8080",
        "https://shop.example.evil.test",
        "https://evilshop.example",
        "https://shop.example@evil.test",
        "https://shop.example, https://evil.test",
        "<script>alert(1)</script>",
    ],
)
def test_a_foreign_origin_is_refused_by_its_name(get_settings: Call, origin: str) -> None:
    answer = get_settings(with_headers(SHOP, origin=origin))

    assert (answer.status, answer.problem, answer.metrics) == (
        403,
        "origin-not-allowed",
        {"SettingsRefusedForbidden": 1},
    )
    assert answer.body["origin"] == origin
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("https://evil.test", "Add the origin to the widget's allowed origins."),
        ("https://localhost", "Add the origin to the widget's allowed origins."),
        ("http://LOCALHOST:80", "Switch the widget's developer mode on: it admits pages on this machine."),
        ("http://127.0.0.1:5500", "Switch the widget's developer mode on: it admits pages on this machine."),
        (None, "The request names no origin: send the site's (Origin: https://its.site), or set allowNativeApps."),
    ],
)
def test_a_refused_origin_is_told_what_would_admit_it(get_settings: Call, origin: str | None, told: str) -> None:
    assert get_settings(with_headers(SHOP, origin=origin)).body["detail"] == told


def test_no_origin_is_refused_unless_the_widget_serves_native_apps(get_settings: Call, tables: Tables) -> None:
    native = with_headers(SHOP, origin=None)
    refused = get_settings(native)
    republish(tables, allowNativeApps=True)

    assert (refused.status, refused.body["origin"]) == (403, None)
    assert get_settings(native).status == 200
    assert get_settings(with_headers(SHOP, origin="https://evil.test")).status == 403


def test_a_domain_is_allowed_as_soon_as_it_is_added(get_settings: Call, tables: Tables) -> None:
    new = with_headers(SHOP, origin="https://new.example")
    assert get_settings(new).status == 403

    add_origin(tables.widgets, 44, "https://NEW.example:443", actor="test", now=NOW)

    assert get_settings(new).status == 200


def test_a_new_version_is_served_as_soon_as_it_is_published(get_settings: Call, tables: Tables) -> None:
    before = get_settings(SHOP)
    republish(tables, label="Another label")
    after = get_settings(SHOP)

    assert (before.body["label"], after.body["label"]) == ("One site only", "Another label")
    assert before.body["versionKey"] != after.body["versionKey"]
    assert before.headers["etag"] != after.headers["etag"]


def test_the_answer_holds_nothing_private(get_settings: Call) -> None:
    body = get_settings(SHOP).body
    text = json.dumps(body)
    assert '"https://shop.example' not in text
    assert "demo-public-key" not in text
    assert body.keys().isdisjoint({"keys", "origins", "allowNativeApps"})


def test_a_request_that_bypasses_cloudfront_is_refused(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_VERIFY", "the-secret")
    call = caller("widget_settings")

    around, through = call(SHOP), call(with_headers(SHOP, X_Origin_Verify="the-secret"))

    assert (around.status, around.problem, around.metrics) == (
        403,
        "not-through-the-front-door",
        {"SettingsRefusedBypassed": 1},
    )
    assert call(with_headers(SHOP, x_origin_verify="thé-secret")).status == 403
    assert through.status == 200


@pytest.mark.parametrize("name", ["settings", "first-screen", "declaration"])
def test_no_answer_depends_on_where_its_visitor_is(get_settings: Call, name: str) -> None:
    shop = at_widget(with_headers(event(name), origin="https://shop.example"), "44", "demo-public-key-44")
    placed = with_headers(shop, cloudfront_viewer_country="US", cloudfront_viewer_country_region="CA")
    plain, located = get_settings(shop), get_settings(placed)
    assert (located.status, located.headers, located.body) == (plain.status, plain.headers, plain.body)
    assert "x-dastra-location" not in located.headers


def test_the_log_names_widget_and_outcome_and_nothing_of_the_visitor(get_settings: Call) -> None:
    (line,) = get_settings(SHOP).log
    assert line.keys() == {
        "level",
        "message",
        "service",
        "function_request_id",
        "widgetId",
        "status",
    }
    assert (line["message"], line["widgetId"], line["status"]) == ("SettingsServed", 44, 200)


def test_a_bug_is_a_500_without_details_and_a_log_line_with_its_place(
    get_settings: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consent_core.widget_table._live_of", lambda item: item["a visitor's secret"])

    answer = get_settings(SHOP)

    assert (answer.status, answer.problem, answer.metrics) == (500, "internal-error", {"SettingsRefusedBug": 1.0})
    assert answer.log[0]["error"] == "KeyError"
    assert "live" in "".join(answer.log[0]["stack"])
    assert "secret" not in json.dumps(answer.body)
