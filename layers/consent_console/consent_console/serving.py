"""The way from a request to a page: the session, the right to the page, and the request's own origin.

A request that changes something must come from a page of the console itself. The browser says so (``Sec-Fetch-Site``),
and an old one by its ``Origin``; then a form needs no token.
"""

import codecs
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser
from functools import cached_property, partial
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action, Person, groups_for
from consent_console.sessions import Session, Sessions
from consent_core import deadlines
from consent_core.errors import InternalError, MalformedError, RefusedError
from consent_core.http import Event, Handler, Request, Response
from consent_core.observability import Telemetry

COOKIE = "__Host-session"
"""The session's cookie. The prefix binds it to the host, to TLS and to all paths (RFC 6265bis §4.1.3.2)."""

_FORM = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"
_LARGEST_FORM = 2_000_000  # bytes: all texts of a widget in one file
_MOST_FIELDS = 10_000
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
    common: dict[str, object] = {"person": person, "said": visit.query("said"), "path": event["rawPath"]}
    if not (person.may_somewhere(route.action) if widget_id is None else person.may(route.action, widget_id)):
        groups = [*groups_for(route.action, widget_id)]
        return _page(event, "forbidden.html", 403, groups=groups), common
    try:
        return route.page(visit), common
    except RefusedError as error:
        return _refusal(event, error), common


# --- Sessions ---------------------------------------------------------------------------------------------------------


def cookie(event: Event, name: str) -> str | None:
    """Return the value of a cookie, or None."""
    for each in event.get("cookies") or ():
        stated, _, value = each.partition("=")
        if stated.strip() == name:
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
    kept = [] if is_safe else [(name, value) for name, values in fields_of(request).items() for value in values]
    return _page(event, "session_over.html", 401, kept=kept, path=event["rawPath"], way=way)


def _is_fragment(event: Event) -> bool:
    return _headers(event).get("hx-request") == "true"


# --- Requests ---------------------------------------------------------------------------------------------------------


def is_same_origin(event: Event) -> bool:
    """Return whether a page of the same origin made the request."""
    headers = _headers(event)
    if "sec-fetch-site" in headers:
        return headers["sec-fetch-site"] == "same-origin"
    origin, host = headers.get("origin", ""), headers.get("host", "")
    return bool(host) and urlsplit(origin).netloc == host


def fields_of(request: Request) -> dict[str, list[str]]:
    """Return the fields of a form in the body. A file is the text in it, with U+FFFD for what is not UTF-8.

    Raises MediaTypeError, TooLargeError, or MalformedError if it is no form, has more than 10,000 fields or more than
    one file, or if a field is not UTF-8.
    """
    content = request.content(limit=_LARGEST_FORM, media_types=frozenset({_FORM, _MULTIPART}))
    is_multipart = request.content_type.lower().startswith(_MULTIPART)
    try:
        pairs = [*_parts(request.content_type, content)] if is_multipart else _pairs(content)
    except ValueError as error:
        raise MalformedError.at("body", kind="not_a_form") from error
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name, []).append(value.replace("\r\n", "\n"))
    return fields


def _pairs(content: bytes) -> list[tuple[str, str]]:
    return parse_qsl(content.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)


def _parts(content_type: str, content: bytes) -> Iterator[tuple[str, str]]:
    """Yield the fields of multipart/form-data (RFC 7578). Raises ValueError."""
    lead = f"content-type: {content_type}\r\n\r\n".encode("latin-1")
    form = BytesParser(policy=policy.HTTP).parsebytes(lead + content)
    if form.defects or not form.is_multipart():
        raise ValueError("no multipart form")
    files = 0
    for part in form.iter_parts():
        name, value = part.get_param("name", header="content-disposition"), part.get_payload(decode=True)
        if not isinstance(name, str) or not isinstance(value, bytes):
            raise ValueError("a part without a name")  # noqa: TRY004 - as a body that cannot be read
        is_file = part.get_param("filename", header="content-disposition") is not None
        files += is_file
        if files > 1:
            raise ValueError("more than one file")
        yield name, _text_of(value) if is_file else value.decode()


def _text_of(file: bytes) -> str:
    """Return the text of a file: UTF-16 if it begins with the mark of that, otherwise UTF-8."""
    is_utf_16 = file.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return file.decode("utf-16" if is_utf_16 else "utf-8", errors="replace")


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
