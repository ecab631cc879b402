"""Generated schedules of faults: visitors' requests, each call of which to the store may fail in any of many ways.

    python -m tests.fault_schedules --count 20000 --seed 1       (``make faults``)

The handlers run as they ship, and talk over sockets to a small DynamoDB that fails as the schedule says. A number makes
one schedule, always the same; a failing one is replayed by ``make faults SEED=<number> COUNT=1``. The time of a
request, and every delay with it, is a fraction of the real one; STORE_TIMEOUT_SECONDS is the only thing that differs.
"""

import argparse
import json
import os
import random
import socket
import struct
import sys
import threading
import time
import traceback
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from bench.tables import KEY, ORIGIN, WIDGET, decision, published
from consent_core.consent_table import PERSONAL
from consent_core.errors import UnavailableError
from consent_core.observability import Telemetry
from tests.handlers import LambdaContext, load_handler
from tests.waits import counted_waits, watched_waits

type Json = dict[str, Any]

TIMEOUT = 0.04
"""Seconds for each attempt, instead of half a second; a request has five times as long."""
DEADLINE = 5 * TIMEOUT
PAUSE = 0.05
"""Botocore's pause before a second attempt is not scaled. It starts only if it would end in time."""
PATIENT = "20"
WORKERS = 8
GENEROUS = 60.0
"""Seconds that an answer may take on the busiest machine. The exact bound is that of the waits."""

# --- The store --------------------------------------------------------------------------------------------------------


class Engine:
    """The part of DynamoDB that visitors' requests use, with its conditions. It knows no other expression."""

    def __init__(self) -> None:
        self.widgets = published(3).items
        self.proofs: dict[tuple[str, str], Json] = {}
        self._lock = threading.Lock()

    def do(self, operation: str, asked: Json) -> tuple[int, Json]:
        with self._lock:
            return {"GetItem": self._get, "PutItem": self._put, "Query": self._query, "UpdateItem": self._update}[
                operation
            ](asked)

    def history(self, consent: str) -> list[Json]:
        with self._lock:
            return [dict(item) for (own, _), item in self.proofs.items() if own == consent]

    def decided(self, decision_id: str) -> list[Json]:
        with self._lock:
            return [dict(item) for (_, own), item in self.proofs.items() if own == decision_id]

    def _get(self, asked: Json) -> tuple[int, Json]:
        found = self.widgets.get(asked["Key"]["version"]["S"])
        return 200, {} if found is None else {"Item": found}

    def _put(self, asked: Json) -> tuple[int, Json]:
        assert asked["ConditionExpression"] == "attribute_not_exists(consentId)"
        key = asked["Item"]["consentId"]["S"], asked["Item"]["id"]["S"]
        if key in self.proofs:
            return 400, {"__type": "x#ConditionalCheckFailedException", "Item": self.proofs[key]}
        self.proofs[key] = asked["Item"]
        return 200, {}

    def _query(self, asked: Json) -> tuple[int, Json]:
        assert asked["KeyConditionExpression"] == "consentId = :consent"
        consent = asked["ExpressionAttributeValues"][":consent"]["S"]
        items = [item for (own, _), item in self.proofs.items() if own == consent]
        if "FilterExpression" in asked:
            items = [{"id": item["id"]} for item in items if item.keys() & set(PERSONAL)]
        return 200, {"Items": items, "Count": len(items), "ScannedCount": len(items)}

    def _update(self, asked: Json) -> tuple[int, Json]:
        assert asked["UpdateExpression"] == f"SET erasedAt = :at REMOVE {', '.join(PERSONAL)}"
        key = asked["Key"]["consentId"]["S"], asked["Key"]["id"]["S"]
        if key not in self.proofs:
            return 400, {"__type": "x#ConditionalCheckFailedException"}
        kept = {name: value for name, value in self.proofs[key].items() if name not in PERSONAL}
        self.proofs[key] = {**kept, "erasedAt": asked["ExpressionAttributeValues"][":at"]}
        return 200, {}


@dataclass(frozen=True, slots=True)
class Fault:
    """The fate of one call. ``applied`` counts: the engine does what is asked, though its answer is not given."""

    kind: str = "none"
    applied: bool = True
    seconds: float = 0.0


@dataclass
class Store:
    """A server before the engine. ``faults`` are those of the next calls; calls beyond them are answered."""

    engine: Any
    faults: list[Fault] = field(default_factory=list)
    met: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    busy: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)

    def begin(self, faults: Sequence[Fault]) -> None:
        """Set the faults of the next calls, once all calls before have come to their end."""
        with self.changed:
            assert self.changed.wait_for(lambda: self.busy == 0, GENEROUS)
            self.faults, self.met = list(faults), []

    def next_fault(self) -> Fault:
        return self.faults.pop(0) if self.faults else Fault()

    def converse(self, connection: socket.socket) -> None:
        with connection:
            try:
                while request := _request(connection):
                    with self.changed:
                        fault = self.next_fault()
                        self.met.append(fault.kind)
                        self.busy += 1
                    try:
                        self._exchange(connection, fault, *request)
                    finally:
                        with self.changed:
                            self.busy -= 1
                            self.changed.notify_all()
            except OSError:
                return  # the client, or the fault, has closed the connection
            except Exception:
                self.broken.append(traceback.format_exc())

    def _exchange(self, connection: socket.socket, fault: Fault, operation: str, asked: Json) -> None:
        status, body = self.engine.do(operation, asked) if fault.applied else (500, {})
        FAULTS[fault.kind](connection, _answer(status, body), fault.seconds)


def _request(connection: socket.socket) -> tuple[str, Json] | None:
    received = b""
    while b"\r\n\r\n" not in received:
        if not (part := connection.recv(65_536)):
            return None
        received += part
    head, _, body = received.partition(b"\r\n\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])}
    while len(body) < int(headers[b"content-length"]):
        if not (part := connection.recv(65_536)):
            return None
        body += part
    return headers[b"x-amz-target"].decode().rpartition(".")[2], json.loads(body)


def _answer(status: int, body: Json) -> bytes:
    content = json.dumps(body).encode()
    return _head(status, len(content)) + content


def _head(status: int, length: int, request_id: str = "x-amzn-RequestId: R\r\n") -> bytes:
    return f"HTTP/1.1 {status} OK\r\n{request_id}Content-Length: {length}\r\n\r\n".encode()


@contextmanager
def serving(store: Store) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=store.converse, args=(connection,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


# --- Faults: each has the connection, the true answer, and a number of seconds ----------------------------------------

type Do = Callable[[socket.socket, bytes, float], None]


def answered(connection: socket.socket, answer: bytes, _: float) -> None:
    connection.sendall(answer)


def delayed(connection: socket.socket, answer: bytes, seconds: float) -> None:
    time.sleep(seconds)
    connection.sendall(answer)


def dripped(connection: socket.socket, answer: bytes, seconds: float) -> None:
    """Each byte within the timeout of an attempt, and far more of them than a request has time for."""
    for byte in answer:
        connection.sendall(bytes([byte]))
        time.sleep(seconds)


def dripped_headers(connection: socket.socket, answer: bytes, seconds: float) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(90):
        connection.sendall(f"x-{number}: y\r\n".encode())
        time.sleep(seconds)
    connection.sendall(answer.partition(b"\r\n")[2])


def continued(connection: socket.socket, answer: bytes, seconds: float) -> None:
    for _ in range(90):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(seconds)
    connection.sendall(answer)


def endless(connection: socket.socket, answer: bytes, seconds: float) -> None:
    """A body without a length that does not end."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nx-amzn-RequestId: R\r\n\r\n")
    for _ in range(90):
        connection.sendall(b" " * 100)
        time.sleep(seconds)
    connection.close()


def silent(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.settimeout(GENEROUS)
    connection.recv(1)


def reset(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def hung_up(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def half(connection: socket.socket, answer: bytes, _: float) -> None:
    connection.sendall(answer[: -max(1, len(answer) // 3)])
    connection.shutdown(socket.SHUT_RDWR)


def headless(connection: socket.socket, answer: bytes, _: float) -> None:
    connection.sendall(answer[:20])
    connection.shutdown(socket.SHUT_RDWR)


def garbled(connection: socket.socket, answer: bytes, _: float) -> None:
    """Replace the body by as many bytes that are not text."""
    start = answer.index(b"\r\n\r\n") + 4
    connection.sendall(answer[:start] + (b"\x00\xff" * len(answer))[: len(answer) - start])


def nonsense(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.sendall(b"\x16\x03\x01 SSH-2.0\r\n\r\n")
    connection.shutdown(socket.SHUT_RDWR)


def page(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.sendall(_head(200, 13, "Content-Type: text/html\r\n") + b"<h1>Hello</h1")


def foreign_json(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.sendall(_head(200, 2, "Content-Type: application/json\r\n") + b"{}")


def throttled(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.sendall(_refusal(400, "ProvisionedThroughputExceededException"))


def failed(connection: socket.socket, _answer: bytes, _: float) -> None:
    connection.sendall(_refusal(500, "InternalServerError"))


def _refusal(status: int, code: str) -> bytes:
    return _answer(status, {"__type": f"com.amazonaws.dynamodb.v20120810#{code}"})


UNANSWERED: dict[str, Do] = {
    each.__name__: each
    for each in (silent, reset, hung_up, half, headless, garbled, nonsense, page, foreign_json, throttled, failed)
}
"""The store may have done what was asked, or not: its answer does not say."""
SLOW: dict[str, Do] = {each.__name__: each for each in (delayed, dripped, dripped_headers, continued, endless)}
"""The store has done what was asked."""
FAULTS: dict[str, Do] = {"none": answered, **UNANSWERED, **SLOW}


# --- Schedules --------------------------------------------------------------------------------------------------------

REQUESTS = ("settings", "stranger", "decision", "history", "erasure")


@dataclass(frozen=True, slots=True)
class Schedule:
    """One request of a visitor, with the faults of the calls that each attempt makes.

    ``is_cold``: the function has nothing in memory.
    """

    number: int
    request: str
    is_cold: bool
    attempts: tuple[tuple[Fault, ...], ...]

    @classmethod
    def numbered(cls, number: int) -> "Schedule":
        """Return the schedule of a number, always the same one."""
        draw = random.Random(number)  # noqa: S311 - repeatable on purpose
        attempts = tuple(tuple(drawn_fault(draw) for _ in range(8)) for _ in range(draw.choice((1, 1, 2, 3))))
        request = draw.choices(REQUESTS, (2, 1, 5, 1, 2))[0]
        return cls(number, request, draw.random() < 0.6, attempts)


def drawn_fault(draw: random.Random, *, share: float = 0.55, timeout: float = TIMEOUT) -> Fault:
    """Draw a fault for the given share of calls. Delays are multiples of the timeout of an attempt."""
    if draw.random() >= share:
        return Fault()
    if draw.random() < 0.6:
        return Fault(draw.choice(list(UNANSWERED)), applied=draw.random() < 0.5)
    return Fault(draw.choice(list(SLOW)), seconds=timeout * draw.choice((0.2, 0.6, 0.9, 1.5, 3)))


# --- Visitors ---------------------------------------------------------------------------------------------------------


def _event(route: str, body: str = "", origin: str = ORIGIN) -> Json:
    return {
        "routeKey": route,
        "rawPath": route.partition(" ")[2].replace("{id}", str(WIDGET)),
        "headers": {"content-type": "application/json", "origin": origin},
        "queryStringParameters": {"key": KEY},
        "pathParameters": {"id": str(WIDGET)},
        "body": body,
        "isBase64Encoded": False,
    }


FUNCTIONS = {
    "settings": ("widget_settings", "GET /v1/client/cookie-widget-settings/{id}"),
    "stranger": ("widget_settings", "GET /v1/client/cookie-widget-settings/{id}"),
    "decision": ("consent_collect", "POST /v1/client/collect/{id}"),
    "history": ("visitor_rights", "POST /v1/client/consents/{id}/history"),
    "erasure": ("visitor_rights", "POST /v1/client/consents/{id}/erase"),
}


class BrokenPromiseError(AssertionError):
    """A schedule led to an answer, or to a state of the store, that must not be."""


class Visitor:
    """The functions as they ship, their store, and a visitor. Each thread has one."""

    def __init__(self, url: str, store: Store) -> None:
        self._store, self._engine = store, store.engine
        names = sorted({function for function, _ in FUNCTIONS.values()})
        environment = {**_ENVIRONMENT, "AWS_ENDPOINT_URL_DYNAMODB": url}
        self._hasty = {name: load_handler(name, **environment, STORE_TIMEOUT_SECONDS=str(TIMEOUT)) for name in names}
        self._patient = {name: load_handler(name, **environment, STORE_TIMEOUT_SECONDS=PATIENT) for name in names}

    def follow(self, schedule: Schedule) -> list[str]:
        """Make the request as often as the schedule says, then once without faults. Return the faults that were met.

        Raises BrokenPromiseError.
        """
        body, consent, before = self._prepared(schedule)
        met = []
        acknowledged: set[str] = set()
        for faults in schedule.attempts:
            function = self._hasty[FUNCTIONS[schedule.request][0]]
            _forget(function)
            if not schedule.is_cold:
                self._store.begin(())
                self._remember(function)
            self._store.begin(faults)
            answer = self._ask(self._hasty, schedule.request, body, within=DEADLINE + PAUSE)
            self._check(schedule, answer, consent, before, may_fail=True)
            acknowledged |= _consents(answer)
            met += self._store.met
            if answer["statusCode"] != 503:
                break  # as the SDK: a decision is sent again until it is answered
        self._store.begin(())
        answer = self._ask(self._patient, schedule.request, body, within=GENEROUS)
        self._check(schedule, answer, consent, before, may_fail=False)
        acknowledged |= _consents(answer)
        if schedule.request == "decision":
            self._check_stored_once(json.loads(body)["id"], acknowledged)
        if self._store.broken:
            raise BrokenPromiseError(self._store.broken[0])
        return met

    def _prepared(self, schedule: Schedule) -> tuple[str, str, list[Json]]:
        """Return the request's body, the consent that it names, and the proofs of that."""
        draw = random.Random(~schedule.number)  # noqa: S311
        if schedule.request == "decision":
            decided = {**json.loads(decision(3)), "id": str(uuid.UUID(int=draw.getrandbits(128), version=4))}
            return json.dumps({**decided, "consentId": None}), "", []
        if schedule.request not in {"history", "erasure"}:
            return "", "", []
        self._store.begin(())
        body, _, _ = self._prepared(Schedule(schedule.number, "decision", is_cold=False, attempts=()))
        (consent,) = _consents(self._ask(self._patient, "decision", body, within=GENEROUS))
        more = json.dumps({**json.loads(body), "id": str(uuid.UUID(int=schedule.number + 1)), "consentId": consent})
        assert _consents(self._ask(self._patient, "decision", more, within=GENEROUS)) == {consent}
        return json.dumps({"consentId": consent}), consent, self._engine.history(consent)

    def _remember(self, function: ModuleType) -> None:
        """Fill the caches, as in a function that has been called before."""
        version = self._engine.widgets["live"]["versionKey"]["S"]
        with suppress(UnavailableError):  # on a busy machine: then it is cold
            function.WIDGETS.recent_live(WIDGET, max_age=GENEROUS)
            function.WIDGETS.catalogue(WIDGET, version)
            function.WIDGETS.rendering(WIDGET, version, "en")

    def _ask(self, functions: dict[str, ModuleType], request: str, body: str, *, within: float) -> Json:
        function, route = FUNCTIONS[request]
        origin = "https://stranger.example" if request == "stranger" else ORIGIN
        begun = time.monotonic()
        with counted_waits() as waits:
            answer: Json = functions[function].handler(_event(route, body, origin), LambdaContext())
        if waits.seconds > within or time.monotonic() - begun > GENEROUS:
            raise BrokenPromiseError(f"The function waited for {waits.seconds:.3f} s; it has {within:g} s.")
        return answer

    def _check(self, schedule: Schedule, answer: Json, consent: str, before: list[Json], *, may_fail: bool) -> None:
        status, request = answer["statusCode"], schedule.request
        expected = {"settings": {200}, "stranger": {403}, "decision": {200, 201}, "history": {200}, "erasure": {204}}
        if status not in (expected[request] | ({503} if may_fail else set())):
            raise BrokenPromiseError(f"{request} was answered {status}: {answer['body'][:300]}")
        if status == 503 and "retry-after" not in answer["headers"]:
            raise BrokenPromiseError("A 503 does not say when to come again.")
        if (
            status == 200
            and request == "settings"
            and answer["body"] != self._engine.widgets[self._rendering]["body"]["S"]
        ):
            raise BrokenPromiseError("The settings are not those that were published.")
        for stored in _consents(answer):
            if not any(item["consentId"]["S"] == stored for item in self._engine.decided(_id_of(schedule))):
                raise BrokenPromiseError("A proof was acknowledged that is not in the store.")
        if consent:
            self._check_history(request, answer, self._engine.history(consent), before)

    @property
    def _rendering(self) -> str:
        return f"{self._engine.widgets['live']['versionKey']['S']}#en"

    def _check_history(self, request: str, answer: Json, after: list[Json], before: list[Json]) -> None:
        if [_impersonal(item) for item in after] != [_impersonal(item) for item in before]:
            raise BrokenPromiseError("A proof was changed or lost.")
        named = any(item.keys() & set(PERSONAL) for item in after)
        if request == "erasure" and answer["statusCode"] == 204 and named:
            raise BrokenPromiseError("An erasure was acknowledged that was not made.")
        if request == "history" and answer["statusCode"] == 200:
            shown = {proof["id"] for proof in json.loads(answer["body"])["proofs"]}
            if shown != {item["id"]["S"] for item in before}:
                raise BrokenPromiseError("The history is not what is stored.")

    def _check_stored_once(self, decision_id: str, acknowledged: set[str]) -> None:
        stored = [item["consentId"]["S"] for item in self._engine.decided(decision_id)]
        if len(stored) != 1 or set(stored) != acknowledged:
            raise BrokenPromiseError(f"A decision was stored {len(stored)} times, acknowledged as {len(acknowledged)}.")


def _id_of(schedule: Schedule) -> str:
    return str(uuid.UUID(int=random.Random(~schedule.number).getrandbits(128), version=4))  # noqa: S311


def _consents(answer: Json) -> set[str]:
    """Return the consent that an answer to a decision acknowledges."""
    body = answer.get("body", "")
    return {json.loads(body)["consentId"]} if body.startswith('{"consentId":') else set()


def _impersonal(item: Json) -> Json:
    return {name: value for name, value in item.items() if name not in {*PERSONAL, "erasedAt"}}


def _forget(function: ModuleType) -> None:
    """Empty the caches, as in a function that has just started."""
    function.WIDGETS._recent.clear()
    function.WIDGETS._cached_catalogue.cache_clear()
    function.WIDGETS._cached_rendering.cache_clear()


_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "POWERTOOLS_SERVICE_NAME": "faults",
    "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
    "ORIGIN_VERIFY": "off",
    "WIDGETS_TABLE": "WidgetsTable",
    "CONSENTS_TABLE": "ConsentsTable",
}


# --- The run ----------------------------------------------------------------------------------------------------------


@dataclass
class Result:
    """``met`` counts the calls by what happened to them; ``broken`` has a line for each schedule that failed."""

    followed: int = 0
    met: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def run(seed: int, schedules: int, *, workers: int = WORKERS) -> Result:
    """Follow the schedules from number ``seed`` on."""
    result, numbers, lock = Result(), count(seed), threading.Lock()

    def work() -> None:
        store = Store(Engine())
        with serving(store) as url:
            with lock:
                visitor = Visitor(url, store)  # it sets the environment for a moment
            while True:
                with lock:
                    number = next(numbers)
                if number >= seed + schedules:
                    return
                try:
                    met = visitor.follow(Schedule.numbered(number))
                except Exception:
                    with lock:
                        result.broken.append(f"make faults SEED={number} COUNT=1\n{traceback.format_exc()}")
                else:
                    with lock:
                        result.met.update(met)
                        result.followed += 1

    # Metrics are printed by the functions; nobody reads them here.
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        watched_waits(),
        _bugs_on_standard_error(),
        ThreadPoolExecutor(workers) as pool,
    ):
        for each in [pool.submit(work) for _ in range(workers)]:
            each.result()
    return result


@contextmanager
def _bugs_on_standard_error() -> Iterator[None]:
    def bug(_: Telemetry, error: Exception) -> None:
        sys.stderr.write("".join(traceback.format_exception(error)))

    with patch.object(Telemetry, "bug", bug):
        yield


def main() -> int:
    parser = argparse.ArgumentParser(prog="make faults", description="Follow generated schedules of faults.")
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    sys.stdout.write(f"Schedules {options.seed} to {options.seed + options.count - 1} …" + "\n")
    result = run(options.seed, options.count)
    sys.stdout.write(f"{result.followed} schedules kept every promise; {len(result.broken)} did not." + "\n")
    sys.stdout.write(", ".join(f"{kind} {times}" for kind, times in result.met.most_common()) + "\n")
    sys.stdout.write("\n".join(result.broken[:10]) + "\n")
    return 1 if result.broken else 0


if __name__ == "__main__":
    sys.exit(main())
