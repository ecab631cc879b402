"""A browser that decided on an earlier release comes back: the SDK of today goes on with what it finds."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from playwright.sync_api import Page, Route, expect

from local.tables import Tables
from tests.browser.conftest import HTTPS_SHOP, PROOF, Visitor, part, settled
from tests.browser.third_party import Site, ran, ready
from tests.fixtures.recorded import RELEASES, Recording
from tests.local_process import LocalStack

HELD = "https://cdn.counter.example/held.js"
MADE = "https://ads.example/made.js"
BLOCKED = f'<script type="dastra/script" data-consent="counter" data-src="{HELD}"></script>'

RESTORE = """state => {
  for (const cookie of state.cookies.split('; ')) document.cookie = `${cookie}; Path=/; Secure; SameSite=Lax`;
  Object.assign(localStorage, state.localStorage);
  Object.assign(sessionStorage, state.sessionStorage);
}"""


@pytest.fixture(params=RELEASES)
def recording(request: pytest.FixtureRequest, local_stack: LocalStack) -> Recording:
    """A release's recording, whose items are in the tables of the stack that runs."""
    recording = Recording.of(request.param)
    client = boto3.client(
        "dynamodb",
        endpoint_url=local_stack.aws,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    recording.fill_tables(client)
    return recording


def returns(visitor: Visitor, recording: Recording, visit: str) -> Page:
    """Open the shop an hour after the recorded visit, in a browser that has kept what the release wrote."""
    state = json.loads(json.dumps(recording.browser[visit]).replace("API", visitor.stack.api))
    at = json.loads(state["sessionStorage"]["dastra-settings"])["time"]
    visitor.context.clock.set_fixed_time(datetime.fromtimestamp(at / 1000, UTC) + timedelta(hours=1))
    site = Site(visitor.stack.api, recording.key)
    local = site.page(recording.widget_id, BLOCKED, sdk="data-autoblock")
    visitor.context.route(f"{HTTPS_SHOP}/**", lambda route: route.fulfill(response=route.fetch(url=local)))
    visitor.context.route(
        f"{HTTPS_SHOP}/empty", lambda route: route.fulfill(body="<!doctype html><title>Empty</title>")
    )
    for address in (HELD, MADE):
        visitor.context.route(address, runs)
    page = visitor.context.new_page()
    page.goto(f"{HTTPS_SHOP}/empty")
    page.evaluate(RESTORE, state)
    page.goto(f"{HTTPS_SHOP}/")
    ready(page)
    site.close()
    page.evaluate("url => document.body.append(Object.assign(document.createElement('script'), {src: url}))", MADE)
    return page


def runs(route: Route) -> None:
    route.fulfill(body=f"(window.ran ??= []).push('{route.request.url}')", content_type="text/javascript")


def history(tables: Tables, page: Page) -> list[dict[str, Any]]:
    """The stored proofs of the browser's consent."""
    consent = page.evaluate(f"() => {PROOF}.consentId")
    return [each.proof for each in tables.consents.history(consent, now=0)]


def accepted(proof: dict[str, Any]) -> list[str]:
    return [entry["slug"] for entry in proof["consents"]["cookieConsents"] if entry["consent"]]


def test_consent_goes_on_and_can_be_withdrawn(visitor: Visitor, recording: Recording, tables: Tables) -> None:
    page = returns(visitor, recording, "accepted")
    page.wait_for_function("() => window.ran?.length === 2")
    expect(part(page, "window")).to_be_hidden()
    assert sorted(ran(page)) == sorted([HELD, MADE])
    assert visitor.choices(page) == {"counter": True, "ads": True, "films": True}
    assert "GET settings" not in visitor.asked  # the session's own are still good

    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    page.wait_for_function(f"() => {PROOF}.action === 'RefuseAll'")
    settled(page)
    assert visitor.choices(page) == {"counter": False, "ads": False, "films": False}
    assert [accepted(proof) for proof in history(tables, page)] == [["basket", "counter", "ads", "films"], ["basket"]]


def test_a_refusal_goes_on(visitor: Visitor, recording: Recording, tables: Tables) -> None:
    page = returns(visitor, recording, "refused")
    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()
    page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")

    assert ran(page) == []
    assert visitor.asked == ["GET sdk/dastra.js"]
    assert [accepted(proof) for proof in history(tables, page)] == [["basket"]]


def test_a_decision_that_waits_is_posted(visitor: Visitor, recording: Recording, tables: Tables) -> None:
    page = returns(visitor, recording, "waiting")
    settled(page)

    assert visitor.asked.count("POST Consents") == 1
    assert [accepted(proof) for proof in history(tables, page)] == [["basket", "counter", "ads", "films"]]


def test_a_window_that_was_closed_stays_closed(visitor: Visitor, recording: Recording) -> None:
    page = returns(visitor, recording, "closed")
    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()
    assert ran(page) == []
