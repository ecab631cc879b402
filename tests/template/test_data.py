"""The tables: their contents, and protection from accidental deletion."""

from collections.abc import Callable
from typing import Any

import pytest

type Json = dict[str, Any]

pytestmark = pytest.mark.parametrize("table", ["WidgetsTable", "ConsentsTable", "AccessAuditTable"])

KEYS = {
    "WidgetsTable": [("widgetId", "N", "HASH"), ("version", "S", "RANGE")],
    "ConsentsTable": [("consentId", "S", "HASH"), ("id", "S", "RANGE")],
    "AccessAuditTable": [("month", "S", "HASH"), ("entry", "S", "RANGE")],
}
INDEXES = {
    "WidgetsTable": [
        {
            "IndexName": "ListedWidgets",
            "KeySchema": [
                {"AttributeName": "listed", "KeyType": "HASH"},
                {"AttributeName": "widgetId", "KeyType": "RANGE"},
            ],
            "Projection": {
                "ProjectionType": "INCLUDE",
                "NonKeyAttributes": ["versionKey", "revision", "enabled", "deleted", "summary"],
            },
        }
    ],
    "ConsentsTable": [
        {
            "IndexName": "ByUser",
            "KeySchema": [
                {"AttributeName": "widgetUser", "KeyType": "HASH"},
                {"AttributeName": "date", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
"""An update of a stack makes one new index of a table at most, and cannot change what one projects."""


def test_a_table_survives_its_stack(stack: Json, table: str) -> None:
    resource = stack["Resources"][table]
    assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert resource["Properties"]["DeletionProtectionEnabled"] is True
    assert (
        "TableName" not in resource["Properties"]
    )  # a second stack, or a table restored beside it, needs another name


def test_a_table_can_be_restored_to_a_point_in_time(stack: Json, table: str) -> None:
    recovery = stack["Resources"][table]["Properties"]["PointInTimeRecoverySpecification"]
    assert recovery == {"PointInTimeRecoveryEnabled": True}


STREAMED = {
    "WidgetsTable": {"StreamViewType": "KEYS_ONLY"},
    "ConsentsTable": {"StreamViewType": "NEW_IMAGE"},
    "AccessAuditTable": None,
}


def test_a_table_is_encrypted_on_demand_and_streams_what_its_reader_uses(stack: Json, table: str) -> None:
    properties = stack["Resources"][table]["Properties"]
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    assert properties.get("StreamSpecification") == STREAMED[table]


def test_a_table_has_its_keys(stack: Json, table: str) -> None:
    properties = stack["Resources"][table]["Properties"]
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in properties["AttributeDefinitions"]}
    keys = [(key["AttributeName"], types[key["AttributeName"]], key["KeyType"]) for key in properties["KeySchema"]]
    assert keys == KEYS[table]
    assert properties.get("GlobalSecondaryIndexes") == INDEXES.get(table)


def test_proofs_and_the_audit_expire_and_widgets_do_not(properties_of: Callable[..., Json], table: str) -> None:
    by_ttl = {"AttributeName": "ttl", "Enabled": True}
    expiry = {"WidgetsTable": None, "ConsentsTable": by_ttl, "AccessAuditTable": by_ttl}
    tables = properties_of("AWS::DynamoDB::Table")
    assert tables.keys() == expiry.keys()
    assert tables[table].get("TimeToLiveSpecification") == expiry[table]
