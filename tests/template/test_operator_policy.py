"""docs/operator-policy.json allows the commands of operators' pages and ``consent-ops``, and no more."""

import re
from collections.abc import Iterator

import botocore.session
import pytest
from botocore import xform_name

from aws_operations import OPERATIONS
from local import ROOT
from tests import permissions
from tests.template.policies import DEPLOYING, EVERYWHERE, OPERATING, read, refused, statements, superfluous

type Need = tuple[str, str]
"""An action, and the resource that it is asked for."""

SESSION = botocore.session.Session()
PAGES = ("runbook.md", "archive.md", "administration.md")
"""Pages for operators."""
COMMANDS = {("logs", "tail"): "FilterLogEvents", ("s3", "cp"): "GetObject"}
"""Operations of commands that are none; the pages copy from a bucket only."""
SERVICES = {"s3api": "s3"}
PREFIXES = {"service-quotas": "servicequotas", "apigatewayv2": "apigateway"}
"""Prefixes of actions in IAM, where a service has another name in the command line."""
OTHERWISE = {
    "DeleteObject": "DeleteObjectVersion",  # the runbook's command names a version
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjectsV2": "ListBucket",
}
"""Actions of S3 that are not named as their operation."""
TRANSACTION = ("dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
RESTORE = (*TRANSACTION[1:], "dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
"""Actions that DynamoDB asks for on the new table when it restores one."""
MORE = {
    "dynamodb:RestoreTableFromBackup": RESTORE,
    "dynamodb:RestoreTableToPointInTime": RESTORE,
    "dynamodb:TransactWriteItems": TRANSACTION,
}
WHOLE_ACCOUNT = (
    *("cloudwatch:DescribeAlarms", "dynamodb:ListBackups", "dynamodb:ListTables", "lambda:ListEventSourceMappings"),
    *("logs:DescribeLogGroups", "servicequotas:ListServiceQuotas", "servicequotas:RequestServiceQuotaIncrease"),
)
"""Actions that IAM limits to no name, or whose command is about all names."""
ARNS = {
    "apigateway": ("arn:aws:apigateway:eu-west-1::/apis/1/stages/$default",),
    "athena": ("arn:aws:athena:eu-west-1:123456789012:workgroup/consent-platform-prod",),
    "cloudformation": ("arn:aws:cloudformation:eu-west-1:123456789012:stack/consent-platform-prod/1",),
    "cloudfront": ("arn:aws:cloudfront::123456789012:distribution/1",),
    "cognito-idp": ("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_1",),
    "dynamodb": (
        "arn:aws:dynamodb:eu-west-1:123456789012:table/consent-platform-prod-ConsentsTable-1-restored",
        "arn:aws:dynamodb:eu-west-1:123456789012:table/consent-platform-prod-ConsentsTable-1/backup/1",
    ),
    "glue": (
        "arn:aws:glue:eu-west-1:123456789012:catalog",
        "arn:aws:glue:eu-west-1:123456789012:database/default",
        "arn:aws:glue:eu-west-1:123456789012:database/consent_platform_prod",
        "arn:aws:glue:eu-west-1:123456789012:table/consent_platform_prod/proofs",
    ),
    "lambda": ("arn:aws:lambda:eu-west-1:123456789012:function:consent-platform-prod-ConsentCollectFunction-1",),
    "logs": ("arn:aws:logs:eu-west-1:123456789012:log-group:/aws/lambda/consent-platform-prod/consent_collect:*",),
    "s3": (
        "arn:aws:s3:::consent-platform-prod-archivebucket-1",
        "arn:aws:s3:::consent-platform-prod-archivebucket-1/proofs/1",
    ),
    "secretsmanager": ("arn:aws:secretsmanager:eu-west-1:123456789012:secret:OriginSecret-1",),
    "sqs": ("arn:aws:sqs:eu-west-1:123456789012:consent-platform-prod-ConsentArchiveFailures-1",),
}
AUDIT_KEY = ("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:AuditKey-1")
"""The command line makes the entries of the audit as consent_lookup does."""
PROGRAMS = r"(?:^ *|\$\(|[&|;] |do |then )(aws|curl|docker|git|jq|make|openssl|sam)(?= )"
"""A program at the beginning of a command, of those that not every Unix has."""
ADMINISTRATION = {"iam", "sts"}
"""Services of those who create the policies. An administrator does that, with other rights."""


def commands(page: str) -> set[tuple[str, str, str]]:
    """Return the service, ``wait `` or nothing, and the name of each command of AWS's in a page of docs/."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    called = re.findall(r"(?<![\w-])aws ([a-z0-9-]+) (wait )?([a-z][a-z-]+)", text)
    return {each for each in called if each[0] not in ADMINISTRATION}


def operation(service: str, name: str) -> str:
    """Return an operation by its name in the command line. Raises ValueError if there is none."""
    if (service, name) in COMMANDS:
        return COMMANDS[service, name]
    model = SESSION.get_service_model(service)
    (found,) = (each for each in model.operation_names if xform_name(each, "-") == name)
    return found


def waited_for(service: str, name: str) -> str:
    """Return the operation that a ``wait`` repeats."""
    model = SESSION.get_waiter_model(service)
    (found,) = (each for each in model.waiter_names if xform_name(each, "-") == name)
    return str(model.get_waiter(found).operation)


def action(service: str, name: str) -> str:
    """Return the action that IAM is asked for an operation."""
    if service == "apigatewayv2":
        return f"apigateway:{SESSION.get_service_model(service).operation_model(name).http['method']}"
    return f"{PREFIXES.get(service, service)}:{OTHERWISE.get(name, name) if service == 's3' else name}"


def asked(actions: set[str]) -> Iterator[Need]:
    for each in {more for one in actions for more in (one, *MORE.get(one, ()))} - {"dynamodb:TransactWriteItems"}:
        for arn in (EVERYWHERE,) if each in WHOLE_ACCOUNT else ARNS[each.partition(":")[0]]:
            yield each, arn


def of_page(page: str) -> set[Need]:
    actions = set()
    for called, wait, name in commands(page):
        service = SERVICES.get(called, called)
        actions.add(action(service, waited_for(service, name) if wait else operation(service, name)))
    return set(asked(actions))


def of_operators() -> set[Need]:
    return of_consent_ops().union(*map(of_page, PAGES), of_people())


def of_people() -> set[Need]:
    """Return what the page about deploying does with the console's people: operators invite them."""
    return {(called, arn) for called, arn in of_page("deploy.md") if called.startswith("cognito-idp:")}


def of_consent_ops() -> set[Need]:
    """Return the calls of the layer's stores and of the log's reader, and what Athena takes of a lookup."""
    stores = {action(service, name) for service in ("athena", "dynamodb", "s3") for name in OPERATIONS[service]}
    lookup = {each["Action"] for each in permissions.statements("consent_lookup")}
    log = {"cloudformation:DescribeStacks", "logs:DescribeLogGroups", "logs:FilterLogEvents"}
    return {*asked(stores | lookup | log), AUDIT_KEY}


def test_commands_are_read_as_the_pages_have_them() -> None:
    runbook, deploying = commands("runbook.md"), commands("deploy.md")
    assert {("secretsmanager", "", "put-secret-value"), ("dynamodb", "wait ", "table-exists")} <= runbook
    assert {("logs", "", "tail"), ("lambda", "", "list-event-source-mappings")} <= runbook
    assert ("s3", "", "cp") in commands("archive.md")
    assert {("dynamodb", "", "list-tables"), ("apigatewayv2", "", "delete-route-settings")} <= deploying


@pytest.mark.parametrize(
    ("called", "asked_for"),
    [
        (("dynamodb", "list-tables"), "dynamodb:ListTables"),
        (("s3", "list-object-versions"), "s3:ListBucketVersions"),
        (("service-quotas", "list-service-quotas"), "servicequotas:ListServiceQuotas"),
        (("apigatewayv2", "delete-route-settings"), "apigateway:DELETE"),
        (("logs", "tail"), "logs:FilterLogEvents"),
    ],
)
def test_a_command_is_an_action_of_iam(called: tuple[str, str], asked_for: str) -> None:
    service, name = called
    assert action(service, operation(service, name)) == asked_for


def test_an_operator_may_do_what_the_pages_and_consent_ops_do() -> None:
    assert refused(statements(OPERATING), of_operators()) == set()


def test_an_operator_may_do_no_more() -> None:
    assert list(superfluous(statements(OPERATING), of_operators())) == []


def test_whoever_deploys_may_do_what_the_page_about_deploying_does() -> None:
    """All but a command that can read proofs, and the console's people, both of which the page says."""
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    beyond = refused(statements(DEPLOYING), of_page("deploy.md"))
    assert {called for called, _ in beyond} == {
        "cognito-idp:AdminAddUserToGroup",
        "cognito-idp:AdminCreateUser",
        "cognito-idp:AdminDisableUser",
        "dynamodb:Scan",
    }
    assert "`aws dynamodb scan` needs the operator's policy" in page
    assert "`aws cognito-idp` needs the operator's policy" in page
    assert refused(statements(OPERATING), beyond) == set()


@pytest.mark.parametrize("page", ["deploy.md", "runbook.md"])
def test_each_program_of_a_command_is_among_what_deploying_needs(page: str) -> None:
    text = (ROOT / "docs" / page).read_text("utf-8")
    blocks = "\n".join(re.findall(r"```sh\n(.*?)```", text, re.DOTALL))
    called = set(re.findall(PROGRAMS, blocks, re.MULTILINE))
    needed = (ROOT / "docs" / "deploy.md").read_text("utf-8").partition("## The first time")[0]
    assert called
    assert {each for each in called if f"`{each}`" not in needed} == set()


def test_the_page_creates_and_attaches_each_policy() -> None:
    page = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    (created,) = re.findall(r"^for policy in (.+); do$", page, re.MULTILINE)
    attached = re.findall(
        r"attach-role-policy --role-name (\w+) --policy-arn \"\$POLICIES-([a-z-]+)\"$", page, re.MULTILINE
    )
    assert [f"{each}-policy.json" for each in created.split()] == [*DEPLOYING, *OPERATING]
    assert [name for _, name in attached] == created.split()
    assert [role for role, _ in attached] == ["DEPLOYERS"] * len(DEPLOYING) + ["OPERATORS"] * len(OPERATING)
    assert all(f"]({each})" in page and read(each) for each in (*DEPLOYING, *OPERATING))
