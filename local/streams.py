"""Streams on one machine: what Lambda's event source mappings do, for those of the template."""

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
    """Give the event source mappings of a template, as they are written."""
    for resource in resources.values():
        if resource["Type"] == "AWS::Lambda::EventSourceMapping":
            properties = resource["Properties"]
            filters = properties.get("FilterCriteria", {}).get("Filters", ())
            yield Mapped(
                table=properties["EventSourceArn"]["Fn::GetAtt"][0],
                function=properties["FunctionName"]["Ref"],
                batch_size=properties["BatchSize"],
                patterns=[json.loads(each["Pattern"]) for each in filters],
            )


def fits(pattern: Any, value: Any) -> bool:  # noqa: ANN401 - whatever JSON can say
    """Does a value fit an event pattern? Only lists of allowed values are known."""
    if isinstance(pattern, list):
        return value in pattern
    return isinstance(value, dict) and all(fits(part, value.get(name)) for name, part in pattern.items())


@contextmanager
def delivering(mapped: Mapped, function: Function) -> Iterator[None]:
    """Call ``function`` with what is written from now on, batch after batch, for as long as the context lasts."""
    client = boto3.client("dynamodbstreams")
    arn = boto3.client("dynamodb").describe_table(TableName=mapped.table)["Table"]["LatestStreamArn"]
    (shard,) = client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]  # moto has no more
    reader = _Reader(client, arn, shard["ShardId"])
    stopped = Event()

    def deliver() -> None:
        while not stopped.wait(PAUSE):
            reader.advance(mapped, function)

    thread = Thread(target=deliver, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()


class _Reader:
    """A place in a shard. It stays where it is until the function has taken all records that follow."""

    def __init__(self, client: "DynamoDBStreamsClient", arn: str, shard: str) -> None:
        self._client = client
        latest = client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="LATEST")
        self._iterator = latest["ShardIterator"]

    def advance(self, mapped: Mapped, function: Function) -> None:
        answer = self._client.get_records(ShardIterator=self._iterator, Limit=mapped.batch_size)
        records = [record for each in answer["Records"] if mapped.wants(record := _as_lambda_gets_it(each))]
        if not records or _are_taken(function, records):
            self._iterator = answer["NextShardIterator"]


def _are_taken(function: Function, records: list[dict[str, Any]]) -> bool:
    try:
        return not function({"Records": records})["batchItemFailures"]
    except Exception:  # Lambda would try again as well
        traceback.print_exc()
        return False


def _as_lambda_gets_it(record: Mapping[str, Any]) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(json.dumps(record, default=datetime.timestamp))
    return event
