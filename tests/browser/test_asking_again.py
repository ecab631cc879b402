"""When a visitor who has decided is asked again, and when not."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import DEFINITION, Publish, Visitor, part, settled

NEW_SERVICE = {"name": "Hotjar", "slug": "hotjar", "purpose": "Analytical"}


def decided(visitor: Visitor, widget: int, button: str = "accept-all") -> Page:
    page = visitor.opens(widget)
    part(page, button).click()
    settled(page)
    return page


def expect_no_window(page: Page) -> None:
    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()


def test_a_consent_that_has_expired_is_asked_for_again(visitor: Visitor, publish: Publish) -> None:
    widget = publish(consentCookieExpiryTime=30)
    page = decided(visitor, widget)
    visitor.in_days(29)
    visitor.opens(widget, page=page)
    expect_no_window(page)

    visitor.in_days(31)
    visitor.opens(widget, page=page)
    expect(part(page, "window")).to_be_visible()
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")


def test_a_cookie_that_is_gone_is_asked_for_again(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = decided(visitor, widget)
    visitor.context.clear_cookies()
    visitor.opens(widget, page=page)

    expect(part(page, "window")).to_be_visible()


def test_everybody_is_asked_again_when_the_owner_raises_the_renewal(visitor: Visitor, publish: Publish) -> None:
    widget = publish(renewal=1)
    page = decided(visitor, widget)
    visitor.opens(widget, page=page)
    expect_no_window(page)

    publish(widget, renewal=2)
    visitor.opens(widget, page=page)
    expect(part(page, "window")).to_be_visible()
    part(page, "settings").click()
    expect(page.locator('[part~="purpose-switch"][data-purpose="3"]')).to_be_checked()
    part(page, "save").click()
    settled(page)
    visitor.opens(widget, page=page)
    expect_no_window(page)


def test_a_new_service_is_asked_about_if_the_widget_says_so(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = decided(visitor, widget)
    publish(widget, services=[*DEFINITION["services"], NEW_SERVICE], renewOnNewService=True)
    visitor.opens(widget, page=page)

    expect(part(page, "window")).to_be_visible()
    assert page.evaluate("dastra.cookieConsent.consent.getServiceConsent('hotjar')") is False
    part(page, "refuse-all").click()
    settled(page)
    assert visitor.choices(page) == {"analytics": False, "hotjar": False, "drift": False, "youtube": False}


def test_otherwise_a_new_service_waits_without_a_question(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = decided(visitor, widget)
    publish(widget, services=[*DEFINITION["services"], NEW_SERVICE], label="Another label")
    visitor.opens(widget, page=page)

    expect_no_window(page)
    assert page.evaluate("dastra.cookieConsent.consent.getServiceConsent('hotjar')") is False
    assert page.evaluate("dastra.cookieConsent.consent.getServiceConsent('drift')") is True


def test_a_refusal_is_not_asked_for_again_either(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = decided(visitor, widget, "refuse-all")
    visitor.opens(widget, page=page)

    expect_no_window(page)
    assert visitor.asked.count("POST Visit") == 1


def test_after_an_x_the_owner_says_when_to_ask_again_and_a_higher_renewal_asks_at_once(
    visitor: Visitor, publish: Publish
) -> None:
    widget = publish(askAgainAfterClose=7)
    page = visitor.opens(widget)
    part(page, "close").click()
    expect(part(page, "window")).to_be_hidden()
    for days, is_asked in [(6.9, False), (7.1, True)]:
        visitor.in_days(days)
        page = visitor.opens(widget)
        expect(page.locator("#dastra-consent-window")).to_be_attached()
        expect(part(page, "window")).to_be_visible(visible=is_asked)
    part(page, "close").click()
    expect(part(page, "window")).to_be_hidden()

    publish(widget, askAgainAfterClose=7, renewal=1)
    page = visitor.opens(widget)
    expect(part(page, "window")).to_be_visible()


def test_a_wrong_clock_does_not_keep_a_consent_for_ever(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    visitor.in_days(3650)
    page = decided(visitor, widget)
    visitor.in_days(0)
    visitor.opens(widget, page=page)

    expect(part(page, "window")).to_be_visible()
