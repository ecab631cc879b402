"""Visitors see exactly what publishing accepts from an owner."""

from playwright.sync_api import expect

from tests.browser.conftest import Publish, Visitor, part

DEEPEST = 713  # <b>…</b> around one letter, in a text of 5,000 characters


def test_a_style_sheet_that_publishing_accepts_takes_effect(visitor: Visitor, publish: Publish) -> None:
    css = "/* brand colour set (2026) */ @font-feature-values Own{@styleset{fine:1}} .window{clip-path:inset(-9px)}"
    page = visitor.opens(publish(customCSS=css))

    expect(part(page, "window")).to_have_css("clip-path", "inset(-9px)")


def test_a_link_is_a_link_however_its_scheme_is_written(visitor: Visitor, publish: Publish) -> None:
    texts = {"startupDisclaimer": 'Read <a href="HTTPS://shop.example/Terms">our terms</a>.'}
    page = visitor.opens(publish(translations={"en": texts}, cookieNoticeUrl="HTTPS://shop.example/Notice"), lang="en")

    links = part(page, "text").locator("a")
    expect(links).to_have_count(2)
    assert links.evaluate_all("links => links.map(link => link.href)") == [
        "https://shop.example/Terms",
        "https://shop.example/Notice",
    ]


def test_tags_are_shown_as_tags_at_any_depth(visitor: Visitor, publish: Publish) -> None:
    texts = {"startupDisclaimer": "<b>" * DEEPEST + "x" + "</b>" * DEEPEST}
    page = visitor.opens(publish(translations={"en": texts}), lang="en")

    expect(part(page, "text")).to_have_text("x")
    expect(part(page, "text").locator("b")).to_have_count(DEEPEST)


def test_a_services_entries_in_storages_are_shown_with_its_cookies(visitor: Visitor, publish: Publish) -> None:
    declared = {"cookies": [{"name": "_hj_id", "description": "An id."}], "storage": ["_hjSession*", "_hj_mode"]}
    service = {"name": "Hotjar", "slug": "hotjar", "purpose": "Analytical", **declared}
    page = visitor.opens(publish(services=[service]), lang="en")
    part(page, "settings").click()
    part(page, "view-services").click()
    part(page, "view-cookies").click()

    expect(part(page, "cookie")).to_have_text(
        [
            "_hj_id · Until the browser is closedAn id.",
            "_hjSession* · Until it is deleted",
            "_hj_mode · Until it is deleted",
        ]
    )


def test_the_declaration_of_cookies_may_hold_markup(visitor: Visitor, publish: Publish) -> None:
    texts = {"cookieDeclaration": "Cookies & <b>trackers</b>"}
    page = visitor.opens(publish(translations={"en": texts}), lang="en")
    part(page, "settings").click()
    part(page, "view-services").last.click()

    expect(part(page, "view-cookies").first).to_have_text("Cookies & trackers")
    expect(part(page, "view-cookies").first.locator("b")).to_have_text("trackers")
