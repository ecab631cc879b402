"""The development sign-in: an OpenID provider without passwords, for the console on this machine alone.

It proves nothing about a sign-in: it accepts a wrong PKCE verifier. The sign-in's tests have a provider of their own.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import FileSystemLoader

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CLIENT_ID = "console"
ROLE_CLAIM = "groups"

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PATHS = frozenset(
    {
        "/.well-known/openid-configuration",
        "/jwks",
        "/oauth2/authorize",
        "/oauth2/token",
        "/oauth2/end_session",
        "/oauth2/end_session/confirm",
    }
)
"""The paths of a sign-in. The library's others change people and clients, for any page that asks."""


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person to sign in as. ``can`` says what for."""

    subject: str
    name: str
    group: str
    can: str


PEOPLE = (
    DemoPerson("olga", "Olga Owner", "consent-owner", "owns all widgets"),
    DemoPerson("otis", "Otis Owner", "consent-owner-43", "owns widget 43 alone"),
    DemoPerson("priya", "Priya Privacy", "consent-privacy", "answers visitors about their consents"),
    DemoPerson("vera", "Vera Viewer", "consent-viewer", "sees all widgets, and changes none"),
    DemoPerson("omar", "Omar Operator", "consent-operator", "runs the platform"),
)


class NotLoopbackError(Exception):
    """The sign-in was to be served to other machines."""


def application(issuer: str) -> "WSGIApplication":
    """Make the provider that calls itself ``issuer``. Raises NotLoopbackError unless that is this machine."""
    address = urlsplit(issuer)
    if address.scheme != "http" or address.hostname not in _LOOPBACK:
        raise NotLoopbackError(f"The development sign-in has no password: it is not served at {issuer}.")
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"  # http, which does not leave the machine
    # Imported here, for it takes half a second: a port that is taken is reported at once.
    import oidc_provider_mock

    people = [
        oidc_provider_mock.User(sub=each.subject, claims={"name": each.name, ROLE_CLAIM: [each.group]})
        for each in PEOPLE
    ]
    made = oidc_provider_mock.app(user_claims=people)
    made.jinja_loader = FileSystemLoader(Path(__file__).with_name("sign_in_pages"))
    made.jinja_env.globals["people"] = PEOPLE
    return _for_one_host(made, address.netloc)


def parameter(issuer: str, console: str) -> dict[str, Any]:
    """Return the parameter that the template writes on AWS, for this provider and the console's address."""
    return {
        "provider": "oidc",
        "issuer": issuer,
        "clientId": CLIENT_ID,
        "clientSecretName": "",
        "roleClaim": ROLE_CLAIM,
        "address": console,
        "logoutUrl": "",
    }


def _for_one_host(provider: "WSGIApplication", host: str) -> "WSGIApplication":
    """Answer requests to this host and the paths of a sign-in alone: a site may give its name to this machine."""

    def wsgi(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if environ.get("HTTP_HOST") != host or environ.get("PATH_INFO") not in _PATHS:
            start_response("404 Not Found", [("Content-Type", "text/plain")])
            return [b"Not found\n"]
        kept = {name: value for name, value in environ.items() if not name.startswith("HTTP_X_FORWARDED")}
        return provider(kept, start_response)

    return wsgi
