"""GET /sdk/…, from the event to the answer."""

import hashlib
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from local import ROOT
from tests.functional.conftest import Call, caller, event, with_headers
from tests.handlers import FUNCTIONS

BUILT = FUNCTIONS / "widget_sdk"


def etag(file: Path) -> str:
    return f'"{hashlib.sha256(file.read_bytes()).hexdigest()[:32]}"'


def asking(path: str, method: str = "GET", route: str = "") -> dict[str, Any]:
    return {**event("sdk"), "routeKey": f"{method} {route or path}", "rawPath": path}


def pinned(name: str) -> str:
    """Return where this build's file of that name is served for ever."""
    return f"/sdk/{hashlib.sha256((BUILT / name).read_bytes()).hexdigest()[:16]}/{name}"


def source_map() -> dict[str, Any]:
    return asking("/sdk/dastra.js.map")


def test_the_sdk_is_the_built_file_and_may_be_kept_for_a_day(get_sdk: Call) -> None:
    answer = get_sdk(event("sdk"))

    assert (answer.status, answer.metrics) == (200, {"SdkServed": 1.0})
    assert answer.body.encode() == (BUILT / "dastra.js").read_bytes()
    assert answer.headers == {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=86400, s-maxage=300, stale-while-revalidate=3600, stale-if-error=604800",
        "etag": etag(BUILT / "dastra.js"),
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
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


def test_a_site_can_say_that_it_honours_global_privacy_control(get_sdk: Call) -> None:
    """The representation of the specification's support resource: an object of JSON with these two members."""
    answer = get_sdk(asking("/sdk/gpc.json"))

    assert (answer.status, answer.body) == (200, {"gpc": True, "lastUpdate": "2026-11-30"})
    assert answer.headers == get_sdk(event("sdk")).headers | {
        "content-type": "application/json",
        "etag": etag(BUILT / "gpc.json"),
    }
    assert get_sdk(asking("/sdk/gpc.json", "HEAD")).headers == answer.headers


def test_the_documented_address_has_the_same_file(get_sdk: Call) -> None:
    documented, ours = get_sdk(asking("/dist/dastra.js")), get_sdk(event("sdk"))
    assert (documented.status, documented.body, documented.headers) == (200, ours.body, ours.headers)


@pytest.mark.parametrize("name", ["dastra.js", "details.js", "held.js", "optional.js", "receipt.js"])
def test_a_build_is_served_under_its_hash_for_ever(get_sdk: Call, name: str) -> None:
    answer = get_sdk(asking(pinned(name)))
    source_map = get_sdk(asking(f"{pinned(name)}.map"))

    assert (answer.status, answer.metrics) == (200, {"SdkServed": 1.0})
    assert answer.body.encode() == (BUILT / name).read_bytes()
    assert answer.headers == {
        "content-type": "text/javascript; charset=utf-8",
        "cache-control": "public, max-age=31536000, immutable",
        "etag": etag(BUILT / name),
        "x-content-type-options": "nosniff",
        "access-control-allow-origin": "*",
        "cross-origin-resource-policy": "cross-origin",
        "timing-allow-origin": "*",
    }
    assert source_map.headers["etag"] == etag(BUILT / f"{name}.map")
    assert source_map.headers["cache-control"] == answer.headers["cache-control"]


CHANGELOG = (ROOT / "CHANGELOG.md").read_text("utf-8")
RELEASES = [text for text in CHANGELOG.split("\n## ")[1:] if "unreleased" not in text.splitlines()[0]]


@pytest.mark.parametrize("release", RELEASES, ids=lambda text: text.split()[0])
def test_a_release_lists_its_first_file_and_those_that_it_asks_for(release: str) -> None:
    (first,) = re.findall(r"`/sdk/([0-9a-f]{16})/dastra\.js` `sha384-", release)
    text = (BUILT / "released" / first / "dastra.js").read_text("utf-8")
    listed = re.findall(r"`(/sdk/[0-9a-f]{16}/(?!dastra)\w+\.js)` `sha384-", release)
    assert sorted(listed) == sorted(re.findall(r"/sdk/[0-9a-f]{16}/\w+\.js", text))


def test_every_released_build_stays_served_as_the_changelog_lists_it(get_sdk: Call) -> None:
    listed = dict(re.findall(r"`(/sdk/[0-9a-f]{16}/\S+)` `(sha384-\S+)`", CHANGELOG))

    assert set(listed) == {f"/sdk/{file.parent.name}/{file.name}" for file in BUILT.glob("released/*/*.js")}
    assert event("sdk-pinned")["rawPath"] in listed
    for path, integrity in listed.items():
        answer = get_sdk(asking(path, route="/sdk/{build}/{file}"))
        content = answer.body.encode()
        assert path.split("/")[2] == hashlib.sha256(content).hexdigest()[:16]
        assert integrity == f"sha384-{b64encode(hashlib.sha384(content).digest()).decode()}"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize(
    "path",
    [
        "/sdk/0123456789abcdef/dastra.js",
        "/sdk/details.js/dastra.js",
        f"{pinned('details.js')}/../app.py",
        pinned("details.js").replace("details.js", "dastra.js"),
        pinned("details.js").replace("details.js", "app.py"),
        pinned("dastra.js").upper(),
    ],
)
def test_an_unknown_file_is_404_for_seconds(get_sdk: Call, path: str) -> None:
    answer = get_sdk(asking(path, route="/sdk/{build}/{file}"))

    assert (answer.status, answer.problem, answer.metrics) == (404, "unknown-file", {"SdkRefusedNotFound": 1.0})
    assert answer.headers["cache-control"] == "public, max-age=5"


@pytest.mark.parametrize(
    "path", ["/sdk/dastra.js", "/sdk/dastra.js.map", "/sdk/gpc.json", "/dist/dastra.js", pinned("details.js")]
)
def test_head_has_the_headers_of_get(get_sdk: Call, path: str) -> None:
    asked = get_sdk(asking(path, "HEAD"))

    assert (asked.status, asked.headers) == (200, get_sdk(asking(path)).headers)


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
    answer = get_sdk({name: value for name, value in event("sdk").items() if name != "rawPath"})

    assert (answer.status, answer.problem, answer.metrics) == (500, "internal-error", {"SdkRefusedBug": 1.0})
    assert answer.log[0]["error"] == "KeyError"
