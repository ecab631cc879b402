"""Global Privacy Control and Do Not Track: refused without being asked, until the visitor says otherwise."""

import json

import pytest
from playwright.sync_api import Page, Route, expect

from local.tables import Tables
from tests.browser.conftest import Json, Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, ran, ready

GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true, configurable: true});"
DNT = "Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1', configurable: true});"
NONE = {"chat": False, "counter": False, "ads": False, "films": False}
ALL = dict.fromkeys(NONE, True)
TRY_ALL = """() => {
  const {consent} = dastra.cookieConsent;
  for (const slug of ['chat', 'counter', 'ads', 'films']) consent.setServiceConsent(slug, true);
  consent.dispatchEvent();
}"""


@pytest.fixture(params=[GPC, DNT], ids=["GPC", "DNT"])
def page(visitor: Visitor, request: pytest.FixtureRequest) -> Page:
    page = visitor.context.new_page()
    page.add_init_script(request.param)
    return page


def inline() -> str:
    return "".join(
        f'<script type="dastra/script" data-consent="{slug}">(window.ran ??= []).push("{slug}")</script>'
        for slug in NONE
    )


def posted(visitor: Visitor, action: str) -> list[Json]:
    """The decisions of this kind that were sent."""
    texts = [request.post_data or "" for request in visitor.requests]
    bodies = [json.loads(text) for text in texts if '"Consents"' in text]
    return [body for body in bodies if body["action"] == action]


def test_a_signal_refuses_what_measures_and_advertises_for_the_page_view(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES, enableGPC=True), inline(), page=page)
    page.evaluate(TRY_ALL)

    page.wait_for_function("window.ran")
    assert ran(page) == ["chat"]
    assert visitor.choices(page) is None
    expect(part(page, "window")).to_be_visible()
    part(page, "settings").click()
    for purpose in ("2", "3"):
        switch = page.locator(f'[part~="purpose-switch"][data-purpose="{purpose}"]')
        expect(switch).not_to_be_checked()
        expect(switch).to_be_enabled()


def test_without_a_signal_or_when_it_is_switched_off_the_page_decides(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES, enableGPC=False), inline(), page=page)
    page.evaluate(TRY_ALL)
    page.wait_for_function("window.ran")
    assert sorted(ran(page)) == sorted(NONE)

    other = site.opens(visitor, publish(services=SERVICES, enableGPC=True), inline())
    other.evaluate(TRY_ALL)
    other.wait_for_function("window.ran")
    assert sorted(ran(other)) == sorted(NONE)


def test_a_visitors_own_choice_goes_before_the_signal(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES, enableGPC=True), inline(), page=page)
    part(page, "accept-all").click()
    settled(page)
    assert visitor.choices(page) == ALL
    page.reload()
    ready(page)

    assert sorted(ran(page)) == sorted(NONE)
    expect(part(page, "window")).to_be_hidden()


def test_a_signal_is_not_posted_unless_the_owner_wants_it(
    page: Page, visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES, enableGPC=True), page=page)
    third_party.asked_by(page)

    assert visitor.asked.count("POST Consents") == 0
    assert visitor.proof(page) == {}


def test_a_signal_can_be_proved_once_and_is_not_a_choice(
    page: Page, visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, tables: Tables
) -> None:
    widget = publish(services=SERVICES, enableGPC=True, proveSignals=True)
    site.opens(visitor, widget, inline(), page=page)
    settled(page)
    for _ in range(2):
        page.reload()
        ready(page)
        third_party.asked_by(page)

    (sent,) = posted(visitor, "Signal")
    assert {each["slug"]: each["consent"] for each in sent["consents"]["cookieConsents"]} == NONE
    (proof,) = tables.consents.history(visitor.proof(page)["consentId"], now=0)
    assert proof.proof["action"] == "Signal"
    assert visitor.choices(page) is None
    assert page.evaluate("dastra.cookieConsent.consent.hasConsented()") is False
    expect(part(page, "window")).to_be_visible()


def test_a_choice_after_a_signal_belongs_to_the_same_history(
    page: Page, visitor: Visitor, site: Site, publish: Publish, tables: Tables
) -> None:
    widget = publish(services=SERVICES, enableGPC=True, proveSignals=True)
    site.opens(visitor, widget, inline(), page=page)
    settled(page)
    signal = visitor.proof(page)
    part(page, "accept-all").click()
    settled(page)

    history = tables.consents.history(signal["consentId"], now=0)
    assert sorted(each.proof["action"] for each in history) == ["AcceptAll", "Signal"]
    assert visitor.choices(page) == ALL
    assert sorted(ran(page)) == sorted(NONE)


def test_a_signal_that_has_expired_is_proved_again(page: Page, visitor: Visitor, site: Site, publish: Publish) -> None:
    widget = publish(services=SERVICES, enableGPC=True, proveSignals=True, consentCookieExpiryTime=30)
    site.opens(visitor, widget, page=page)
    settled(page)
    visitor.in_days(31)
    with page.expect_request(lambda request: '"Signal"' in (request.post_data or "")):
        page.reload()

    assert len(posted(visitor, "Signal")) == 2


def test_without_proofs_a_signal_is_not_posted_either(
    page: Page, visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(services=SERVICES, enableGPC=True, proveSignals=True, saveConsentProof=False)
    site.opens(visitor, widget, page=page)
    third_party.asked_by(page)

    assert [each for each in visitor.asked if each.startswith("POST")] == []


STATUS = "Opt-out preference signal honoured"


def told(page: Page) -> None:
    """Wait until the visitor has been told, and that a screen reader is told, too."""
    status = page.locator("#dastra-consent-window .status")
    expect(status).to_have_text(STATUS)
    expect(status).to_have_attribute("role", "status")
    expect(status).to_be_visible()


def test_the_status_is_said_once_a_session_and_stands_in_the_settings(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    widget = publish(services=SERVICES, enableGPC=True)
    site.opens(visitor, widget, page=page)
    told(page)
    part(page, "settings").click()
    expect(part(page, "signal")).to_have_text(STATUS)

    page.reload()
    ready(page)
    part(page, "settings").click()
    expect(part(page, "signal")).to_have_text(STATUS)
    expect(page.locator("#dastra-consent-window .status")).to_have_text("")


def test_after_a_consent_to_all_no_signal_is_honoured(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES, enableGPC=True), page=page)
    part(page, "accept-all").click()
    settled(page)
    page.evaluate("dastra.cookieConsent.consent.open()")
    expect(part(page, "save")).to_be_visible()
    expect(part(page, "signal")).to_have_count(0)


def test_without_a_signal_there_is_no_status(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES, enableGPC=True))
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    expect(part(page, "signal")).to_have_count(0)


def test_a_signal_that_comes_later_beats_an_earlier_consent_before_the_settings_are_there(
    page: Page, visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(services=SERVICES, enableGPC=True)
    first = site.opens(visitor, widget)
    part(first, "accept-all").click()
    settled(first)
    waiting: list[Route] = []
    visitor.context.route("**/cookie-widget-settings/**", lambda route: waiting.append(route))
    tag = f'<script type="dastra/script" data-consent="ads" data-src="{third_party.url("ads/one.js")}"></script>'
    with page.expect_request("**/cookie-widget-settings/**"):
        page.goto(site.page(widget, tag))
    assert third_party.asked_by(page) == []

    waiting[0].continue_()
    ready(page)
    assert third_party.asked_by(page) == []
    assert page.evaluate("dastra.cookieConsent.consent.getServiceConsent('chat')") is True
    expect(part(page, "window")).to_be_hidden()
    told(page)


def test_every_proof_says_which_signals_were_on(
    page: Page, visitor: Visitor, site: Site, publish: Publish, tables: Tables
) -> None:
    site.opens(visitor, publish(services=SERVICES), page=page)
    part(page, "refuse-all").click()
    settled(page)
    (kept,) = tables.consents.history(visitor.proof(page)["consentId"], now=0)
    sent = page.evaluate("[navigator.globalPrivacyControl === true, navigator.doNotTrack === '1']")
    assert kept.proof["consents"]["signals"] == dict(zip(("gpc", "dnt"), sent, strict=True))
