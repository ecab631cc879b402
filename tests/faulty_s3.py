"""A stand-in between a process and an S3 that fails on purpose, or ends the process, at a request that a test names."""

import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer

import requests

from tests.faulty_store import Exchange, Fault, FaultyStore, after_storing, reset

_STEPS = {"GET": "list", "HEAD": "head", "PUT": "put"}
_NOT_PASSED_ON = {"connection", "content-length", "date", "expect", "server", "transfer-encoding"}


@dataclass
class FaultyS3(FaultyStore):
    """``plan`` says which requests meet which fault: they are numbered from 0 on, over all the processes that ask.

    ``process`` is the one that asks now, ``steps`` are the requests so far (``list``, ``head``, ``put``), ``met`` the
    faults that they have met.
    """

    process: int = 0
    plan: Mapping[int, Fault] = field(default_factory=dict)
    met: list[Fault] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, plan: Mapping[int, Fault]) -> None:
        self.plan, self.steps, self.met = plan, [], []

    def fault_at(self, step: str) -> Fault | None:
        with self._lock:
            fault = self.plan.get(len(self.steps))
            self.steps.append(step)
            if fault is not None:
                self.met.append(fault)
            return fault


@contextmanager
def faulty_s3(engine: str) -> Iterator[FaultyS3]:
    """Stand in for the ``engine`` at this URL for as long as the context lasts."""
    s3 = FaultyS3(engine)

    class Requests(S3Exchange):
        faults = s3

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        s3.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield s3
        finally:
            server.shutdown()
            thread.join()


class S3Exchange(Exchange):
    """One request and its answer, each on a connection of its own."""

    faults: FaultyS3
    protocol_version = "HTTP/1.1"  # a client that asks whether it may send its body is answered

    def handle_one_request(self) -> None:
        self.said: dict[str, str] = {}
        try:
            super().handle_one_request()
        except ConnectionError:
            return  # the client is gone
        finally:
            self.close_connection = True

    def ask_engine(self) -> tuple[int, bytes]:
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _NOT_PASSED_ON}
        url = self.faults.engine + self.path
        answer = requests.request(self.command, url, data=self.body, headers=headers, timeout=30)
        self.said = {name: value for name, value in answer.headers.items() if name.lower() not in _NOT_PASSED_ON}
        return answer.status_code, answer.content

    def answer(self, status: int, body: bytes, media_type: str = "application/xml") -> None:
        self.send_response(status)
        for name, value in {"Content-Type": media_type, **self.said}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def _step(self) -> str:
        return _STEPS[self.command]


# --- Faults -----------------------------------------------------------------------------------------------------------


def killed(exchange: Exchange) -> None:
    """The process that asks ends before anything is done."""
    assert isinstance(exchange, S3Exchange)
    os.kill(exchange.faults.process, signal.SIGKILL)


def refused(exchange: Exchange) -> None:
    exchange.answer(503, b"<Error><Code>SlowDown</Code><Message>No.</Message></Error>")


def late(exchange: Exchange) -> None:
    """Do what is asked after the client has given up waiting."""
    while exchange.connection.recv(1_024):
        pass
    exchange.ask_engine()


def page(exchange: Exchange) -> None:
    """Something in between answers that is not S3."""
    exchange.answer(200, b"<html>Please log in</html>", "text/html")


killed_when_done = after_storing(killed)
lost = after_storing(reset)
