"""Several tabs of one browser: one consent, one history, no quarrel."""

from playwright.sync_api import expect

from local.tables import Tables
from tests.browser.conftest import Publish, Visitor, part, settled


def test_a_decision_in_one_tab_closes_the_window_of_the_other(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    one, other = visitor.opens(widget), visitor.opens(widget, "/workshop")
    expect(part(one, "window")).to_be_visible()
    expect(part(other, "window")).to_be_visible()
    part(one, "accept-all").click()

    expect(part(other, "window")).to_be_hidden()
    expect(other.locator('[data-service="drift"] span')).to_have_text("consented")


def test_the_decisions_of_two_tabs_are_one_history(visitor: Visitor, publish: Publish, tables: Tables) -> None:
    widget = publish()
    tabs = [visitor.opens(widget), visitor.opens(widget)]
    for tab in tabs:
        expect(part(tab, "window")).to_be_visible()
    for tab in tabs:
        tab.evaluate("dastra.cookieConsent.consent.setPurposeConsent('Marketing', true)")
    for tab in tabs:
        tab.evaluate("() => { for (const _ of [1, 2, 3]) dastra.cookieConsent.consent.save(); }")
    for tab in tabs:
        settled(tab)

    history = tables.consents.history(visitor.proof(tabs[0])["consentId"], now=0)
    assert len({stored.proof["id"] for stored in history}) == 6  # none lost; one sent twice is stored once
    assert len(history) == 6
    assert visitor.choices(tabs[0]) == visitor.choices(tabs[1])


def test_the_last_decision_holds_in_both_tabs(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    one, other = visitor.opens(widget), visitor.opens(widget)
    part(one, "accept-all").click()
    expect(other.locator('[data-service="drift"] span')).to_have_text("consented")
    part(other, "floating-button").click()
    part(other, "refuse-all").click()

    expect(one.locator('[data-service="drift"] span')).to_have_text("refused")
    settled(other)
    assert visitor.choices(one) == {"analytics": False, "drift": False, "youtube": False}
