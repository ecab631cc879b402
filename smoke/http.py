"""Requests to the service, as browsers make them, and to the administration, signed."""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import (
    BotoCoreError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ProxyConnectionError,
    SSLError,
)
from botocore.httpsession import URLLib3Session

from smoke.stack import Stack

type Json = dict[str, Any]

TIMEOUT = 30
"""Seconds for an answer, as long as API Gateway waits."""

USER_AGENT = "consent-platform-smoke"
"""Firewalls refuse requests that name no program."""

_EXECUTE_API = re.compile(r"\.execute-api\.([a-z0-9-]+)\.amazonaws\.")
_LONGEST_BODY = 300
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError)


def printable(text: str) -> str:
    """Return text with a space for each character that a terminal might obey."""
    return "".join(each if each.isprintable() else " " for each in text)


class CheckError(Exception):
    """A check that failed; the message says what was seen."""


class NotSentError(CheckError):
    """A request that certainly changed nothing."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer. ``seconds`` is how long it took, ``at`` the time (Unix) when it was there.

    Header names are in lower case.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    seconds: float
    at: float

    def json(self) -> Json:
        """Return the body. Raise CheckError if it is not a JSON object."""
        try:
            body = json.loads(self.content)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise CheckError(f"the answer is not a JSON object: {self._beginning()}")
        return body

    def member(self, name: str) -> Any:  # noqa: ANN401 - any value of JSON
        """Return a member of the body. Raise CheckError if it is not there."""
        body = self.json()
        if name not in body:
            raise CheckError(f"the answer has no {name}: {self._beginning()}")
        return body[name]

    def expect(self, *statuses: int) -> "Answer":
        """Return the answer. Raise CheckError if its status is not among these."""
        if self.status not in statuses:
            wanted = " or ".join(map(str, statuses))
            raise CheckError(f"expected {wanted}, got {self.status}: {self._beginning()}")
        return self

    @property
    def took(self) -> str:
        return f"{self.seconds * 1000:.0f} ms"

    def _beginning(self) -> str:
        return printable(self.content.decode("utf-8", "replace"))[:_LONGEST_BODY] or "an empty body"


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to one stack."""

    stack: Stack

    def visit(self, method: str, path: str, headers: Mapping[str, str], body: Json | None = None) -> Answer:
        """Send a visitor's request to the service. Raise CheckError if there is no answer."""
        return _send(_request(method, self.stack.service_url + path, headers, body))

    def bypass(self, method: str, path: str, headers: Mapping[str, str]) -> Answer:
        """Send a request to the API itself, past CloudFront. Raise CheckError if there is no answer."""
        return _send(_request(method, f"{self.stack.api_url}{path}", headers, None))

    def administer(self, method: str, path: str, body: Json) -> Answer:
        """Send an operator's request to the administration. Raise CheckError if there is no answer."""
        request = _request(method, self.stack.admin_url + path, {}, body)
        if self.stack.session:  # no authentication locally
            self._sign(request, self.stack.session)
        return _send(request)

    def _sign(self, request: AWSRequest, session: boto3.Session) -> None:
        found = _EXECUTE_API.search(urlsplit(self.stack.admin_url).hostname or "")
        region = found[1] if found else session.region_name
        try:
            credentials = session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            SigV4Auth(credentials, "execute-api", region).add_auth(request)
        except BotoCoreError as error:
            raise NotSentError(f"the request could not be signed: {error}") from error


def _request(method: str, url: str, headers: Mapping[str, str], body: Json | None) -> AWSRequest:
    headers = {"User-Agent": USER_AGENT, **headers}
    if body is None:
        return AWSRequest(method, url, headers=headers)
    headers["Content-Type"] = "application/json"
    return AWSRequest(method, url, headers=headers, data=json.dumps(body).encode())


def _send(request: AWSRequest) -> Answer:
    started = time.monotonic()
    try:
        answer = URLLib3Session(timeout=TIMEOUT).send(request.prepare())
        content = answer.content
    except _NOT_SENT as error:
        raise NotSentError(f"no connection: {error}") from error
    except BotoCoreError as error:
        raise CheckError(f"no answer: {error}") from error
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return Answer(answer.status_code, headers, content, time.monotonic() - started, time.time())
