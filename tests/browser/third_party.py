"""Other companies, each with a name of its own, who write down what they are asked for; and a site that embeds them.

Browsers find every ``*.localhost`` on this machine (RFC 6761 §6.3), so that a service ``ads`` is ``http://ads.localhost``.
"""

import base64
import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Condition, Thread
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from tests.browser.conftest import Visitor

TIMEOUT = 20.0
"""Seconds after which something that never happens is given up."""

SERVICES: list[dict[str, Any]] = [
    {"name": "Basket", "slug": "basket", "purpose": "Necessary", "domain": ["basket.localhost"]},
    {"name": "Chat", "slug": "chat", "purpose": "Preference", "domain": ["chat.localhost"]},
    {"name": "Counter", "slug": "counter", "purpose": "Analytical", "domain": ["counter.localhost"]},
    {"name": "Adverts", "slug": "ads", "purpose": "Marketing", "domain": ["ads.localhost"]},
    {"name": "Films", "slug": "films", "purpose": "Marketing", "domain": ["films.localhost"]},
]
OPTIONAL = ("chat", "counter", "ads", "films")

ANYWHERE = ("Access-Control-Allow-Origin", "*")
GIF = base64.b64decode("R0lGODlhAQABAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")


@dataclass(frozen=True, slots=True)
class Answer:
    body: bytes
    content_type: str
    status: int = HTTPStatus.OK
    headers: tuple[tuple[str, str], ...] = ()


class Server:
    """Answers on a port of its own, a thread for each request, until it is closed."""

    def __init__(self, answer: Callable[[str, str], Answer | None]) -> None:
        """``answer`` gets host (without port) and path; None: 404."""

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host = self.headers.get("Host", "").partition(":")[0]
                self._send(answer(host, urlsplit(self.path).path) or Answer(b"", "text/plain", HTTPStatus.NOT_FOUND))

            def do_POST(self) -> None:
                self.do_GET()

            def _send(self, given: Answer) -> None:
                self.send_response(given.status)
                for name, value in (*given.headers, ("Content-Type", given.content_type)):
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(given.body)))
                self.send_header("Cache-Control", "no-store")
                self.end_headers()
                self.wfile.write(given.body)

            def log_message(self, *_: object) -> None: ...

        class Quiet(ThreadingHTTPServer):
            daemon_threads = True  # a thread that waits for a closed browser must not block the others
            request_queue_size = 128  # connections: a page of a test opens dozens at once, and five are the default

            def handle_error(self, *_: object) -> None: ...

        self._server = Quiet(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


AFTER_FRAME = """() => new Promise(done => {
  const later = () => setTimeout(() => setTimeout(done));
  setTimeout(later, 1000); // a page that is not drawn has no frames
  requestAnimationFrame(() => requestAnimationFrame(later));
})"""
"""Wait for the frame that answers a press, and for what the SDK does after it."""


class ThirdParty:
    """All services' servers. ``ads/one.js`` is ``/one.js`` of ``ads.localhost``, and so for the other kinds:

    ``.js`` and ``.mjs`` run and say so, ``.html`` is a frame, ``.gif`` a picture. A file called ``missing`` is not
    there, ``throws`` throws, ``cookie`` sets one on the page, by script, and one of its own.
    """

    def __init__(self) -> None:
        self._changed = Condition()
        self._requests: list[str] = []
        self._held: set[str] = set()
        self._files: dict[str, str] = {}
        self._server = Server(self._answer)

    def url(self, what: str) -> str:
        """The address of ``ads/one.js``."""
        host, _, path = what.partition("/")
        return f"http://{host}.localhost:{self._server.port}/{path}"

    def serves(self, what: str, text: str) -> None:
        """Let a script be this instead of one that says that it has run."""
        self._files[what] = text

    @property
    def requests(self) -> list[str]:
        """Return the requests, in the order of their arrival."""
        with self._changed:
            return [each for each in self._requests if not each.startswith("fence/")]

    def forget(self) -> None:
        with self._changed:
            self._requests.clear()

    def has_been_asked_for(self, *whats: str) -> None:
        """Wait for these requests. Raises AssertionError if they do not come."""
        with self._changed:
            assert self._changed.wait_for(lambda: set(whats) <= set(self._requests), TIMEOUT), self._requests

    @contextmanager
    def holding(self, what: str) -> Iterator[None]:
        """Let requests for ``what`` wait for an answer as long as the context lasts."""
        self._held.add(what)
        try:
            yield
        finally:
            with self._changed:
                self._held.discard(what)
                self._changed.notify_all()

    def asked_by(self, page: Page) -> list[str]:
        """Everything that ``page`` has begun to ask for: a page opened now asks later than that.

        The SDK releases after the frame that answers a press.
        """
        page.evaluate(AFTER_FRAME)
        fence = page.context.new_page()
        fence.goto(self.url("fence/page.html"))
        fence.close()
        return self.requests

    def close(self) -> None:
        with self._changed:
            self._held.clear()
            self._changed.notify_all()
        self._server.close()

    def _answer(self, host: str, path: str) -> Answer | None:
        what = host.removesuffix(".localhost") + path
        with self._changed:
            self._requests.append(what)
            self._changed.notify_all()
            self._changed.wait_for(lambda: what not in self._held, TIMEOUT)
        if what in self._files:
            return Answer(self._files[what].encode(), "text/javascript", headers=(ANYWHERE,))
        return answer_to(what)


def answer_to(what: str) -> Answer | None:
    name, _, kind = what.rpartition("/")[2].rpartition(".")
    if name.startswith("missing") or kind not in {"js", "mjs", "html", "gif"}:
        return None
    if kind == "html":
        return Answer(b"<!doctype html><title>A frame</title><p>Hello</p>", "text/html; charset=utf-8")
    if kind == "gif":
        return Answer(GIF, "image/gif", headers=(ANYWHERE,))
    kept = ("Set-Cookie", f"{name}=kept; Path=/") if name.startswith("cookie") else ("X-Cookie", "none")
    return Answer(script(what), "text/javascript", headers=(ANYWHERE, kept))


def script(what: str) -> bytes:
    """A script that notes that it has run, in the page's ``ran``."""
    name = what.rpartition("/")[2].rpartition(".")[0]
    deeds = {"throws": "throw new Error('a fault of the service');", "cookie": f"document.cookie = '{name}=1; Path=/';"}
    deed = next((deed for start, deed in deeds.items() if name.startswith(start)), "")
    return f"(window.ran ??= []).push('{what}'); {deed}\n".encode()


def integrity(what: str) -> str:
    """The value of ``integrity`` that fits what is served."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script(what)).digest()).decode()}"


class Site:
    """A site on this machine, whose pages are what a test makes them."""

    def __init__(self, api: str, key: str) -> None:
        self._api = api
        self._key = key
        self._numbers = count(1)
        self._pages: dict[str, Answer] = {}
        self._server = Server(lambda _, path: self._pages.get(path))

    @property
    def origin(self) -> str:
        return f"http://localhost:{self._server.port}"

    @property
    def sdk(self) -> str:
        return f"{self._api}/sdk/dastra.js?key={self._key}"

    def page(
        self, widget: int, body: str = "", *, head: str = "", sdk: str = "async", policy: str = "", name: str = ""
    ) -> str:
        """Make a page and give its address. ``sdk`` are the attributes of the SDK's tag, after ``head``."""
        html = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>{head}
          <script src="{self.sdk}" {sdk}></script></head>
          <body><h1>A page</h1>{body}<div id="dastra-cookie-consent" data-widgetid="{widget}"></div></body></html>"""
        return self.serves(name or f"/{next(self._numbers)}", html, policy=policy)

    def serves(self, path: str, text: str, *, policy: str = "", content_type: str = "text/html") -> str:
        headers = (("Content-Security-Policy", policy),) if policy else ()
        self._pages[path] = Answer(text.encode(), f"{content_type}; charset=utf-8", headers=headers)
        return self.origin + path

    def opens(self, visitor: "Visitor", widget: int, body: str = "", *, page: Page | None = None, **how: str) -> Page:
        """Open such a page, in a new tab unless ``page`` is given, and wait until the widget is there."""
        page = page or visitor.context.new_page()
        page.goto(self.page(widget, body, **how))
        ready(page)
        return page

    def close(self) -> None:
        self._server.close()


def ready(page: Page) -> None:
    """Wait until the settings are there and what holds has been carried out."""
    expect(page.locator("#dastra-consent-window")).to_be_attached()


def ran(page: Page) -> list[str]:
    """Return what has run on the page, in order."""
    return cast(list[str], page.evaluate("window.ran ?? []"))
