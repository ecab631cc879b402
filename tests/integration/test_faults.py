"""The store fails, in every way it can: the client is told within three seconds to keep the decision and come again."""

import socket
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from local.tables import Tables
from tests import dossiers
from tests.faulty_store import (
    AMAZON_JSON,
    Fault,
    FaultyStore,
    after_storing,
    drip,
    faulty_store,
    garbled,
    half,
    hang_up,
    page,
    refusal,
    reset,
    silence,
)
from tests.functional.conftest import Answer, caller, event, with_body
from tests.matrices import matrix
from tests.repository_contract import CONSENT, proof
from tests.waits import counted_waits

EVENTS = {"widget_settings": event("settings"), "consent_collect": event("collect")}
METRICS = {"widget_settings": "SettingsRefusedUnavailable", "consent_collect": "ProofsRefusedUnavailable"}
SECONDS = 2.5
"""In which a client is told. A pause of 0.05 s may end a moment later: it starts only if it would end in time."""
TWO_ATTEMPTS = 1.0
"""Seconds that a request to a silent store takes at least: twice its timeout, less what the clock of a test rounds."""

STEPS = {
    "widget_settings-live": ("widget_settings", "live"),
    "widget_settings-version": ("widget_settings", "version"),
    "consent_collect-live": ("consent_collect", "live"),
    "consent_collect-version": ("consent_collect", "version"),
    "consent_collect-proof": ("consent_collect", "proof"),
}
RIGHTS = {
    "history-live": ("history", "live"),
    "history-history": ("history", "history"),
    "receipt-live": ("receipt", "live"),
    "receipt-history": ("receipt", "history"),
    "receipt-version": ("receipt", "version"),
    "erase-live": ("erase", "live"),
    "erase-history": ("erase", "history"),
    "erase-erasure": ("erase", "erasure"),
}
FAULTS = {
    "throughput exceeded": (refusal(400, "ProvisionedThroughputExceededException"), "store-throttled"),
    "throttling": (refusal(400, "ThrottlingException"), "store-throttled"),
    "request limit": (refusal(400, "RequestLimitExceeded"), "store-throttled"),
    "internal error": (refusal(500, "InternalServerError"), "store-unavailable"),
    "unavailable": (refusal(503, "ServiceUnavailable"), "store-unavailable"),
    "unknown error": (refusal(500, "SomethingNew"), "store-unavailable"),
    "bad gateway": (page(502), "store-unavailable"),
    "strange page": (page(200), "store-unavailable"),
    "strange JSON": (page(200, b"{}", "application/json"), "store-unavailable"),
    "strange refusal": (page(403), "store-unavailable"),
    "silence": (silence, "store-unavailable"),
    "reset": (reset, "store-unavailable"),
    "hung up": (hang_up, "store-unavailable"),
    "half an answer": (half, "store-unavailable"),
    "garbled": (garbled, "store-unavailable"),
    "garbled failure": (page(500, b"{\xff}", AMAZON_JSON), "store-unavailable"),
    "strange failure": (page(503, b"[]", AMAZON_JSON), "store-unavailable"),
    "strange words": (page(400, b'{"__type": 5}', AMAZON_JSON), "store-unavailable"),
    "drip": (drip, "store-unavailable"),
}
PASSING_FAULTS = {name: FAULTS[name][:1] for name in ("throttling", "internal error", "reset")}


@pytest.fixture
def store(ministack: str, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStore]:
    """A store that fails when told to, in the place of the engine; ``tables`` still reach the engine itself."""
    with faulty_store(ministack) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", store.url)
        yield store


def proofs(tables: Tables) -> list[dict[str, Any]]:
    return boto3.client("dynamodb", endpoint_url=tables.consents._client.meta.endpoint_url).scan(
        TableName="ConsentsTable"
    )["Items"]


def assert_served(answer: Answer, tables: Tables) -> None:
    """With 200 or 201, for on a busy machine a first attempt may have been slow; a decision is stored once anyhow."""
    assert answer.status in {200, 201}
    assert len(proofs(tables)) == ("consentId" in answer.body)


def assert_told_in_time(ask: Callable[[], Answer], metric: str, problem: str) -> float:
    """Ask once, check that the client is told in time, and return the seconds that the function waited.

    The wait is measured where it is made: in the function's own sockets and pauses, and none counts with more than its
    timeout. A clock around the whole would also count what a busy machine adds.
    """
    with counted_waits() as waits:
        answer = ask()
    assert (answer.status, answer.problem, answer.headers["retry-after"]) == (503, problem, "5")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.metrics == {metric: 1.0}
    assert [(line["level"], line["message"], line.get("stack")) for line in answer.log] == [("INFO", metric, None)]
    assert waits.seconds < SECONDS + 0.05
    return waits.seconds


@pytest.mark.parametrize(("fault", "problem", "function", "step"), matrix(FAULTS, STEPS, sample=12))
def test_a_fault_is_reported_in_time_and_ends_with_its_cause(
    store: FaultyStore, tables: Tables, fault: Fault, problem: str, function: str, step: str
) -> None:
    call = caller(function)
    store.fail(step, fault)

    assert_told_in_time(lambda: call(EVENTS[function]), METRICS[function], problem)
    assert proofs(tables) == []

    store.recover()
    assert_served(call(EVENTS[function]), tables)


@pytest.mark.parametrize(("fault", "problem", "asked", "step"), matrix(FAULTS, RIGHTS, sample=12))
def test_a_fault_of_a_rights_request_is_reported_in_time_too(
    store: FaultyStore, tables: Tables, fault: Fault, problem: str, asked: str, step: str
) -> None:
    call = caller("visitor_rights")
    kept = proof(widgetId=43) if asked != "receipt" else dossiers.proof(consentId=CONSENT, ttl=4_000_000_000)
    tables.consents.put_proof({**kept, "userId": "user-4711"})
    store.fail(step, fault)

    assert_told_in_time(lambda: call(event(asked)), "RightsRefusedUnavailable", problem)
    store.recover()
    done = call(event(asked))
    assert done.status == (204 if asked == "erase" else 200)
    assert asked != "history" or done.body == {"proofs": [kept]}
    assert asked != "receipt" or done.body["@type"] == "dpv:ConsentReceipt"
    is_named = "userId" in proofs(tables)[0]
    assert is_named == (asked != "erase")


@pytest.mark.parametrize("function", EVENTS)
def test_a_refused_connection_is_reported_in_time(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    with socket.socket() as closed:  # bound, so that the port stays taken, but not listening
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{closed.getsockname()[1]}")
        call = caller(function)

        assert_told_in_time(lambda: call(EVENTS[function]), METRICS[function], "store-unavailable")


@pytest.mark.parametrize("function", EVENTS)
def test_a_connection_that_is_never_accepted_is_reported_in_time(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.create_connection(full.getsockname()):
        monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{full.getsockname()[1]}")
        call = caller(function)

        waited = assert_told_in_time(lambda: call(EVENTS[function]), METRICS[function], "store-unavailable")
        assert waited >= TWO_ATTEMPTS


@pytest.mark.parametrize("last", ["live", "version", "proof"])
def test_the_three_seconds_are_the_whole_requests(
    store: FaultyStore, tables: Tables, monkeypatch: pytest.MonkeyPatch, last: str
) -> None:
    """Each step before the ``last`` one is answered at the second attempt only, the last one never."""
    call = caller("consent_collect")
    monkeypatch.setattr(store, "fault_at", every_second_attempt_until(last))

    waited = assert_told_in_time(
        lambda: call(EVENTS["consent_collect"]), "ProofsRefusedUnavailable", "store-unavailable"
    )
    assert waited >= TWO_ATTEMPTS
    assert proofs(tables) == []


def every_second_attempt_until(last: str) -> Callable[[str], Fault | None]:
    attempts: Counter[str] = Counter()

    def fault_at(step: str) -> Fault | None:
        attempts[step] += 1
        return silence if step == last or attempts[step] == 1 else None

    return fault_at


@pytest.mark.parametrize(("fault", "function", "step"), matrix(PASSING_FAULTS, STEPS))
def test_one_fault_is_made_good_by_a_second_attempt(
    store: FaultyStore, tables: Tables, fault: Fault, function: str, step: str
) -> None:
    call = caller(function)
    store.fail(step, fault, times=1)

    assert_served(call(EVENTS[function]), tables)

    assert store.steps.count(step) >= 2


@pytest.mark.parametrize(
    "fault", [silence, reset, hang_up, half, garbled, page(200), refusal(500, "InternalServerError")]
)
def test_a_decision_whose_answer_was_lost_is_sent_again_and_stored_once(
    store: FaultyStore, tables: Tables, fault: Fault
) -> None:
    call = caller("consent_collect")
    store.fail("proof", after_storing(fault))
    lost = call(EVENTS["consent_collect"])
    (stored,) = proofs(tables)
    store.recover()

    again = call(EVENTS["consent_collect"])

    assert (lost.status, lost.problem) == (503, "store-unavailable")
    assert (again.status, again.body) == (200, {"consentId": stored["consentId"]["S"]})
    assert again.metrics == {"ProofsRepeated": 1.0}
    assert proofs(tables) == [stored]


def test_an_answer_lost_once_is_made_good_at_once(store: FaultyStore, tables: Tables) -> None:
    call = caller("consent_collect")
    store.fail("proof", after_storing(reset), times=1)

    answer = call(EVENTS["consent_collect"])

    (stored,) = proofs(tables)
    assert (answer.status, answer.body) == (200, {"consentId": stored["consentId"]["S"]})


def test_a_page_is_served_from_memory_while_the_store_throttles_versions(store: FaultyStore, tables: Tables) -> None:
    call = caller("widget_settings")
    before = call(EVENTS["widget_settings"])
    store.fail("version", refusal(400, "ThrottlingException"))

    assert call(EVENTS["widget_settings"]).body == before.body


def test_a_decision_is_stored_while_the_store_throttles_reads(store: FaultyStore, tables: Tables) -> None:
    """The live item and its version were read a moment ago."""
    call = caller("consent_collect")
    assert_served(call(EVENTS["consent_collect"]), tables)
    for step in ("live", "version"):
        store.fail(step, refusal(400, "ThrottlingException"))
        assert call(with_body(EVENTS["consent_collect"], id=str(uuid.uuid4()))).status in {200, 201}


def test_an_error_of_ours_is_reported_as_a_bug(store: FaultyStore, tables: Tables) -> None:
    """The counterpart: a stack trace, a metric of its own, and no Retry-After."""
    call = caller("consent_collect")
    store.fail("proof", refusal(400, "ValidationException"))

    answer = call(EVENTS["consent_collect"])

    assert (answer.status, answer.problem, answer.metrics) == (500, "internal-error", {"ProofsRefusedBug": 1.0})
    assert "retry-after" not in answer.headers
    assert answer.log[0]["level"] == "ERROR"
    assert answer.log[0]["error"] == "ClientError"
