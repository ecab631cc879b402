"""The console on this machine for a real browser: its functions by their routes, with an AWS in memory.

The sign-in is not the console's own: /login opens a session at once for the person who was last signed in.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf
from threading import Event, Lock, Thread
from types import ModuleType
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from moto import mock_aws
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

from consent_console.serving import COOKIE
from consent_core import deadlines
from consent_core.dynamodb import connect
from local import ROOT
from local.gateway import read_template
from local.tables import Tables
from local.tables import tables as open_tables
from tests.functional.conftest import IN_MEMORY
from tests.functional.console_pages import (
    OWNER,
    SESSIONS,
    create_sessions,
    event_of,
    loaded,
    matched,
    open_session,
)
from tests.handlers import LambdaContext, load_handler
from tests.moto_tables import FilledTables

TIMEOUT = 30_000
"""Milliseconds after which a wait is given up. It is generous: a busy machine is not a fault of the code."""

_NO_ROUTE = "text/plain; charset=utf-8"
_HARMLESS = (
    "Failed to load resource: the server responded with a status of",  # Chromium says so of each error's answer
    "Failed to execute 'postMessage' on 'DOMWindow': The target origin provided",  # axe asks the preview, too
)
"""The beginnings of messages that no fault of a page brings about."""


@dataclass
class ConsoleServer:
    """The console's host."""

    tables: Tables
    functions: Mapping[str, ModuleType]
    sdk: ModuleType
    address: str = ""
    groups: tuple[str, ...] = (OWNER,)
    posted: list[dict[str, list[str]]] = field(default_factory=list)
    """The forms that were sent, each with its fields."""

    arrived: Event = field(default_factory=Event)
    """Is set when a form has arrived while ``holding``."""

    _free: Event = field(default_factory=Event)
    _one_at_a_time: Lock = field(default_factory=Lock)

    def sign_in(self, context: BrowserContext, *groups: str) -> None:
        """Put the session of a person in these groups into a browser."""
        self.groups = groups
        session = open_session(*groups)
        context.add_cookies(
            [{"name": COOKIE, "value": session, "domain": "127.0.0.1", "path": "/", "secure": True, "httpOnly": True}]
        )

    def end_sessions(self) -> None:
        """End all sessions, as time does."""
        client = boto3.client("dynamodb")
        for item in client.scan(TableName=SESSIONS)["Items"]:
            client.delete_item(TableName=SESSIONS, Key={"id": item["id"]})

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Let forms that arrive wait until the end of the block."""
        self.arrived.clear()
        self._free.clear()
        yield
        self._free.set()

    def answer(self, method: str, address: str, headers: dict[str, str], body: str | None) -> dict[str, Any]:
        """Answer a request as API Gateway does."""
        path = urlsplit(address).path
        if method == "POST":
            self.posted.append(parse_qs(body or "", keep_blank_values=True))
            self.arrived.set()
            self._free.wait()
        with self._one_at_a_time, deadlines.within(inf, lambda: 0.0):
            match path.strip("/").split("/"):
                case ["sdk", *rest]:
                    route = "/sdk/{build}/{file}" if len(rest) > 1 else path
                    return self._called(self.sdk, f"GET {route}", {}, method, address, headers)
                case ["login", *_]:
                    session = f"{COOKIE}={open_session(*self.groups)}; Path=/; Secure; HttpOnly; SameSite=Lax"
                    to = parse_qs(urlsplit(address).query).get("to", ["/"])[0]
                    return {"statusCode": 303, "headers": {"location": to}, "cookies": [session], "body": ""}
            for module in self.functions.values():
                if found := matched(module.ROUTES, method, path):
                    return self._called(module, *found, method, address, headers, body)
        return {"statusCode": 404, "headers": {"content-type": _NO_ROUTE}, "body": ""}

    def _called(
        self,
        module: ModuleType,
        route: str,
        variables: Mapping[str, str],
        method: str,
        address: str,
        headers: Mapping[str, str],
        body: str | None = None,
    ) -> dict[str, Any]:
        cookies = [each.strip() for each in headers.get("cookie", "").split(";") if each]
        event = event_of(route, variables, method, address, headers=headers, cookies=cookies, body=body)
        answered: dict[str, Any] = module.handler(event, LambdaContext())
        return answered


def _listening(server: ConsoleServer) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # the page, or the browser, has gone
                super().handle()

        def _answer(self) -> None:
            length = int(self.headers.get("content-length", 0))
            body = self.rfile.read(length).decode() if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = server.answer(self.command, self.path, headers, body)
            content = answer["body"].encode()
            self.send_response(answer["statusCode"])
            for name, value in answer["headers"].items():
                self.send_header(name, value)
            for each in answer.get("cookies", ()):
                self.send_header("set-cookie", each)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - the names that http.server asks for

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def fill_tables() -> FilledTables:
    """Return the template's tables with the demo widgets."""
    with patch.dict(os.environ, IN_MEMORY):
        return FilledTables(read_template(ROOT / "template.yaml")[0].resources)


@contextmanager
def serving(tables: FilledTables) -> Iterator[ConsoleServer]:
    """Run the console on copies of these tables, for as long as the context lasts."""
    with patch.dict(os.environ, IN_MEMORY), mock_aws():
        tables.put()
        create_sessions()
        preview, sdk = (load_handler(name, POWERTOOLS_SERVICE_NAME=name) for name in ("console_preview", "widget_sdk"))
        server = ConsoleServer(open_tables(connect()), {**loaded(), "console_preview": preview}, sdk)
        server._free.set()
        listening = _listening(server)
        server.address = f"http://127.0.0.1:{listening.server_port}"
        thread = Thread(target=listening.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            listening.shutdown()
            thread.join()
            listening.server_close()


@pytest.fixture(scope="session")
def filled_tables() -> FilledTables:
    return fill_tables()


@pytest.fixture
def console_server(filled_tables: FilledTables) -> Iterator[ConsoleServer]:
    with serving(filled_tables) as server:
        yield server


@dataclass
class ConsoleBrowser:
    """A browser that is signed in, with what its pages have said to the browser's console."""

    context: BrowserContext
    said: list[str] = field(default_factory=list)


@pytest.fixture
def console_browser(browser: Browser, console_server: ConsoleServer) -> Iterator[ConsoleBrowser]:
    """A signed-in owner's browser. In the end, no policy must have been violated, and no page may have had an error."""
    context = browser.new_context(base_url=console_server.address, reduced_motion="reduce")
    context.set_default_timeout(TIMEOUT)
    used = ConsoleBrowser(context)

    def hear(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(_HARMLESS):
            used.said.append(message.text)

    context.on("console", hear)
    context.on("weberror", lambda error: used.said.append(str(error.error)))
    console_server.sign_in(context, OWNER)
    yield used
    context.close()
    assert used.said == [], used.said
