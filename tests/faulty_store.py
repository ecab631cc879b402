"""A stand-in between the functions and a DynamoDB engine that fails on purpose, at the request that a test names."""

import json
import select
import socket
import struct
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

type Fault = Callable[["Exchange"], None]

AMAZON_JSON = "application/x-amz-json-1.0"
OPERATIONS = {"PutItem": "proof", "Query": "history", "UpdateItem": "erasure"}

_HANG_UP_AT_ONCE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: the peer gets a reset instead of an orderly end


@dataclass
class FaultyStore:
    """``steps`` are the requests so far: ``live`` and ``version`` for a read of that item, others as in OPERATIONS.

    Those of ``faulty_step`` meet ``fault``, the first ``times`` of them.
    """

    engine: str
    url: str = ""
    fault: Fault | None = None
    faulty_step: str = ""
    times: int = 1_000
    steps: list[str] = field(default_factory=list)

    def fail(self, step: str, fault: Fault, *, times: int = 1_000) -> None:
        self.faulty_step, self.fault, self.times = step, fault, times

    def recover(self) -> None:
        self.fault = None

    def fault_at(self, step: str) -> Fault | None:
        self.steps.append(step)
        if self.fault is None or self.faulty_step != step or self.times == 0:
            return None
        self.times -= 1
        return self.fault


@contextmanager
def faulty_store(engine: str) -> Iterator[FaultyStore]:
    """Stand in for the ``engine`` at this URL for as long as the context lasts."""
    store = FaultyStore(engine)

    class Exchanges(Exchange):
        faults = store

    with ThreadingHTTPServer(("127.0.0.1", 0), Exchanges) as server:
        store.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield store
        finally:
            server.shutdown()
            thread.join()


class Exchange(BaseHTTPRequestHandler):
    """One request and its answer, each on a connection of its own."""

    faults: FaultyStore
    body: bytes

    def do_GET(self) -> None:
        self.do_POST()

    def do_HEAD(self) -> None:
        self.do_POST()

    def do_PUT(self) -> None:
        self.do_POST()

    def do_POST(self) -> None:
        self.body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        fault = self.faults.fault_at(self._step())
        if fault is None:
            self.answer(*self.ask_engine())
        else:
            fault(self)

    def ask_engine(self) -> tuple[int, bytes]:
        """Let the engine do what is asked and return its status and body."""
        answer = requests.post(self.faults.engine, data=self.body, headers=dict(self.headers.items()), timeout=30)
        return answer.status_code, answer.content

    def answer(self, status: int, body: bytes, media_type: str = AMAZON_JSON) -> None:
        """Answer; in DynamoDB's own media type, with a request id as DynamoDB does."""
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        if media_type == AMAZON_JSON:
            self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is overridden
        """Write nothing to standard error."""

    def _step(self) -> str:
        operation = self.headers["X-Amz-Target"].rpartition(".")[2]
        if operation in OPERATIONS:
            return OPERATIONS[operation]
        assert operation == "GetItem", operation
        return "live" if json.loads(self.body)["Key"]["version"]["S"] == "live" else "version"


# --- Faults -----------------------------------------------------------------------------------------------------------


def refusal(status: int, code: str) -> Fault:
    """An error in DynamoDB's own words."""
    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "No."}).encode()
    return lambda exchange: exchange.answer(status, body)


def page(status: int, body: bytes = b"<html>Please log in</html>", media_type: str = "text/html") -> Fault:
    """Answer as a proxy in between does, which is not DynamoDB."""
    return lambda exchange: exchange.answer(status, body, media_type)


def silence(exchange: Exchange) -> None:
    """Never answer: wait until the client has gone."""
    exchange.connection.recv(1)


def reset(exchange: Exchange) -> None:
    exchange.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _HANG_UP_AT_ONCE)
    exchange.rfile.close()
    exchange.connection.close()


def hang_up(exchange: Exchange) -> None:
    """End in good order, without an answer."""


def half(exchange: Exchange) -> None:
    """Hang up in the middle of the answer."""
    exchange.send_response(200)
    exchange.send_header("Content-Length", "1000")
    exchange.end_headers()
    exchange.wfile.write(b'{"Item": {"wid')


def drip(exchange: Exchange) -> None:
    """Answer with a byte every 0.3 s, so that no receive takes long and the whole takes minutes."""
    for byte in b"HTTP/1.1 200 OK\r\n" + b"x-filler: y\r\n" * 80:
        if select.select([exchange.connection], [], [], 0.3)[0]:
            return  # the client has gone
        exchange.wfile.write(bytes([byte]))


def garbled(exchange: Exchange) -> None:
    """An answer of the right length that is not JSON."""
    exchange.answer(200, b'{"Item": {"wid\x00\xff')


def after_storing(fault: Fault) -> Fault:
    """The engine does what is asked; its answer is lost."""

    def stored_and_lost(exchange: Exchange) -> None:
        exchange.ask_engine()
        fault(exchange)

    return stored_and_lost
