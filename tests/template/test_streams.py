"""The streams that publishing is seen by and proofs are kept from: what, how often tried, where a failure ends."""

import json
from collections.abc import Callable
from typing import Any

import pytest

type Json = dict[str, Any]

WILDCARDS_IN_PROGRESS = 15  # CloudFront's quota
STREAM_KEEPS = 24 * 3600  # seconds, DynamoDB's


@pytest.fixture
def mapping(properties_of: Callable[..., Json]) -> Json:
    found: Json = properties_of("AWS::Lambda::EventSourceMapping")["InvalidateCacheStream"]
    return found


@pytest.fixture
def ledger(properties_of: Callable[..., Json]) -> Json:
    found: Json = properties_of("AWS::Lambda::EventSourceMapping")["ConsentArchiveStream"]
    return found


# --- Widgets ----------------------------------------------------------------------------------------------------------


def test_the_stream_of_widgets_calls_the_function_for_what_is_live(mapping: Json) -> None:
    assert mapping["FunctionName"] == {"Ref": "InvalidateCacheFunction"}
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["WidgetsTable", "StreamArn"]}
    (pattern,) = (json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"])
    assert pattern == {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"version": {"S": ["live"]}}}}


def test_nothing_is_missed_from_the_first_deployment_on(mapping: Json) -> None:
    assert mapping["StartingPosition"] == "TRIM_HORIZON"


def test_a_batch_never_needs_more_wildcards_than_cloudfront_takes(mapping: Json) -> None:
    assert mapping["BatchSize"] <= WILDCARDS_IN_PROGRESS
    assert mapping["MaximumBatchingWindowInSeconds"] <= 1


def test_a_failure_is_tried_for_an_hour_in_smaller_and_smaller_batches_and_then_kept(
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


def test_the_distribution_does_not_wait_for_what_invalidates_it(stack: Json) -> None:
    """CloudFormation refuses resources that need each other."""
    waiting, seen = ["Distribution"], set[str]()
    while waiting:
        name = waiting.pop()
        if name in stack["Resources"] and name not in seen:
            seen.add(name)
            waiting.extend(references(stack["Resources"][name]))
    assert "HttpApi" in seen
    assert not any(name.startswith("InvalidateCache") for name in seen)


# --- Proofs -----------------------------------------------------------------------------------------------------------


def test_the_archive_gets_new_proofs_and_neither_erasures_nor_what_has_expired(ledger: Json) -> None:
    assert ledger["FunctionName"] == {"Ref": "ConsentArchiveFunction"}
    assert ledger["EventSourceArn"] == {"Fn::GetAtt": ["ConsentsTable", "StreamArn"]}
    assert [json.loads(each["Pattern"]) for each in ledger["FilterCriteria"]["Filters"]] == [{"eventName": ["INSERT"]}]
    assert ledger["StartingPosition"] == "TRIM_HORIZON"


def test_the_archive_waits_for_large_batches_as_long_as_an_operator_says(properties_of: Callable[..., Json]) -> None:
    chosen = {"ArchiveBatchSize": "50", "ArchiveBatchSeconds": "5"}
    for parameters, expected in (({}, (1000, 60)), (chosen, ("50", "5"))):
        stream = properties_of("AWS::Lambda::EventSourceMapping", **parameters)["ConsentArchiveStream"]
        assert (stream["BatchSize"], stream["MaximumBatchingWindowInSeconds"]) == expected


def test_a_proof_is_tried_in_smaller_and_smaller_batches_and_told_before_the_stream_forgets_it(
    ledger: Json, properties_of: Callable[..., Json]
) -> None:
    assert ledger["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert ledger["BisectBatchOnFunctionError"] is True
    assert ledger["MaximumRetryAttempts"] == -1
    assert 3600 <= STREAM_KEEPS - ledger["MaximumRecordAgeInSeconds"] < 2 * 3600
    assert ledger["DestinationConfig"]["OnFailure"]["Destination"] == {"Fn::GetAtt": ["ConsentArchiveFailures", "Arn"]}
    queue = properties_of("AWS::SQS::Queue")["ConsentArchiveFailures"]
    assert queue == {"MessageRetentionPeriod": 14 * 86_400, "SqsManagedSseEnabled": True}


def test_the_alarm_for_a_delay_leaves_time_to_act(properties_of: Callable[..., Json], ledger: Json) -> None:
    alarm = properties_of("AWS::CloudWatch::Alarm")["ConsentArchiveDelayAlarm"]
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    window, most = ledger["MaximumBatchingWindowInSeconds"], ledger["MaximumRecordAgeInSeconds"]
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
