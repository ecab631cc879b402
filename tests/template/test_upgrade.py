"""An update of a stack of 1.0.0 keeps its tables, buckets, distribution, and all else that has a name or an address.

resources_1_0_0.json has, by logical id, the values of all properties whose change makes CloudFormation replace the
resource. The list of those properties is CloudFormation's own, from its schemas.
"""
# cfn-lint and SAM CLI carry no types.
# mypy: disable-error-code="import-untyped"

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

type Json = dict[str, Any]

RELEASED: Json = json.loads(Path(__file__).with_name("resources_1_0_0.json").read_text("utf-8"))
RELEASED_ATTRIBUTES = {
    each["AttributeName"]
    for released in RELEASED.values()
    for each in released["identity"].get("AttributeDefinitions", ())
}
KEEPS_DATA = {"WidgetsTable", "ConsentsTable", "ArchiveBucket", "AthenaResultsBucket"}


def identity(resource: Json) -> Json:
    """Return the properties that make a resource the one it is, by their paths.

    A table may define more attributes, for an index: a changed definition alone replaces it.
    """
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource["Type"]).schema
    paths = [*(schema.get("createOnlyProperties") or ()), *(schema.get("conditionalCreateOnlyProperties") or ())]
    if resource["Type"] == "AWS::DynamoDB::Table":  # the schema omits these; the reference says "Replacement"
        paths += ["/properties/AttributeDefinitions", "/properties/LocalSecondaryIndexes"]
    found = {path.removeprefix("/properties/"): at(resource["Properties"], path.split("/")[2:]) for path in paths}
    if isinstance(defined := found.get("AttributeDefinitions"), list):
        found["AttributeDefinitions"] = [each for each in defined if each["AttributeName"] in RELEASED_ATTRIBUTES]
    return {path: value for path, value in found.items() if value is not None}


def at(properties: object, names: list[str]) -> object:
    for name in names:
        properties = properties.get(name) if isinstance(properties, dict) else None
    return properties


def replaced(resources: Json) -> set[str]:
    """Return the resources of 1.0.0 that an update to these would replace or remove."""
    kept = {
        name
        for name, released in RELEASED.items()
        if name in resources
        and resources[name]["Type"] == released["type"]
        and without_new_attributes(identity(resources[name]), released["identity"]) == released["identity"]
    }
    return RELEASED.keys() - kept


def without_new_attributes(now: Json, released: Json) -> Json:
    """Leave out the attributes of new indexes: "Replacement if you edit an existing AttributeDefinition", says AWS."""
    if "AttributeDefinitions" not in released:
        return now
    known = {each["AttributeName"] for each in released["AttributeDefinitions"]}
    kept = [each for each in now["AttributeDefinitions"] if each["AttributeName"] in known]
    return {**now, "AttributeDefinitions": kept}


def test_an_update_replaces_nothing(stack: Json) -> None:
    assert replaced(stack["Resources"]) == set()


def test_what_keeps_data_or_has_an_address_is_among_them() -> None:
    kinds = [released["type"] for released in RELEASED.values()]
    assert KEEPS_DATA | {"Distribution", "HttpApi", "AdminApi"} <= RELEASED.keys()
    assert (kinds.count("AWS::DynamoDB::Table"), kinds.count("AWS::S3::Bucket")) == (2, 2)
    assert (kinds.count("AWS::Lambda::Function"), kinds.count("AWS::Logs::LogGroup")) == (8, 10)


def test_what_keeps_data_stays_even_if_it_is_replaced(stack: Json) -> None:
    for name in KEEPS_DATA:
        resource = stack["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def named(name: str, **properties: object) -> Callable[[Json], None]:
    return lambda resources: resources[name]["Properties"].update(properties)


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (named("ConsentsTable", TableName="proofs"), "ConsentsTable"),
        (named("WidgetsTable", KeySchema=[{"AttributeName": "widgetId", "KeyType": "HASH"}]), "WidgetsTable"),
        (named("ConsentsTable", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}]), "ConsentsTable"),
        (named("ConsentsTable", LocalSecondaryIndexes=[{"IndexName": "date"}]), "ConsentsTable"),
        (named("ArchiveBucket", BucketName="archive"), "ArchiveBucket"),
        (named("ConsentCollectLogs", LogGroupName="/elsewhere"), "ConsentCollectLogs"),
        (lambda resources: resources.pop("Distribution"), "Distribution"),
        (lambda resources: resources["HttpApi"].update(Type="AWS::ApiGateway::RestApi"), "HttpApi"),
    ],
)
def test_a_change_that_replaces_a_resource_is_noticed(stack: Json, change: Callable[[Json], object], lost: str) -> None:
    changed = deepcopy(stack["Resources"])
    change(changed)
    assert replaced(changed) == {lost}


@pytest.mark.parametrize("change", [named("ConsentsTable", BillingMode="PROVISIONED"), named("Distribution")])
def test_a_change_in_place_is_none_of_them(stack: Json, change: Callable[[Json], object]) -> None:
    changed = deepcopy(stack["Resources"])
    change(changed)
    assert replaced(changed) == set()
