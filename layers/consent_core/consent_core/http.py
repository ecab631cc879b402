"""API Gateway events (payload 2.0) in, responses and problems out."""

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping
from functools import cached_property, wraps
from typing import Any
from urllib.parse import unquote

from consent_core import shapes
from consent_core.errors import (
    PROBLEM_TYPE,
    BypassedError,
    InternalError,
    MalformedError,
    MediaTypeError,
    RefusedError,
    TooLargeError,
    UnavailableError,
)
from consent_core.observability import Telemetry

type Event = Mapping[str, Any]
type Response = dict[str, Any]
type Handler = Callable[[Event, object], Response]
type Endpoint = Callable[[Request], Response]

BODY_LIMIT = 32_768

_REVISION = re.compile(r' *"[1-9][0-9]{0,14}" *')
_ANYTHING = re.compile(r".{1,2000}")
_MEDIA_TYPES = frozenset({"application/json", "text/plain"})


class Request:
    """A reader of one event: every value is checked against the contract's shape when it is asked for."""

    def __init__(self, event: Event) -> None:
        self._event = event
        # API Gateway lower-cases header names; local routers write them as they like.
        self._headers: dict[str, str] = {name.lower(): value for name, value in (event.get("headers") or {}).items()}

    @property
    def route(self) -> str:
        """The route of the template that the request took, such as ``GET /sdk/dastra.js``."""
        return str(self._event["routeKey"])

    @property
    def widget_id(self) -> int:
        """The widget's id of the path. Raises MalformedError, as the next two do."""
        return int(self._checked("path", "id", self._event.get("pathParameters"), shapes.WIDGET_ID))

    @property
    def key(self) -> str:
        """The public API key."""
        return self._checked("query", "key", self._event.get("queryStringParameters"), shapes.KEY)

    @property
    def culture(self) -> str | None:
        """The language asked for, such as ``fr`` or ``fr-BE``."""
        query = self._event.get("queryStringParameters") or {}
        return self._checked("query", "culture", query, shapes.CULTURE) if "culture" in query else None

    @property
    def version_key(self) -> str:
        """The version of the path."""
        return self._checked("path", "versionKey", self._event.get("pathParameters"), shapes.VERSION_KEY)

    @property
    def consent_id(self) -> str:
        """The consent that the body names, in lower case: a secret of the visitor, and so in no path.

        Raises as ``member`` does; the nil UUID names nothing.
        """
        sent = self.member("consentId", str)
        return self._checked("body", "consentId", {"consentId": sent}, shapes.UUID).lower()

    @property
    def named_widget(self) -> int | None:
        """The widget that the body names, if it does. Raises as ``member`` does."""
        sent = self.option("widgetId", int)
        if sent is None:
            return None
        return int(self._checked("body", "widgetId", {"widgetId": str(sent)}, shapes.WIDGET_ID))

    @property
    def named_origin(self) -> str:
        """The origin of the path. API Gateway has decoded it, others have not: no origin has a % of its own."""
        return unquote(self._checked("path", "origin", self._event.get("pathParameters"), _ANYTHING))

    @property
    def expected_revision(self) -> int | None:
        """The revision whose entity tag If-Match names, if it is sent. Raises MalformedError unless it is just one."""
        if "if-match" not in self._headers:
            return None
        return int(self._checked("header", "if-match", self._headers, _REVISION).strip(' "'))

    @property
    def principal(self) -> str:
        """Who has signed the request: the ARN that API Gateway has checked. Locally nobody signs."""
        authorizer = self._event["requestContext"].get("authorizer") or {}
        return str(authorizer["iam"]["userArn"]) if "iam" in authorizer else "local"

    @property
    def origin(self) -> str | None:
        """The Origin header as it came; an empty one is not None."""
        return self._headers.get("origin")

    def check_front_door(self, secret: str) -> None:
        """Raise BypassedError unless CloudFront added the shared ``secret``; an empty one turns the check off.

        While it is changed, ``secret`` is the new one and the one before, with a comma between them: either will do.
        """
        sent = self._headers.get("x-origin-verify", "").encode()
        if secret and not any(hmac.compare_digest(sent, each.encode()) for each in secret.split(",")):
            raise BypassedError

    def matches(self, etag: str) -> bool:
        """Does If-None-Match name this strong ``etag``? Weak comparison, lists and ``*`` (RFC 9110 §13.1.2)."""
        sent = self._headers.get("if-none-match", "")
        return sent.strip() == "*" or etag in (tag.strip().removeprefix("W/") for tag in sent.split(","))

    def member[T](self, name: str, kind: type[T]) -> T:
        """Give a member of the body, a JSON object. Raises as ``text`` does, and MalformedError for any other kind."""
        body = self._json
        if not isinstance(body, dict) or name not in body:
            raise MalformedError.at("body", name, kind="missing")
        value: object = body[name]
        if type(value) is not kind:  # true is no 1
            raise MalformedError.at("body", name, kind=f"{kind.__name__}_type")
        return value

    def option[T](self, name: str, kind: type[T]) -> T | None:
        """Give a member that may be absent or null. Raises as ``member`` does."""
        body = self._json
        is_given = isinstance(body, dict) and body.get(name) is not None
        return self.member(name, kind) if is_given else None

    def text(self, *, limit: int = BODY_LIMIT) -> str:
        """Give the body as text. Raises MediaTypeError, TooLargeError, then MalformedError if it is not UTF-8.

        ``limit`` is in bytes.
        """
        if self._headers.get("content-type", "").partition(";")[0].strip().lower() not in _MEDIA_TYPES:
            raise MediaTypeError
        try:
            body = self._bytes()
            if len(body) > limit:
                raise TooLargeError(limit)
            return body.decode()
        except ValueError as error:  # neither base64 nor UTF-8
            raise MalformedError.at("body", kind="not_utf8") from error

    @cached_property
    def _json(self) -> object:
        try:
            body: object = json.loads(self.text())
        except (ValueError, RecursionError) as error:
            raise MalformedError.at("body", kind="json_invalid") from error
        return body

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


def response(status: int, body: str = "", headers: Mapping[str, str] | None = None) -> Response:
    """Answer with a JSON body that is ready to send. Nothing is cached unless ``headers`` say so."""
    common = {"content-type": "application/json", "cache-control": "no-store", "x-content-type-options": "nosniff"}
    return {"statusCode": status, "headers": {**common, **(headers or {})}, "body": body}


def json_response(status: int, body: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response:
    """Answer with ``body`` as JSON."""
    return response(status, json.dumps(body, separators=(",", ":")), headers)


def problem(error: RefusedError) -> Response:
    """Answer with the problem (RFC 9457) that the error stands for."""
    members = {"type": PROBLEM_TYPE + error.slug, "title": error.title, "status": error.status, "detail": error.detail}
    headers = {"content-type": "application/problem+json"}
    if isinstance(error, UnavailableError):
        headers["retry-after"] = str(error.retry_after)
    return response(error.status, json.dumps({**members, **error.members}, separators=(",", ":")), headers)


def endpoint(telemetry: Telemetry, *, refused: str, secret: str) -> Callable[[Endpoint], Handler]:
    """Make a Lambda handler of a function from request to response.

    What the function refuses becomes a problem, counted as ``refused`` plus the reason; what it did not expect becomes
    a 500 and a stack trace. ``secret`` is what CloudFront must have added (Request.check_front_door).
    """

    def decorate(function: Endpoint) -> Handler:
        @wraps(function)
        def handler(event: Event, _context: object) -> Response:
            try:
                request = Request(event)
                request.check_front_door(secret)
                return function(request)
            except RefusedError as error:
                refusal = error
            except Exception as error:  # the last resort: answer, and say where the bug is
                telemetry.bug(error)
                refusal = InternalError()
            telemetry.outcome(refused + refusal.reason, status=refusal.status)
            return problem(refusal)

        return telemetry.observed(handler)

    return decorate
