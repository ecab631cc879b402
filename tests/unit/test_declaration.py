"""The cookie declaration as HTML: what the settings say, and no text of an owner that becomes an element."""

import html
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.declaration import declaration
from consent_core.publishing.rendering import settings_of
from consent_core.publishing.texts import BUILT_IN_LANGUAGES, built_in
from tests.factories import definition, service_json
from tests.fixtures.recorded import RELEASES, Recording
from tests.unit.test_rendering import STAMP

type Settings = dict[str, Any]

OURS = {"div", "dl", "dt", "dd", "time", "button", "section", "h3", "h4", "p", "a", "br"} | {
    *("table", "caption", "bdi", "thead", "tbody", "tr", "th", "td")
}
IN_TEXTS = {"b", "strong", "i", "em", "br", "p", "ul", "ol", "li", "a"}
VOID = {"br"}


class Tags(HTMLParser):
    """The elements of a document with their attributes. ``open`` are those that no tag has closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.outermost = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.outermost += not self.open
        self.all.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self.open, data


def settings(language: str = "en", **fields: object) -> Settings:
    own = definition(**{"languages": [language], **fields})
    read: Settings = json.loads(json.dumps(settings_of(own, language, STAMP)))
    return read


def made(language: str = "en", **fields: object) -> str:
    return declaration(settings(language, **fields))


def attributes(text: str, tag: str) -> list[dict[str, str | None]]:
    return [own for name, own in Tags(text).all if name == tag]


SESSION = service_json(name="Basket", slug="basket", purpose=0, description="Keeps <b>your</b> basket.")
MATOMO = service_json(
    domain=["js.matomo.example", "cdn.matomo.example"],
    description="Counts &amp; compares.",
    privacyPolicyUrl="https://matomo.example/privacy?a=1&b=2",
    cookies=[
        {"name": "_pk_id*", "description": "Tells visitors apart.", "expiryDays": 393},
        {"name": "_pk_ses*", "expiryDays": 0},
        {"name": "_pk_hsr"},
        {"name": "_pk_year", "expiryDays": 730},
    ],
    storage=["matomo-queue"],
)


def test_it_says_what_the_version_has() -> None:
    """The whole of it, once."""
    expected = """
        <div class="dastra-declaration" lang="en" dir="ltr">
        <dl class="dastra-facts"><dt>Last updated</dt><dd><time datetime="2026-11-24">2026-11-24</time></dd></dl>
        <button type="button" data-dastra-choices hidden>Privacy settings</button>
        <section class="dastra-purpose"><h3>Strictly necessary</h3>
        <div>Needed to buy.</div>
        <section class="dastra-service"><h4>Basket</h4><p class="dastra-state">Always active</p>
        <div>Keeps <b>your</b> basket.</div></section></section>
        <section class="dastra-purpose"><h3>Audience measurement</h3>
        <div>To improve the site.</div>
        <section class="dastra-service"><h4>Matomo</h4><p class="dastra-state"
         data-dastra-state="matomo" data-on="Your choice: Accepted"
         data-off="Your choice: Refused" data-default="Your choice: On, not refused" hidden></p>
        <div>Counts &amp; compares.</div>
        <div class="dastra-hosts">js.matomo.example, cdn.matomo.example</div>
        <div><a href="https://matomo.example/privacy?a=1&amp;b=2">Privacy policy of Matomo</a></div>
        <table class="dastra-cookies"><caption>Cookies in use · Matomo</caption>
        <thead><tr><th scope="col">Name</th><th scope="col">Purpose</th><th scope="col">Kept for</th></tr></thead>
        <tbody><tr><th scope="row"><bdi>_pk_id*</bdi></th><td>Tells visitors apart.</td><td>393 days</td></tr>
        <tr><th scope="row"><bdi>_pk_ses*</bdi></th><td></td><td>Less than one day</td></tr>
        <tr><th scope="row"><bdi>_pk_hsr</bdi></th><td></td><td>Until the browser is closed</td></tr>
        <tr><th scope="row"><bdi>_pk_year</bdi></th><td></td><td>2 years</td></tr>
        <tr><th scope="row"><bdi>matomo-queue</bdi></th><td></td><td>Until it is deleted</td></tr></tbody></table>
        </section></section></div>
    """
    words = {"categoryNecessaryDescription": "Needed to buy.", "categoryAnalyticalDescription": "To improve the site."}
    assert made(services=[SESSION, MATOMO], translations={"en": words}) == re.sub(r"\n {8}", "", expected).strip()


def test_services_that_are_not_yet_classified_are_not_hidden() -> None:
    unknown = service_json(name="Pixel", slug="pixel", purpose=5)
    written = made(services=[unknown])
    assert "<h3>Not yet classified</h3>" in written
    assert [own["data-dastra-state"] for own in attributes(written, "p") if "data-dastra-state" in own] == ["pixel"]


def test_who_answers_for_it_is_named_if_the_owner_has_said_it() -> None:
    own = settings()
    controller = {
        "name": "Shop & Co",
        "address": "1 Market Street\nLeeds",
        "contact": "privacy@shop.example",
        "dataProtectionOfficer": "Ann <Officer>",
    }
    written = declaration({**own, "controller": controller})
    assert (
        '<dl class="dastra-facts"><dt>Responsible for this site</dt>'
        "<dd><bdi>Shop &amp; Co</bdi><br><bdi>1 Market Street</bdi><br><bdi>Leeds</bdi><br>"
        "<bdi>privacy@shop.example</bdi></dd>"
        "<dt>Data protection officer</dt><dd><bdi>Ann &lt;Officer&gt;</bdi></dd><dt>Last updated</dt>"
    ) in written
    alone = declaration({**own, "controller": {"name": "Shop"}})
    assert "<dt>Responsible for this site</dt><dd><bdi>Shop</bdi></dd><dt>Last updated</dt>" in alone


def test_an_owners_words_come_first_and_each_missing_one_is_built_in() -> None:
    own = settings("fr")
    del own["translation"]["alwaysActiveLabel"]  # as in a version of an earlier release
    own["translation"]["acceptedLabel"] = "D'accord"
    own["groups"] = settings("fr", services=[SESSION, MATOMO])["groups"]
    written = declaration(own)
    french = built_in("fr")
    (state,) = [own for own in attributes(written, "p") if "hidden" in own]
    assert (state["data-on"], state["data-off"]) == ("Votre choix: D'accord", f"Votre choix: {french['refusedLabel']}")
    assert f'<p class="dastra-state">{html.escape(french["alwaysActiveLabel"])}</p>' in written


@pytest.mark.parametrize("language", BUILT_IN_LANGUAGES)
def test_every_built_in_language_has_all_its_words(language: str) -> None:
    written = made(language, services=[SESSION, MATOMO])
    texts = built_in(language)
    for name in ("declarationCookieLabel", "declarationDurationLabel", "declarationUpdatedLabel", "untilDeletedLabel"):
        assert f">{html.escape(texts[name])}<" in written, name
    (root, *_) = attributes(written, "div")
    assert root["lang"] == language
    assert root["dir"] == ("rtl" if language in {"ar", "fa", "he"} else "ltr")


def test_a_language_without_built_in_texts_has_english_words() -> None:
    written = made("sr", services=[MATOMO])
    assert (attributes(written, "div")[0]["lang"], "Last updated" in written) == ("en", True)


def test_a_table_can_be_read_cell_by_cell() -> None:
    written = made(services=[MATOMO])
    assert [own["scope"] for own in attributes(written, "th")] == ["col"] * 3 + ["row"] * 5
    assert written.count("<caption>") == written.count("<table") == 1


def test_a_service_without_cookies_has_no_table_and_one_without_a_policy_no_link() -> None:
    written = made(services=[SESSION])
    assert attributes(written, "table") == attributes(written, "a") == []


@pytest.mark.parametrize("address", ["javascript:alert(1)", "http://matomo.example/", "//matomo.example", "data:,x"])
def test_an_address_that_publishing_would_refuse_is_no_link(address: str) -> None:
    own = settings(services=[MATOMO])
    own["groups"][0]["services"][0]["privacyPolicyUrl"] = address
    assert attributes(declaration(own), "a") == []


RENDERED = [
    json.loads(item["body"]["S"]) for release in RELEASES for item in Recording.of(release).widgets if "body" in item
]


@pytest.mark.parametrize("rendered", RENDERED, ids=lambda each: f"{each['versionKey'][:8]} {each['lang']}")
def test_a_version_of_an_earlier_release_has_one_too(rendered: Settings) -> None:
    written = declaration(rendered)
    tags = Tags(written)
    assert (tags.outermost, tags.open) == (1, [])
    services = [service["name"] for group in rendered["groups"] for service in group["services"]]
    assert [name for name in services if f"<h4>{html.escape(name)}</h4>" not in written] == []
    assert "None" not in written


PIECES = st.sampled_from(
    [
        *("<script>", "</div>", "<b>", "<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">', "</td>"),
        *('<a href="https://a.example/" onclick="x">', "<a href='//evil.example'>", '"', "'", "&lt;", "<", ">", "<!--"),
        *("</table>", "</section>", "&", "<style>", "<svg/onload=x>", '" hidden onfocus="x', "{name}"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join))
def test_no_text_of_an_owner_becomes_an_element_or_an_attribute(text: str) -> None:
    own = settings(services=[MATOMO, service_json(name="Other", slug="other", purpose=5)])
    own["controller"] = dict.fromkeys(("name", "address", "contact", "dataProtectionOfficer"), text)
    own["translation"] |= dict.fromkeys(own["translation"].keys() - {"lang", "id", "order"}, text)
    for group in own["groups"]:
        group["label"] = group["description"] = text
        for service in group["services"]:
            service |= dict.fromkeys(("name", "description", "privacyPolicyUrl"), text)
            service |= {"domains": [text], "storage": [text]}
            service["cookies"] = [{"name": text, "description": text, "expiryDays": 30}]
    found: list[tuple[str, dict[str, str | None]]] = Loose(declaration(own)).all
    assert {tag for tag, _ in found} <= OURS | IN_TEXTS
    assert {name for _, named in found for name in named} <= {
        *("class", "lang", "dir", "datetime", "type", "data-dastra-choices", "hidden", "title", "scope", "href"),
        *("data-dastra-state", "data-on", "data-off", "data-default"),
    }
    hrefs = [named["href"] or "" for tag, named in found if tag == "a"]
    assert all(re.match(r"https://|/(?!/)", href, re.IGNORECASE) for href in hrefs)


class Loose(Tags):
    """The same of a document whose rich texts may leave elements open."""

    def handle_endtag(self, tag: str) -> None:
        pass
