"""DynamoDB's refusals of a publication become errors of ours, or stay bugs."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from consent_core.dynamodb import connect
from consent_core.errors import ConflictError, ThrottledError, UnavailableError
from consent_core.widget_table import Change, WidgetTable
from tests.factories import live_widget

CHANGE = Change("2026-11-24T10:00:00.000Z", "operator", "add-origin", "https://shop.example")


def publish_refused(monkeypatch: pytest.MonkeyPatch, code: str, *reasons: str) -> None:
    """Publish to a store that answers with ``code``; ``reasons`` are those of the items of a cancelled transaction."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    client = connect()
    cancelled: dict[str, Any] = {"CancellationReasons": [{"Code": reason} for reason in reasons]}
    with Stubber(client) as stub:
        stub.add_client_error(
            "transact_write_items", code, http_status_code=400, modeled_fields=cancelled if reasons else {}
        )
        stub.add_response("get_item", {})  # the winner of a conflict is read: there is none
        WidgetTable(client, "WidgetsTable").publish(live_widget(), CHANGE)


@pytest.mark.parametrize("reason", ["ProvisionedThroughputExceeded", "ThrottlingError"])
def test_a_publication_that_was_cancelled_because_the_table_is_busy_is_throttled(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    with pytest.raises(ThrottledError):
        publish_refused(monkeypatch, "TransactionCanceledException", "None", reason)


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict"])
def test_a_publication_after_another_one_is_a_conflict(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    with pytest.raises(ConflictError):
        publish_refused(monkeypatch, "TransactionCanceledException", reason, "None")


def test_a_publication_whose_first_attempt_is_still_at_work_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnavailableError) as raised:
        publish_refused(monkeypatch, "TransactionInProgressException")
    assert not isinstance(raised.value, ThrottledError)


@pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded"])
def test_a_publication_that_the_store_does_not_understand_is_a_bug(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        publish_refused(monkeypatch, "TransactionCanceledException", reason, "None")
