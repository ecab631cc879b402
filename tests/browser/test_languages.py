"""The window speaks the visitor's language, and the page's direction is kept."""

import pytest
from playwright.sync_api import expect

from consent_core.publishing.texts import BUILT_IN_LANGUAGES, built_in
from tests.browser.conftest import NewVisitor, Publish, Visitor, part


@pytest.mark.parametrize("lang", BUILT_IN_LANGUAGES)
def test_every_built_in_language_is_spoken_on_both_screens(visitor: Visitor, publish: Publish, lang: str) -> None:
    page = visitor.opens(publish(), lang=lang)
    texts = built_in(lang)

    expect(part(page, "title")).to_have_text(texts["startupTitle"])
    expect(part(page, "accept-all")).to_have_text(texts["buttonAcceptAllLabel"])
    expect(part(page, "refuse-all")).to_have_text(texts["buttonLaterLabel"])
    part(page, "settings").click()
    expect(part(page, "title")).to_have_text(texts["innerTitle"])
    expect(part(page, "save")).to_have_text(texts["buttonConfirmLabel"])
    expect(part(page, "card").first).to_contain_text(texts["categoryNecessaryLabel"])
    expect(page.locator("#dastra-consent-window [lang]").first).to_have_attribute("lang", lang)


def test_a_language_that_the_widget_does_not_have_is_its_first(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish(languages=["nl", "en"]), lang="es")

    expect(part(page, "title")).to_have_text(built_in("nl")["startupTitle"])


def test_a_page_without_a_language_gets_the_browsers(new_visitor: NewVisitor, publish: Publish) -> None:
    visitor = new_visitor(locale="de-AT")
    page = visitor.context.new_page()
    page.add_init_script(
        "new MutationObserver(() => document.documentElement?.removeAttribute('lang'))"
        ".observe(document, {childList: true})"
    )
    visitor.opens(publish(), page=page)

    expect(part(page, "title")).to_have_text(built_in("de")["startupTitle"])


def test_a_right_to_left_language_is_laid_out_from_the_right(visitor: Visitor, publish: Publish) -> None:
    arabic = {**built_in("en"), "startupTitle": "خصوصيتك، قرارك"}
    page = visitor.opens(publish(languages=["ar"], translations={"ar": arabic}, position="BottomLeft"), lang="ar")

    expect(part(page, "title")).to_have_text("خصوصيتك، قرارك")
    assert part(page, "title").evaluate("title => getComputedStyle(title).direction") == "rtl"
    window, close = part(page, "window").bounding_box(), part(page, "close").bounding_box()
    assert window is not None
    assert close is not None
    assert close["x"] + close["width"] / 2 < window["x"] + window["width"] / 2
