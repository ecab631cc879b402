"""The first screen as HTML: what the settings say, and nothing that could run but its own line."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.first_screen import NONCE, SCRIPT, first_screen
from consent_core.publishing.rendering import settings_of
from tests.factories import definition
from tests.fixtures.recorded import Recording
from tests.unit.test_rendering import STAMP

DOCS = Path(__file__).parents[2] / "docs"
OURS = {"script", "style", "template", "svg", "path", "dialog", "button", "div", "h2", "p", "a", "img"}
IN_TEXTS = {"b", "strong", "i", "em", "br", "p", "ul", "ol", "li", "a"}


class Tags(HTMLParser):
    """The elements of a document with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))


def screen(language: str = "en", css: str = "", **fields: object) -> str:
    own = definition(**{"languages": [language], **fields})
    return first_screen(settings_of(own, language, STAMP), css)


def attributes(text: str, tag: str) -> list[dict[str, str | None]]:
    return [own for name, own in Tags(text).all if name == tag]


def test_the_answers_come_in_the_order_of_the_window_and_the_settings_last() -> None:
    assert [button["class"] for button in attributes(screen(), "button")] == [
        "close icon",
        "refuse-all button dastra-cw-button",
        "accept-all button dastra-cw-button",
        "settings button dastra-cw-button",
    ]


def test_it_has_language_direction_and_place() -> None:
    made = screen("ar", position="TopRight", layout="Bar")
    (dialog,) = attributes(made, "dialog")
    assert dialog["class"] == "window Bar TopRight dastra-cw-container"
    root = next(own for own in attributes(made, "div") if own.get("id") == "dastra-widget")
    assert (root["lang"], root["dir"]) == ("ar", "rtl")


def test_a_version_of_an_earlier_release_has_one_too() -> None:
    bodies = [item["body"]["S"] for item in Recording.of("1.0.0").widgets if "body" in item]
    made = [first_screen(json.loads(body), "") for body in bodies]
    assert {(root["lang"], root["dir"]) for each in made for root in attributes(each, "div") if "lang" in root} == {
        ("en", "auto"),
        ("fr", "auto"),
    }


def test_each_script_and_style_waits_for_the_nonce() -> None:
    made = screen()
    assert [own["nonce"] for tag in ("script", "style") for own in attributes(made, tag)] == [NONCE] * 3


def test_its_script_alone_shows_it() -> None:
    assert ":host(:not(:popover-open)){display:none!important}" in screen()
    assert screen().endswith(f"{SCRIPT}</script>")


def test_its_script_is_the_documented_one_whatever_the_widget() -> None:
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in (DOCS / "sdk.md").read_text("utf-8")
    for made in (screen(), screen("ja", id=7, consentCookieName="__Host-own")):
        assert re.findall(r"<script[^>]*>(.*?)</script>", made) == [SCRIPT]


def test_a_logo_and_a_notice_are_there_if_the_widget_has_them() -> None:
    made = screen(
        displayLogo=True,
        buttonLogoUrl="https://shop.example/logo.png?a=1&b=2",
        cookieNoticeUrl="https://shop.example/cookies",
        origins=["https://shop.example"],
    )
    assert [own["src"] for own in attributes(made, "img")] == ["https://shop.example/logo.png?a=1&b=2"]
    assert [(own["href"], own["target"]) for own in attributes(made, "a")] == [
        ("https://shop.example/cookies", "_blank")
    ]
    assert attributes(screen(), "img") == attributes(screen(), "a") == []


def test_links_of_the_text_open_a_window_of_their_own() -> None:
    text = 'See <a href="/privacy?a=1&amp;b=2">our <b>page</b></a> &amp; more'
    made = screen(translations={"en": {"startupDisclaimer": text}})
    assert (
        '<div id="text">See <a href="/privacy?a=1&amp;b=2" target="_blank">our <b>page</b></a> &amp; more</div>' in made
    )


@pytest.mark.parametrize("kept", ["</style><script>alert(1)</script>", "</STYLE >"])
def test_a_style_sheet_cannot_end_its_element(kept: str) -> None:
    assert len(attributes(screen(css=kept), "script")) == 1
    assert "</style>" in screen(css=kept)


PIECES = st.sampled_from(
    [
        *("<script>", "</div>", "<b>", "<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">', "</a>"),
        *('<a href="https://a.example/" onclick="x">', "<a href='//evil.example'>", '"', "'", "&lt;", "<", ">", "<!--"),
        *("</template>", "</dialog>", "&", "<p>", "<br>", "<svg/onload=x>"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=8).map("".join))
def test_no_text_of_an_old_version_adds_what_publishing_would_refuse(text: str) -> None:
    settings = settings_of(definition(), "en", STAMP)
    own = {**settings["translation"], "startupDisclaimer": text, "startupTitle": text, "buttonLaterLabel": text}  # type: ignore[dict-item]
    made = Tags(first_screen({**settings, "translation": own}, ""))
    assert {tag for tag, _ in made.all} <= OURS | IN_TEXTS
    assert len([tag for tag, _ in made.all if tag == "script"]) == 1
    assert {name for _, attributes in made.all for name in attributes if name.startswith("on")} == set()
    hrefs = [attributes["href"] or "" for tag, attributes in made.all if tag == "a"]
    assert all(re.match(r"https://|/(?!/)", href) for href in hrefs)
