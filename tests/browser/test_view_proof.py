"""Visitors see the proofs of their consent: those that the service holds, else what their browser keeps."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import HTTPS_SHOP, PROOF, Json, Publish, Visitor, part, settled
from tests.matrices import share

HISTORY = "**/v1/client/consents/*/history?*"
PERSONAL = {"sessionId", "userId", "referrer"}


def decided(visitor: Visitor, publish: Publish) -> Page:
    page = visitor.opens(publish())
    part(page, "accept-all").click()
    settled(page)
    return page


def shown(page: Page) -> Any:  # noqa: ANN401 - one or several
    return json.loads(part(page, "proof").inner_text())


def is_held(page: Page, *actions: str) -> None:
    """Wait until as many proofs are shown as there are decisions, by these actions."""
    text = part(page, "proof")
    expect(text).to_contain_text('"requestHash"')  # only the service has made one
    for action in actions:
        expect(text).to_contain_text(f'"action": "{action}"')


def view(page: Page) -> None:
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    part(page, "view-json").click()


def test_visitors_see_every_proof_that_the_service_holds(visitor: Visitor, publish: Publish) -> None:
    page = decided(visitor, publish)
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    page.wait_for_function(f"() => {PROOF}.action === 'RefuseAll'")
    settled(page)
    view(page)
    is_held(page, "AcceptAll", "RefuseAll")

    proofs: list[Json] = shown(page)
    kept = visitor.proof(page)
    assert [each["action"] for each in proofs] == ["AcceptAll", "RefuseAll"]
    assert {each["consentId"] for each in proofs} == {kept["consentId"]}
    assert proofs[1]["id"] == kept["id"]
    assert [PERSONAL & each.keys() for each in proofs] == [set(), set()]


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 844), (1280, 480)])
def test_what_opens_at_the_lower_edge_comes_into_sight(
    visitor: Visitor, publish: Publish, width: int, height: int
) -> None:
    page = visitor.context.new_page()
    page.set_viewport_size({"width": width, "height": height})
    page = visitor.opens(publish(), page=page)
    part(page, "accept-all").click()
    settled(page)
    view(page)

    expect(part(page, "proof")).to_be_in_viewport(ratio=0.95)


def test_the_service_is_asked_once_and_not_before_the_visitor_does(visitor: Visitor, publish: Publish) -> None:
    page = decided(visitor, publish)
    part(page, "floating-button").click()
    expect(part(page, "save")).to_be_visible()
    before = [name for name in visitor.asked if "history" in name]
    for _ in range(3):  # open, close, open
        part(page, "view-proof").click()
    part(page, "view-json").click()
    is_held(page, "AcceptAll")

    assert before == []
    (asked,) = [request for request in visitor.requests if "/history" in request.url]
    assert json.loads(asked.post_data or "") == {"consentId": visitor.proof(page)["consentId"]}
    assert asked.headers["content-type"] == "text/plain;charset=UTF-8"
    assert "cookie" not in asked.headers


def test_another_site_needs_no_preflight_for_it(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish(developerMode=False, origins=[HTTPS_SHOP]), site=HTTPS_SHOP)
    part(page, "accept-all").click()
    settled(page)
    view(page)
    is_held(page, "AcceptAll")

    assert [name for name in visitor.asked if "history" in name] == ["POST history"]


def test_a_decision_that_is_not_posted_yet_is_shown_as_the_browser_keeps_it(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.route("**/v1/client/collect/**", lambda route: route.abort())
    visitor.opens(publish(), page=page)
    part(page, "refuse-all").click()
    page.evaluate("Object.prototype.refused = true")
    view(page)

    assert shown(page) == visitor.proof(page)
    assert "POST history" not in visitor.asked


def answers(status: int, body: str) -> dict[str, Any]:
    headers = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}
    return {"status": status, "body": body, "headers": headers}


SILENT = {
    "another key": answers(404, '{"title": "No such widget"}'),
    "another origin": answers(403, '{"title": "The origin is not allowed"}'),
    "too often": answers(429, '{"message": "Too Many Requests"}'),
    "the store is down": answers(503, '{"title": "Storage is temporarily unavailable"}'),
    "garbled": answers(200, "<html>"),
    "no object": answers(200, "null"),
    "no list": answers(200, '{"proofs": {"length": 1}}'),
    "no proofs": answers(200, '{"proofs": []}'),
    "no objects": answers(200, '{"proofs": [null, 7, "x"]}'),
}


@pytest.mark.parametrize("answer", share(SILENT, 0, of=3))
def test_without_an_answer_the_browsers_own_proof_is_shown(
    visitor: Visitor, publish: Publish, answer: dict[str, Any]
) -> None:
    page = decided(visitor, publish)
    page.route(HISTORY, lambda route: route.fulfill(**answer))
    with page.expect_response(HISTORY) as answered:
        view(page)
    answered.value.finished()
    page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")

    assert shown(page) == visitor.proof(page)


def test_without_a_network_what_the_browser_keeps_is_shown_at_once(visitor: Visitor, publish: Publish) -> None:
    page = decided(visitor, publish)
    waiting: list[Route] = []
    page.route(HISTORY, lambda route: waiting.append(route))
    with page.expect_request(HISTORY):
        view(page)
    kept = visitor.proof(page)
    assert shown(page) == kept

    with page.expect_event("requestfailed"):
        waiting[0].abort()
    page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")
    assert shown(page) == kept


def test_the_answer_of_the_service_is_shown_as_text_only(visitor: Visitor, publish: Publish) -> None:
    page = decided(visitor, publish)
    proofs = [{"origin": "<img src=x onerror=alert(1)>"}]
    page.route(HISTORY, lambda route: route.fulfill(**answers(200, json.dumps({"proofs": proofs}))))
    view(page)
    expect(part(page, "proof")).to_contain_text("onerror")

    assert shown(page) == proofs
    assert part(page, "proof").locator("*").count() == 0


def people_read(page: Page) -> list[list[str]]:
    """Return the rows of what people read: a label and a value each."""
    rows = part(page, "receipt").locator("dt,dd").all_inner_texts()
    return [list(pair) for pair in zip(rows[::2], rows[1::2], strict=True)]


def test_people_read_date_site_choices_and_reference(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    page.locator('[part~="purpose-switch"][data-purpose="2"]').click()
    part(page, "save").click()
    settled(page)
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    expect(part(page, "download-receipt")).to_be_visible()

    (date, *rows) = people_read(page)
    assert date[0] == "Date"
    assert date[1].startswith(datetime.now(UTC).strftime("%B ").lstrip("0")) or date[1][0].isdigit()
    assert rows == [
        ["Accepted", "Google Analytics (universal)"],
        ["Refused", "Drift, YouTube"],
        ["Website", "localhost"],
        ["Reference", visitor.proof(page)["consentId"]],
    ]


def test_the_reference_can_be_copied(visitor: Visitor, publish: Publish) -> None:
    visitor.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = decided(visitor, publish)
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    expect(part(page, "download-receipt")).to_be_visible()
    part(page, "copy-reference").click()

    expect(part(page, "copy-reference")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == visitor.proof(page)["consentId"]


def test_the_receipt_is_downloaded_and_names_the_decision(visitor: Visitor, publish: Publish) -> None:
    page = decided(visitor, publish)
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    with page.expect_download() as given:
        part(page, "download-receipt").click()

    assert given.value.suggested_filename == "consent-receipt.json"
    receipt = json.loads(given.value.path().read_text("utf-8"))
    assert receipt["@type"] == "dpv:ConsentReceipt"
    assert visitor.proof(page)["consentId"] in json.dumps(receipt)


def test_without_the_service_there_is_no_receipt_and_without_its_file_the_proof_is_still_there(
    visitor: Visitor, publish: Publish
) -> None:
    page = visitor.context.new_page()
    page.route("**/v1/client/collect/**", lambda route: route.abort())
    visitor.opens(publish(), page=page)
    part(page, "refuse-all").click()
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    expect(part(page, "receipt")).to_contain_text("Refused")
    expect(part(page, "download-receipt")).to_have_count(0)

    visitor.context.route("**/receipt.js", lambda route: route.abort())
    page.reload()
    view(page)
    assert shown(page) == visitor.proof(page)
    expect(part(page, "receipt")).to_have_text("")
