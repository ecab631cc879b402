"""Every step of an exchange with AWS ends at the deadline, and leaves nothing behind for the next exchange."""

import itertools
import json
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.config import Config

from bench.stub import certificate
from consent_core import aws, deadlines
from consent_core.connections import TimelySocket
from consent_core.errors import UnavailableError
from tests.waits import counted_waits

type Talk = Callable[[socket.socket], None]

PATIENT = Config(connect_timeout=60, read_timeout=60, retries={"mode": "legacy", "total_max_attempts": 2})
SECONDS = 0.2
"""The deadline of a request that really waits. Each timeout would allow 60 s."""
DRIP = 30.0
"""Seconds by which a false clock goes on with each byte: so many that no socket waits for less than ten real ones."""
DEADLINE = 250.0


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def answer(body: Mapping[str, object]) -> bytes:
    content = json.dumps(body).encode()
    head = f"HTTP/1.1 200 OK\r\nx-amzn-RequestId: R1\r\nContent-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def asked(connection: socket.socket) -> bool:
    """Read one request. Return False when the client has gone."""
    received = b""
    try:
        while not is_whole(received):
            if not (part := connection.recv(65_536)):
                return False
            received += part
    except OSError:
        return False
    return True


def is_whole(request: bytes) -> bool:
    head, _, body = request.partition(b"\r\n\r\n")
    size = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    return size is not None and len(body) >= int(size[1])


@contextmanager
def serving(talk: Talk) -> Iterator[str]:
    """Let ``talk`` have each connection, in a thread of its own. Yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=converse, args=(connection,), daemon=True).start()

        def converse(connection: socket.socket) -> None:
            with connection:
                try:
                    talk(connection)
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield f"127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "DEFAULT_REGION"):
        monkeypatch.setenv(f"AWS_{name}", "local")


def client(url: str) -> Any:  # noqa: ANN401 - botocore makes its class
    return aws.client("dynamodb", PATIENT, endpoint_url=url)


def read(dynamodb: Any) -> Any:  # noqa: ANN401
    with aws.errors():
        return dynamodb.get_item(TableName="Table", Key={"id": {"S": "1"}}).get("Item")


# --- Drips ------------------------------------------------------------------------------------------------------------

WHOLE = answer({"Item": {"id": {"S": "the answer"}}})
DRIPS = {
    "status line": (b"", WHOLE),
    "headers": (WHOLE[: WHOLE.index(b"x-amzn")], WHOLE[WHOLE.index(b"x-amzn") :]),
    "body": (WHOLE[: WHOLE.index(b'"Item"')], WHOLE[WHOLE.index(b'"Item"') :]),
    "answers before the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 5 + WHOLE),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
    "endless body": (b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: R1\r\n\r\n", b" " * 50),
}


@pytest.mark.parametrize(("at_once", "in_drips"), DRIPS.values(), ids=DRIPS.keys())
def test_an_answer_that_drips_is_given_up_at_the_deadline(at_once: bytes, in_drips: bytes) -> None:
    """Each byte comes within a socket's timeout, and the last one long after the deadline."""
    clock, requests = Clock(), itertools.count(1)
    made = 0

    def drip(connection: socket.socket) -> None:
        nonlocal made
        while asked(connection):
            made = next(requests)
            connection.sendall(at_once)
            for byte in in_drips:
                clock.now += DRIP
                connection.sendall(bytes([byte]))

    with serving(drip) as place, deadlines.within(DEADLINE, clock), pytest.raises(UnavailableError):
        read(client(f"http://{place}"))
    assert clock.now >= DEADLINE
    assert made == 1


def test_the_same_answer_is_read_when_the_time_suffices() -> None:
    """The counterpart."""
    clock = Clock()

    def drip(connection: socket.socket) -> None:
        while asked(connection):
            for byte in WHOLE:
                clock.now += DRIP
                connection.sendall(bytes([byte]))

    with serving(drip) as place, deadlines.within(DRIP * len(WHOLE) + 1, clock):
        assert read(client(f"http://{place}")) == {"id": {"S": "the answer"}}


# --- Silence ----------------------------------------------------------------------------------------------------------


def assert_given_up(dynamodb: Any) -> None:  # noqa: ANN401
    """Check that the client gives up at the deadline, though each of its timeouts would allow a minute."""
    with counted_waits() as waits, deadlines.within(SECONDS), pytest.raises(UnavailableError):
        read(dynamodb)
    assert 0 < waits.seconds <= SECONDS


def silent(connection: socket.socket) -> None:
    while asked(connection):
        pass


def test_a_store_that_never_answers_is_given_up() -> None:
    with serving(silent) as place:
        assert_given_up(client(f"http://{place}"))


def test_a_store_that_takes_no_connection_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        assert_given_up(client(f"http://127.0.0.1:{full.getsockname()[1]}"))


def wait_for(event: threading.Event) -> None:
    event.wait()


def test_a_store_that_takes_no_more_bytes_is_given_up() -> None:
    """A large request fills the buffers of a store that does not read."""
    gone = threading.Event()
    with serving(lambda _: wait_for(gone)) as place:
        dynamodb = client(f"http://{place}")
        item = {"id": {"S": "x" * 8_000_000}}
        with counted_waits() as waits, deadlines.within(SECONDS), pytest.raises(UnavailableError), aws.errors():
            dynamodb.put_item(TableName="Table", Item=item)
        gone.set()
    assert 0 < waits.seconds <= SECONDS


def test_a_name_that_is_looked_up_without_end_is_given_up_and_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found, lookups, look_up = threading.Event(), [], socket.getaddrinfo

    def hang(host: str, *rest: Any) -> Any:  # noqa: ANN401
        lookups.append(host)
        found.wait()
        return look_up("127.0.0.1", *rest)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    talk = answering({"Item": {"id": {"S": "the answer"}}})
    with serving(talk) as place:
        dynamodb = client(f"http://store.example:{place.partition(':')[2]}")
        assert_given_up(dynamodb)
        assert_given_up(dynamodb)
        assert lookups == ["store.example"]
        found.set()
        assert read(dynamodb) == {"id": {"S": "the answer"}}


def test_every_address_of_a_name_together_has_no_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        (place,) = socket.getaddrinfo("127.0.0.1", full.getsockname()[1], type=socket.SOCK_STREAM)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [place] * 9)
        assert_given_up(client(f"http://store.example:{full.getsockname()[1]}"))


def test_an_unknown_name_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(UnavailableError):
        read(client("http://store.example:1"))


def answering(body: Mapping[str, object]) -> Talk:
    def talk(connection: socket.socket) -> None:
        while asked(connection):
            connection.sendall(answer(body))

    return talk


# --- TLS --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


def encrypted(talk: Talk, own: Path) -> Talk:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(own)

    def talk_encrypted(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as wrapped:
            talk(wrapped)

    return talk_encrypted


def test_a_handshake_that_never_ends_is_given_up(own_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(own_certificate))
    with serving(silent) as place, deadlines.within(SECONDS), pytest.raises(UnavailableError):
        read(client(f"https://{place}"))


def test_a_handshake_that_drips_is_given_up(own_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A record of TLS that is announced as 16,384 bytes, byte by byte as fast as the client takes them away."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(own_certificate))
    gone = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while not gone.wait(SECONDS / 20):
            connection.sendall(b"\x02")

    with serving(drip) as place, deadlines.within(SECONDS), pytest.raises(UnavailableError):
        read(client(f"https://{place}"))
    gone.set()


def test_an_encrypted_answer_that_drips_is_given_up(own_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(own_certificate))
    clock = Clock()

    def drip(connection: socket.socket) -> None:
        while asked(connection):
            for byte in WHOLE:
                clock.now += DRIP
                connection.sendall(bytes([byte]))

    with (
        serving(encrypted(drip, own_certificate)) as place,
        deadlines.within(DEADLINE, clock),
        pytest.raises(UnavailableError),
    ):
        read(client(f"https://{place}"))


def test_encrypted_exchanges_share_a_connection(own_certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The counterpart: certificates are verified, and a connection is kept."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(own_certificate))
    connections: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        connections.append(connection)
        answering({"Item": {"id": {"S": "the answer"}}})(connection)

    with serving(encrypted(talk, own_certificate)) as place:
        dynamodb = client(f"https://{place}")
        assert [read(dynamodb) for _ in range(3)] == [{"id": {"S": "the answer"}}] * 3
        assert len(connections) == 1
        monkeypatch.delenv("AWS_CA_BUNDLE")
        with pytest.raises(UnavailableError):  # a certificate that the world does not know
            read(client(f"https://{place}"))


# --- The next exchange ------------------------------------------------------------------------------------------------


def test_a_late_answer_is_never_taken_for_another_requests() -> None:
    """The first request's answer is sent when the second one has come, on either connection that is still open."""
    connections: list[socket.socket] = []

    def talk(connection: socket.socket) -> None:
        connections.append(connection)
        number = len(connections)
        while asked(connection):
            if number > 1:
                with_late_answer(connections[0])
                connection.sendall(answer({"Item": {"id": {"S": "mine"}}}))

    def with_late_answer(first: socket.socket) -> None:
        try:
            first.sendall(answer({"Item": {"id": {"S": "another's"}}}))
        except OSError:
            return

    with serving(talk) as place:
        dynamodb = client(f"http://{place}")
        assert_given_up(dynamodb)
        assert read(dynamodb) == {"id": {"S": "mine"}}
    assert len(connections) == 2


def test_a_kept_connection_has_the_time_of_the_exchange_at_hand() -> None:
    """The little time that one request had left is not the next one's."""
    ours, theirs = socket.socketpair()
    with theirs, TimelySocket(fileno=ours.detach()) as kept:
        kept.settimeout(60)
        allowed = []
        for seconds in (5, 90, 7):
            with deadlines.within(seconds, Clock()):
                theirs.sendall(b"!")
                kept.recv_into(bytearray(1))
                allowed.append(kept.gettimeout())
    assert allowed == [5, 60, 7]


# --- Attempts ---------------------------------------------------------------------------------------------------------


def test_no_attempt_starts_after_the_deadline() -> None:
    clock = Clock()
    requests: list[socket.socket] = []
    pauses: list[float] = []

    def fail(connection: socket.socket) -> None:
        while asked(connection):
            requests.append(connection)
            clock.now += 10
            connection.sendall(b"HTTP/1.1 500 No\r\nx-amzn-RequestId: R1\r\nContent-Length: 0\r\n\r\n")

    with serving(fail) as place:
        dynamodb = client(f"http://{place}")
        with patch("time.sleep", pauses.append), deadlines.within(10, clock) as deadline:
            for _ in range(2):
                with pytest.raises(UnavailableError):
                    read(dynamodb)
    assert deadline.remaining == 0
    assert (len(requests), pauses) == (1, [])


@pytest.mark.parametrize(("left", "attempts"), [(0.05, 1), (0.06, 2)])
def test_no_pause_reaches_the_deadline(left: float, attempts: int) -> None:
    clock, started = Clock(), []
    clock.now = -DEADLINE  # the deadline is at 0, so that what is left is exact

    def fail(connection: socket.socket) -> None:
        while asked(connection):
            clock.now = -left
            connection.sendall(b"HTTP/1.1 500 No\r\nx-amzn-RequestId: R1\r\nContent-Length: 0\r\n\r\n")

    with serving(fail) as place:
        dynamodb = client(f"http://{place}")
        dynamodb.meta.events.register("before-send.dynamodb", lambda **_: started.append(1))
        with deadlines.within(DEADLINE, clock), pytest.raises(UnavailableError):
            read(dynamodb)
    assert len(started) == attempts  # the server may hear of the second one too late: it has 0.06 real seconds
