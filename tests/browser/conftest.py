"""Real browsers against the local stack and its shop. Every test publishes a widget of its own.

Tests wait for functions on a page: other text Playwright evaluates anew each time, which a policy forbids. None of them
is asynchronous: Playwright takes a promise for a yes, and the wait ends at once.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from subprocess import check_output
from typing import Any
from urllib.parse import urlencode

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Request,
    Response,
    Route,
    expect,
    sync_playwright,
)

from consent_core.publishing.changes import publish as publish_definition
from consent_core.publishing.definitions import definition_from_json
from consent_ops.stack import Stack
from local import ROOT
from local.embedded_aws import DEMO_WIDGETS
from local.tables import Tables
from tests.browser.third_party import Site, ThirdParty
from tests.local_process import LocalStack

DEFINITION: "Json" = json.loads(DEMO_WIDGETS[0].read_text("utf-8"))
KEY: str = DEFINITION["keys"][0]
HTTPS_SHOP = "https://shop.example"

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # HTTPS_SHOP asks this machine
]

TIMEOUT = 30_000
"""Milliseconds after which a wait is given up. It is generous: a busy machine is not a fault of the code."""

expect.set_options(timeout=TIMEOUT)

type Json = dict[str, Any]
type Publish = Callable[..., int]
type NewVisitor = Callable[..., "Visitor"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True).strip()  # noqa: S603 - ours
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def tables(local_stack: LocalStack) -> Tables:
    """The tables of the stack that runs."""
    place = Stack(local_stack.aws)
    return Tables(place.widgets(), place.consents())


@pytest.fixture
def publish(tables: Tables, widget_ids: Iterator[int]) -> Publish:
    """Publish the demo shop's widget with these changes, as a new one or as the next version of ``widget``."""

    def published(widget: int | None = None, **changes: object) -> int:
        definition = {**DEFINITION, **changes, "id": widget or next(widget_ids)}
        publish_definition(
            tables.widgets, definition_from_json(json.dumps(definition)), actor="test", now=datetime.now(UTC)
        )
        return int(definition["id"])

    return published


@dataclass
class Visitor:
    """A browser with a memory of its own: what it has opened, asked for and been told."""

    context: BrowserContext
    stack: LocalStack
    requests: list[Request] = field(default_factory=list)
    console: list[ConsoleMessage] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    has_left: bool = False

    def opens(self, widget: int, path: str = "/", *, site: str = "", page: Page | None = None, **query: str) -> Page:
        """Open a page of the shop, in a new tab unless ``page`` is given."""
        page = page or self.context.new_page()
        asked = urlencode({"widget": widget, "key": KEY, **query})
        if site:  # not before: Playwright answers preflights by itself once anything is routed
            self.context.route(f"{site}/**", lambda route: _from_the_shop(route, site, self.stack.shop))
        page.goto(f"{site or self.stack.shop}{path}?{asked}")
        return page

    def leaves(self) -> None:
        """Close the browser, unless that has been done; a page may still be asking."""
        if not self.has_left:
            self.has_left = True
            for page in self.context.pages:
                page.unroute_all(behavior="ignoreErrors")
            self.context.unroute_all(behavior="ignoreErrors")  # its own alone
            self.context.close()

    def in_days(self, days: float) -> None:
        """Let the browser's clock stand still at a time from now on."""
        self.context.clock.set_fixed_time(datetime.now(UTC) + timedelta(days=days))

    @property
    def asked(self) -> list[str]:
        """Return the requests to the service, in order, such as ``GET settings`` or ``POST Consents``.

        The SDK's further files are not among them: the browser asks for them when it has time.
        """
        ours = [request for request in self.requests if request.url.startswith(self.stack.api)]
        return [_name_of(request) for request in ours if not ON_DEMAND.search(request.url)]

    def said(self, kind: str) -> list[str]:
        """Return the console's messages of a kind, such as ``warning``."""
        return [message.text for message in self.console if message.type == kind]

    def stored(self, page: Page, name: str) -> Json:
        """A value of the page's localStorage, read as JSON; empty when there is none."""
        return page.evaluate("name => JSON.parse(localStorage.getItem(name) ?? '{}')", name)  # type: ignore[no-any-return]

    def proof(self, page: Page) -> Json:
        """Return the last decision in the browser for the page's widget; empty when there is none."""
        return page.evaluate(f"() => {PROOF} ?? {{}}")  # type: ignore[no-any-return]

    def choices(self, page: Page) -> dict[str, bool] | None:
        """Return the choices of the consent cookie, without the member that says when they were made."""
        return page.evaluate(CHOICES)  # type: ignore[no-any-return]


DETAILS = re.compile(r"/sdk/[0-9a-f]{16}/details\.js$")
"""The second file of the SDK."""

RULES_FILE = re.compile(r"/sdk/[0-9a-f]{16}/optional\.js$")
"""The file for policies, signals, and the tags of Google and Microsoft."""

ON_DEMAND = re.compile(r"/sdk/[0-9a-f]{16}/")

PROOF = "JSON.parse(localStorage.getItem(`dastra-consents:${window.dastra?.widgetId}`))"

CHOICES = """() => {
  const cookie = document.cookie.split('; ').find(each => each.startsWith('euconsent='));
  if (!cookie) return null;
  const {_, ...choices} = JSON.parse(decodeURIComponent(cookie.slice('euconsent='.length)));
  return choices;
}"""


def _name_of(request: Request) -> str:
    if "/v1/client/collect/" in request.url:
        return f"POST {json.loads(request.post_data or '{}').get('type')}"
    what = re.search(r"/(sdk/dastra\.js)|/cookie-widget-(settings)/|/(history)\?", request.url)
    return f"{request.method} {next(filter(None, what.groups())) if what else request.url}"


@pytest.fixture
def new_visitor(browser: Browser, local_stack: LocalStack) -> Iterator[NewVisitor]:
    """Make visitors; options are those of a browser context. No page may have had an error in the end."""
    visitors: list[Visitor] = []

    def made(**options: object) -> Visitor:
        chosen: Json = {
            "viewport": {"width": 1280, "height": 800},
            "locale": "en-GB",
            "reduced_motion": "reduce",
            **options,
        }
        context = browser.new_context(**chosen)
        context.set_default_timeout(TIMEOUT)
        visitor = Visitor(context, local_stack)
        # Playwright marks the listeners that it is given, which cannot be done to a list's own method.
        context.on("request", lambda request: visitor.requests.append(request))
        context.on("console", lambda message: visitor.console.append(message))
        context.on("weberror", lambda error: visitor.errors.append(str(error.error)))
        visitors.append(visitor)
        return visitor

    yield made
    for visitor in visitors:
        visitor.leaves()
    assert [error for visitor in visitors for error in visitor.errors] == []


@pytest.fixture
def visitor(new_visitor: NewVisitor) -> Visitor:
    return new_visitor()


@pytest.fixture
def third_party() -> Iterator[ThirdParty]:
    third_party = ThirdParty()
    yield third_party
    third_party.close()


@pytest.fixture
def site(local_stack: LocalStack) -> Iterator[Site]:
    site = Site(local_stack.api, KEY)
    yield site
    site.close()


def _from_the_shop(route: Route, site: str, shop: str) -> None:
    """Serve the shop under a name on the web: http://localhost admits only developer mode, which caches nothing."""
    route.fulfill(response=route.fetch(url=route.request.url.replace(site, shop)))


def post_of(kind: str) -> Callable[[Request | Response], bool]:
    """Match a post of this kind, such as ``Consents``, and its answer. Counts (``Visit``) may come at any time."""

    def matches(each: Request | Response) -> bool:
        request = each if isinstance(each, Request) else each.request
        return f'"type":"{kind}"' in (request.post_data or "")

    return matches


def part(page: Page | FrameLocator, name: str) -> Locator:
    """Find a part of the consent window by its name in ``::part``."""
    return page.locator(f'#dastra-consent-window [part~="{name}"]')


def settled(page: Page) -> None:
    """Wait until every decision is posted and answered."""
    page.wait_for_function(f"() => {PROOF}?.consentId")
    page.wait_for_function("() => !JSON.parse(localStorage.getItem('dastra-outbox') ?? '[]').length")
