"""A visitor's first page view, and the requests that it makes to the service."""

from playwright.sync_api import Page, expect

from local.tables import Tables
from tests.browser.conftest import Publish, Visitor, part, post_of, settled

WITH_JSON = """url => fetch(url, {method: 'POST', headers: {'content-type': 'application/json'}, body: '{}'})
  .then(response => response.status)"""


def test_the_window_asks_before_anything_is_kept(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())

    expect(part(page, "window")).to_be_visible()
    expect(part(page, "title")).to_have_text("Your privacy, your choice")
    assert visitor.choices(page) is None
    assert visitor.proof(page) == {}
    assert visitor.context.cookies() == []


def test_a_page_that_is_loaded_in_advance_starts_once_it_is_seen(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script("""
      Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true});
      let isAhead = true;
      Object.defineProperty(Document.prototype, 'prerendering', {get: () => isAhead});
      window.see = () => { isAhead = false; document.dispatchEvent(new Event('prerenderingchange')); };
    """)
    visitor.opens(publish(enableGPC=True, proveSignals=True), page=page)
    page.wait_for_function("() => dastra.cookieConsent && document.readyState === 'complete'")
    assert visitor.asked == ["GET sdk/dastra.js"]

    page.evaluate("see()")
    expect(part(page, "window")).to_be_visible()
    settled(page)
    assert sorted(each for each in visitor.asked if each.startswith("POST")) == ["POST Consents", "POST Visit"]


def test_nothing_is_released_and_every_service_is_reported_refused(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()

    for service in ("analytics", "drift", "youtube"):
        expect(page.locator(f'[data-service="{service}"] span')).to_have_text("refused")
    expect(page.locator("#analytics")).to_have_text("Waits for your consent.")
    assert page.locator("iframe").get_attribute("src") is None


def test_refusing_is_as_easy_as_accepting(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()

    accept, refuse = (appearance(page, name) for name in ("accept-all", "refuse-all"))

    assert accept == refuse


def appearance(page: Page, name: str) -> object:
    """Size, colours and lettering of a button of the first screen."""
    return part(page, name).evaluate("""button => {
      const {width, height} = button.getBoundingClientRect();
      const {color, backgroundColor, borderColor, fontSize, fontWeight} = getComputedStyle(button);
      return {width, height, color, backgroundColor, borderColor, fontSize, fontWeight};
    }""")


def test_a_first_visit_asks_three_things_of_the_service_and_a_decision_one_more(
    visitor: Visitor, publish: Publish
) -> None:
    page = visitor.context.new_page()
    preflights = count_preflights(page)
    visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()
    part(page, "accept-all").click()
    settled(page)

    assert visitor.asked == ["GET sdk/dastra.js", "GET settings", "POST Visit", "POST Consents"]
    assert preflights == []


def test_a_preflight_would_have_been_noticed(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    preflights = count_preflights(page)
    widget = publish()
    visitor.opens(widget, page=page)
    expect(part(page, "window")).to_be_visible()

    page.evaluate(WITH_JSON, f"{visitor.stack.api}/v1/client/collect/{widget}?key=another-key")

    assert len(preflights) == 1


def count_preflights(page: Page) -> list[str]:
    preflights: list[str] = []
    protocol = page.context.new_cdp_session(page)
    protocol.send("Network.enable")
    protocol.on(
        "Network.requestWillBeSent",
        lambda event: preflights.append(event["request"]["url"]) if event["request"]["method"] == "OPTIONS" else None,
    )
    return preflights


def test_a_shown_window_is_counted_once_and_says_nothing_of_the_visitor(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    part(page, "back").click()
    expect(part(page, "accept-all")).to_be_visible()

    (visit,) = [request for request in visitor.requests if "/collect/" in request.url]

    assert visit.post_data_json == {"type": "Visit", "lang": "en", "typeDevice": 2}
    assert visit.headers["content-type"].startswith("text/plain")


def test_closing_is_not_consent_and_the_window_returns_after_180_days(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = visitor.opens(widget)
    with page.expect_request(post_of("Quit")):
        part(page, "close").click()
    expect(part(page, "window")).to_be_hidden()
    assert visitor.choices(page) is None
    assert visitor.proof(page) == {}

    visitor.in_days(179.9)
    visitor.opens(widget, page=page)
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")
    expect(part(page, "window")).to_be_hidden()
    visitor.in_days(180.1)
    with page.expect_request(post_of("Visit")):
        visitor.opens(widget, page=page)
    expect(part(page, "window")).to_be_visible()

    assert visitor.asked.count("POST Visit") == 2
    assert visitor.asked.count("POST Quit") == 1
    assert "POST Consents" not in visitor.asked


def test_a_widget_that_stores_no_proofs_posts_no_decision(visitor: Visitor, publish: Publish, tables: Tables) -> None:
    widget = publish(saveConsentProof=False)
    page = visitor.opens(widget)
    part(page, "accept-all").click()
    expect(part(page, "window")).to_be_hidden()
    visitor.opens(widget, page=page)
    expect(page.locator('[data-service="drift"] span')).to_have_text("consented")

    assert visitor.choices(page) == {"analytics": True, "drift": True, "youtube": True}
    assert "POST Consents" not in visitor.asked


def test_the_script_may_come_late_and_twice(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    with page.expect_request(post_of("Visit")):
        visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()
    again = page.evaluate("document.querySelector('script[src*=\"/sdk/dastra.js\"]').src")
    page.add_script_tag(url=again)
    page.evaluate("dastra.push(() => document.body.setAttribute('data-ran', ''))")
    expect(page.locator("body[data-ran]")).to_have_count(1)

    assert page.locator("#dastra-consent-window").count() == 1
    assert visitor.asked.count("GET settings") == 1
    assert visitor.asked.count("POST Visit") == 1
