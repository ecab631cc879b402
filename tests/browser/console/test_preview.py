"""The preview in a real browser: the shipped SDK on a draft, in the console's frame and in a tab of its own."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qsl, urlsplit

import pytest
from moto import mock_aws
from playwright.sync_api import Browser, BrowserContext, FrameLocator, Page

from consent_console import pages
from consent_console.editor import widget as editor
from consent_core.dynamodb import connect
from consent_core.publishing import drafts
from consent_core.widget_table import Draft, WidgetTable
from local import ROOT
from local.gateway import read_template
from tests.functional.conftest import IN_MEMORY
from tests.handlers import LambdaContext, load_handler
from tests.moto_tables import FilledTables

type Answer = dict[str, Any]
type NewPage = Callable[[], Page]

WIDGET = 44
TIMEOUT = 30_000

SETTINGS = "/v1/client/cookie-widget-settings/{id}"

WIDE = {"width": 1440, "height": 1000}

CONSOLE = """
{% extends "base.html" %}
{% block title %}Texts{% endblock %}
{% block main %}
{{ ui.preview(widget) }}
<label for="f-translations.fr.startupTitle">Title</label><input id="f-translations.fr.startupTitle">
<label for="f-translations.fr.buttonLaterLabel">Refuse</label><input id="f-translations.fr.buttonLaterLabel">
{% endblock %}
"""
"""A page of the console with the preview and two fields of texts."""

VIOLATIONS = """addEventListener('securitypolicyviolation', ({effectiveDirective, blockedURI}) =>
  console.error('violation', effectiveDirective, new URL(blockedURI).pathname))"""


REFUSED = """() => [() => document.cookie, () => localStorage].map(read => {
  try { return read(); } catch (error) { return error.name; }
})"""
"""The errors that reading the cookies and the storage causes."""


@dataclass
class Console:
    """The console's host: the handlers as the gateway calls them, and a page with the preview in it."""

    table: WidgetTable
    handlers: Mapping[str, Callable[[Any, Any], Answer]]
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    keeps_proofs: bool = False
    address: str = ""
    lock: Lock = field(default_factory=Lock)

    def answer(self, method: str, address: str, headers: dict[str, str]) -> Answer:
        path = urlsplit(address).path
        self.asked.append((method, path, headers))
        parts = path.strip("/").split("/")
        match method, parts:
            case "GET", ["preview", name]:
                answer = self.called("console_preview", "/preview/{id}", address, headers, id=name)
            case "GET", ["v1", "client", "cookie-widget-settings", name]:
                answer = self.settings(self.called("console_preview", SETTINGS, address, headers, id=name))
            case "GET", ["assets", _, _]:
                answer = self.called("console_preview", "/assets/{hash}/{name}", address, headers)
            case "GET", ["sdk", *_]:
                answer = self.called("widget_sdk", path, address, headers)
            case "GET", ["console"]:
                answer = self.console()
            case _:
                answer = {"statusCode": 204 if path == "/favicon.ico" else 404, "headers": {}, "body": ""}
        return answer

    def called(self, function: str, route: str, address: str, headers: dict[str, str], **parameters: str) -> Answer:
        asked = urlsplit(address)
        event = {
            "version": "2.0",
            "routeKey": f"GET {route}",
            "rawPath": asked.path,
            "headers": headers,
            "queryStringParameters": dict(parse_qsl(asked.query)),
            "pathParameters": parameters,
            "requestContext": {"http": {"method": "GET"}},
        }
        with self.lock:  # a function has one request at a time
            return self.handlers[function](event, LambdaContext())

    def settings(self, answer: Answer) -> Answer:
        if self.keeps_proofs:
            answer["body"] = json.dumps({**json.loads(answer["body"]), "saveConsentProof": True})
        return answer

    def console(self) -> Answer:
        shown = {"person": None, "said": "", "path": "/console", "nonce": "a-nonce"}
        shown["widget"] = editor.read(self.table, WIDGET)  # type: ignore[assignment]
        body = pages._environment().from_string(CONSOLE).render(shown)
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": pages._policy("a-nonce")}
        return {"statusCode": 200, "headers": headers, "body": body}

    def link(self, draft: Draft, **query: str) -> str:
        added = "".join(f"&{name}={value}" for name, value in query.items())
        return f"{self.address}/preview/{WIDGET}?key={draft.share_key}{added}"

    def sent(self) -> list[tuple[str, str]]:
        """The requests that were no request for a page, a file or settings."""
        return [(method, path) for method, path, _ in self.asked if method != "GET"]


@pytest.fixture(scope="module")
def filled_tables() -> FilledTables:
    with patch.dict(os.environ, IN_MEMORY):
        return FilledTables(read_template(ROOT / "template.yaml")[0].resources)


@pytest.fixture
def console(filled_tables: FilledTables) -> Iterator[Console]:
    with patch.dict(os.environ, IN_MEMORY), mock_aws():
        filled_tables.put()
        handlers = {
            name: load_handler(name, POWERTOOLS_SERVICE_NAME=name).handler for name in ("console_preview", "widget_sdk")
        }
        console = Console(WidgetTable(connect(), "WidgetsTable"), handlers)
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(console))
        console.address = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield console
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(console: Console) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = console.answer(self.command, self.path, headers)
            body = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            with suppress(ConnectionError):  # the page has gone
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

        do_GET = do_POST = do_OPTIONS = answer  # noqa: N815 - names of the server

    return Handler


@pytest.fixture
def context(browser: Browser, console: Console) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=WIDE, locale="en-GB", reduced_motion="reduce")  # type: ignore[arg-type]
    context.set_default_timeout(TIMEOUT)
    context.add_init_script(VIOLATIONS)
    context.add_cookies([{"name": "session", "value": "of-a-person", "url": console.address}])
    yield context
    context.close()


@pytest.fixture
def faults(context: BrowserContext) -> list[str]:
    """The complaints of the browser: violations of policies, files that are missing, errors of scripts."""
    faults: list[str] = []
    context.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    context.on("weberror", lambda error: faults.append(str(error.error)))
    return faults


def draft_of(console: Console, **part: object) -> Draft:
    now, stated = datetime.now(UTC), {"languages": ["en", "fr", "ar"], "timerTrigger": 0, "scrollTrigger": 0, **part}
    return drafts.save_part(console.table, WIDGET, stated, actor="ada", now=now)


def texts(console: Console, draft: Draft, language: str) -> dict[str, str]:
    query = f"{SETTINGS.replace('{id}', str(WIDGET))}?key={draft.share_key}&culture={language}"
    answer = console.called("console_preview", SETTINGS, query, {}, id=str(WIDGET))
    found: dict[str, str] = json.loads(answer["body"])["translation"]
    return found


def part(page: Page | FrameLocator, name: str) -> Any:  # noqa: ANN401 - a locator
    return page.locator(f'#dastra-consent-window [part~="{name}"]')


def opened(context: BrowserContext, console: Console) -> tuple[Page, FrameLocator]:
    page = context.new_page()
    page.goto(f"{console.address}/console")
    return page, page.frame_locator("#preview iframe")


# --- Nothing comes of it ----------------------------------------------------------------------------------------------


def test_a_decision_in_the_frame_is_neither_sent_nor_kept(
    console: Console, context: BrowserContext, faults: list[str]
) -> None:
    draft_of(console)
    page, frame = opened(context, console)
    part(frame, "accept-all").click()
    part(frame, "floating-button").wait_for()

    assert console.sent() == []
    assert context.cookies() == [each for each in context.cookies() if each["name"] == "session"]
    assert page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]
    of_settings = [headers for _, path, headers in console.asked if "settings" in path]
    assert [(each["origin"], "cookie" in each) for each in of_settings] == [("null", False)]
    assert faults == []


def test_the_pages_policy_stops_a_proof_even_if_the_settings_ask_for_it(
    console: Console, context: BrowserContext, faults: list[str]
) -> None:
    draft_of(console)
    console.keeps_proofs = True
    page, frame = opened(context, console)
    with page.expect_console_message(lambda message: message.text.startswith("violation")) as told:
        part(frame, "accept-all").click()

    assert told.value.text.startswith(f"violation connect-src /v1/client/collect/{WIDGET}")
    assert console.sent() == []
    assert page.evaluate("() => [localStorage.length, sessionStorage.length]") == [0, 0]
    assert faults != []


def test_a_page_of_its_own_has_no_origin_either(console: Console, context: BrowserContext, faults: list[str]) -> None:
    draft = draft_of(console)
    page = context.new_page()
    page.goto(console.link(draft))
    part(page, "refuse-all").click()
    part(page, "floating-button").wait_for()

    assert page.evaluate("() => self.origin") == "null"
    assert page.evaluate(REFUSED) == ["SecurityError", "SecurityError"]
    assert console.sent() == []
    assert faults == []


# --- It shows the window ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize(("screen", "title"), [("first", "startupTitle"), ("settings", "innerTitle")])
def test_each_language_and_screen_is_shown(
    console: Console, context: BrowserContext, faults: list[str], language: str, screen: str, title: str
) -> None:
    draft = draft_of(console)
    page = context.new_page()
    page.goto(console.link(draft, lang=language, screen=screen))
    own = ".second" if screen == "settings" else ":not(.second)"
    shown = page.locator(f"#dastra-consent-window dialog{own} [part~=title]")

    shown.wait_for()
    assert shown.text_content() == texts(console, draft, language)[title]
    assert faults == []


def test_a_window_that_waits_is_shown_at_once(console: Console, context: BrowserContext) -> None:
    draft = draft_of(console, timerTrigger=3_600)
    page = context.new_page()
    page.goto(console.link(draft))
    part(page, "accept-all").wait_for()


@pytest.mark.parametrize(("place", "is_hidden"), [("US-CA", False), ("FR", True)])
def test_the_rules_of_a_place_are_shown(
    console: Console, context: BrowserContext, faults: list[str], place: str, *, is_hidden: bool
) -> None:
    draft = draft_of(console, policies=[{"preset": "us"}])
    page = context.new_page()
    page.goto(console.link(draft, place=place))
    page.wait_for_function("() => window.dastra?.cookieConsent?.consent.getAllConsents().length")
    page.wait_for_function(f"() => document.querySelector('[data-dastra-choices]').hidden === {str(is_hidden).lower()}")
    assert faults == []


# --- The console around it --------------------------------------------------------------------------------------------


def test_the_controls_change_the_frame(console: Console, context: BrowserContext, faults: list[str]) -> None:
    draft = draft_of(console, colorScheme="auto")
    page, frame = opened(context, console)
    part(frame, "title").wait_for()
    background = "each => getComputedStyle(each.closest('dialog')).backgroundColor"
    light = part(frame, "title").evaluate(background)

    page.get_by_label("Desktop").check()
    page.get_by_label("Language").select_option("fr")
    page.get_by_label("Screen").select_option("settings")
    page.get_by_label("Device").select_option("dark")
    shown = frame.locator("#dastra-consent-window dialog.second [part~=title]")
    shown.get_by_text(texts(console, draft, "fr")["innerTitle"]).wait_for()

    assert page.locator("#preview iframe").get_attribute("width") == "1280"
    assert shown.evaluate("() => innerWidth") == 1280
    assert shown.evaluate(background) != light
    assert page.evaluate("() => history.length") == 2  # the blank page and this one
    assert faults == []


def test_a_text_that_is_pressed_leads_to_its_field(
    console: Console, context: BrowserContext, faults: list[str]
) -> None:
    draft_of(console)
    page, frame = opened(context, console)
    page.get_by_label("Language").select_option("fr")
    title = part(frame, "title").and_(frame.locator("[lang=fr] *"))
    title.click()
    page.wait_for_function("() => document.activeElement.id === 'f-translations.fr.startupTitle'")
    part(frame, "refuse-all").click()
    page.wait_for_function("() => document.activeElement.id === 'f-translations.fr.buttonLaterLabel'")
    assert faults == []


def test_another_frame_cannot_move_the_focus(console: Console, context: BrowserContext) -> None:
    draft_of(console)
    page, frame = opened(context, console)
    part(frame, "title").wait_for()
    page.evaluate("() => postMessage({text: 'startupTitle', lang: 'fr'}, '*')")
    page.evaluate("() => new Promise(done => setTimeout(done))")
    assert page.evaluate("() => document.activeElement.tagName") != "INPUT"


BOX = "each => each.getBoundingClientRect().toJSON()"


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(("device", "page_width"), [("Phone", 360), ("Tablet", 768), ("Desktop", 1280)])
def test_all_of_the_page_is_seen(
    console: Console, context: BrowserContext, device: str, page_width: int, width: int
) -> None:
    draft_of(console, position="BottomRight")
    page, frame = opened(context, console)
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_label(device).check()
    accept = part(frame, "accept-all")
    accept.wait_for()

    stage, seen = (page.locator(f"#preview {each}").evaluate(BOX) for each in (".stage", "iframe"))
    column = stage["width"] - 2  # the border
    scale = seen["width"] / page_width
    assert scale == pytest.approx(min(1, column / page_width))
    assert seen["left"] - stage["left"] == pytest.approx(stage["right"] - seen["right"], abs=0.1)
    assert stage["height"] - 2 == pytest.approx(seen["height"], abs=0.1)
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")

    page.locator("#preview .stage").scroll_into_view_if_needed()
    stage, button = page.locator("#preview iframe").evaluate(BOX), accept.evaluate(BOX)
    across, down = (
        stage[edge] + scale * (button[edge] + button[size] / 2) for edge, size in (("left", "width"), ("top", "height"))
    )
    page.mouse.click(across, down)
    part(frame, "floating-button").wait_for()


def test_without_scripts_a_link_leads_to_the_preview(browser: Browser, console: Console) -> None:
    draft = draft_of(console)
    context = browser.new_context(java_script_enabled=False)
    page, _ = opened(context, console)
    link = page.get_by_role("link", name="Open the preview")
    assert link.get_attribute("href") == f"/preview/{WIDGET}?key={draft.share_key}&draft={draft.number}"
    assert not page.get_by_label("Language").is_visible()
    assert not page.locator("iframe").is_visible()
    context.close()
