"""Reading of API Gateway events (payload format 2.0), and making of responses and problems."""

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cached_property, wraps
from typing import Any

from consent_core import deadlines, shapes
from consent_core.errors import (
    PROBLEM_TYPE,
    BypassedError,
    InternalError,
    MalformedError,
    MediaTypeError,
    RefusedError,
    TooLargeError,
    UnavailableError,
    UnknownFileError,
    UnknownWidgetError,
)
from consent_core.observability import Telemetry

type Event = Mapping[str, Any]
type Response = dict[str, Any]
type Handler = Callable[[Event, object], Response]
type Endpoint = Callable[[Request], Response]

BODY_LIMIT = 32_768
UNCHECKED = "off"
"""The secret of a function that is not behind CloudFront: any request may call it."""

_REVISION = re.compile(r' *"[1-9][0-9]{0,14}" *')
_FLAG = re.compile(r"true|false")
_HOST = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_ANYTHING = re.compile(r".{1,2000}")
_SEARCH = re.compile(r".{0,200}", re.DOTALL)
_VISITORS = "/v1/client/"
_LONGEST_ACCEPT = 1_000
_QUALITY = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_MEDIA_TYPES = frozenset({"application/json", "text/plain"})


class Request:
    """A reader of one event. Each value is checked against the shape of docs/contract.md when it is read.

    Properties and methods raise MalformedError for a value that is missing or has the wrong shape.
    """

    def __init__(self, event: Event) -> None:
        self._event = event
        # API Gateway lower-cases header names; local routers use any case.
        self._headers: dict[str, str] = {name.lower(): value for name, value in (event.get("headers") or {}).items()}

    @property
    def route(self) -> str:
        """The template's route that matched the request, such as ``GET /sdk/dastra.js``."""
        return str(self._event["routeKey"])

    @property
    def path(self) -> str:
        """The path as API Gateway decoded it."""
        return str(self._event["rawPath"])

    @property
    def widget_id(self) -> int:
        """The widget id in the path. Raises UnknownWidgetError for another spelling of a visitor's path."""
        parameters = self._event.get("pathParameters")
        if parameters and {"%", "/"} & set(parameters.get("id", "")):
            raise UnknownWidgetError
        sent = self._checked("path", "id", parameters, shapes.WIDGET_ID)
        self._check_spelling(sent)
        return int(sent)

    @property
    def key(self) -> str:
        """The public API key."""
        return self._checked("query", "key", self._event.get("queryStringParameters"), shapes.KEY)

    @property
    def culture(self) -> str | None:
        """The requested language in the shape ``fr`` or ``fr-BE``; None if there is none that widgets can have."""
        query = self._event.get("queryStringParameters") or {}
        if not query.get("culture"):
            return None
        return shapes.culture_of(self._checked("query", "culture", query, shapes.LANGUAGE_TAG))

    @property
    def version_key(self) -> str:
        """The version key in the path."""
        return self._checked("path", "versionKey", self._event.get("pathParameters"), shapes.VERSION_KEY)

    @property
    def consent_id(self) -> str:
        """The consent id in the body, in lower case. It is the visitor's secret, so it is never part of a path.

        Raises as ``member`` does. The nil UUID is malformed.
        """
        sent = self.member("consentId", str)
        return self._checked("body", "consentId", {"consentId": sent}, shapes.UUID).lower()

    @property
    def decision_id(self) -> str | None:
        """The id of a decision in the body, in lower case; None if it is absent or null. Raises as ``member`` does."""
        sent = self.option("id", str)
        return None if sent is None else self._checked("body", "id", {"id": sent}, shapes.UUID).lower()

    @property
    def named_widget(self) -> int | None:
        """The widget id in the body; None if it is absent or null. Raises as ``member`` does."""
        sent = self.option("widgetId", int)
        if sent is None:
            return None
        return int(self._checked("body", "widgetId", {"widgetId": str(sent)}, shapes.WIDGET_ID))

    @property
    def after(self) -> int:
        """The widget id in the query after which a page of a list begins; 0 if there is none."""
        query = self._event.get("queryStringParameters") or {}
        return int(self._checked("query", "after", query, shapes.WIDGET_ID)) if "after" in query else 0

    @property
    def user_id(self) -> str:
        """The site's name for a visitor in the body: never part of a path. Raises as ``member`` does."""
        return self._checked("body", "userId", {"userId": self.member("userId", str)}, shapes.USER_ID)

    @property
    def stated_reason(self) -> str | None:
        """The reason in the body, 1 to 500 characters that are not all blank; None if it is absent or null.

        Raises as ``member`` does.
        """
        sent = self.option("reason", str)
        return None if sent is None else self._checked("body", "reason", {"reason": sent}, shapes.REASON)

    @property
    def reason(self) -> str:
        """The reason in the body, which must be there. Raises as ``member`` does."""
        self.member("reason", str)
        return str(self.stated_reason)

    @property
    def named_origin(self) -> str:
        """The origin in the body: an encoded slash of a path does not reach an HTTP API. Raises as ``member`` does."""
        return self._checked("body", "origin", {"origin": self.member("origin", str)}, _ANYTHING)

    @property
    def search(self) -> str:
        """The words to search for, in the query; empty if there are none."""
        return self._checked("query", "q", {"q": "", **(self._event.get("queryStringParameters") or {})}, _SEARCH)

    def chosen(self, name: str, shape: re.Pattern[str]) -> str:
        """Return a value of the query; empty if it is absent or has another shape."""
        value = str((self._event.get("queryStringParameters") or {}).get(name, ""))
        return value if shape.fullmatch(value) else ""

    def day(self, name: str) -> date:
        """Return a day of the query, such as ``2026-11-26``."""
        sent = self._checked("query", name, self._event.get("queryStringParameters"), shapes.DAY)
        try:
            return date.fromisoformat(sent)
        except ValueError as error:
            raise MalformedError.at("query", name, kind="date_invalid") from error

    def flag(self, name: str) -> bool:
        """Return a switch of the query, ``true`` or ``false``; False if it is absent."""
        query = self._event.get("queryStringParameters") or {}
        return name in query and self._checked("query", name, query, _FLAG) == "true"

    @property
    def expected_revision(self) -> int | None:
        """The revision in If-Match; None without that header. Raises MalformedError unless it has exactly one tag."""
        if "if-match" not in self._headers:
            return None
        return int(self._checked("header", "if-match", self._headers, _REVISION).strip(' "'))

    @property
    def principal(self) -> str:
        """The ARN that signed the request, as API Gateway verified it; ``local`` without IAM authorisation."""
        authorizer = self._event["requestContext"].get("authorizer") or {}
        return str(authorizer["iam"]["userArn"]) if "iam" in authorizer else "local"

    @property
    def origin(self) -> str | None:
        """The Origin header as received; an empty one is not None."""
        return self._headers.get("origin")

    @property
    def host(self) -> str:
        """The Host header: a name or an address, with a port if it is stated; empty if it is another text."""
        sent = self._headers.get("host", "")
        return sent if _HOST.fullmatch(sent) else ""

    @property
    def prefers_text(self) -> bool:
        """Whether the client asks for plain text rather than for JSON (RFC 9110 §12.5.1); not if it takes both.

        A malformed weight counts against plain text.
        """
        accept = self._headers.get("accept", "")[:_LONGEST_ACCEPT].lower()
        return _quality(accept, "text/plain", malformed=0.0) > _quality(accept, "application/json", malformed=1.0)

    def check_front_door(self, secret: str) -> None:
        """Raise BypassedError unless CloudFront added the shared ``secret``; UNCHECKED turns the check off.

        During a rotation, ``secret`` holds the new and the previous one, separated by a comma; either is accepted.
        An empty one is accepted from no request, so that a function without its secret answers none.
        """
        accepted = secret.split(",")
        sent = self._headers.get("x-origin-verify", "").encode()
        if UNCHECKED not in accepted and not any(
            each and hmac.compare_digest(sent, each.encode()) for each in accepted
        ):
            raise BypassedError

    def _check_spelling(self, widget_id: str) -> None:
        """Raise UnknownWidgetError unless the path is the one that an invalidation names: a cache keeps each spelling.

        API Gateway decodes ``rawPath``, so that CloudFront refuses encoded ones itself (SettingsPaths in the template).
        """
        path = self._event.get("routeKey", "").partition(" ")[2]
        if path.startswith(_VISITORS) and self._event.get("rawPath") != path.replace("{id}", widget_id):
            raise UnknownWidgetError

    def matches(self, etag: str) -> bool:
        """Return whether If-None-Match has this strong ``etag``. Lists and ``*`` count too.

        The comparison is weak (RFC 9110 §13.1.2), because compression at the edge weakens tags.
        """
        sent = self._headers.get("if-none-match", "")
        return sent.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in sent.split(","))

    def member[T](self, name: str, kind: type[T]) -> T:
        """Return a member of the body, which must be a JSON object.

        Raises as ``text`` does, and MalformedError when the member is missing or not of type ``kind``.
        """
        body = self._json
        if not isinstance(body, dict) or name not in body:
            raise MalformedError.at("body", name, kind="missing")
        value: object = body[name]
        if type(value) is not kind:  # bool is a subclass of int
            raise MalformedError.at("body", name, kind=f"{kind.__name__}_type")
        return value

    def option[T](self, name: str, kind: type[T]) -> T | None:
        """Return a member of the body, or None if it is absent or null. Raises as ``member`` does."""
        body = self._json
        is_given = isinstance(body, dict) and body.get(name) is not None
        return self.member(name, kind) if is_given else None

    def members(self, *, limit: int) -> Mapping[str, object]:
        """Return the body, which must be a JSON object. ``limit`` is in bytes. Raises as ``text`` does."""
        body = _parsed(self.text(limit=limit))
        if not isinstance(body, dict):
            raise MalformedError.at("body", kind="dict_type")
        return body

    def text(self, *, limit: int = BODY_LIMIT, media_types: frozenset[str] = _MEDIA_TYPES) -> str:
        """Return the body as text, of one of these media types. ``limit`` is in bytes.

        Raises MediaTypeError, TooLargeError, or MalformedError if the body is not base64 or UTF-8 as it should be.
        """
        if self._headers.get("content-type", "").partition(";")[0].strip().lower() not in media_types:
            raise MediaTypeError
        try:
            body = self._bytes()
            if len(body) > limit:
                raise TooLargeError(limit)
            return body.decode()
        except ValueError as error:  # invalid base64 or UTF-8
            raise MalformedError.at("body", kind="not_utf8") from error

    @property
    def raw_text(self) -> str:
        """The body as far as it can be read, whatever its content type; empty if it is too large or not text."""
        try:
            body = self._bytes()
            return body.decode() if len(body) <= BODY_LIMIT else ""
        except ValueError:
            return ""

    @cached_property
    def _json(self) -> object:
        return _parsed(self.text())

    def _bytes(self) -> bytes:
        body: str = self._event.get("body") or ""
        return base64.b64decode(body, validate=True) if self._event.get("isBase64Encoded") else body.encode()

    @staticmethod
    def _checked(place: str, name: str, values: Mapping[str, str] | None, shape: re.Pattern[str]) -> str:
        value = (values or {}).get(name)
        if value is None:
            raise MalformedError.at(place, name, kind="missing")
        if not shape.fullmatch(value):
            raise MalformedError.at(place, name, kind="string_pattern_mismatch")
        return value


def _parsed(text: str) -> object:
    try:
        body: object = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise MalformedError.at("body", kind="json_invalid") from error
    return body


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Reject repeated members: readers differ in which of two counts (RFC 8259 §4)."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MalformedError.at("body", kind="duplicate_key")
    return members


def _quality(accept: str, media_type: str, *, malformed: float) -> float:
    """Return the weight that an Accept header gives to a media type: that of its most specific range, 0 without one."""
    ranges = (part.partition(";") for part in accept.split(","))
    weights = {name.strip(): _weight(parameters, malformed=malformed) for name, _, parameters in ranges}
    general = f"{media_type.partition('/')[0]}/*"
    return next((weights[name] for name in (media_type, general, "*/*") if name in weights), 0.0)


def _weight(parameters: str, *, malformed: float) -> float:
    for parameter in parameters.split(";"):
        if parameter.partition("=")[0].strip() == "q":
            found = _QUALITY.fullmatch(parameter.strip())
            return float(found[1]) if found else malformed
    return 1.0


def response(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Return a response whose ``body`` is JSON already. It is not cached unless ``headers`` say so."""
    common = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": {**common, **(headers or {})}, "body": body}


def json_response(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with ``body`` as JSON."""
    return response(status, json.dumps(body, separators=(",", ":")), headers)


def text_response(status: int, body: str) -> Response:
    """Return a response with ``body`` as plain text."""
    return response(status, body, {"content-type": "text/plain; charset=utf-8"})


def problem(error: RefusedError) -> Response:
    """Return the response for an error: a problem (RFC 9457), with Retry-After if the service is unavailable.

    A missing file's answer is kept for seconds, because every page of a site may ask for the same one.
    """
    members = {"type": PROBLEM_TYPE + error.slug, "title": error.title, "status": error.status, "detail": error.detail}
    headers = {"content-type": "application/problem+json"}
    if isinstance(error, UnavailableError):
        headers["retry-after"] = str(error.retry_after)
    if isinstance(error, UnknownFileError):
        headers["cache-control"] = "public, max-age=5"
    return response(error.status, json.dumps({**members, **error.members}, separators=(",", ":")), headers)


def endpoint(
    telemetry: Telemetry,
    *,
    refused: str,
    secret: str,
    seconds: float | None = None,
    lost: Callable[[Request], str | None] = lambda _: None,
) -> Callable[[Endpoint], Handler]:
    """Return a decorator that makes a Lambda handler of a function from request to response.

    A RefusedError becomes a problem, counted as ``refused`` plus its reason. Any other error becomes a 500 and a logged
    stack trace. ``secret`` is the one that CloudFront adds (``Request.check_front_door``). The request's deadline is in
    ``seconds``; without them, shortly before Lambda would end the function. ``lost`` names a metric that counts a
    request which the client must not send again as it is (4xx) in addition; None: it is not counted there.
    """

    def decorate(function: Endpoint) -> Handler:
        @wraps(function)
        def handler(event: Event, context: object) -> Response:
            request = None
            try:
                with deadlines.before_timeout(context) if seconds is None else deadlines.within(seconds):
                    request = Request(event)
                    request.check_front_door(secret)
                    return function(request)
            except RefusedError as error:
                refusal = error
            except Exception as error:  # the last resort: answer, and log where the bug is
                telemetry.bug(error)
                refusal = InternalError()
            telemetry.outcome(refused + refusal.reason, status=refusal.status)
            if request and refusal.status < 500 and (name := lost(request)):
                telemetry.count(name, 1)
            return problem(refusal)

        return telemetry.observed(handler)

    return decorate
