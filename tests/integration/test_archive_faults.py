"""Crashes, failures and delays between the stream of proofs and the archive lose no proof and count none twice.

The archiver runs in processes of their own, which are killed; S3 and the stream are those of an engine besides moto.
"""

import itertools
import multiprocessing
import os
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from consent_core.archive.integrity import verify
from consent_core.archive.objects import Archive, connect
from local.streams import _as_lambda_gets_it, mappings
from local.tables import Tables
from tests.faulty_s3 import FaultyS3, faulty_s3, killed, killed_when_done, late, lost, page, refused
from tests.faulty_store import Fault
from tests.integration import archive_process
from tests.repository_contract import proof

type Records = Sequence[dict[str, Any]]

FAULTS: dict[str, Fault] = {
    "killed before it is done": killed,
    "killed when it is done": killed_when_done,
    "its answer is lost": lost,
    "it is done late": late,
    "it is refused": refused,
    "something else answers": page,
}
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload([archive_process.__name__])


# --- What Lambda does -------------------------------------------------------------------------------------------------


class CrashError(Exception):
    """An execution environment has ended in the middle of a call."""


@dataclass
class Environment:
    """A process of the function. It waits for an answer of S3 for ``timeout`` seconds."""

    s3: FaultyS3
    bucket: str
    timeout: float = 1
    _process: Any = None
    _requests: Any = None

    def invoke(self, records: Records) -> list[str]:
        """Return the numbers of the records that must come again. Raises CrashError."""
        if self._process is None:
            self._start()
        self._requests.send({"Records": list(records)})
        try:
            answer = self._requests.recv()
        except (EOFError, ConnectionError):
            self.stop()
            raise CrashError from None
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def stop(self) -> None:
        if self._process is not None:
            self._requests.close()
            self._process.join()
            self._process = None

    def _start(self) -> None:
        self._requests, theirs = PROCESSES.Pipe()
        variables = {
            **{name: value for name, value in os.environ.items() if name.startswith("AWS_")},
            "AWS_ENDPOINT_URL_S3": self.s3.url,
            "ARCHIVE_BUCKET": self.bucket,
            "ARCHIVE_LANES": "1",
            "POWERTOOLS_SERVICE_NAME": "consent_archive",
            "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
        }
        self._process = PROCESSES.Process(target=archive_process.serve, args=(theirs, variables, self.timeout))
        self._process.start()
        theirs.close()
        self.s3.process = self._process.pid


def deliver(records: Records, environment: Environment, sizes: Iterator[int]) -> None:
    """Bring all records to the function in batches of these sizes, again and in halves after a crash as Lambda does."""
    place, size = 0, next(sizes)
    while place < len(records):
        batch = records[place : place + size]
        try:
            failed = environment.invoke(batch)
        except CrashError:
            size = max(1, len(batch) // 2)
            continue
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        place += min(map(numbers.index, failed), default=len(batch))
        size = next(sizes)


MANNERS: dict[str, Callable[[], Iterator[int]]] = {
    "all at once": lambda: itertools.repeat(100),
    "in threes": lambda: itertools.repeat(3),
    "in ever other batches": lambda: itertools.cycle([5, 2, 7, 1]),
}


# --- What there is ----------------------------------------------------------------------------------------------------


@pytest.fixture
def s3(ministack: str) -> Iterator[FaultyS3]:
    with faulty_s3(ministack) as stand_in:
        yield stand_in


@pytest.fixture
def records(tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch, resources: Mapping[str, Any]) -> Records:
    """The records that the template's mapping lets through: twelve new proofs, without their later changes."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB_STREAMS", ministack)
    for number in range(12):
        stored = {
            "date": f"2026-11-{24 + number // 8}T10:00:00.{number:03}Z",
            "widgetId": 44 if number in {3, 5} else 43,
        }
        tables.consents.put_proof(proof(id=str(uuid.UUID(int=number + 1)), userId="crm", **stored))
    key = {"consentId": {"S": proof()["consentId"]}, "id": {"S": str(uuid.UUID(int=1))}}
    dynamodb = boto3.client("dynamodb")
    dynamodb.update_item(TableName="ConsentsTable", Key=key, UpdateExpression="REMOVE userId")
    dynamodb.delete_item(TableName="ConsentsTable", Key=key)

    (mapping,) = (each for each in mappings(resources) if each.function == "ConsentArchiveFunction")
    arn = dynamodb.describe_table(TableName="ConsentsTable")["Table"]["LatestStreamArn"]
    streams = boto3.client("dynamodbstreams")
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    start = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    found = [
        _as_lambda_gets_it(record) for record in streams.get_records(ShardIterator=start["ShardIterator"])["Records"]
    ]
    assert len(found) == 14
    return [record for record in found if mapping.wants(record)]


@pytest.fixture
def new_archive(tables: Tables, ministack: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Archive]:
    """Make an archive whose bucket keeps every version of an object, so that a second one is seen."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", ministack)
    client = connect()

    def archive() -> Archive:
        name = f"archive-{uuid.uuid4()}"
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return Archive(client, bucket=name)

    return archive


@contextmanager
def environment(s3: FaultyS3, archive: Archive, timeout: float = 1) -> Iterator[Environment]:
    started = Environment(s3, archive._bucket, timeout)
    try:
        yield started
    finally:
        started.stop()


def assert_kept_once(records: Records, archive: Archive) -> None:
    days = [(widget, day) for widget in archive.widgets() for day in archive.days(widget)]
    kept = [line["eventId"] for place in days for line in archive.lines(*place)]
    assert sorted(kept) == sorted(record["eventID"] for record in records)
    assert [verify(archive, *place).faults for place in days] == [[]] * len(days)
    versions = archive._client.list_object_versions(Bucket=archive._bucket)["Versions"]
    assert len({version["Key"] for version in versions}) == len(versions)


# --- What is promised -------------------------------------------------------------------------------------------------

STEPS = ["list", "list", "put", "list", "list", "put", "list", "list", "list", "head", "put"]
"""Those of an environment's first batch: two widgets' first day, and a second one of the first widget."""
SOME_STEPS = [0, 2, 5, 9, 10]
"""One of each kind, and each write."""
ATTEMPTS = 3
"""After as many of them a client gives up, and the function has to say what it could not keep."""


def test_an_undisturbed_archiver_takes_these_steps(
    records: Records, s3: FaultyS3, new_archive: Callable[[], Archive]
) -> None:
    archive = new_archive()
    with environment(s3, archive, timeout=30) as one:
        assert one.invoke(records) == []
        assert one.invoke(records[:2]) == []

    assert_kept_once(records, archive)
    assert s3.steps == [*STEPS, "put"]


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_no_proof_is_lost_or_counted_twice_at_any_failing_step(
    records: Records, s3: FaultyS3, new_archive: Callable[[], Archive], fault: Fault
) -> None:
    steps = range(len(STEPS)) if fault in {killed, killed_when_done} else SOME_STEPS
    times = ATTEMPTS if fault in {lost, refused} else 1
    for step, manner in zip(steps, itertools.cycle(MANNERS.values()), strict=False):
        archive = new_archive()
        s3.begin(dict.fromkeys(range(step, step + times), fault))
        with environment(s3, archive) as one:
            deliver(records, one, manner())
        assert_kept_once(records, archive)
        assert s3.met == [fault] * times


PLANS = st.dictionaries(st.integers(0, 20), st.sampled_from(list(FAULTS.values())), max_size=4)


@settings(max_examples=settings().max_examples // 12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plans=st.lists(PLANS, min_size=2, max_size=3), sizes=st.lists(st.integers(1, 12), min_size=1), again=st.booleans()
)
def test_concurrent_writers_of_one_lane_lose_no_proof_and_count_none_twice(
    records: Records,
    ministack: str,
    new_archive: Callable[[], Archive],
    plans: list[dict[int, Fault]],
    sizes: list[int],
    again: bool,
) -> None:
    archive = new_archive()
    shards = [records[number :: len(plans)] for number in range(len(plans))]
    if again:
        shards[-1] = records  # as when Lambda has given up waiting for an environment that is still at work

    def write(plan: dict[int, Fault], shard: Records) -> None:
        with faulty_s3(ministack) as s3, environment(s3, archive) as one:
            s3.begin(plan)
            deliver(shard, one, itertools.cycle(sizes))

    with ThreadPoolExecutor(len(plans)) as writers:
        list(writers.map(write, plans, shards))

    assert_kept_once(records, archive)
