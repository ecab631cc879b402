"""The streams of both tables: filters, batches, retries, and where failures go."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from consent_core.edge import paths_of

type Json = dict[str, Any]

WILDCARDS_IN_PROGRESS = 15  # CloudFront's quota
STREAM_KEEPS = 24 * 3600  # seconds, DynamoDB's retention


@pytest.fixture
def mapping(properties_of: Callable[..., Json]) -> Json:
    found: Json = properties_of("AWS::Lambda::EventSourceMapping")["InvalidateCacheStream"]
    return found


@pytest.fixture
def archive(properties_of: Callable[..., Json]) -> Json:
    found: Json = properties_of("AWS::Lambda::EventSourceMapping")["ConsentArchiveStream"]
    return found


# --- Widgets ----------------------------------------------------------------------------------------------------------


def test_the_stream_of_widgets_delivers_live_items_and_changes_of_the_history(mapping: Json) -> None:
    assert mapping["FunctionName"] == {"Ref": "InvalidateCacheFunction"}
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["WidgetsTable", "StreamArn"]}
    live, history = (json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"])
    assert live == {"dynamodb": {"Keys": {"version": {"S": ["live"]}}}}
    assert history == {
        "eventName": ["MODIFY", "REMOVE"],
        "dynamodb": {"Keys": {"version": {"S": [{"anything-but": ["live", "draft"]}]}}},
    }


def test_the_stream_is_read_from_its_beginning(mapping: Json) -> None:
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_a_batch_stays_within_cloudfronts_limit_of_wildcards(mapping: Json) -> None:
    wildcards = [path for path in paths_of(43) if path.endswith("*")]
    assert mapping["BatchSize"] * len(wildcards) <= WILDCARDS_IN_PROGRESS
    assert mapping["MaximumBatchingWindowInSeconds"] <= 1


def test_a_failure_is_retried_for_an_hour_in_smaller_batches_and_then_queued(
    mapping: Json, properties_of: Callable[..., Json]
) -> None:
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (-1, 3600)
    assert mapping["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["InvalidateCacheFailures", "Arn"]
    }
    queue = properties_of("AWS::SQS::Queue")["InvalidateCacheFailures"]
    assert queue == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}


def test_the_distribution_does_not_depend_on_its_invalidation(stack: Json) -> None:
    """CloudFormation refuses circular dependencies."""
    waiting, seen = ["Distribution"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in stack["Resources"] and name not in seen:
            seen.add(name)
            waiting.extend(references(stack["Resources"][name]))
    assert "HttpApi" in seen
    assert not any(name.startswith("InvalidateCache") for name in seen)


def test_the_queues_take_encrypted_connections_only(properties_of: Callable[..., Json]) -> None:
    queues = ["ConsentArchiveFailures", "InvalidateCacheFailures"]
    (policy,) = properties_of("AWS::SQS::QueuePolicy").values()
    assert sorted(properties_of("AWS::SQS::Queue")) == queues
    assert policy["Queues"] == [{"Ref": name} for name in queues]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "sqs:*")
    assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]} for name in queues]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


# --- Proofs -----------------------------------------------------------------------------------------------------------


def test_the_archive_gets_new_proofs_and_erasures_without_expiries(archive: Json) -> None:
    assert archive["FunctionName"] == {"Ref": "ConsentArchiveFunction"}
    assert archive["EventSourceArn"] == {"Fn::GetAtt": ["ConsentsTable", "StreamArn"]}
    assert [json.loads(each["Pattern"]) for each in archive["FilterCriteria"]["Filters"]] == [
        {"eventName": ["INSERT"]},
        {"eventName": ["MODIFY"], "dynamodb": {"NewImage": {"erasedAt": {"S": [{"exists": True}]}}}},
    ]
    assert archive["StartingPosition"] == "TRIM_HORIZON"


def test_an_operator_sets_the_archives_batches(properties_of: Callable[..., Json]) -> None:
    chosen = {"ArchiveBatchSize": "50", "ArchiveBatchSeconds": "5"}
    for parameters, expected in (({}, (1000, 60)), (chosen, ("50", "5"))):
        stream = properties_of("AWS::Lambda::EventSourceMapping", **parameters)["ConsentArchiveStream"]
        assert (stream["BatchSize"], stream["MaximumBatchingWindowInSeconds"]) == expected


def test_a_proof_is_retried_in_smaller_batches_and_queued_before_it_leaves_the_stream(
    archive: Json, properties_of: Callable[..., Json]
) -> None:
    assert archive["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert archive["BisectBatchOnFunctionError"] is True
    assert archive["MaximumRetryAttempts"] == -1
    assert 3600 <= STREAM_KEEPS - archive["MaximumRecordAgeInSeconds"] < 2 * 3600
    assert archive["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ConsentArchiveFailures", "Arn"]}
    queue = properties_of("AWS::SQS::Queue")["ConsentArchiveFailures"]
    assert queue == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}


def test_the_delay_alarm_leaves_time_to_act(properties_of: Callable[..., Json], archive: Json) -> None:
    alarm = properties_of("AWS::CloudWatch::Alarm")["ConsentArchiveDelayAlarm"]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    window, most = archive["MaximumBatchingWindowInSeconds"], archive["MaximumRecordAgeInSeconds"]
    assert window * 10 < alarm["Threshold"] / 1000 < most / 10


def references(node: object) -> set[str]:
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            return {name}
        case {"Fn::Sub": str(text)}:
            return {part.partition("}")[0].partition(".")[0] for part in text.split("${")[1:]}
        case dict():
            return {name for value in node.values() for name in references(value)}
        case list():
            return {name for value in node for name in references(value)}
    return set()
