"""The service fails at each moment: nothing is released, nothing is forgotten, and the page goes on."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from local.tables import Tables
from tests.browser.conftest import DETAILS, KEY, PROOF, Publish, Visitor, part, post_of, settled
from tests.browser.third_party import Site, ThirdParty
from tests.matrices import share

SETTINGS = "**/v1/client/cookie-widget-settings/**"
COLLECT = "**/v1/client/collect/**"
SDK = "**/sdk/dastra.js*"

NO_SETTINGS = "is not available"

type Fault = Callable[[Route], None]


def answers(status: int, body: str = "", content_type: str = "application/json") -> Fault:
    headers = {"access-control-allow-origin": "*"}
    return lambda route: route.fulfill(status=status, body=body, content_type=content_type, headers=headers)


def breaks(route: Route) -> None:
    route.abort("connectionreset")


def without_cors(route: Route) -> None:
    route.fulfill(status=502, body="<html>", headers={})


GARBLED = {
    "no JSON": answers(200, "<html>maintenance</html>", "text/html"),
    "half a JSON": answers(200, '{"id": 43, "groups": ['),
    "null": answers(200, "null"),
    "a list": answers(200, "[]"),
    "no groups": answers(200, '{"translation": {}}'),
    "groups of a wrong type": answers(200, '{"translation": {}, "groups": {"0": {}}}'),
    "no texts": answers(200, '{"translation": null, "groups": []}'),
}
FAILURES = {
    "no network": breaks,
    "no CORS": without_cors,
    "500": answers(500, "{}"),
    "503": answers(503, "{}"),
    "429": answers(429, "slow down", "text/plain"),
}


@pytest.mark.parametrize("fault", share(GARBLED | FAILURES, 1, of=2))
def test_without_settings_there_is_no_window_and_nothing_is_released(
    visitor: Visitor, publish: Publish, fault: Fault
) -> None:
    page = visitor.context.new_page()
    page.route(SETTINGS, fault)
    with page.expect_console_message(lambda message: NO_SETTINGS in message.text):
        visitor.opens(publish(), page=page)

    expect(page.locator("h1")).to_be_visible()
    assert part(page, "window").count() == 0
    assert page.evaluate("(window.dataLayer ?? []).filter(({event}) => event.startsWith('dastra:consent:'))") == []
    assert visitor.choices(page) is None


def test_settings_that_never_come_are_given_up(visitor: Visitor, publish: Publish) -> None:
    held: list[Route] = []
    page = visitor.context.new_page()
    page.route(SETTINGS, lambda route: held.append(route))
    page.add_init_script("const patience = AbortSignal.timeout; AbortSignal.timeout = wait => patience(wait / 100);")
    with page.expect_console_message(lambda message: NO_SETTINGS in message.text):
        visitor.opens(publish(), page=page)

    assert len(held) == 1
    assert part(page, "window").count() == 0


def test_without_the_script_the_page_is_as_it_was(visitor: Visitor, publish: Publish) -> None:
    visitor.context.route(SDK, breaks)
    page = visitor.opens(publish())

    expect(page.locator("h1")).to_be_visible()
    assert page.locator("#dastra-consent-window").count() == 0
    assert page.locator("iframe").get_attribute("src") is None


def test_a_stored_consent_holds_when_the_settings_cannot_be_loaded(visitor: Visitor, publish: Publish) -> None:
    widget = publish()
    page = visitor.opens(widget)
    part(page, "settings").click()
    page.locator('[part~="purpose-switch"][data-purpose="3"]').click()
    part(page, "save").click()
    settled(page)
    before = visitor.choices(page)
    visitor.context.route(SETTINGS, breaks)
    visitor.opens(widget, page=page)

    expect(page.locator('[data-service="drift"] span')).to_have_text("consented")
    expect(page.locator('[data-service="analytics"] span')).not_to_have_text("consented")
    assert visitor.choices(page) == before
    assert part(page, "window").count() == 0


KEPT = {
    **FAILURES,
    "403 of a firewall": answers(403, "<html>blocked</html>", "text/html"),
    "404": answers(404, "{}"),
    "408": answers(408, ""),
    "an offline page": answers(200, "<h1>You are offline</h1>", "text/html"),
    "a proxy's own JSON": answers(201, '{"consentId": "none"}'),
}


@pytest.mark.parametrize("fault", share(KEPT, 0, of=2))
def test_a_decision_that_cannot_be_posted_holds_here_and_is_sent_later(
    visitor: Visitor, publish: Publish, tables: Tables, fault: Fault
) -> None:
    widget = publish()
    page = visitor.opens(widget)
    expect(part(page, "window")).to_be_visible()
    page.route(COLLECT, fault)
    with page.expect_request(post_of("Consents")):
        part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()
    waiting = outbox(page)
    assert visitor.choices(page) == {"analytics": False, "drift": False, "youtube": False}

    page.unroute(COLLECT)
    visitor.opens(widget, page=page)
    settled(page)

    (proof,) = tables.consents.history(visitor.proof(page)["consentId"], now=0)
    assert [entry["decision"]["id"] for entry in waiting] == [proof.proof["id"]]
    assert visitor.choices(page) == {"analytics": False, "drift": False, "youtube": False}


def outbox(page: Page) -> list[dict[str, dict[str, str]]]:
    text: str = page.evaluate("localStorage.getItem('dastra-outbox') ?? '[]'")
    entries: list[dict[str, dict[str, str]]] = json.loads(text)
    return entries


def test_a_decision_that_the_service_will_never_take_is_set_aside_with_the_reason(
    visitor: Visitor, publish: Publish, tables: Tables
) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    page.route(COLLECT, answers(422, '{"title": "The decision has no choices"}'))
    with page.expect_console_message(lambda message: "422" in message.text and message.type == "warning"):
        part(page, "accept-all").click()
    refused = "422 The decision has no choices"
    page.wait_for_function("() => JSON.parse(localStorage.getItem('dastra-outbox'))[0].refused")
    (entry,) = outbox(page)
    assert visitor.choices(page) == {"analytics": True, "drift": True, "youtube": True}

    page.unroute(COLLECT)
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    page.wait_for_function(f"() => {PROOF}?.consentId")
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    part(page, "view-json").click()
    expect(part(page, "proof")).to_contain_text(f'"refused": "{refused}"')

    shown = json.loads(part(page, "proof").inner_text())
    (stored,) = tables.consents.history(visitor.proof(page)["consentId"], now=0)
    assert [each["id"] for each in shown] == [stored.proof["id"], entry["decision"]["id"]]
    assert [proof.get("action") for proof in shown] == ["RefuseAll", "AcceptAll"]


def test_a_lock_that_the_page_holds_for_ever_keeps_no_decision_back(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script("navigator.locks.request('dastra-outbox', () => new Promise(() => {}));")
    visitor.opens(publish(), page=page)
    part(page, "refuse-all").click()

    settled(page)


def test_a_page_may_clear_its_storage_after_a_refusal(visitor: Visitor, site: Site, publish: Publish) -> None:
    clear = "<script>addEventListener('dastra:consents:any_refused', () => localStorage.clear())</script>"
    page = site.opens(visitor, publish(), clear)
    with page.expect_response(lambda answer: answer.status == 201):
        part(page, "refuse-all").click()


def test_a_decision_does_not_share_the_pages_quota_of_lasting_requests(
    visitor: Visitor, third_party: ThirdParty, publish: Publish
) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    with third_party.holding("counter/one.gif"):
        page.evaluate(
            """url => void fetch(url, {method: 'POST', mode: 'no-cors', keepalive: true, body: 'x'.repeat(65500)})
              .catch(() => {})""",
            third_party.url("counter/one.gif"),
        )
        part(page, "refuse-all").click()
        settled(page)


SERVICE_WORKER = """
  addEventListener('install', () => skipWaiting());
  addEventListener('activate', event => event.waitUntil(clients.claim()));
  let isDown = true;
  addEventListener('message', () => { isDown = false; });
  const offline = () => new Response('<h1>You are offline</h1>', {headers: {'Content-Type': 'text/html'}});
  addEventListener('fetch', event => {
    const isLost = isDown && event.request.url.includes('/v1/client/collect/');
    event.respondWith(isLost ? offline() : fetch(event.request));
  });
"""


def test_a_page_that_clears_the_storage_after_a_refusal_keeps_no_decision_back(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    """The second file comes late, and finds the storage empty."""
    waiting: list[Route] = []
    visitor.context.route(DETAILS, lambda route: waiting.append(route))
    page = visitor.context.new_page()
    clear = "<script>addEventListener('dastra:consents:any_refused', () => localStorage.clear())</script>"
    with page.expect_request(DETAILS):
        page.goto(site.page(publish(), clear), wait_until="commit")
    part(page, "refuse-all").click()
    page.wait_for_function("() => localStorage.getItem('dastra-outbox') === null")  # the event comes in a frame
    with page.expect_response(post_of("Consents")) as answered:
        for route in waiting:
            route.continue_()

    assert answered.value.status == 201


def test_a_service_workers_offline_page_delivers_nothing(visitor: Visitor, site: Site, publish: Publish) -> None:
    site.serves("/worker.js", SERVICE_WORKER, content_type="text/javascript")
    page = site.opens(visitor, publish())
    page.evaluate("""async () => {
      await navigator.serviceWorker.register('/worker.js');
      if (!navigator.serviceWorker.controller)
        await new Promise(done => { navigator.serviceWorker.oncontrollerchange = done; });
    }""")
    with page.expect_response(post_of("Consents")) as answered:
        part(page, "refuse-all").click()
    assert (answered.value.from_service_worker, answered.value.status) == (True, 200)
    page.wait_for_function("() => JSON.parse(localStorage.getItem('dastra-outbox'))[0].after")
    assert visitor.proof(page)["consentId"] is None

    page.evaluate("navigator.serviceWorker.controller.postMessage('the network is back')")
    page.evaluate("dispatchEvent(new Event('online'))")
    settled(page)


def test_decisions_that_wait_are_sent_in_order_and_under_one_consent(
    visitor: Visitor, publish: Publish, tables: Tables
) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    page.route(COLLECT, breaks)
    part(page, "accept-all").click()
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    page.wait_for_function("() => JSON.parse(localStorage.getItem('dastra-outbox') ?? '[]').length === 2")
    sent = [entry["decision"]["id"] for entry in outbox(page)]
    page.unroute(COLLECT)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.reload()
    settled(page)

    history = tables.consents.history(visitor.proof(page)["consentId"], now=0)
    assert [stored.proof["id"] for stored in sorted(history, key=lambda each: each.proof["date"])] == sent


# --- Refusals of the service ------------------------------------------------------------------------------------------


def test_the_console_of_a_foreign_site_says_what_to_do(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    with page.expect_console_message(lambda message: NO_SETTINGS in message.text) as told:
        widget = publish()
        visitor.opens(widget, site="https://foreign.example", page=page)

    settings = f"{visitor.stack.api}/v1/client/cookie-widget-settings/{widget}?key={KEY}&culture=en"
    refusal = "not available on https://foreign.example: 403 Add the origin to the widget's allowed origins."
    assert told.value.text == f"[dastra] {settings} is {refusal}"
    page.evaluate("dastra.cookieConsent.consent.save()")
    assert visitor.said("warning")[-1] == "[dastra] Not saved: no settings"
    assert part(page, "window").count() == 0
    assert len([text for text in visitor.said("warning") if "foreign.example" in text]) <= 1


def test_a_wrong_key_is_reported(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    with page.expect_console_message(lambda message: "404 Check the widget's id and the public key." in message.text):
        visitor.opens(publish(keys=["another-public-key"]), page=page)

    assert part(page, "window").count() == 0
