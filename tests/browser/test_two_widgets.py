"""Two widgets of one origin, each with a cookie of its own: neither silences the other."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled


def refused_and_expected(visitor: Visitor, widget: int, page: Page) -> str:
    """Refuse all, and return the consent's id."""
    visitor.opens(widget, page=page)
    part(page, "refuse-all").click()
    settled(page)
    return str(visitor.proof(page)["consentId"])


def test_what_is_decided_for_one_leaves_the_other_as_it_was(visitor: Visitor, publish: Publish) -> None:
    shop, blog = publish(consentCookieName="shop"), publish(consentCookieName="blog", renewal=3)
    page = visitor.opens(shop)
    part(page, "close").click()
    visitor.opens(blog, page=page)
    expect(part(page, "window")).to_be_visible()

    page.evaluate("localStorage.clear()")
    consent = refused_and_expected(visitor, shop, page)
    assert refused_and_expected(visitor, blog, page) != consent
    visitor.opens(shop, page=page)
    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()
    part(page, "floating-button").click()
    part(page, "accept-all").click()
    page.wait_for_function("() => !localStorage.getItem('dastra-outbox')")
    assert visitor.proof(page)["consentId"] == consent

    publish(shop, consentCookieName="shop", renewal=1)
    visitor.opens(shop, page=page)
    expect(part(page, "window")).to_be_visible()
    visitor.opens(blog, page=page)
    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()
