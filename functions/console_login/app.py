"""/login, /login/callback, /login/renew and /logout: a person comes in by the identity provider, and leaves by it.

The only function that reads the provider's tokens.
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlencode

from consent_console import https, registration
from consent_console.errors import (
    AttemptError,
    ProviderError,
    SessionOverError,
    SettingsError,
    SignInError,
    UntrustedError,
)
from consent_console.oidc import Provider
from consent_console.pages import Answer, Empty, Page, Redirect
from consent_console.people import PURPOSES, Action
from consent_console.serving import COOKIE, answering, cookie, is_same_origin
from consent_console.sessions import Session, Sessions, Tokens
from consent_core.dynamodb import connect
from consent_core.environment import console_parameter, console_sessions
from consent_core.errors import ConflictError
from consent_core.http import Event, Request
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
SESSIONS = Sessions(connect(for_operators=True), console_sessions())
PARAMETERS = registration.connect()
PARAMETER = console_parameter()

SIGN_IN_COOKIE = "__Host-login"
SHARED = 60
"""Seconds for which one renewal serves all tabs: a provider may take each refresh token once only."""

_KEPT = "Secure; HttpOnly; SameSite=Lax; Path=/"
_OWN_PATH = re.compile(r"/(?!/|login|logout)[!-\[\]-~]{0,2000}")
"""A path of this console: it does not begin another host (``//``), and no sign-in leads to the next one."""


@cache
def provider() -> Provider:
    """Return the provider, whose settings are read once."""
    return Provider(registration.read(PARAMETERS, PARAMETER), https.ask)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a person who may have no session yet. ``now`` is in seconds since 1970."""

    event: Event
    now: int

    @property
    def query(self) -> Mapping[str, str]:
        return self.event.get("queryStringParameters") or {}

    @property
    def to(self) -> str:
        """The page that the person was going to: a path of ours, whatever the address says."""
        stated = self.query.get("to", "")
        return stated if _OWN_PATH.fullmatch(stated) else "/"

    def cookie(self, name: str) -> str:
        """Return the value of a cookie; empty if there is none."""
        return cookie(self.event, name) or ""


# --- In ---------------------------------------------------------------------------------------------------------------


def begin(visit: Visit) -> Answer:
    sign_in, address = provider().begin(visit.to, now=visit.now)
    value = SESSIONS.begin(sign_in, now=visit.now)
    return Redirect(address, cookies=(f"{SIGN_IN_COOKIE}={value}; {_KEPT}; Max-Age=600",))


def finish(visit: Visit) -> Answer:
    """Take the person in under a new session: one that the browser brought along is closed, whoever began it."""
    value = visit.cookie(SIGN_IN_COOKIE)
    sign_in = SESSIONS.finish(value, visit.query.get("state", ""), now=visit.now) if value else None
    if sign_in is None:
        raise AttemptError
    person, tokens = provider().finish(sign_in, visit.query, now=visit.now)
    if before := visit.cookie(COOKIE):
        SESSIONS.close(before)
    if not person.may(Action.ENTER):
        shown = {"groups": PURPOSES.items(), "name": person.name, "way_out": _ended(tokens, visit.now).way_out}
        return Page("sign_in_no_group.html", shown, 403, (_expired(SIGN_IN_COOKIE), _expired(COOKIE)))
    opened = SESSIONS.open(person, tokens, now=visit.now)
    TELEMETRY.count("SignedIn", 1)
    return Redirect(sign_in.to, cookies=(f"{COOKIE}={opened}; {_KEPT}", _expired(SIGN_IN_COOKIE)))


def renew(visit: Visit) -> Answer:
    """Ask the provider for the person's groups anew, and go on. Without ``to``, say whether the session goes on."""
    goes_on = "to" in visit.query
    try:
        _renew(visit.cookie(COOKIE), now=visit.now)
    except SessionOverError:
        expired = (_expired(COOKIE),)
        return Redirect("/login", {"to": visit.to}, expired) if goes_on else Empty(401, expired)
    return Redirect(visit.to) if goes_on else Empty(204)


def _renew(value: str, *, now: int) -> None:
    """Renew the session, or close it and raise SessionOverError."""
    session = SESSIONS.find(value) if value else None
    if session is None:
        raise SessionOverError
    if now < session.renewed_at + SHARED:
        return
    try:
        _ask_anew(value, session, now=now)
    except (SessionOverError, UntrustedError, ConflictError) as error:  # ConflictError: it was closed meanwhile
        latest = SESSIONS.find(value)
        if latest is not None and latest.renewed_at > session.renewed_at:
            return  # another tab was faster with the same refresh token
        SESSIONS.close(value)
        raise SessionOverError from error


def _ask_anew(value: str, session: Session, *, now: int) -> None:
    if not session.is_alive(now):
        raise SessionOverError
    person, tokens = provider().renew(SESSIONS.tokens(value), session.person, now=now)
    if not person.may(Action.ENTER):
        raise SessionOverError
    SESSIONS.renew(value, person, tokens, now=now)


# --- Out --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ended:
    """The provider's part in the end of a session: whether it was told, and the address that ends its own."""

    told: bool
    way_out: str | None


def sign_out(visit: Visit) -> Answer:
    """Close the session here, then at the provider.

    The way to the provider is a page, not a redirect: the pages' ``form-action 'self'`` lets no form end elsewhere.
    """
    if not is_same_origin(visit.event):
        return Page("foreign.html", status=403)
    value = visit.cookie(COOKIE)
    ended = _ended(SESSIONS.close(value), visit.now) if value else Ended(told=True, way_out=None)
    expired = (_expired(COOKIE),)
    if ended.told and ended.way_out is None:
        return Redirect("/logout", cookies=expired)
    return Page("signing_out.html", {"told": ended.told, "way_out": ended.way_out}, cookies=expired)


def signed_out(_visit: Visit) -> Answer:
    return _message("You are signed out", "Close the browser if others use it, too.", "/login", "Sign in")


def _ended(tokens: Tokens, now: int) -> Ended:
    """Inform the provider. The session is closed here, whether it listens or not."""
    told, way_out = True, None
    try:
        way_out = provider().way_out(tokens, now=now)
        provider().revoke(tokens, now=now)
    except (ProviderError, SettingsError):
        TELEMETRY.count("ProviderNotTold", 1)
        told = False
    return Ended(told, way_out)


def _expired(name: str) -> str:
    return f"{name}=; {_KEPT}; Max-Age=0"


# --- Pages ------------------------------------------------------------------------------------------------------------

ROUTES: Mapping[str, Callable[[Visit], Answer]] = {
    "GET /login": begin,
    "GET /login/callback": finish,
    "GET /login/renew": renew,
    "GET /logout": signed_out,
    "POST /logout": sign_out,
}


def answered(event: Event, request: Request) -> tuple[Answer, Mapping[str, object]]:
    visit = Visit(event, int(time.time()))
    try:
        return ROUTES[request.route](visit), {}
    except SignInError as error:
        TELEMETRY.count(f"SignIn{error.reason}", 1)
        again = "/login/renew" if request.route == "GET /login/renew" else "/login"
        way = f"{again}?{urlencode({'to': visit.to})}"
        return _message(error.title, error.detail, way, "Try again", error.status), {}


def _message(title: str, detail: str, way: str, way_label: str, status: int = 200) -> Page:
    return Page("message.html", {"title": title, "detail": detail, "way": way, "way_label": way_label}, status)


handler = answering(TELEMETRY, answered)
