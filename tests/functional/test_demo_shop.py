"""The demo shop's pages, and what it shows of a visitor's own proofs."""

import re
from html.parser import HTMLParser

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from local.demo_shop import application
from local.tables import Tables
from tests.functional.conftest import Call, event

API = "http://127.0.0.1:3000"


@pytest.fixture
def shop(tables: Tables) -> FlaskClient:
    return application(tables, api=API).test_client()


class Tags(HTMLParser):
    """The tags of a page, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


def test_the_home_page_starts_the_sdk_by_data_attributes(shop: FlaskClient) -> None:
    page = Tags(shop.get("/").text)

    assert {"id": "dastra-cookie-consent", "data-widgetid": "43"} in page.named("div")
    assert page.named("script")[0] == {"src": f"{API}/sdk/dastra.js?key=demo-public-key-43", "async": None}


def test_the_workshop_starts_it_by_the_command_queue(shop: FlaskClient) -> None:
    page = shop.get("/workshop").text

    assert 'dastra.push(["loadCookieConsent", {widgetId: 43}]);' in page
    assert 'id="dastra-cookie-consent"' not in page


def test_any_widget_can_be_tried_on_every_page(shop: FlaskClient) -> None:
    asked = "?widget=45&key=another-key-1&lang=ar"
    home, workshop = shop.get(f"/{asked}").text, shop.get(f"/workshop{asked}").text

    assert '<html lang="ar" dir="rtl">' in home
    assert 'data-widgetid="45" data-lang="ar"' in home
    assert '["loadCookieConsent", {widgetId: 45, lang: "ar"}]' in workshop
    for page in (home, workshop):
        assert f'src="{API}/sdk/dastra.js?key=another-key-1"' in page
        assert f'href="/workshop{asked.replace("&", "&amp;")}"' in page


def test_an_invalid_widget_key_or_language_is_left_out(shop: FlaskClient) -> None:
    hostile = '?widget=1"><script>&key=<>&lang=x'
    assert shop.get(f"/{hostile}").text == shop.get("/").text


@pytest.mark.parametrize("path", ["/", "/workshop", "/strict"])
def test_no_page_refers_to_a_third_party(shop: FlaskClient, path: str) -> None:
    addresses = set(re.findall(r"\bhttps?://[^/\"'?]+", shop.get(path).text))
    assert addresses == {API}


def test_third_parties_wait_in_blocked_form(shop: FlaskClient) -> None:
    page = Tags(shop.get("/").text)
    blocked = {script["data-consent"] for script in page.named("script") if script.get("type") == "dastra/script"}

    assert blocked == {"analytics", "drift"}
    (frame,) = page.named("iframe")
    assert (frame["data-consent"], frame["data-blocked-src"]) == ("youtube", "/assets/film.html")
    assert "src" not in frame


def test_the_strict_page_allows_nonces_trusted_types_and_nothing_inline(shop: FlaskClient) -> None:
    first, second = shop.get("/strict"), shop.get("/strict")
    policy = dict(part.split(" ", 1) for part in first.headers["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {API}"
    assert (policy["require-trusted-types-for"], policy["trusted-types"]) == ("'script'", "dastra")
    nonces = {f"'nonce-{script['nonce']}'" for script in Tags(first.text).named("script")}
    assert nonces == {policy["script-src"]}
    assert policy["script-src"] not in second.headers["Content-Security-Policy"]
    assert "style=" not in first.text


@pytest.mark.parametrize("path", ["shop.css", "panel.js", "chat.js", "film.html", "film.css", "icon.svg"])
def test_the_assets_are_there(shop: FlaskClient, path: str) -> None:
    with shop.get(f"/assets/{path}") as answer:
        assert answer.status_code == 200


def proofs(shop: FlaskClient, body: object) -> TestResponse:
    return shop.post("/proofs", json=body)


def test_a_visitor_sees_the_own_proofs(shop: FlaskClient, collect: Call) -> None:
    consent_id = collect(event("collect")).body["consentId"]
    answer = proofs(shop, {"consentId": consent_id.upper()})

    assert [proof["consentId"] for proof in answer.get_json()] == [consent_id]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_an_unknown_consent_has_no_proofs(shop: FlaskClient) -> None:
    assert proofs(shop, {"consentId": "8a5e89c4-2243-4598-97c5-ba3cfb35a138"}).json == []


@pytest.mark.parametrize("body", [None, [], {}, {"consentId": 1}, {"consentId": "all"}])
def test_a_request_without_a_consent_id_is_400(shop: FlaskClient, body: object) -> None:
    assert proofs(shop, body).status_code == 400


def test_another_sites_name_does_not_lead_here(shop: FlaskClient) -> None:
    assert shop.get("/", headers={"Host": "rebound.example:8080"}).status_code == 400
