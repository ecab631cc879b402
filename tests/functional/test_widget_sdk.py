"""GET /sdk/dastra.js, from the event to the answer."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.functional.conftest import Call, caller, event, with_headers
from tests.handlers import FUNCTIONS

BUILT = FUNCTIONS / "widget_sdk"


def etag(file: Path) -> str:
    return f'"{hashlib.sha256(file.read_bytes()).hexdigest()[:32]}"'


def source_map() -> dict[str, Any]:
    route = "GET /sdk/dastra.js.map"
    return {**event("sdk"), "routeKey": route, "rawPath": "/sdk/dastra.js.map"}


def test_the_sdk_is_the_built_file_and_may_be_kept_for_a_day(get_sdk: Call) -> None:
    answer = get_sdk(event("sdk"))

    assert (answer.status, answer.metrics) == (200, {"SdkServed": 1.0})
    assert answer.body.encode() == (BUILT / "dastra.js").read_bytes()
    assert answer.headers == {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=86400, s-maxage=300, stale-while-revalidate=3600, stale-if-error=604800",
        "etag": etag(BUILT / "dastra.js"),
        "x-content-type-options": "nosniff",
        "cross-origin-resource-policy": "cross-origin",
        "timing-allow-origin": "*",
    }


@pytest.mark.parametrize("query", [None, {}, {"key": "another-key-1"}, {"key": "<>"}])
def test_the_file_is_the_same_for_every_key(get_sdk: Call, query: dict[str, str] | None) -> None:
    ordinary = get_sdk(event("sdk"))
    answer = get_sdk({**event("sdk"), "queryStringParameters": query})

    assert (answer.status, answer.body, answer.headers) == (200, ordinary.body, ordinary.headers)


def test_the_source_map_is_beside_it(get_sdk: Call) -> None:
    answer = get_sdk(source_map())

    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["etag"] == etag(BUILT / "dastra.js.map")
    assert answer.body["version"] == 3
    assert get_sdk(event("sdk")).body.rstrip().endswith("//# sourceMappingURL=dastra.js.map")


@pytest.mark.parametrize("route", ["HEAD /sdk/dastra.js", "HEAD /sdk/dastra.js.map"])
def test_head_has_the_headers_of_get(get_sdk: Call, route: str) -> None:
    asked = get_sdk({**event("sdk"), "routeKey": route})

    assert (asked.status, asked.headers) == (200, get_sdk({**event("sdk"), "routeKey": f"GET {route[5:]}"}).headers)


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"other", {}', "*"])
def test_a_browser_that_has_the_file_gets_304(get_sdk: Call, tag: str) -> None:
    fresh = get_sdk(event("sdk")).headers

    answer = get_sdk(with_headers(event("sdk"), if_none_match=tag.format(fresh["etag"])))

    assert (answer.status, answer.body, answer.metrics) == (304, None, {"SdkNotModified": 1.0})
    assert answer.headers == fresh


def test_the_tag_of_another_file_gets_the_file(get_sdk: Call) -> None:
    outdated = with_headers(event("sdk"), if_none_match=get_sdk(source_map()).headers["etag"])
    assert get_sdk(outdated).status == 200


def test_a_request_that_bypasses_cloudfront_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_VERIFY", "the-secret")
    call = caller("widget_sdk")

    around, through = call(event("sdk")), call(with_headers(event("sdk"), x_origin_verify="the-secret"))

    assert (around.status, around.problem, around.metrics) == (
        403,
        "not-through-the-front-door",
        {"SdkRefusedBypassed": 1},
    )
    assert around.headers["cache-control"] == "no-store"
    assert through.status == 200


def test_it_needs_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WIDGETS_TABLE")
    monkeypatch.delenv("CONSENTS_TABLE")
    assert caller("widget_sdk")(event("sdk")).status == 200


def test_a_bug_is_a_500_and_the_log_says_where(get_sdk: Call) -> None:
    answer = get_sdk({**event("sdk"), "routeKey": "GET /sdk/elsewhere"})

    assert (answer.status, answer.problem, answer.metrics) == (500, "internal-error", {"SdkRefusedBug": 1.0})
    assert answer.log[0]["error"] == "KeyError"
