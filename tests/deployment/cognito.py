"""Cognito at its own host, where the deployed functions look for it.

The emulator signs tokens as Cognito does: the issuer is https://cognito-idp.REGION.amazonaws.com/POOL, which the
template writes for the console, too. Here is what leads the functions from that name to the emulator: a certificate
that they trust, and a name server in their own process.

The emulator checks the password, the redirect's address and PKCE. It asks for no second factor, has a login form
instead of managed login, answers at its own address instead of the user pool's domain, and has no way to revoke tokens.
"""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urljoin, urlsplit
from uuid import uuid4

import requests
from werkzeug.serving import make_server, make_ssl_devcert

from local.serving import listen
from tests.deployment.front_door import TIMEOUT, passing_on

_LAUNCHER = """\
import json, os, runpy, socket, sys

ask, events = socket.getaddrinfo, sys.stdin


def answer(host, port, *more, **options):
    return ask("127.0.0.1", @PORT@, *more, **options) if host == "@HOST@" else ask(host, port, *more, **options)


class WithCookies:
    def readline(self):
        line = events.readline()
        message = json.loads(line or "{}")
        event = message.get("event")
        if isinstance(event, dict) and "cookie" in event.get("headers", {}):
            event["cookies"] = event["headers"]["cookie"].split("; ")
            line = json.dumps(message) + "\\n"
        return line


socket.getaddrinfo, sys.stdin = answer, WithCookies()
os.environ["SSL_CERT_FILE"] = "@CERTIFICATE@"
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class CognitoHost:
    """The host of Cognito in a region: its port on this machine, and the certificate that names it."""

    def __init__(self, region: str, folder: Path) -> None:
        self._host = f"cognito-idp.{region}.amazonaws.com"
        self._listener = listen("NO_PORT_IS_SET", 0)
        self._certificate, self._key = make_ssl_devcert(str(folder / "cognito"), cn=self._host)

    def launcher(self) -> str:
        """Return a program that runs another one, which finds the host here. For COOKIES, see emulated.py."""
        known = {"HOST": self._host, "PORT": str(self._listener.getsockname()[1]), "CERTIFICATE": self._certificate}
        return re.sub("@(.*?)@", lambda name: known[name[1]], _LAUNCHER)

    @contextmanager
    def passing_on(self, aws: str) -> Iterator[None]:
        """Pass requests on to the emulator for as long as the context lasts. Its answers name its own address."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._certificate, self._key)
        host, port = self._listener.getsockname()
        application = passing_on(aws, {})
        server = make_server(host, port, application, threaded=True, fd=self._listener.fileno(), ssl_context=context)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            self._listener.close()


# --- A person ---------------------------------------------------------------------------------------------------------


class Person:
    """A person of the user pool, with a browser that keeps the console's cookies. ``signing_in`` begins a sign-in.

    The host in the console's address is known to AWS's name servers alone: ``console`` is where it is reached.
    """

    def __init__(self, cognito: Any, pool: str, console: str, *groups: str) -> None:  # noqa: ANN401 - boto3's client
        self._console = console
        self._name, self._password = f"{uuid4()}@shop.example", f"{uuid4()}-Aa1!"
        who = {"UserPoolId": pool, "Username": self._name}
        cognito.admin_create_user(**who, MessageAction="SUPPRESS", TemporaryPassword=self._password)
        cognito.admin_set_user_password(**who, Password=self._password, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(**who, GroupName=group)
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> requests.Response:
        """Ask for a page, and do not follow where it leads."""
        sent = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = requests.get(self._console + path, headers={"Cookie": sent}, allow_redirects=False, timeout=TIMEOUT)
        for cookie in answer.raw.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value:  # the console expires a cookie with an empty one
                self.cookies[name] = value
        return answer

    def signing_in(self) -> str:
        """Go from the console to Cognito, and give the password there. Return the address that leads back."""
        begun = self.get("/login")
        assert begun.status_code == 303, begun.text
        form = requests.get(begun.headers["location"], timeout=TIMEOUT)
        hidden = {name: unescape(value) for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form.text)}
        typed = {**hidden, "username": self._name, "password": self._password}
        answer = requests.post(urljoin(form.url, "/login"), data=typed, allow_redirects=False, timeout=TIMEOUT)
        return answer.headers["location"]

    def sign_in(self) -> requests.Response:
        """Sign in. Return the console's last answer."""
        return self.come_back(self.signing_in())

    def come_back(self, address: str) -> requests.Response:
        """Go to the address that Cognito leads to."""
        parts = urlsplit(address)
        return self.get(f"{parts.path}?{parts.query}")
