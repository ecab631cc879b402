"""The stream of widgets becomes invalidations."""

from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from moto import mock_aws

from consent_core.edge import Edge, connect
from local.embedded_aws import create_distribution
from tests.functional.conftest import event
from tests.handlers import invoked, load_handler

SETTINGS = "/v1/client/cookie-widget-settings/"
SCREEN = "/v1/client/first-screen/"
DECLARATION = "/v1/client/declaration/"


@pytest.fixture
def distribution(environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with mock_aws():
        made = create_distribution()
        monkeypatch.setenv("DISTRIBUTION_ID", made)
        yield made


@pytest.fixture
def published(distribution: str) -> ModuleType:
    return load_handler("invalidate_cache", POWERTOOLS_SERVICE_NAME="invalidate_cache")


def call(function: ModuleType, sent: dict[str, Any]) -> tuple[Any, list[str]]:
    """Return the answer and the messages of the log."""
    answer, printed = invoked(function.handler, sent, function.TELEMETRY)
    return answer, [line["message"] for line in printed.log]


def batches(distribution: str) -> list[dict[str, Any]]:
    client = boto3.client("cloudfront")
    made = client.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", [])
    found = (client.get_invalidation(DistributionId=distribution, Id=each["Id"]) for each in made)
    return [dict(each["Invalidation"]["InvalidationBatch"]) for each in found]


def test_each_widget_of_a_batch_is_invalidated_once_and_no_other(published: ModuleType, distribution: str) -> None:
    answer, log = call(published, event("invalidate-cache"))

    assert (answer, log) == ({"batchItemFailures": []}, ["InvalidationsMade"])
    (batch,) = batches(distribution)
    assert batch["Paths"]["Items"] == [
        f"{SETTINGS}43",
        f"{SETTINGS}43?*",
        f"{SCREEN}43",
        f"{SCREEN}43?*",
        f"{DECLARATION}43",
        f"{DECLARATION}43?*",
        f"{SETTINGS}430",
        f"{SETTINGS}430?*",
        f"{SCREEN}430",
        f"{SCREEN}430?*",
        f"{DECLARATION}430",
        f"{DECLARATION}430?*",
    ]


def test_the_same_records_again_ask_for_the_same_invalidation(published: ModuleType, distribution: str) -> None:
    sent = event("invalidate-cache")
    for records in (sent["Records"], sent["Records"], sent["Records"][1:]):
        call(published, {"Records": records})

    references = [batch["CallerReference"] for batch in batches(distribution)]
    assert len(references) == 3
    assert len(set(references)) == 2


def change(name: str, version: str) -> dict[str, Any]:
    """A record of widget 43's history in the stream."""
    keys = {"widgetId": {"N": "43"}, "version": {"S": version}}
    return {"eventID": "f" * 32, "eventName": name, "dynamodb": {"Keys": keys, "SequenceNumber": "7"}}


CHANGES = [
    change("MODIFY", "0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01"),
    change("REMOVE", "0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01#en"),
    change("MODIFY", "audit#2026-11-24T10:00:00.000Z#1"),
]


def test_a_changed_history_is_counted_and_named_and_nothing_is_invalidated(
    published: ModuleType, distribution: str
) -> None:
    answer, printed = invoked(published.handler, {"Records": CHANGES}, published.TELEMETRY)

    assert answer == {"batchItemFailures": []}
    assert printed.metrics == {"HistoryChanged": 3.0, "HistoryReported": 1.0}
    assert printed.log[0]["history"] == [
        "MODIFY 43 0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01",
        "REMOVE 43 0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01#en",
        "MODIFY 43 audit#2026-11-24T10:00:00.000Z#1",
    ]
    assert batches(distribution) == []


def test_a_changed_history_among_live_items_is_counted_beside_the_invalidation(
    published: ModuleType, distribution: str
) -> None:
    sent = event("invalidate-cache")
    mixed = {"Records": [*CHANGES[:1], *sent["Records"], *CHANGES[1:]]}
    answer, printed = invoked(published.handler, mixed, published.TELEMETRY)
    call(published, sent)

    assert answer == {"batchItemFailures": []}
    assert printed.metrics == {"HistoryChanged": 3.0, "InvalidationsMade": 1.0}
    first, again = batches(distribution)
    assert len(first["Paths"]["Items"]) == 12
    assert first["CallerReference"] == again["CallerReference"]  # changes of the history have no part in it


def test_without_a_changed_history_no_metric_is_billed(published: ModuleType) -> None:
    _, printed = invoked(published.handler, event("invalidate-cache"), published.TELEMETRY)
    assert (printed.metrics, "history" in printed.log[0]) == ({"InvalidationsMade": 1.0}, False)


def busy(function: ModuleType, error: str) -> Stubber:
    """Let CloudFront refuse."""
    client = connect()
    stub = Stubber(client)
    stub.add_client_error("create_invalidation", error)
    stub.activate()
    vars(function)["EDGE"] = Edge(client, distribution_id="E2EXAMPLE")
    return stub


def test_while_cloudfront_is_busy_the_whole_batch_is_asked_for_again(published: ModuleType) -> None:
    sent = event("invalidate-cache")
    with busy(published, "TooManyInvalidationsInProgress"):
        answer, log = call(published, sent)

    first = sent["Records"][0]["dynamodb"]["SequenceNumber"]
    assert (answer, log) == ({"batchItemFailures": [{"itemIdentifier": first}]}, ["InvalidationsPostponed"])


def test_any_other_refusal_fails_the_batch(published: ModuleType) -> None:
    with busy(published, "AccessDenied"), pytest.raises(ClientError, match="AccessDenied"):
        call(published, event("invalidate-cache"))
