"""Streams on one machine: what Lambda's event source mappings do, for those of the template."""

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

if TYPE_CHECKING:
    from mypy_boto3_dynamodbstreams import DynamoDBStreamsClient

type Function = Callable[[dict[str, Any]], Any]

PAUSE = 0.2  # seconds between two looks at a stream
_ALWAYS_MORE = itertools.count().__next__


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table's stream and the function that gets its records; ``patterns`` are those of FilterCriteria."""

    table: str
    function: str
    batch_size: int
    patterns: Sequence[Any]

    def wants(self, record: Mapping[str, Any]) -> bool:
        return not self.patterns or any(fits(pattern, record) for pattern in self.patterns)


def mappings(resources: Mapping[str, Any]) -> Iterator[Mapped]:
    """Give the event source mappings of a template's resources, as SAM reads them. None waits for a batch to fill."""
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            properties = resource["Properties"]
            filters = properties.get("FilterCriteria", {}).get("Filters", ())
            yield Mapped(
                table=properties["EventSourceArn"]["Fn::GetAtt"][0],
                function=properties["FunctionName"],
                batch_size=int(properties["BatchSize"]),
                patterns=[json.loads(each["Pattern"]) for each in filters],
            )


def fits(pattern: Any, value: Any) -> bool:  # noqa: ANN401 - whatever JSON can say
    """Does a value fit an event pattern? Only lists of allowed values are known."""
    if isinstance(pattern, list):
        return value in pattern
    return isinstance(value, dict) and all(fits(part, value.get(name)) for name, part in pattern.items())


@contextmanager
def delivering(mapped: Mapped, function: Function, writes: Callable[[], int] = _ALWAYS_MORE) -> Iterator[None]:
    """Call ``function`` with what is written from now on, batch after batch, for as long as the context lasts.

    ``writes`` counts what has been written so far: while it stays the same, nobody looks at the stream. Without it
    somebody always does.
    """
    client = boto3.client("dynamodbstreams")
    arn = boto3.client("dynamodb").describe_table(TableName=mapped.table)["Table"]["LatestStreamArn"]
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
                read = written if reader.advance(mapped, function) else None
            except Exception:  # the stream cannot be read now: Lambda would ask again as well
                traceback.print_exc()

    thread = Thread(target=deliver, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


class _Reader:
    """A place in a shard. It stays before the first record that the function has not taken.

    The place is a record's number, not an iterator: moto's iterators stay with the table that it was before a
    transaction failed, to which nothing is written any more.
    """

    def __init__(self, client: "DynamoDBStreamsClient", arn: str, shard: str) -> None:
        self._client = client
        self._shard = {"StreamArn": arn, "ShardId": shard}
        self._last_read: str | None = None
        while records := self._following(1_000):  # what is there already is nobody's business
            self._last_read = _number(records[-1])

    def advance(self, mapped: Mapped, function: Function) -> bool:
        """Bring the next batch to the function. Give whether there was nothing more."""
        following = self._following(mapped.batch_size)
        records = [record for record in following if mapped.wants(record)]
        failed = _first_failure(function, records) if records else None
        for record in following:
            if (number := _number(record)) == failed:
                break
            self._last_read = number
        return not following

    def _following(self, limit: int) -> list[dict[str, Any]]:
        place: dict[str, Any] = {**self._shard, "ShardIteratorType": "TRIM_HORIZON"}
        if self._last_read is not None:
            place |= {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._last_read}
        iterator = self._client.get_shard_iterator(**place)["ShardIterator"]
        answer = self._client.get_records(ShardIterator=iterator, Limit=limit)
        return [_as_lambda_gets_it(record) for record in answer["Records"]]


def _first_failure(function: Function, records: list[dict[str, Any]]) -> str | None:
    """Call the function; give the number of the first record that must come again."""
    try:
        failures = function({"Records": records})["batchItemFailures"]
    except Exception:  # Lambda would try again as well
        traceback.print_exc()
        return _number(records[0])
    return min((failure["itemIdentifier"] for failure in failures), key=int, default=None)


def _number(record: Mapping[str, Any]) -> str:
    number: str = record["dynamodb"]["SequenceNumber"]
    return number


def _as_lambda_gets_it(record: Mapping[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(json.dumps(record, default=datetime.timestamp))
    return event
