"""Streams on one machine, in place of Lambda's event source mappings, for those of the template."""

import itertools
import json
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import boto3

from local.lambda_process import FunctionError

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

type Function = Callable[[dict[str, Any]], Any]

PAUSE = 0.2  # seconds between two looks at a stream
_ALWAYS_MORE = itertools.count().__next__


@dataclass(frozen=True, slots=True)
class EventSourceMapping:
    """A table's stream and the function that gets its records; ``patterns`` are those of FilterCriteria."""

    table: str
    function: str
    batch_size: int
    patterns: Sequence[Any]

    def wants(self, record: Mapping[str, Any]) -> bool:
        return not self.patterns or any(matches(pattern, record) for pattern in self.patterns)


def mappings(resources: Mapping[str, Any]) -> Iterator[EventSourceMapping]:
    """Yield the event source mappings of a template's resources, as SAM reads them. None waits for a batch to fill."""
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            properties = resource["Properties"]
            filters = properties.get("FilterCriteria", {}).get("Filters", ())
            yield EventSourceMapping(
                table=properties["EventSourceArn"]["Fn::GetAtt"][0],
                function=properties["FunctionName"],
                batch_size=int(properties["BatchSize"]),
                patterns=[json.loads(each["Pattern"]) for each in filters],
            )


def matches(pattern: Any, value: Any) -> bool:  # noqa: ANN401 - any JSON
    """Return whether a value matches an event pattern: lists of allowed values, , ``anything-but`` and ``exists``."""
    if isinstance(pattern, list):
        return any(_allows(each, value) for each in pattern)
    return isinstance(value, dict) and all(matches(part, value.get(name)) for name, part in pattern.items())


def _allows(allowed: Any, value: Any) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(allowed, dict) and "exists" in allowed:
        return (value is not None) is allowed["exists"]
    if isinstance(allowed, dict):
        return value is not None and value not in allowed["anything-but"]
    return bool(value == allowed)


@contextmanager
def delivering(
    mapping: EventSourceMapping, function: Function, writes: Callable[[], int] = _ALWAYS_MORE
) -> Iterator[None]:
    """Call ``function`` with what is written from now on, batch after batch, for as long as the context lasts.

    ``writes`` counts what has been written so far: while the count stays the same, the stream is not read. Without it,
    the stream is always read.
    """
    client = boto3.client("dynamodbstreams")
    arn = boto3.client("dynamodb").describe_table(TableName=mapping.table)["Table"]["LatestStreamArn"]
    (shard,) = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]  # moto has no more
    reader = _Reader(client, arn, shard["ShardId"])
    stopped = Event()

    def deliver() -> None:
        read = None
        while not stopped.wait(PAUSE):
            written = writes()
            if written == read:
                continue
            try:
                read = written if reader.advance(mapping, function) else None
            except Exception:  # the stream cannot be read now: Lambda would try again as well
                traceback.print_exc()

    thread = Thread(target=deliver, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


class _Reader:
    """A position in a shard. It stays before the first record that the function has not accepted.

    The position is a record's number, not an iterator: after a failed transaction, moto's iterators belong to a copy
    of the table that is no longer written to.
    """

    def __init__(self, client: "DynamoDBStreamsClient", arn: str, shard: str) -> None:
        self._client = client
        self._shard = {"StreamArn": arn, "ShardId": shard}
        self._last_read: str | None = None
        while records := self._following(1_000):  # what is there already is not delivered
            self._last_read = _number(records[-1])

    def advance(self, mapping: EventSourceMapping, function: Function) -> bool:
        """Deliver the next batch to the function. Return whether the stream had ended."""
        following = self._following(mapping.batch_size)
        records = [record for record in following if mapping.wants(record)]
        failed = _first_failure(function, records) if records else None
        for record in following:
            if (number := _number(record)) == failed:
                break
            self._last_read = number
        return not following

    def _following(self, limit: int) -> list[dict[str, Any]]:
        position: dict[str, Any] = {**self._shard, "ShardIteratorType": "TRIM_HORIZON"}
        if self._last_read is not None:
            position |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last_read}
        iterator = self._client.get_shard_iterator(**position)["ShardIterator"]
        answer = self._client.get_records(ShardIterator=iterator, Limit=limit)
        return [_as_lambda_gets_it(record) for record in answer["Records"]]


def _first_failure(function: Function, records: list[dict[str, Any]]) -> str | None:
    """Call the function. Return the number of the first record that must be sent again."""
    try:
        failures = function({"Records": records})["batchItemFailures"]
    except FunctionError:  # it is in the function's log
        return _number(records[0])
    return min((failure["itemIdentifier"] for failure in failures), key=int, default=None)


def _number(record: Mapping[str, Any]) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _as_lambda_gets_it(record: Mapping[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(json.dumps(record, default=datetime.timestamp))
    return event
