"""The routes that answer with HTML for a page to include: checked and cached as settings are."""

from typing import Any

import pytest

from tests.functional.conftest import Call, at_widget, event, with_headers

BEGINNINGS = {
    "first-screen": ("<template shadowrootmode=", ">Tout refuser</button>"),
    "declaration": ('<div class="dastra-declaration" lang="fr" dir="ltr">', "<dt>Dernière mise à jour</dt>"),
}
NAMES = pytest.mark.parametrize("name", BEGINNINGS)


def at_shop(name: str) -> dict[str, Any]:
    return at_widget(with_headers(event(name), origin="https://shop.example"), "44", "demo-public-key-44")


@NAMES
def test_the_answer_is_html_in_the_language_that_was_asked_for(get_settings: Call, name: str) -> None:
    answer = get_settings(event(name))

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for text in BEGINNINGS[name]:
        assert text in answer.body


def test_a_declaration_begins_with_its_own_element(get_settings: Call) -> None:
    assert get_settings(event("declaration")).body.startswith(BEGINNINGS["declaration"][0])


@NAMES
def test_it_is_cached_as_the_settings_are(get_settings: Call, name: str) -> None:
    answer = get_settings(at_shop(name))
    assert answer.headers == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "public, max-age=300, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400",
        "x-content-type-options": "nosniff",
        "etag": answer.headers["etag"],
        "vary": "Origin",
    }
    assert get_settings(event(name)).headers["cache-control"] == "no-store"  # developer mode


@NAMES
def test_its_tag_is_its_own(get_settings: Call, name: str) -> None:
    etag = get_settings(at_shop(name)).headers["etag"]
    for other in {"settings", *BEGINNINGS} - {name}:
        assert etag != get_settings(at_shop(other)).headers["etag"]

    answer = get_settings(with_headers(at_shop(name), if_none_match=f"W/{etag}"))
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, None, etag)


@NAMES
@pytest.mark.parametrize("origin", [None, "https://evil.example"])
def test_a_server_that_does_not_say_its_site_is_refused(get_settings: Call, name: str, origin: str | None) -> None:
    answer = get_settings(with_headers(at_shop(name), origin=origin))
    assert (answer.status, answer.problem) == (403, "origin-not-allowed")


@NAMES
def test_another_key_finds_no_widget(get_settings: Call, name: str) -> None:
    assert get_settings(at_widget(at_shop(name), "44", "demo-public-key-43")).status == 404


@NAMES
def test_a_path_that_an_invalidation_does_not_name_is_unknown(get_settings: Call, name: str) -> None:
    assert get_settings({**event(name), "rawPath": f"/v1/client/{name}/%34%33"}).status == 404
