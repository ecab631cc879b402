"""The window speaks the visitor's language, and the page's direction is kept."""

import pytest
from playwright.sync_api import expect

from consent_core.publishing.texts import built_in
from tests.browser.conftest import NewVisitor, Publish, Visitor, part
from tests.browser.languages import LANGUAGES, SAMPLE
from tests.matrices import sampled


@pytest.mark.parametrize("lang", sampled(LANGUAGES, sample=len(SAMPLE)))
def test_every_built_in_language_is_spoken_on_both_screens(visitor: Visitor, publish: Publish, lang: str) -> None:
    page = visitor.opens(publish(languages=[lang], translations={}), lang=lang)
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


def test_a_page_may_change_the_language_of_a_shown_window(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish(), lang="en")
    part(page, "settings").click()
    page.locator('[part~="purpose-switch"][data-purpose="2"]').click()
    page.evaluate("dastra.push(['set', 'lang', 'nl'])")
    expect(part(page, "title")).to_have_text(built_in("nl")["innerTitle"])
    expect(page.locator("#dastra-consent-window [lang]").first).to_have_attribute("lang", "nl")
    expect(page.locator('[part~="purpose-switch"][data-purpose="2"]')).to_be_checked()
    part(page, "save").click()
    page.evaluate("dastra.push(['set', 'lang', 'de'])")
    expect(part(page, "floating-button")).to_have_attribute("aria-label", built_in("de")["innerTitle"])

    assert visitor.choices(page) == {"analytics": True, "drift": False, "youtube": False}
    assert visitor.asked.count("GET settings") == 3
    assert visitor.asked.count("POST Visit") == 1


def test_the_same_widget_again_changes_the_language_alone(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = visitor.opens(widget, lang="en")
    expect(part(page, "window")).to_be_visible()
    page.evaluate("widget => dastra.push(['loadCookieConsent', {widgetId: widget, lang: 'fr'}])", widget)
    expect(part(page, "title")).to_have_text(built_in("fr")["startupTitle"])
    page.evaluate("widget => dastra.push(['loadCookieConsent', {widgetId: widget + 1, lang: 'nl'}])", widget)

    assert visitor.said("warning") == [f"[dastra] Already started: {widget}"]
    assert visitor.asked.count("GET settings") == 2


@pytest.mark.parametrize("lang", ["en", "fr", "ar", "ja"])
def test_a_link_says_that_it_opens_a_new_window(visitor: Visitor, publish: Publish, lang: str) -> None:
    widget = publish(cookieNoticeUrl="https://shop.example/cookies", languages=[lang], translations={})
    page = visitor.opens(widget, lang=lang)
    expect(part(page, "window")).to_be_visible()
    tree = visitor.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    links = [node["name"]["value"] for node in tree if node.get("role", {}).get("value") == "link"]

    texts = built_in(lang)
    assert f"{texts['noticeUrlButtonLabel']} ({texts['newWindowLabel']})" in links
