"""Three engines behind one interface of few verbs, so that a journey is written once.

Playwright drives Chromium. Firefox and WebKit are those of the system, driven by the commands of WebDriver
(https://www.w3.org/TR/webdriver2/): Firefox reads them from a socket (Marionette), WebKit's driver from HTTP. Neither
needs a package.
"""

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from io import BufferedRWPair
from pathlib import Path
from typing import Any, Protocol

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from local import ROOT

TIMEOUT = 30.0
"""Seconds after which a wait is given up. It is generous: a busy machine is not a fault of the code."""


UNLOADED = ("context was destroyed", "unload event", "was unloaded")
"""How Chromium (Playwright), WebKit and Firefox say that a page went away while a script of the test ran in it."""


class UnloadedError(Exception):
    """The page went away before the script had returned."""


@contextmanager
def unloads_are_told() -> Iterator[None]:
    """Raise `UnloadedError` for the error that each engine has of its own."""
    try:
        yield
    except (PlaywrightError, WebDriverError) as error:
        if any(each in str(error) for each in UNLOADED):
            raise UnloadedError(str(error)) from error
        raise


class Engine(Protocol):
    """A browser with one tab. A script is the body of an asynchronous function, and returns what JSON can express."""

    version: str

    def begin(self, origin: str, /) -> None:
        """Become a visitor who has never been on a site."""

    def open(self, url: str) -> None: ...

    def back(self) -> None: ...

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        """Return what the script returns, or raise `UnloadedError` if the page goes away first."""

    def click(self, x: float, y: float) -> None: ...

    def press(self, key: str) -> None: ...


# --- Chromium ---------------------------------------------------------------------------------------------------------


class Chromium:
    def __init__(self, browser: Browser) -> None:
        self.version = browser.version
        self._browser = browser
        self._page: Page | None = None

    @property
    def page(self) -> Page:
        assert self._page is not None, "begin() comes first"
        return self._page

    def begin(self, _origin: str) -> None:
        self.close()
        self._page = self._browser.new_context(viewport={"width": 1024, "height": 720}).new_page()

    def close(self) -> None:
        if self._page is not None:
            self._page.context.close()

    def open(self, url: str) -> None:
        self.page.goto(url)

    def back(self) -> None:
        self.page.go_back()

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        with unloads_are_told():
            return self.page.evaluate(f"given => (async (...given) => {{ {script} }})(...given)", list(arguments))

    def click(self, x: float, y: float) -> None:
        self.page.mouse.click(x, y)

    def press(self, key: str) -> None:
        self.page.keyboard.press(key)


# --- WebDriver --------------------------------------------------------------------------------------------------------

KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c"}
"""The characters that stand for keys (WebDriver 2, §17.4.2)."""

# A task of its own, as everything in a page is: in a script that comes from its driver, WebKit runs microtasks early.
CALL = """
  const given = [...arguments];
  const done = given.pop();
  const work = async (...given) => {{ {script} }};
  setTimeout(() => work(...given).then(value => done([value ?? null]), error => done(String(error))));
"""


class WebDriverError(Exception):
    """The browser's answer to a command is an error."""


class WebDriver:
    """An engine that takes commands; ``send`` gets the last part of a command's path, and its parameters."""

    def __init__(self, send: Callable[[str, dict[str, Any]], Any], version: str) -> None:
        self._send = send
        self.version = version

    def open(self, url: str) -> None:
        self._send("url", {"url": url})

    def back(self) -> None:
        self._send("back", {})

    def run(self, script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever the script returns
        with unloads_are_told():
            returned = self._send("execute/async", {"script": CALL.format(script=script), "args": list(arguments)})
        if isinstance(returned, str):
            raise WebDriverError(returned)
        return returned[0]

    def click(self, x: float, y: float) -> None:
        at: dict[str, object] = {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
        press = ({"type": each, "button": 0} for each in ("pointerDown", "pointerUp"))
        self._act({"type": "pointer", "id": "mouse", "actions": [at, *press]})

    def press(self, key: str) -> None:
        actions = [{"type": each, "value": KEYS[key]} for each in ("keyDown", "keyUp")]
        self._act({"type": "key", "id": "keyboard", "actions": actions})

    def _act(self, source: dict[str, object]) -> None:
        self._send("actions", {"actions": [source]})


# --- Firefox ----------------------------------------------------------------------------------------------------------

MARIONETTE = {
    "url": "WebDriver:Navigate",
    "back": "WebDriver:Back",
    "execute/async": "WebDriver:ExecuteAsyncScript",
    "actions": "WebDriver:PerformActions",
    "cookie": "WebDriver:DeleteAllCookies",
    "session": "WebDriver:NewSession",
}


class Marionette:
    """Firefox's socket: each message is its length, a colon, and JSON."""

    def __init__(self, stream: BufferedRWPair) -> None:
        self._stream = stream
        self._number = 0
        self._read()  # it says first what it speaks

    def send(self, command: str, parameters: dict[str, Any]) -> Any:  # noqa: ANN401 - the answer's value
        self._number += 1
        message = json.dumps([0, self._number, MARIONETTE[command], parameters]).encode()
        self._stream.write(b"%d:%b" % (len(message), message))
        self._stream.flush()
        _, number, error, value = self._read()
        assert number == self._number
        if error:
            raise WebDriverError(error["message"])
        return value["value"] if set(value) == {"value"} else value

    def _read(self) -> Any:  # noqa: ANN401 - any JSON
        length = b""
        while (digit := self._stream.read(1)) != b":":
            assert digit, "Firefox has ended"
            length += digit
        return json.loads(self._stream.read(int(length)))


class Firefox(WebDriver):
    def begin(self, origin: str) -> None:
        self.open(f"{origin}/nothing-here")
        self._send("cookie", {})
        self.run("localStorage.clear(); sessionStorage.clear();")


@contextmanager
def firefox() -> Iterator[Firefox]:
    port = free_port()
    with tempfile.TemporaryDirectory() as profile:
        (Path(profile) / "user.js").write_text(f'user_pref("marionette.port", {port});\n', "utf-8")
        flags = ["--headless", "--no-remote", "--marionette", "--width=1024", "--height=800", "--profile", profile]
        with ended([*found("find-firefox"), *flags]), connected(port) as connection:
            send = Marionette(connection.makefile("rwb")).send
            begun = send("session", {"capabilities": {"alwaysMatch": {"timeouts": TIMEOUTS}}})
            yield Firefox(send, begun["capabilities"]["browserVersion"])


# --- WebKit -----------------------------------------------------------------------------------------------------------


class WebKit(WebDriver):
    """Each visitor has a driver and a browser of their own."""

    def __init__(self, driver: str, environment: Mapping[str, str], running: ExitStack) -> None:
        """``running`` ends the driver, also if the browser never starts."""
        self._driver = driver
        self._environment = environment
        self._running = running
        self._start()
        super().__init__(lambda path, body: self._ask("POST", f"{self._session}/{path}", body), self.version)

    def begin(self, _origin: str) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        self._ask("DELETE", self._session)
        self._running.close()

    def _start(self) -> None:
        """Start a driver and its browser. One in some hundred drivers never begins a session; another one does."""
        try:
            self._begin(TIMEOUT / 2)
        except TimeoutError:
            self._running.close()
            self._begin(TIMEOUT)

    def _begin(self, seconds: float) -> None:
        port = free_port()
        self._running.enter_context(ended([self._driver, f"--port={port}"], self._environment))
        connected(port).close()
        self._address = f"http://127.0.0.1:{port}"
        begun = self._ask("POST", "/session", {"capabilities": {"alwaysMatch": {"timeouts": TIMEOUTS}}}, seconds)
        self._session = f"/session/{begun['sessionId']}"
        self.version = begun["capabilities"]["browserVersion"]

    def _ask(self, method: str, path: str, body: object = None, seconds: float = 2 * TIMEOUT) -> Any:  # noqa: ANN401 - the answer's value
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self._address + path, data, method=method)  # noqa: S310 - on this machine
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise WebDriverError(json.load(error)["value"]["message"]) from None


@contextmanager
def webkit() -> Iterator[WebKit]:
    driver, xvfb = found("find-webkit")
    screen = [xvfb, "-displayfd", "1", "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with ended(screen, stdout=subprocess.PIPE) as display, ExitStack() as running:
        assert display.stdout is not None
        number = display.stdout.readline().decode().strip()
        engine = WebKit(driver, {"DISPLAY": f":{number}", "GDK_BACKEND": "x11", "NO_AT_BRIDGE": "1"}, running)
        yield engine
        engine.close()


# --- Processes --------------------------------------------------------------------------------------------------------

TIMEOUTS = {"script": int(TIMEOUT * 1000), "pageLoad": int(TIMEOUT * 1000)}


def found(script: str) -> list[str]:
    """Return the programs that a script beside these tests has found, or installed."""
    return subprocess.check_output([ROOT / "tests" / "browser" / script], text=True).splitlines()  # noqa: S603 - ours


def free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def connected(port: int) -> socket.socket:
    """Connect to a process that may still be starting."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nothing listens on port {port}"
            time.sleep(0.05)


@contextmanager
def ended(
    command: Sequence[str], environment: Mapping[str, str] = {}, *, stdout: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process, and end it with the context."""
    with subprocess.Popen(  # noqa: S603 - found on this machine
        command, env={**os.environ, **environment}, stdout=stdout, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
