"""GET /v1/client/declaration/{id}, from the event to the answer: checked and cached as the settings are."""

import pytest

from tests.functional.conftest import Call, at_widget, event, with_headers

DECLARATION = event("declaration")
SHOP = at_widget(with_headers(DECLARATION, origin="https://shop.example"), "44", "demo-public-key-44")


def test_the_answer_is_html_in_the_language_that_was_asked_for(get_settings: Call) -> None:
    answer = get_settings(DECLARATION)

    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.body.startswith('<div class="dastra-declaration" lang="fr" dir="ltr">')
    assert "<dt>Dernière mise à jour</dt>" in answer.body


def test_it_is_cached_as_the_settings_are(get_settings: Call) -> None:
    answer = get_settings(SHOP)
    assert answer.headers == {
        "content-type": "text/html; charset=utf-8",
        "cache-control": "public, max-age=300, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400",
        "x-content-type-options": "nosniff",
        "etag": answer.headers["etag"],
        "vary": "Origin",
    }
    assert get_settings(DECLARATION).headers["cache-control"] == "no-store"  # developer mode


def test_its_tag_is_its_own(get_settings: Call) -> None:
    etag = get_settings(SHOP).headers["etag"]
    for other in ("settings", "first-screen"):
        sent = at_widget(with_headers(event(other), origin="https://shop.example"), "44", "demo-public-key-44")
        assert etag != get_settings(sent).headers["etag"]

    answer = get_settings(with_headers(SHOP, if_none_match=f"W/{etag}"))
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, None, etag)


@pytest.mark.parametrize("origin", [None, "https://evil.example"])
def test_a_server_that_does_not_say_its_site_is_refused(get_settings: Call, origin: str | None) -> None:
    answer = get_settings(with_headers(SHOP, origin=origin))
    assert (answer.status, answer.problem) == (403, "origin-not-allowed")


def test_another_key_finds_no_widget(get_settings: Call) -> None:
    assert get_settings(at_widget(SHOP, "44", "demo-public-key-43")).status == 404


def test_a_path_that_an_invalidation_does_not_name_is_unknown(get_settings: Call) -> None:
    assert get_settings({**DECLARATION, "rawPath": "/v1/client/declaration/%34%33"}).status == 404
