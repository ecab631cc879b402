"""The stand-in for Lambda's event source mappings on one machine."""

from datetime import UTC, datetime
from threading import Event, Semaphore
from typing import Any

import boto3
import pytest
from moto.dynamodbstreams.models import DynamoDBStreamsBackend

from consent_core.errors import ConflictError
from consent_core.publishing import drafts
from consent_core.publishing.changes import add_origin, raise_renewal
from consent_core.widget_table import Change
from local import ROOT
from local.embedded_aws import Writes
from local.gateway import read_template
from local.streams import EventSourceMapping, delivering, mappings, matches
from local.tables import Tables

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
TIMEOUT = 30.0  # seconds after which a delivery that never comes is given up


@pytest.fixture
def mapping() -> EventSourceMapping:
    """The mapping of the template that the widgets' stream has."""
    found = mappings(read_template(ROOT / "template.yaml")[0].resources)
    return next(each for each in found if each.function == "InvalidateCacheFunction")


class Batches(list[list[int]]):
    """The batches that a function got. Their records are numbered as they first came: the stream holds keys alone."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def take(self, event: dict[str, Any]) -> None:
        seen = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
        self.append([self._numbers.setdefault(number, len(self._numbers) + 1) for number in seen])


class Collector:
    """A function that takes everything."""

    def __init__(self) -> None:
        self.batches = Batches()
        self.is_called = Event()

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        self.batches.take(event)
        self.is_called.set()
        return {"batchItemFailures": []}


def test_a_changed_version_is_delivered_and_a_new_one_is_not(tables: Tables, mapping: EventSourceMapping) -> None:
    """Published versions and audit entries never change; a record of the contrary raises an alarm."""
    client, key = boto3.client("dynamodb"), {"widgetId": {"N": "44"}, "version": {"S": "audit#2026#1"}}
    seen: list[tuple[str, str]] = []
    is_over = Event()

    def function(event: dict[str, Any]) -> dict[str, Any]:
        seen.extend((each["eventName"], each["dynamodb"]["Keys"]["version"]["S"]) for each in event["Records"])
        if seen[-1][0] == "REMOVE":
            is_over.set()
        return {"batchItemFailures": []}

    with delivering(mapping, function):
        for actor in ("one", "two"):
            client.put_item(TableName="WidgetsTable", Item={**key, "actor": {"S": actor}})
        client.delete_item(TableName="WidgetsTable", Key=key)
        assert is_over.wait(TIMEOUT)

    assert seen == [("MODIFY", "audit#2026#1"), ("REMOVE", "audit#2026#1")]


def test_a_draft_is_not_delivered(tables: Tables, mapping: EventSourceMapping) -> None:
    """It changes all the time, it is in no cache, and it is no history."""
    seen: list[str] = []
    is_over = Event()

    def function(event: dict[str, Any]) -> dict[str, Any]:
        seen.extend(record["dynamodb"]["Keys"]["version"]["S"] for record in event["Records"])
        is_over.set()
        return {"batchItemFailures": []}

    with delivering(mapping, function):
        draft = drafts.start(tables.widgets, 44, actor="test", now=NOW)
        drafts.save_part(tables.widgets, 44, {"label": "B"}, actor="test", now=NOW, expected=draft.number)
        drafts.discard(tables.widgets, 44)
        add_origin(tables.widgets, 44, "https://new.example", actor="test", now=NOW)
        assert is_over.wait(TIMEOUT)

    assert seen == ["live"]


def test_what_is_live_is_delivered_and_a_failed_batch_comes_again(tables: Tables, mapping: EventSourceMapping) -> None:
    batches: list[list[dict[str, Any]]] = []
    is_taken = Event()

    def function(event: dict[str, Any]) -> dict[str, Any]:
        batches.append(event["Records"])
        if len(batches) == 1:
            return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["dynamodb"]["SequenceNumber"]}]}
        is_taken.set()
        return {"batchItemFailures": []}

    with delivering(mapping, function):
        raise_renewal(tables.widgets, 44, actor="test", now=NOW)
        add_origin(tables.widgets, 44, "https://new.example", actor="test", now=NOW)
        assert is_taken.wait(TIMEOUT)

    first, again = batches[0][0], batches[1][0]
    assert first == again
    assert (first["eventName"], first["dynamodb"]["Keys"]["version"]) == ("MODIFY", {"S": "live"})
    assert {record["dynamodb"]["Keys"]["version"]["S"] for batch in batches for record in batch} == {"live"}


def test_of_a_batch_that_failed_in_its_middle_the_rest_comes_again(tables: Tables, mapping: EventSourceMapping) -> None:
    batches = Batches()
    is_taken = Event()

    def function(event: dict[str, Any]) -> dict[str, Any]:
        records = [record["dynamodb"] for record in event["Records"]]
        batches.take(event)
        if len(batches) == 1:
            for number in (1, 2):  # what it gets next
                add_origin(tables.widgets, 44, f"https://{number}.example", actor="test", now=NOW)
            return {"batchItemFailures": []}
        if len(batches) == 2:
            return {"batchItemFailures": [{"itemIdentifier": records[1]["SequenceNumber"]}]}
        is_taken.set()
        return {"batchItemFailures": []}

    with delivering(mapping, function):
        raise_renewal(tables.widgets, 44, actor="test", now=NOW)
        assert is_taken.wait(TIMEOUT)

    assert batches == [[1], [2, 3], [3]]


def test_a_failed_transaction_does_not_end_the_delivery(tables: Tables, mapping: EventSourceMapping) -> None:
    function = Collector()
    live = tables.widgets.live(44)
    assert live is not None

    with delivering(mapping, function):
        with pytest.raises(ConflictError):
            tables.widgets.publish(live, Change("2026-11-24T10:00:00.000Z", "test", "publish", ""))
        raise_renewal(tables.widgets, 44, actor="test", now=NOW)
        assert function.is_called.wait(TIMEOUT)

    assert function.batches == [[1]]


def test_a_stream_that_cannot_be_read_for_a_while_is_read_on(
    tables: Tables, mapping: EventSourceMapping, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    function, has_failed, read = Collector(), Event(), DynamoDBStreamsBackend.get_records

    def busy(*_: object) -> None:
        monkeypatch.setattr(DynamoDBStreamsBackend, "get_records", read)
        has_failed.set()
        raise TimeoutError("The engine is busy.")

    with delivering(mapping, function):
        monkeypatch.setattr(DynamoDBStreamsBackend, "get_records", busy)
        assert has_failed.wait(TIMEOUT)
        raise_renewal(tables.widgets, 44, actor="test", now=NOW)
        assert function.is_called.wait(TIMEOUT)

    assert function.batches == [[1]]
    assert capsys.readouterr().err.endswith("TimeoutError: The engine is busy.\n")


class Watched(Writes):
    """Tells how often it has been asked."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = Semaphore(0)

    def __call__(self) -> int:
        self._asked.release()
        return super().__call__()

    def are_asked_for_again(self) -> None:
        """Wait for a full round of the poller: it asks, acts on the answer, and asks again."""
        while self._asked.acquire(blocking=False):
            pass
        for _ in range(2):
            assert self._asked.acquire(timeout=TIMEOUT)


def test_a_stream_is_not_read_before_a_write(tables: Tables, mapping: EventSourceMapping) -> None:
    function, writes = Collector(), Watched()

    with delivering(mapping, function, writes):
        writes.are_asked_for_again()
        raise_renewal(tables.widgets, 44, actor="test", now=NOW)
        writes.are_asked_for_again()
        assert function.batches == []

        writes.acknowledge("TransactWriteItems")
        assert function.is_called.wait(TIMEOUT)

    assert function.batches == [[1]]


def test_reading_is_no_writing() -> None:
    writes = Writes()
    for operation in ("GetItem", "Query", "TransactGetItems", "", "PutItem"):
        writes.acknowledge(operation)

    assert writes() == 1


@pytest.mark.parametrize(
    ("pattern", "is_fitting"),
    [
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"dynamodb": {"Keys": {"version": {"S": ["live"]}}}}, True),
        ({"dynamodb": {"Keys": {"version": {"S": ["v1"]}}}}, False),
        ({"dynamodb": {"NewImage": {"version": {"S": ["live"]}}}}, False),
        ({"dynamodb": {"Keys": {"version": {"S": [{"anything-but": ["live"]}]}}}}, False),
        ({"dynamodb": {"Keys": {"version": {"S": [{"anything-but": ["v1"]}]}}}}, True),
        ({"dynamodb": {"NewImage": {"version": {"S": [{"anything-but": ["v1"]}]}}}}, False),
    ],
)
def test_a_pattern_chooses_records(pattern: dict[str, Any], is_fitting: bool) -> None:
    assert matches(pattern, {"eventName": "INSERT", "dynamodb": {"Keys": {"version": {"S": "live"}}}}) is is_fitting
