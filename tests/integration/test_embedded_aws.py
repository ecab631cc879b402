"""The AWS of the local stack keeps what it should, and nothing else, however often a widget is published."""

import gc
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.table import Table

from consent_core.publishing import raise_renewal
from consent_core.tables import Tables
from local import embedded_aws
from local.serving import address, listen, serving

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
LIVE_43: dict[str, Any] = {"Key": {"widgetId": {"N": "43"}, "version": {"S": "live"}}, "TableName": "WidgetsTable"}


@pytest.fixture(scope="module")
def embedded(resources: Mapping[str, Any]) -> Iterator[Tables]:
    with pytest.MonkeyPatch.context() as environment, listen("NO_PORT_IS_SET", 0) as listener:
        environment.setenv("AWS_ENDPOINT_URL_DYNAMODB", address(listener))
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            environment.setenv(f"AWS_{name}", "local")
        with serving(listener, embedded_aws.application()):
            yield embedded_aws.fill(resources)


def tables_in_memory() -> int:
    gc.collect()
    return sum(isinstance(each, Table) for each in gc.get_objects())


def test_no_copy_of_a_table_outlives_the_transaction_that_made_it(embedded: Tables) -> None:
    before = tables_in_memory()
    for _ in range(5):
        raise_renewal(embedded, 43, actor="test", now=NOW)

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
def test_a_refused_transaction_changes_nothing(embedded: Tables, write: str, refused: str) -> None:
    client = boto3.client("dynamodb")
    before = [client.get_item(**live)["Item"] for live in (LIVE_43, LIVE_44)]

    with pytest.raises(ClientError, match="TransactionCanceledException"):
        client.transact_write_items(TransactItems=[WRITES[write], REFUSED[refused]])

    assert [client.get_item(**live)["Item"] for live in (LIVE_43, LIVE_44)] == before
