"""docs/deploy-policy.json: what whoever deploys may do, derived from the resources of the templates."""
# cfn-lint and SAM CLI carry no types.
# mypy: disable-error-code="import-untyped"

import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samcli.yamlhelper import yaml_parse

from local import ROOT

type Json = dict[str, Any]

LIMIT = 6_144
"""Characters of a managed policy, which IAM counts without white space."""

# Features that the templates do not use. CloudFormation's lists of permissions are for all that a type can do.
UNUSED = (
    *("Item", "Query", "Scan", "Kinesis", "Import", "Replica", "ContributorInsights", "PutResourcePolicy"),
    *("DeleteResourcePolicy", "CodeSigning", "Recursion", "RuntimeManagement", "Scaling", "RuntimeAlias", "Capacity"),
    *("PublishVersion", "Accelerate", "Analytics", "Cors", "CORS", "Website", "Replicat", "Inventory", "Metrics"),
    *("Metadata", "IntelligentTiering", "Abac", "s3:DeleteObject", "PutObject", "s3:GetObject", "Multipart", "REST."),
    *("DeleteBucketEncryption", "DeleteBucketLifecycle", "KmsKey", "IndexPolic", "DataProtection", "BearerToken"),
    *("LogGroupDeletionProtection", "Connection", "VpcOrigin", "StagingConfig", "iam:PassRole", "SchemaVersion"),
    *("PermissionsBoundary", "StackPolicy", "TerminationProtection", "RemoveRegions"),
    *("apigateway:TagResource", "apigateway:UntagResource"),  # in its list, but not in IAM: tags are paths
)
# Actions that no resource's type lists, and why they are needed.
BESIDE = {
    "cloudformation:*ChangeSet": "sam deploy creates, describes and executes change sets",
    "cloudformation:ExecuteChangeSet": "the same",
    "cloudformation:ListStackResources": "sam deploy shows the nested stack's resources",
    "cloudformation:GetTemplateSummary": "sam deploy reads the template's parameters",
    "cloudformation:ValidateTemplate": "CloudFormation checks the nested template",
    "cloudformation:TagResource": "samconfig.toml tags the stack",
    "cloudformation:UntagResource": "the same",
    "iam:PassRole": "Lambda gets the functions' roles",
    "logs:*LogDelivery": "an HTTP API writes access logs by a log delivery of the caller's",
    "logs:ListLogDeliveries": "the same",
    "logs:PutResourcePolicy": "the same, if a log group lies elsewhere",
    "s3:GetBucketLocation": "sam deploy finds its bucket",
    "s3:GetObject": "the code that sam deploy has uploaded",
    "s3:GetObjectVersion": "the same",
    "s3:PutObject": "sam deploy uploads the code",
}


def statements() -> list[Json]:
    policy: Json = json.loads((ROOT / "docs" / "deploy-policy.json").read_text("utf-8"))
    assert policy["Version"] == "2012-10-17"
    found: list[Json] = policy["Statement"]
    return found


def templates() -> list[Path]:
    return [path for path in sorted(ROOT.glob("*.yaml")) if "AWSTemplateFormatVersion" in path.read_text("utf-8")]


@pytest.fixture(scope="module")
def types(stack: Json) -> set[str]:
    """The types of all resources of all templates, after SAM's transform."""
    others = [yaml_parse(path.read_text("utf-8")) for path in templates() if path.name != "template.yaml"]
    return {resource["Type"] for each in (stack, *others) for resource in each["Resources"].values()}


def service(kind: str) -> str:
    """Return the service of a type, which begins the Sid of its statements."""
    return kind.split("::")[1]


def needed(kind: str) -> Iterator[str]:
    """Yield the permissions of a type's own service that creating, reading, changing and deleting one takes."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
    prefix = {"CloudWatch": "cloudwatch", "ApiGatewayV2": "apigateway"}.get(service(kind), service(kind).lower())
    for verb in ("create", "read", "update", "delete"):
        for permission in handlers.get(verb, {}).get("permissions", ()):
            if permission.startswith(f"{prefix}:") and not any(word in permission for word in UNUSED):
                yield permission


def granted(kind: str) -> list[str]:
    return [action for each in statements() if each["Sid"].startswith(service(kind)) for action in each["Action"]]


def test_it_grants_what_every_type_of_resource_takes(types: set[str]) -> None:
    missing = {
        f"{kind} {permission}"
        for kind in types
        for permission in needed(kind)
        if not any(fnmatchcase(permission, action) for action in granted(kind))
    }
    assert missing == set()


def test_no_statement_and_no_action_is_superfluous(types: set[str]) -> None:
    services = {service(kind) for kind in types}
    for each in statements():
        belongs = [kind for kind in types if each["Sid"].startswith(service(kind))]
        assert belongs, each["Sid"]
        taken = {permission for kind in belongs for permission in needed(kind)}
        unused = [action for action in each["Action"] if not any(fnmatchcase(one, action) for one in taken)]
        assert set(unused) <= BESIDE.keys(), each["Sid"]
    assert services == {service(kind) for kind in types if granted(kind)}
    assert {action for each in statements() for action in each["Action"]} >= BESIDE.keys()


def test_it_is_a_managed_policy_that_allows(types: set[str]) -> None:
    text = (ROOT / "docs" / "deploy-policy.json").read_text("utf-8")
    assert len("".join(text.split())) <= LIMIT
    sids = [each["Sid"] for each in statements()]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    for each in statements():
        assert each.keys() - {"Condition"} == {"Sid", "Effect", "Action", "Resource"}
        assert (each["Effect"], each["Action"]) == ("Allow", sorted(set(each["Action"])))


def test_it_is_limited_to_the_names_of_the_stacks_where_iam_can_do_that() -> None:
    """The exceptions: actions and services without names, as the service authorization reference lists them."""
    free = {each["Sid"] for each in statements() if "consent" not in json.dumps(each)}
    assert free == FREE


FREE = {"CloudFormationTemplates", "S3Code", "ApiGatewayV2", "LogsOfApis", "CloudFront"} | {
    "SecretsManager",  # CloudFormation names a secret after its logical id, without the stack
    "SecretsManagerPassword",
}


def test_it_reads_no_proof() -> None:
    forbidden = ("dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query", "s3:PutObject", "s3:GetObject")
    for each in statements():
        if each["Sid"] != "S3Code":
            assert not [(a, f) for a in each["Action"] for f in forbidden if fnmatchcase(f, a)], each["Sid"]


def test_cfn_lint_takes_it(tmp_path: Path) -> None:
    """As the policy of a template, where it checks actions, resources and condition keys."""
    from cfnlint.api import lint

    document = json.loads((ROOT / "docs" / "deploy-policy.json").read_text("utf-8"))
    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": document}}
    assert [str(match) for match in lint(json.dumps({"Resources": {"Deploy": resource}}), regions=["eu-west-1"])] == []
