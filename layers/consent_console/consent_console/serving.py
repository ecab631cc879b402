"""The way from a request to a page: the session, the right to the page, and the request's own origin.

A request that changes something must come from a page of the console itself. The browser says so (``Sec-Fetch-Site``),
and an old one by its ``Origin``; then a form needs no token.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple

from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action, Person, groups_for
from consent_console.posted import fields_of
from consent_console.sessions import Session, Sessions
from consent_core import deadlines, origins
from consent_core.errors import InternalError, RefusedError, TooLargeError
from consent_core.http import Event, Handler, Request, Response
from consent_core.observability import Telemetry

COOKIE = "__Host-session"
"""The session's cookie. The prefix binds it to the host, to TLS and to all paths (RFC 6265bis §4.1.3.2)."""

_LARGEST_KEPT = 200_000  # bytes of a form: escaped, it still fits into an answer of a Lambda
_SAFE = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class Visit:
    """A request of a person who may see the page."""

    event: Event
    request: Request
    person: Person
    now: datetime

    @property
    def widget_id(self) -> int:
        """The widget in the path."""
        return self.request.widget_id

    @cached_property
    def form(self) -> Mapping[str, list[str]]:
        """The fields of the form, each with its values. Raises as ``fields_of`` does."""
        return fields_of(self.request)

    def field(self, name: str) -> str:
        """Return the first value of a field, without white space around it; empty if the form has none."""
        return self.form.get(name, [""])[0].strip()

    def query(self, name: str) -> str:
        """Return a value of the query; empty if there is none."""
        return str((self.event.get("queryStringParameters") or {}).get(name, ""))

    @property
    def said(self) -> str:
        """The name of the message to show. Empty for a link on another site, which could claim anything."""
        return self.query("said") if is_same_origin(self.event) else ""

    def path(self, name: str) -> str:
        """Return a value of the path."""
        return str(self.event["pathParameters"][name])


class Route(NamedTuple):
    """A page, and what a person must be allowed to do to see it: with the widget of its path, or with any at all."""

    page: Callable[[Visit], Answer]
    action: Action


def console(telemetry: Telemetry, sessions: Sessions, routes: Mapping[str, Route]) -> Handler:
    """Return the Lambda handler of these pages."""
    return answering(telemetry, partial(_answered, telemetry, sessions, routes))


def answering(
    telemetry: Telemetry, answered: Callable[[Event, Request], tuple[Answer, Mapping[str, object]]]
) -> Handler:
    """Return the Lambda handler of a function from a request to its answer, and to the values of every page."""

    def handler(event: Event, context: object) -> Response:
        request = Request(event)
        try:
            with deadlines.before_timeout(context):
                answer, common = answered(event, request)
                response = answer.response(common)
        except RefusedError as error:
            response = _refusal(event, error).response()
        except Exception as error:  # the last resort: answer, and log where the bug is
            telemetry.bug(error)
            response = _refusal(event, InternalError()).response()
        telemetry.outcome(
            "PageServed" if response["statusCode"] < 400 else "PageRefused", status=response["statusCode"]
        )
        return response

    return telemetry.observed(handler)


def _answered(
    telemetry: Telemetry, sessions: Sessions, routes: Mapping[str, Route], event: Event, request: Request
) -> tuple[Answer, Mapping[str, object]]:
    """Return the answer, and the values of every page."""
    is_safe = _method(event) in _SAFE
    if not is_safe and not is_same_origin(event):
        return _page(event, "foreign.html", 403), {}
    session, now = _session(sessions, event), datetime.now(UTC)
    if session is None or not session.is_fresh(int(now.timestamp())):
        return _without_session(session, event, request, is_safe=is_safe, now=int(now.timestamp())), {}
    route, person = routes.get(_route(event)), session.person
    if route is None:
        return _page(event, "refused.html", 405, title="Not like this", detail="Open the page by its link."), {}
    widget_id = request.widget_id if "{id}" in request.route else None
    if widget_id is not None:
        telemetry.about(widget_id)
    visit = Visit(event, request, person, now)
    common: dict[str, object] = {"person": person, "said": visit.said, "path": event["rawPath"]}
    if not (person.may_somewhere(route.action) if widget_id is None else person.may(route.action, widget_id)):
        groups = [*groups_for(route.action, widget_id)]
        return _page(event, "forbidden.html", 403, groups=groups), common
    try:
        return route.page(visit), common
    except RefusedError as error:
        return _refusal(event, error), common


# --- Sessions ---------------------------------------------------------------------------------------------------------


def cookie(event: Event, name: str) -> str | None:
    """Return the value of a cookie, or None. Only its very name counts, which its prefix protects in browsers."""
    for each in event.get("cookies") or ():
        stated, _, value = each.lstrip(" ").partition("=")
        if stated == name:
            return str(value)
    return None


def _session(sessions: Sessions, event: Event) -> Session | None:
    value = cookie(event, COOKIE)
    return sessions.find(value) if value else None


def _without_session(session: Session | None, event: Event, request: Request, *, is_safe: bool, now: int) -> Answer:
    """Lead to the sign-in. A form that was sent is kept on a page, from which it is sent again afterwards."""
    renewable = session is not None and session.is_alive(now)
    way = "/login/renew" if renewable else "/login"
    if is_safe and not _is_fragment(event):
        query = event.get("rawQueryString", "")
        return Redirect(way, {"to": event["rawPath"] + (f"?{query}" if query else "")})
    return _page(event, "session_over.html", 401, kept=_kept(event, request), path=event["rawPath"], way=way)


def _kept(event: Event, request: Request) -> list[tuple[str, str]] | None:
    """Return the fields that were sent; None if they are too many for a page. A fragment's page still has them."""
    if _method(event) in _SAFE or _is_fragment(event):
        return []
    try:
        fields = fields_of(request, _LARGEST_KEPT)
    except TooLargeError:
        return None
    return [(name, value) for name, values in fields.items() for value in values]


def _is_fragment(event: Event) -> bool:
    return _headers(event).get("hx-request") == "true"


# --- Requests ---------------------------------------------------------------------------------------------------------


def is_same_origin(event: Event) -> bool:
    """Return whether a page of the same origin made the request."""
    headers = _headers(event)
    if "sec-fetch-site" in headers:
        return headers["sec-fetch-site"] == "same-origin"
    origin, host = headers.get("origin", ""), headers.get("host", "")
    if origins.is_local(origin):  # a developer's machine, on which the console has no TLS
        return origin == f"http://{host}"
    return bool(host) and origin == f"https://{host}"


def _headers(event: Event) -> dict[str, str]:
    """Return the headers. API Gateway lower-cases their names, local routers do not."""
    return {name.lower(): value for name, value in (event.get("headers") or {}).items()}


def _method(event: Event) -> str:
    return str(event["requestContext"]["http"]["method"])


def _route(event: Event) -> str:
    """Return the route with the request's own method: the template's may take any."""
    return f"{_method(event)} {event['routeKey'].partition(' ')[2]}"


# --- Answers ----------------------------------------------------------------------------------------------------------


def _page(event: Event, template: str, status: int, **values: Any) -> Page:  # noqa: ANN401 - whatever a template shows
    return Page(template, values, status, beside=_is_fragment(event))


def _refusal(event: Event, error: RefusedError) -> Page:
    return _page(event, "refused.html", error.status, title=error.title, detail=error.detail)
