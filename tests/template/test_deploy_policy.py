"""docs/deploy*-policy.json: what whoever deploys may do, derived from the resources of the templates."""
# cfn-lint and SAM CLI carry no types.
# mypy: disable-error-code="import-untyped"

import json
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samcli.lib.bootstrap import bootstrap
from samcli.yamlhelper import yaml_parse

from local import ROOT
from tests.template.policies import DEPLOYING, EVERYWHERE, OPERATING, read, refused, resources, statements, superfluous

type Json = dict[str, Any]
type Need = tuple[str, str]
"""An action, and the resource that it is asked for."""

ROOM = 5_000
"""Characters of a policy without white space. IAM refuses more than 6,144, and a longer prefix takes some of them."""

# Features that the templates do not use. CloudFormation's lists of permissions are for all that a type can do.
UNUSED = (
    *("Item", "Query", "Scan", "Kinesis", "Import", "Replica", "ContributorInsights", "PutResourcePolicy"),
    *("DeleteResourcePolicy", "CodeSigning", "Recursion", "RuntimeManagement", "Scaling", "RuntimeAlias", "Capacity"),
    *("PublishVersion", "Accelerate", "Analytics", "Cors", "CORS", "Website", "Replicat", "Inventory", "Metrics"),
    *("Metadata", "IntelligentTiering", "Abac", "s3:DeleteObject", "PutObject", "s3:GetObject", "Multipart", "REST."),
    *("DeleteBucketEncryption", "DeleteBucketLifecycle", "KmsKey", "IndexPolic", "DataProtection", "BearerToken"),
    *("LogGroupDeletionProtection", "Connection", "VpcOrigin", "StagingConfig", "iam:PassRole", "SchemaVersion"),
    *("PermissionsBoundary", "StackPolicy", "TerminationProtection", "RemoveRegions", "AddCustomAttributes"),
    *("apigateway:TagResource", "apigateway:UntagResource"),  # in its list, but not in IAM: tags are paths
)
# The same of other services than the type's own.
UNUSED_ABROAD = (
    *("ec2:", "elasticfilesystem:", "firehose:", "iam:", "kinesis:", "kms:", "lakeformation:", "logs:"),
    *("s3:", "s3files:", "s3tables:"),
    "payments:",  # of rule groups that are sold in AWS Marketplace
    "cloudfront:updateDistribution",  # of a sign-in under a domain of its own
)
SAM = bootstrap.SAM_CLI_STACK_NAME
_LOGS = "arn:aws:logs:eu-west-1:123456789012:log-group"
_GLUE = "arn:aws:glue:eu-west-1:123456789012"
_DOMAINS = "arn:aws:apigateway:eu-west-1::/domainnames"
_USER_POOL = ("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_1",)
# The resources that the actions of a type are asked for. `{stack}` stands for each stack of samconfig.toml.
ARNS: dict[str, tuple[str, ...]] = {
    "AWS::ApiGatewayV2::Api": (
        "arn:aws:apigateway:eu-west-1::/apis",
        "arn:aws:apigateway:eu-west-1::/apis/1",
        "arn:aws:apigateway:eu-west-1::/tags/1",
    ),
    "AWS::ApiGatewayV2::ApiMapping": (
        f"{_DOMAINS}/consent-admin.example.org/apimappings",
        f"{_DOMAINS}/consent-admin.example.org/apimappings/1",
    ),
    "AWS::ApiGatewayV2::DomainName": (_DOMAINS, f"{_DOMAINS}/consent-admin.example.org"),
    "AWS::ApiGatewayV2::Stage": ("arn:aws:apigateway:eu-west-1::/apis/1/stages/$default",),
    "AWS::Athena::WorkGroup": ("arn:aws:athena:eu-west-1:123456789012:workgroup/{stack}",),
    "AWS::Budgets::Budget": ("arn:aws:budgets::123456789012:budget/{stack}-1",),
    "AWS::CloudFormation::Stack": (
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{stack}/1",
        "arn:aws:cloudformation:eu-west-1:123456789012:stack/{stack}-Monitoring-1/1",
    ),
    "AWS::CloudFront::CachePolicy": (EVERYWHERE,),
    "AWS::CloudFront::Distribution": (EVERYWHERE,),
    "AWS::CloudFront::Function": (EVERYWHERE,),
    "AWS::CloudFront::OriginRequestPolicy": (EVERYWHERE,),
    "AWS::CloudFront::ResponseHeadersPolicy": (EVERYWHERE,),
    "AWS::CloudWatch::Alarm": ("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{stack}-monitoring-1",),
    "AWS::CloudWatch::Dashboard": ("arn:aws:cloudwatch::123456789012:dashboard/{stack}-1",),
    "AWS::Cognito::ManagedLoginBranding": _USER_POOL,
    "AWS::Cognito::UserPool": _USER_POOL,
    "AWS::Cognito::UserPoolClient": _USER_POOL,
    "AWS::Cognito::UserPoolDomain": _USER_POOL,
    "AWS::Cognito::UserPoolGroup": _USER_POOL,
    "AWS::DynamoDB::Table": ("arn:aws:dynamodb:eu-west-1:123456789012:table/{stack}-ConsentsTable-1",),
    "AWS::Glue::Database": (f"{_GLUE}:catalog", f"{_GLUE}:database/{{snake}}"),
    "AWS::Glue::Table": (f"{_GLUE}:catalog", f"{_GLUE}:database/{{snake}}", f"{_GLUE}:table/{{snake}}/proofs"),
    "AWS::IAM::Role": ("arn:aws:iam::123456789012:role/{stack}-ConsentCollectFunctionRole-1",),
    "AWS::Lambda::EventSourceMapping": (EVERYWHERE,),
    "AWS::Lambda::Function": ("arn:aws:lambda:eu-west-1:123456789012:function:{stack}-ConsentCollectFunction-1",),
    "AWS::Lambda::LayerVersion": ("arn:aws:lambda:eu-west-1:123456789012:layer:{stack}-consent-core:1",),
    "AWS::Lambda::Permission": ("arn:aws:lambda:eu-west-1:123456789012:function:{stack}-ConsentCollectFunction-1",),
    "AWS::Logs::LogGroup": (f"{_LOGS}:/aws/lambda/{{stack}}/1:*", f"{_LOGS}:/aws/vendedlogs/{{stack}}/1:*"),
    "AWS::Logs::MetricFilter": (f"{_LOGS}:/aws/lambda/{{stack}}/1:*",),
    "AWS::S3::Bucket": ("arn:aws:s3:::{stack}-archivebucket-1", f"arn:aws:s3:::{SAM}-samclisourcebucket-1"),
    "AWS::S3::BucketPolicy": ("arn:aws:s3:::{stack}-archivebucket-1", f"arn:aws:s3:::{SAM}-samclisourcebucket-1"),
    "AWS::SNS::Subscription": ("arn:aws:sns:eu-west-1:123456789012:{stack}-AlarmsByEmail-1",),
    "AWS::SNS::Topic": ("arn:aws:sns:eu-west-1:123456789012:{stack}-AlarmsByEmail-1",),
    "AWS::SQS::Queue": ("arn:aws:sqs:eu-west-1:123456789012:{stack}-ConsentArchiveFailures-1",),
    "AWS::SQS::QueuePolicy": ("arn:aws:sqs:eu-west-1:123456789012:{stack}-ConsentArchiveFailures-1",),
    "AWS::SSM::Parameter": ("arn:aws:ssm:eu-west-1:123456789012:parameter/{stack}/console",),
    "AWS::SecretsManager::Secret": (
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AuditKey-1",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:OriginSecret-1",
    ),
    "AWS::WAFv2::WebACL": (
        "arn:aws:wafv2:us-east-1:123456789012:global/managedruleset/1/2",
        "arn:aws:wafv2:us-east-1:123456789012:global/webacl/{stack}/1",
    ),
}
# Patterns of actions whose resource is not the type's.
ELSEWHERE = {
    "billing:*": "arn:aws:billing::123456789012:billingview/primary",
    "cognito-idp:CreateUserPool": EVERYWHERE,
    "cognito-idp:DescribeUserPoolDomain": EVERYWHERE,
    "logs:Describe*": EVERYWHERE,
    "logs:ListLogDeliveries": EVERYWHERE,
    "secretsmanager:GetRandomPassword": EVERYWHERE,
}
_STACKS = ("arn:aws:cloudformation:eu-west-1:123456789012:stack/{stack}/1",)
_ALL_STACKS = (*_STACKS, f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{SAM}/1")
_TRANSFORM = "arn:aws:cloudformation:eu-west-1:aws:transform/Serverless-2016-10-31"
_CODE = (f"arn:aws:s3:::{SAM}-samclisourcebucket-1/consent-platform/1",)
# Actions that no resource's type lists, what they are asked for, and why they are needed.
BESIDE: dict[str, tuple[tuple[str, ...], str]] = {
    "cloudformation:CreateChangeSet": ((*_ALL_STACKS, _TRANSFORM), "sam deploy works with change sets"),
    "cloudformation:DeleteChangeSet": (_ALL_STACKS, "the same"),
    "cloudformation:DescribeChangeSet": (_ALL_STACKS, "the same"),
    "cloudformation:DescribeStacks": (_ALL_STACKS, "sam deploy waits for the stack"),
    "cloudformation:DescribeStackEvents": (_ALL_STACKS, "the same"),
    "cloudformation:ExecuteChangeSet": (_ALL_STACKS, "the same"),
    "cloudformation:ListStackResources": (_STACKS, "sam deploy shows the nested stack's resources"),
    "cloudformation:GetTemplateSummary": ((EVERYWHERE,), "sam deploy reads the template's parameters"),
    "cloudformation:ValidateTemplate": ((EVERYWHERE,), "CloudFormation checks the nested template"),
    "cloudformation:TagResource": (_ALL_STACKS, "samconfig.toml tags the stack, and SAM CLI its own"),
    "cloudformation:UntagResource": (_STACKS, "the same"),
    "dynamodb:ListTables": ((EVERYWHERE,), "docs/deploy.md looks for the tables of a failed try"),
    "iam:PassRole": (ARNS["AWS::IAM::Role"], "Lambda gets the functions' roles"),
    "logs:CreateLogDelivery": ((EVERYWHERE,), "an HTTP API writes access logs by a log delivery of the caller's"),
    "logs:DeleteLogDelivery": ((EVERYWHERE,), "the same"),
    "logs:GetLogDelivery": ((EVERYWHERE,), "the same"),
    "logs:UpdateLogDelivery": ((EVERYWHERE,), "the same"),
    "logs:ListLogDeliveries": ((EVERYWHERE,), "the same"),
    "logs:PutResourcePolicy": ((EVERYWHERE,), "the same, if a log group lies elsewhere"),
    "s3:GetBucketLocation": (ARNS["AWS::S3::Bucket"][1:], "sam deploy finds its bucket"),
    "s3:GetObject": (_CODE, "the code that sam deploy has uploaded"),
    "s3:GetObjectVersion": (_CODE, "the same"),
    "s3:PutObject": (_CODE, "sam deploy uploads the code"),
}


def stacks() -> list[str]:
    """Return the names of the stacks of samconfig.toml."""
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8")).values()
    return [
        each["global"]["parameters"]["stack_name"]
        for each in environments
        if isinstance(each, dict) and "global" in each
    ]


def named(arns: tuple[str, ...]) -> Iterator[str]:
    for arn in arns:
        for stack in stacks():
            yield arn.format(stack=stack, snake=stack.replace("-", "_"))


def templates() -> list[Path]:
    return [path for path in sorted(ROOT.glob("*.yaml")) if "AWSTemplateFormatVersion" in path.read_text("utf-8")]


@pytest.fixture(scope="module")
def bootstrapped(tmp_path_factory: pytest.TempPathFactory) -> Json:
    """The template of the stack that ``resolve_s3`` makes SAM CLI create."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("__SAM_CLI_APP_DIR", str(tmp_path_factory.mktemp("sam")))
        template: Json = json.loads(bootstrap._get_stack_template())
    return template


@pytest.fixture(scope="module")
def types(stack: Json, bootstrapped: Json) -> set[str]:
    """The types of all resources of all templates, SAM CLI's own among them, after SAM's transform."""
    others = [yaml_parse(path.read_text("utf-8")) for path in templates() if path.name != "template.yaml"]
    return {resource["Type"] for each in (stack, bootstrapped, *others) for resource in each["Resources"].values()}


def permissions(kind: str) -> Iterator[str]:
    """Yield the permissions that creating, reading, changing and deleting a resource of a type takes."""
    handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema["handlers"]
    service = kind.split("::")[1]
    renamed = {"CloudWatch": "cloudwatch", "ApiGatewayV2": "apigateway", "Cognito": "cognito-idp"}
    own = renamed.get(service, service.lower())
    for verb in ("create", "read", "update", "delete"):
        for permission in handlers.get(verb, {}).get("permissions", ()):
            unused = not permission.startswith(f"{own}:") and permission.startswith(UNUSED_ABROAD)
            if not unused and not any(word in permission for word in UNUSED):
                yield permission


def asked(kind: str) -> Iterator[Need]:
    for permission in permissions(kind):
        elsewhere = [arn for pattern, arn in ELSEWHERE.items() if fnmatchcase(permission, pattern)]
        for arn in elsewhere or named(ARNS[kind]):
            yield permission, arn


@pytest.fixture(scope="module")
def needs(types: set[str]) -> set[Need]:
    own = {need for kind in types for need in asked(kind)}
    return own | {(action, arn) for action, (arns, _) in BESIDE.items() for arn in named(arns)}


def test_each_type_of_resource_has_its_names(types: set[str]) -> None:
    assert ARNS.keys() == types


def test_sam_cli_creates_a_bucket_and_its_policy(bootstrapped: Json) -> None:
    created = sorted(each["Type"] for each in bootstrapped["Resources"].values())
    assert created == ["AWS::S3::Bucket", "AWS::S3::BucketPolicy"]


def test_it_grants_what_every_resource_takes_on_that_resource(needs: set[Need]) -> None:
    assert refused(statements(DEPLOYING), needs) == set()


def test_a_permission_on_the_stacks_buckets_is_none_on_sam_clis(needs: set[Need]) -> None:
    policies = [
        {**each, "Resource": [pattern for pattern in resources(each) if SAM not in pattern]}
        for each in statements(DEPLOYING)
    ]
    missing = {action for action, arn in refused(policies, needs) if arn in ARNS["AWS::S3::BucketPolicy"]}
    assert missing >= {"s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:DeleteBucketPolicy"}


def test_no_statement_and_no_action_is_superfluous(needs: set[Need]) -> None:
    assert list(superfluous(statements(DEPLOYING), needs)) == []


@pytest.mark.parametrize("name", [*DEPLOYING, *OPERATING])
def test_it_is_a_managed_policy_that_allows(name: str) -> None:
    assert len("".join(read(name).split())) <= ROOM
    assert json.loads(read(name)).keys() == {"Version", "Statement"}
    assert json.loads(read(name))["Version"] == "2012-10-17"
    sids = [each["Sid"] for each in statements([name])]
    assert len(set(sids)) == len(sids)
    assert all(sid.isalnum() for sid in sids)
    for each in statements([name]):
        assert each.keys() - {"Condition"} == {"Sid", "Effect", "Action", "Resource"}
        assert (each["Effect"], each["Action"]) == ("Allow", sorted(set(each["Action"])))


def test_it_is_limited_to_the_names_of_the_stacks_where_iam_can_do_that() -> None:
    """The exceptions: actions and services without names, as the service authorization reference lists them."""
    free = {each["Sid"] for each in statements(DEPLOYING) if "consent" not in json.dumps(each)}
    assert free == FREE


FREE = {
    *("CloudFormationTemplates", "S3Code", "DynamoDBLists", "ApiGatewayV2", "LogsOfApis", "CloudFront"),
    "BudgetsBilling",
    *("ConsoleDomain", "Cognito", "CognitoWithoutNames"),  # a domain is the owner's, and a user pool has a random id
    "SecretsManager",  # CloudFormation names a secret after its logical id, without the stack
    "SecretsManagerPassword",
}


def test_it_reads_no_proof() -> None:
    forbidden = ("dynamodb:GetItem", "dynamodb:Scan", "dynamodb:Query", "s3:PutObject", "s3:GetObject")
    for each in statements(DEPLOYING):
        if each["Sid"] != "S3Code":
            assert not [(a, f) for a in each["Action"] for f in forbidden if fnmatchcase(f, a)], each["Sid"]


@pytest.mark.parametrize("name", [*DEPLOYING, *OPERATING])
def test_cfn_lint_takes_it(name: str) -> None:
    """As the policy of a template, where it checks actions, resources and condition keys."""
    from cfnlint.api import lint

    resource = {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": json.loads(read(name))}}
    assert [str(match) for match in lint(json.dumps({"Resources": {"Policy": resource}}), regions=["eu-west-1"])] == []
