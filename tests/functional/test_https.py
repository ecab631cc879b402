"""Requests to an identity provider, over a real connection to a server of this test."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from consent_console.errors import ProviderError
from consent_console.https import LARGEST, Answer, Question, ask, is_protected
from consent_core import deadlines
from local.serving import address, listen, serving

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Server:
    """Answers with what a test puts in, and keeps what it was sent."""

    def __init__(self) -> None:
        self.status = "200 OK"
        self.headers: list[tuple[str, str]] = []
        self.parts: Iterable[bytes] = [b"{}"]
        self.sent: list[tuple[str, str, str, str]] = []

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode()
        authorization = environ.get("HTTP_AUTHORIZATION", "")
        self.sent.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body, authorization))
        start_response(self.status, self.headers)
        return self.parts


@contextmanager
def running() -> Iterator[tuple[Server, str]]:
    server, listener = Server(), listen("PORT_OF_A_TEST", 0)
    with serving(listener, server):
        yield server, address(listener)


@pytest.fixture
def served() -> Iterator[tuple[Server, str]]:
    with running() as both:
        yield both


def test_a_question_is_a_get_or_a_form_that_is_posted(served: tuple[Server, str]) -> None:
    server, at = served
    assert ask(Question(f"{at}/keys")) == Answer(200, b"{}")
    assert ask(Question(f"{at}/token", {"code": "a&b", "x": "ä"}, {"authorization": "Basic abc"})) == Answer(200, b"{}")
    assert server.sent == [("GET", "/keys", "", ""), ("POST", "/token", "code=a%26b&x=%C3%A4", "Basic abc")]


def test_every_status_is_an_answer(served: tuple[Server, str]) -> None:
    server, at = served
    server.status, server.parts = "400 Bad Request", [b'{"error": ', b'"invalid_grant"}']
    assert ask(Question(at)) == Answer(400, b'{"error": "invalid_grant"}')


def test_no_redirect_is_followed(served: tuple[Server, str]) -> None:
    server, at = served
    server.status, server.headers = "302 Found", [("Location", f"{at}/elsewhere")]
    assert ask(Question(f"{at}/token", {"code": "secret"})).status == 302
    assert [path for _, path, _, _ in server.sent] == ["/token"]


@pytest.mark.parametrize("more", [0, 1])
def test_an_answer_has_a_bound(served: tuple[Server, str], more: int) -> None:
    server, at = served
    server.parts = [b"x" * (LARGEST // 2)] * 2 + [b"x"] * more
    if more:
        with pytest.raises(ProviderError):
            ask(Question(at))
    else:
        assert len(ask(Question(at)).body) == LARGEST


def test_an_answer_without_end_is_given_up(served: tuple[Server, str]) -> None:
    server, at = served
    server.parts = iter(lambda: b"x" * 65_536, None)
    with pytest.raises(ProviderError):
        ask(Question(at))


def test_an_answer_is_waited_for_until_the_requests_deadline(served: tuple[Server, str]) -> None:
    server, at = served
    clock = [0.0]

    def late() -> Iterator[bytes]:
        clock[0] = 8.0
        yield b"{}"

    server.parts = late()
    with deadlines.within(20, lambda: clock[0]), pytest.raises(ProviderError):
        ask(Question(at))


def test_who_does_not_listen_is_no_bug() -> None:
    with running() as (_, at):
        pass
    with pytest.raises(ProviderError):
        ask(Question(at))


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("https://id.example/pool", True),
        ("http://127.0.0.1:3003", True),
        ("http://localhost:3003/a?b=c", True),
        ("http://[::1]:3003", True),
        ("http://id.example", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("https://user:password@id.example", False),
        ("https://", False),
        ("https://id.example/\r\nHost: evil.example", False),
        ("https://[", False),
        ("https://ïd.example", False),
        ("file:///etc/passwd", False),
        ("//id.example", False),
        ("", False),
    ],
)
def test_an_address_is_protected_by_tls_or_by_this_machine(where: str, expected: bool) -> None:
    assert is_protected(where) is expected


def test_no_secret_is_sent_to_an_address_that_is_not_protected() -> None:
    with pytest.raises(ProviderError):
        ask(Question("http://id.example/token", {"code": "secret"}))


def test_what_is_asked_and_answered_is_in_no_representation() -> None:
    shown = repr(
        (Question("https://id.example", {"code": "secret"}, {"authorization": "secret"}), Answer(200, b"secret"))
    )
    assert "secret" not in shown
