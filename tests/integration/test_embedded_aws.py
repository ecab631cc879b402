"""The AWS of the local stack keeps what it should, and nothing else, however often a widget is published."""

import gc
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.table import Table

from consent_core.publishing.changes import raise_renewal
from consent_ops.stack import Stack

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LIVE_43: dict[str, Any] = {"Key": {"widgetId": {"N": "43"}, "version": {"S": "live"}}, "TableName": "WidgetsTable"}


def tables_in_memory() -> int:
    gc.collect()
    return sum(isinstance(each, Table) for each in gc.get_objects())


def test_no_copy_of_a_table_outlives_the_transaction_that_made_it(embedded: str) -> None:
    widgets = Stack(embedded).widgets()
    before = tables_in_memory()
    for _ in range(5):
        raise_renewal(widgets, 43, actor="test", now=NOW)

    assert tables_in_memory() == before


LIVE_44: dict[str, Any] = {"Key": {"widgetId": {"N": "44"}, "version": {"S": "live"}}, "TableName": "WidgetsTable"}
IS_NEW = {"TableName": "WidgetsTable", "ConditionExpression": "attribute_not_exists(widgetId)"}
WRITES: dict[str, Any] = {
    "a put": {"Put": {"TableName": "WidgetsTable", "Item": {**LIVE_43["Key"], "revision": {"N": "1000"}}}},
    "an update": {
        "Update": {
            **LIVE_43,
            "UpdateExpression": "SET revision = :revision",
            "ExpressionAttributeValues": {":revision": {"N": "1000"}},
        }
    },
}
REFUSED: dict[str, Any] = {
    "a put": {"Put": {**IS_NEW, "Item": LIVE_44["Key"]}},
    "a check": {"ConditionCheck": {**IS_NEW, "Key": LIVE_44["Key"]}},
}


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("refused", REFUSED)
def test_a_refused_transaction_changes_nothing(embedded: str, write: str, refused: str) -> None:
    client = boto3.client("dynamodb")
    before = [client.get_item(**live)["Item"] for live in (LIVE_43, LIVE_44)]

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        client.transact_write_items(TransactItems=[WRITES[write], REFUSED[refused]])

    assert [client.get_item(**live)["Item"] for live in (LIVE_43, LIVE_44)] == before
