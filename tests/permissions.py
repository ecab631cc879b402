"""The permissions of the functions' roles, held against each call while functional tests run.

Emulators do not check permissions. Here a handler's clients do: a call that no statement of ``template.yaml`` allows is
an error, so that no test passes with a permission that the function lacks on AWS.
"""
# cfn-lint and SAM CLI carry no types.
# mypy: disable-error-code="import-untyped"

import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

from consent_core import aws
from local import ROOT
from tests.template.intrinsics import spelt

type Json = dict[str, Any]
type Call = tuple[str, str, Mapping[str, Any]]
"""An action, the resource, and the parameters of the item that it is about."""

_OF_S3 = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "ListObjectsV2": "s3:ListBucket",
}
_OF_TRANSACTIONS = {
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
    "Delete": "dynamodb:DeleteItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
}
_BUCKETS = {"archivebucket": "ArchiveBucket"}
_WORDS = frozenset({"SET", "REMOVE", "AND", "OR", "NOT", "attribute_exists", "attribute_not_exists", "begins_with"})

USED: dict[str, set[str]] = defaultdict(set)
"""The Sids of the statements that each function has used."""


def statements(function: str) -> list[Json]:
    """Return the statements of a function's role, named by its folder."""
    return _STATEMENTS[function]


def _all_statements() -> dict[str, list[Json]]:
    template = yaml_parse((ROOT / "template.yaml").read_text("utf-8"))
    functions = (each for each in template["Resources"].values() if each["Type"] == "AWS::Serverless::Function")
    return {
        function["Properties"]["CodeUri"].removeprefix("functions/"): [
            statement for policy in function["Properties"].get("Policies", ()) for statement in policy["Statement"]
        ]
        for function in functions
    }


_STATEMENTS = _all_statements()


def enforce(patch: pytest.MonkeyPatch) -> None:
    """Hold every client that a handler makes while it starts to the statements of its function."""
    make = aws.client

    def client(service: str, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - as the original
        made = make(service, *args, **options)
        function = os.environ.get("POWERTOOLS_SERVICE_NAME")  # set while `load_handler` runs the function's file
        if function in _STATEMENTS:
            made.meta.events.register("provide-client-params", _checked(function))
        return made

    patch.setattr(aws, "client", client)


def _checked(function: str) -> Callable[..., None]:
    def check(params: Mapping[str, Any], model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's
        for action, resource, item in calls(model.service_model.service_name, model.name, params):
            used = [each["Sid"] for each in statements(function) if allows(each, action, resource, item)]
            if not used:
                raise AssertionError(f"The role of {function} does not allow {action} on {resource}.")
            USED[function].update(used)

    return check


def calls(service: str, operation: str, params: Mapping[str, Any]) -> Iterator[Call]:
    """Yield what IAM is asked for a request."""
    match service, operation:
        case "dynamodb", "TransactWriteItems":
            for each in params["TransactItems"]:
                ((kind, item),) = each.items()
                yield _OF_TRANSACTIONS[kind], f"${{{item['TableName']}.Arn}}", item
        case "dynamodb", _:
            index = f"/index/{params['IndexName']}" if "IndexName" in params else ""
            yield f"dynamodb:{operation}", f"${{{params['TableName']}.Arn}}{index}", params
        case "s3", _:
            key = f"/{params['Key']}" if "Key" in params else ""
            yield _OF_S3[operation], f"${{{_BUCKETS[params['Bucket']]}.Arn}}{key}", params
        case _:
            yield f"{service}:{operation}", "", params


def allows(statement: Json, action: str, resource: str, item: Mapping[str, Any]) -> bool:
    """Return whether a statement allows a call. Athena and CloudFront have one resource each: any is the right one."""
    named = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return (
        statement["Action"] == action
        and any(not resource or _matches(spelt(each), resource) for each in named)
        and _holds(statement.get("Condition", {}), item)
    )


def _matches(pattern: str, resource: str) -> bool:
    return fnmatchcase(resource, pattern)


def _holds(conditions: Json, item: Mapping[str, Any]) -> bool:
    """Return whether the conditions hold. Raises KeyError for a key or an operator that is not known here."""
    has = {
        "dynamodb:Attributes": attributes(item),
        "dynamodb:ReturnValues": {item.get("ReturnValues", "NONE")},
        "dynamodb:Select": {"SPECIFIC_ATTRIBUTES" if "ProjectionExpression" in item else "ALL_ATTRIBUTES"},
    }
    verdicts = [
        _HOLDS[operator](has[key], expected) for operator, keys in conditions.items() for key, expected in keys.items()
    ]
    return all(verdicts)


_HOLDS: dict[str, Callable[[set[str], Any], bool]] = {
    "ForAllValues:StringEquals": lambda values, expected: values <= set(expected),
    "Null": lambda values, expected: (expected == "true") is (not values),
    "StringEquals": lambda values, expected: values == {expected},
    "StringEqualsIfExists": lambda values, expected: values <= {expected},
}


def attributes(item: Mapping[str, Any]) -> set[str]:
    """Return the attributes that a request names: in its key, item, and expressions."""
    aliases = item.get("ExpressionAttributeNames", {})
    kinds = ("Update", "Condition", "Filter", "Projection", "KeyCondition")
    expressions = " ".join(str(item.get(f"{kind}Expression", "")) for kind in kinds)
    words = set(re.findall(r"(?<![:\w])[#\w]+", expressions)) - _WORDS
    return {aliases.get(word, word) for word in words} | {*item.get("Key", ()), *item.get("Item", ())}
