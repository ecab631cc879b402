"""Each button of both screens: what it decides, for whom, and what is kept of it, here and at the service."""

import pytest
from playwright.sync_api import Page, expect

from local.tables import Tables
from tests.browser.conftest import HTTPS_SHOP, PROOF, Json, Publish, Visitor, part, post_of, settled

ALL = {"analytics": True, "drift": True, "youtube": True}
NONE = dict.fromkeys(ALL, False)

LISTEN = """() => {
  window.heard = [];
  const names = ['consents:ready', 'consents:updated', 'consents:any_refused', 'consents:all_accepted'];
  for (const slug of ['session', 'analytics', 'drift', 'youtube']) names.push(`consent:${slug}`, `refused:${slug}`);
  for (const name of names) addEventListener(`dastra:${name}`, () => heard.push(name));
}"""


def proofs(tables: Tables, visitor: Visitor, page: Page) -> list[Json]:
    """The history of the visitor's consent, as the service stored it."""
    settled(page)
    consent_id = visitor.proof(page)["consentId"]
    return [dict(stored.proof) for stored in tables.consents.history(consent_id, now=0)]


def consents(proof: Json) -> dict[str, bool]:
    return {entry["slug"]: entry["consent"] for entry in proof["consents"]["cookieConsents"]}


@pytest.mark.parametrize("screen", ["first", "second"])
@pytest.mark.parametrize(
    ("button", "action", "choices"), [("accept-all", "AcceptAll", ALL), ("refuse-all", "RefuseAll", NONE)]
)
def test_one_click_decides_for_all(
    visitor: Visitor, publish: Publish, tables: Tables, screen: str, button: str, action: str, choices: dict[str, bool]
) -> None:
    widget = publish()
    page = visitor.opens(widget)
    if screen == "second":
        part(page, "settings").click()
    part(page, button).and_(page.locator(":visible")).click()
    expect(part(page, "window")).to_be_hidden()

    assert visitor.choices(page) == choices
    (proof,) = proofs(tables, visitor, page)
    assert consents(proof) == {"session": True, **choices}
    assert (proof["action"], proof["type"], proof["typeDevice"]) == (action, 2, 2)
    assert (proof["widgetId"], proof["origin"]) == (widget, visitor.stack.shop)
    assert "referrer" not in proof
    assert proof["versionAssumed"] is False


def test_the_pages_address_is_stored_if_the_owner_asks_for_it(
    visitor: Visitor, publish: Publish, tables: Tables
) -> None:
    page = visitor.opens(publish(storePageAddress=True))
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()

    (proof,) = proofs(tables, visitor, page)
    assert proof["referrer"] == f"{visitor.stack.shop}/"


def test_a_selection_is_kept_as_it_was_made(visitor: Visitor, publish: Publish, tables: Tables) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    page.locator('[part~="purpose-switch"][data-purpose="2"]').click()
    part(page, "save").click()
    expect(part(page, "window")).to_be_hidden()

    assert visitor.choices(page) == {**NONE, "analytics": True}
    (proof,) = proofs(tables, visitor, page)
    assert proof["action"] == "Selection"
    assert consents(proof) == {"session": True, **NONE, "analytics": True}


def test_a_service_can_be_chosen_by_itself(visitor: Visitor, publish: Publish, tables: Tables) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    unfold(page)
    page.locator('[part~="service-switch"][data-slug="youtube"]').click()
    part(page, "save").click()

    (proof,) = proofs(tables, visitor, page)
    assert consents(proof) == {"session": True, **NONE, "youtube": True}


def unfold(page: Page) -> None:
    """Show the services of every purpose."""
    expect(part(page, "save")).to_be_visible()
    for summary in page.locator('#dastra-consent-window [part~="card"] > details > summary').all():
        summary.click()


def test_saving_without_touching_a_switch_refuses(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    part(page, "save").click()
    expect(part(page, "window")).to_be_hidden()

    assert visitor.choices(page) == NONE


def test_the_cookie_and_the_storage_are_exactly_those_of_the_contract(visitor: Visitor, publish: Publish) -> None:
    widget = publish(consentCookieExpiryTime=90)
    page = visitor.opens(widget)
    part(page, "refuse-all").click()
    settled(page)

    (cookie,) = visitor.context.cookies()
    assert cookie["name"] == "euconsent"
    choices = "%7B%22analytics%22%3Afalse%2C%22drift%22%3Afalse%2C%22youtube%22%3Afalse"
    seconds = page.evaluate(f"() => Math.floor(Date.parse({PROOF}.date) / 1000)")
    assert cookie["value"] == f"{choices}%2C%22_%22%3A%7B%22t%22%3A{seconds}%2C%22r%22%3A0%7D%7D"
    assert (cookie["path"], cookie["sameSite"], cookie["secure"]) == ("/", "Lax", False)
    days = (cookie["expires"] - page.evaluate("Date.now() / 1000")) / 86400
    assert round(days) == 90
    proof = visitor.proof(page)
    assert proof["widgetId"] == widget
    assert page.evaluate("proof => Date.parse(proof.dateExpiration) - Date.parse(proof.date)", proof) == 90 * 86_400_000
    kept = ["dastra-consents", "dastra-state"]
    assert page.evaluate("Object.keys(localStorage).sort()") == [f"{name}:{widget}" for name in kept]


def test_on_https_the_cookie_travels_by_https_only(visitor: Visitor, publish: Publish) -> None:
    widget = publish(developerMode=False, origins=[HTTPS_SHOP])
    page = visitor.opens(widget, site=HTTPS_SHOP)
    part(page, "accept-all").click()
    expect(part(page, "window")).to_be_hidden()

    (cookie,) = visitor.context.cookies()
    assert cookie["secure"] is True


def test_the_next_page_view_asks_no_question_and_posts_no_decision(visitor: Visitor, publish: Publish) -> None:
    widget = publish(developerMode=False, origins=[HTTPS_SHOP])
    page = visitor.opens(widget, site=HTTPS_SHOP)
    part(page, "accept-all").click()
    settled(page)
    visitor.requests.clear()
    page.add_init_script(f"({LISTEN})()")
    visitor.opens(widget, "/workshop", site=HTTPS_SHOP, page=page)
    page.wait_for_function("() => heard.includes('consents:ready')")

    assert part(page, "window").and_(page.locator(":visible")).count() == 0
    assert visitor.asked == ["GET sdk/dastra.js"]
    assert page.evaluate("heard") == [
        "consent:analytics",
        "consent:drift",
        "consent:youtube",
        "consents:ready",
    ]
    assert page.evaluate("dataLayer") == [
        {"event": f"dastra:consent:{slug}"} for slug in ("analytics", "drift", "youtube")
    ]


def test_a_decision_is_told_to_the_page_that_is_open(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script(f"({LISTEN})()")
    visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()
    before = page.evaluate("heard.splice(0)")
    part(page, "settings").click()
    page.locator('[part~="purpose-switch"][data-purpose="2"]').click()
    part(page, "save").click()
    page.wait_for_function("() => heard.includes('consents:any_refused')")

    assert before == ["refused:analytics", "refused:drift", "refused:youtube", "consents:ready"]
    assert page.evaluate("heard") == ["consent:analytics", "consents:updated", "consents:any_refused"]


def test_a_change_of_mind_is_a_second_proof_of_the_same_consent(
    visitor: Visitor, publish: Publish, tables: Tables
) -> None:
    page = visitor.opens(publish())
    part(page, "accept-all").click()
    first = proofs(tables, visitor, page)
    part(page, "floating-button").click()
    expect(page.locator('[part~="purpose-switch"][data-purpose="3"]')).to_be_checked()
    page.locator('[part~="purpose-switch"][data-purpose="3"]').click()
    with page.expect_response(post_of("Consents")):
        part(page, "save").click()
    history = proofs(tables, visitor, page)

    assert len(first) == 1
    assert [consents(proof)["drift"] for proof in sorted(history, key=lambda proof: proof["date"])] == [True, False]
    assert visitor.choices(page) == {"analytics": True, "drift": False, "youtube": False}
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")


def test_the_page_can_open_the_settings(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()
    page.locator("#privacy-settings").click()

    expect(part(page, "window")).to_be_visible()
    expect(part(page, "save")).to_be_visible()


def test_the_shops_panel_shows_the_stored_proof(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "accept-all").click()
    settled(page)

    expect(page.locator("#proof")).to_contain_text('"action": "AcceptAll"')
    expect(page.locator("#cookie")).to_contain_text("euconsent")
    expect(page.locator("#storage")).to_contain_text("dastra-consents")


def test_a_page_may_decide_by_the_api(visitor: Visitor, publish: Publish, tables: Tables) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    page.evaluate("dastra.push(['set', 'cookie:userId', 'Y3JtLTQy'])")
    page.evaluate("""() => {
      const {consent} = dastra.cookieConsent;
      consent.setPurposeConsent('Analytical', true);
      consent.setServiceConsent('youtube', true);
      consent.save();
    }""")

    (proof,) = proofs(tables, visitor, page)
    assert consents(proof) == {"session": True, "analytics": True, "drift": False, "youtube": True}
    assert (proof["action"], proof["userId"]) == ("Api", "Y3JtLTQy")
    expect(part(page, "window")).to_be_hidden()


def test_a_dispatched_choice_holds_for_the_page_view_only(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = visitor.opens(widget)
    part(page, "refuse-all").click()
    settled(page)
    page.evaluate("""() => {
      dastra.cookieConsent.consent.setServiceConsent('drift', true);
      dastra.cookieConsent.consent.dispatchEvent();
    }""")
    expect(page.locator('[data-service="drift"] span')).to_have_text("consented")
    assert visitor.choices(page) == NONE
    assert visitor.asked.count("POST Consents") == 1

    visitor.opens(widget, page=page)
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")
