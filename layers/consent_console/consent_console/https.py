"""Requests to the identity provider: by TLS, with short waits, bounded answers, and no redirects."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import urlencode, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from consent_console.errors import ProviderError
from consent_core import deadlines

LARGEST = 262_144
"""Bytes of an answer. The largest, a set of keys, has some ten thousand."""

_WHOLE, _CONNECT, _READ = 8.0, 2.0, 4.0
"""Seconds for a request, for its connection, and for each part of its answer."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_POOL = urllib3.PoolManager(retries=False)


@dataclass(frozen=True, slots=True)
class Question:
    """A request: a POST with a ``form``, or a GET. The form and the headers may hold secrets, and are never shown."""

    address: str
    form: Mapping[str, str] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default=MappingProxyType({}), repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, and a body that is never shown."""

    status: int
    body: bytes = field(repr=False)


type Ask = Callable[[Question], Answer]


def is_protected(address: str) -> bool:
    """Return whether what is sent to an address stays between its two ends: by https, or on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    if not host or "@" in parts.netloc or not address.isascii() or not address.isprintable():
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)


def ask(question: Question) -> Answer:
    """Return the answer to a question, whatever its status.

    Raises ProviderError if there is none in time, it is too large, or the address is not protected.
    """
    if not is_protected(question.address):
        raise ProviderError
    body = None if question.form is None else urlencode(question.form)
    sent = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "consent-platform"}
    if body is not None:
        sent["content-type"] = "application/x-www-form-urlencoded"
    try:
        with deadlines.within(_WHOLE):
            return _asked("GET" if body is None else "POST", question.address, body, {**sent, **question.headers})
    except (HTTPError, TimeoutError) as error:
        raise ProviderError from error


def _asked(method: str, address: str, body: str | None, headers: Mapping[str, str]) -> Answer:
    deadline = deadlines.current()
    timeout = urllib3.Timeout(connect=deadline.limited(_CONNECT), read=deadline.limited(_READ))
    answer = _POOL.request(
        method, address, body=body, headers=headers, timeout=timeout, redirect=False, preload_content=False
    )
    try:
        return Answer(answer.status, _body(answer))
    finally:
        answer.close()


def _body(answer: urllib3.BaseHTTPResponse) -> bytes:
    received = bytearray()
    while part := answer.read1(LARGEST, decode_content=False):
        received += part
        deadlines.current().limited(_READ)
        if len(received) > LARGEST:
            raise ProviderError
    return bytes(received)
