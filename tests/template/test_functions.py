"""The functions: their permissions, log groups and environment variables."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.template.intrinsics import spelt

type Json = dict[str, Any]

ASKED = [
    "WidgetSdkFunction",
    "WidgetSettingsFunction",
    "ConsentCollectFunction",
    "VisitorRightsFunction",
    "WidgetAdminFunction",
    "ConsentLookupFunction",
    "ConsentStatisticsFunction",
]
FUNCTIONS = [*ASKED, "InvalidateCacheFunction", "ConsentArchiveFunction"]
STORE_DEADLINE, API_DEADLINE = 3, 30  # seconds

GENERATED = "{{resolve:secretsmanager:${OriginSecret}:SecretString:::}}"  # the version that is current

type Grant = tuple[str, Json | list[Json]]  # an action and its resources


def on(resource: str, attribute: str = "Arn") -> Json:
    return {"Fn::GetAtt": [resource, attribute]}


WORKGROUP = {"Fn::Sub": "arn:${AWS::Partition}:athena:${AWS::Region}:${AWS::AccountId}:workgroup/${AthenaWorkgroup}"}
CATALOGUE = [
    {"Fn::Sub": f"arn:${{AWS::Partition}}:glue:${{AWS::Region}}:${{AWS::AccountId}}:{what}"}
    for what in ("catalog", "database/${ArchiveDatabase}", "table/${ArchiveDatabase}/${ArchiveProofs}")
]

DEFAULT = {"Fn::Sub": "arn:${AWS::Partition}:glue:${AWS::Region}:${AWS::AccountId}:database/default"}
WITH_DEFAULT = [CATALOGUE[0], DEFAULT, *CATALOGUE[1:]]

PERMISSIONS: dict[str, list[Grant]] = {
    "WidgetSdkFunction": [],
    "WidgetSettingsFunction": [("dynamodb:GetItem", on("WidgetsTable"))],
    "ConsentCollectFunction": [("dynamodb:GetItem", on("WidgetsTable")), ("dynamodb:PutItem", on("ConsentsTable"))],
    "VisitorRightsFunction": [
        ("dynamodb:GetItem", on("WidgetsTable")),
        ("dynamodb:Query", on("ConsentsTable")),
        ("dynamodb:UpdateItem", on("ConsentsTable")),
    ],
    "WidgetAdminFunction": [
        ("dynamodb:GetItem", on("WidgetsTable")),
        ("dynamodb:Query", on("WidgetsTable")),
        ("dynamodb:Query", {"Fn::Sub": "${WidgetsTable.Arn}/index/ListedWidgets"}),
        ("dynamodb:PutItem", on("WidgetsTable")),
        ("dynamodb:ConditionCheckItem", on("WidgetsTable")),
    ],
    "ConsentLookupFunction": [
        ("dynamodb:GetItem", on("WidgetsTable")),
        ("dynamodb:Query", on("ConsentsTable")),
        ("dynamodb:Query", {"Fn::Sub": "${ConsentsTable.Arn}/index/ByUser"}),
        ("dynamodb:PutItem", on("AccessAuditTable")),
        ("dynamodb:UpdateItem", on("ConsentsTable")),
        ("s3:ListBucket", on("ArchiveBucket")),
        ("s3:GetObject", {"Fn::Sub": "${ArchiveBucket.Arn}/proofs/*"}),
        ("athena:StartQueryExecution", WORKGROUP),
        ("athena:GetQueryExecution", WORKGROUP),
        ("athena:GetQueryResults", WORKGROUP),
        ("athena:StopQueryExecution", WORKGROUP),
        ("glue:GetDatabase", WITH_DEFAULT),
        ("glue:GetTable", CATALOGUE),
        ("glue:GetPartitions", CATALOGUE),
        ("s3:GetBucketLocation", on("ArchiveBucket")),
        ("s3:GetBucketLocation", on("AthenaResultsBucket")),
        ("s3:ListBucket", on("AthenaResultsBucket")),
        ("s3:ListBucketMultipartUploads", on("AthenaResultsBucket")),
        ("s3:ListMultipartUploadParts", {"Fn::Sub": "${AthenaResultsBucket.Arn}/*"}),
        ("s3:AbortMultipartUpload", {"Fn::Sub": "${AthenaResultsBucket.Arn}/*"}),
        ("s3:PutObject", {"Fn::Sub": "${AthenaResultsBucket.Arn}/*"}),
        ("s3:GetObject", {"Fn::Sub": "${AthenaResultsBucket.Arn}/*"}),
    ],
    "ConsentStatisticsFunction": [
        ("dynamodb:GetItem", on("WidgetsTable")),
        ("s3:ListBucket", on("ArchiveBucket")),
        ("s3:GetObject", {"Fn::Sub": "${ArchiveBucket.Arn}/proofs/*"}),
    ],
    "InvalidateCacheFunction": [
        (
            "cloudfront:CreateInvalidation",
            {"Fn::Sub": "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Distribution}"},
        ),
        ("dynamodb:DescribeStream", on("WidgetsTable", "StreamArn")),
        ("dynamodb:GetShardIterator", on("WidgetsTable", "StreamArn")),
        ("dynamodb:GetRecords", on("WidgetsTable", "StreamArn")),
        ("dynamodb:ListStreams", {"Fn::Sub": "${WidgetsTable.Arn}/stream/*"}),
        ("sqs:SendMessage", on("InvalidateCacheFailures")),
    ],
    "ConsentArchiveFunction": [
        ("s3:PutObject", {"Fn::Sub": "${ArchiveBucket.Arn}/proofs/*"}),
        ("s3:PutObject", {"Fn::Sub": "${ArchiveBucket.Arn}/erasures/*"}),
        ("s3:GetObject", {"Fn::Sub": "${ArchiveBucket.Arn}/proofs/*"}),
        ("s3:ListBucket", on("ArchiveBucket")),
        ("dynamodb:DescribeStream", on("ConsentsTable", "StreamArn")),
        ("dynamodb:GetShardIterator", on("ConsentsTable", "StreamArn")),
        ("dynamodb:GetRecords", on("ConsentsTable", "StreamArn")),
        ("dynamodb:ListStreams", {"Fn::Sub": "${ConsentsTable.Arn}/stream/*"}),
        ("sqs:SendMessage", on("ConsentArchiveFailures")),
    ],
}
ERASES: Json = {
    "dynamodb:UpdateItem": {
        "ForAllValues:StringEquals": {
            "dynamodb:Attributes": ["consentId", "id", "erasedAt", "userId", "sessionId", "referrer", "widgetUser"]
        },
        "Null": {"dynamodb:Attributes": "false"},
        "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"},
    }
}
# Conditions of the statements that have one.
CONDITIONS: dict[str, dict[str, Json]] = {"VisitorRightsFunction": ERASES, "ConsentLookupFunction": ERASES}
# SAM adds these to every role, for log lines and traces.
MANAGED = [
    "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole",
    "arn:aws:iam::aws:policy/AWSXrayWriteOnlyAccess",
]


@pytest.fixture
def functions(properties_of: Callable[..., Json]) -> Json:
    return properties_of("AWS::Lambda::Function")


def test_the_stack_has_these_functions(functions: Json) -> None:
    assert functions.keys() == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_exactly_the_permissions_it_needs(
    functions: Json, properties_of: Callable[..., Json], name: str
) -> None:
    roles = properties_of("AWS::IAM::Role")
    role = roles[functions[name]["Role"]["Fn::GetAtt"][0]]
    statements = [
        statement for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]
    ]
    granted = [(statement["Action"], statement["Resource"]) for statement in statements]
    assert granted == PERMISSIONS[name]
    assert {s["Action"]: s["Condition"] for s in statements if "Condition" in s} == CONDITIONS.get(name, {})
    assert {statement["Effect"] for statement in statements} <= {"Allow"}
    assert role["ManagedPolicyArns"] == MANAGED


def test_no_other_resource_grants_permissions(properties_of: Callable[..., Json]) -> None:
    assert properties_of("AWS::IAM::Role").keys() == {f"{name}Role" for name in FUNCTIONS}
    assert not properties_of("AWS::IAM::Policy")
    assert not properties_of("AWS::IAM::ManagedPolicy")


def test_only_api_gateway_may_invoke_a_function(properties_of: Callable[..., Json]) -> None:
    invoked = properties_of("AWS::Lambda::Permission").values()
    assert {permission["FunctionName"]["Ref"] for permission in invoked} == set(ASKED)
    assert {permission["Principal"] for permission in invoked} == {"apigateway.amazonaws.com"}
    assert all("SourceArn" in permission for permission in invoked)


def test_every_function_has_its_own_log_group_with_a_retention(
    functions: Json, properties_of: Callable[..., Json]
) -> None:
    groups = properties_of("AWS::Logs::LogGroup", LogRetentionDays="14")
    used = [function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions.values()]
    assert sorted([*used, "AdminApiAccessLogs", "HttpApiAccessLogs"]) == sorted(groups)
    assert {group["RetentionInDays"] for group in groups.values()} == {"14"}


@pytest.mark.parametrize("name", ASKED)
def test_a_functions_timeout_is_between_those_of_store_and_api(functions: Json, name: str) -> None:
    assert STORE_DEADLINE < functions[name]["Timeout"] < API_DEADLINE


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_uses_the_python_of_development_and_is_traced(functions: Json, root: Path, name: str) -> None:
    version = (root / ".python-version").read_text(encoding="utf-8").strip()
    assert functions[name]["Runtime"] == f"python{version}"
    assert functions[name]["Handler"] == "app.handler"
    assert functions[name]["TracingConfig"] == {"Mode": "Active"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_these_environment_variables_only(functions: Json, name: str) -> None:
    common = {
        "ORIGIN_VERIFY": {"Fn::Sub": GENERATED},
        "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_ENDPOINT_URL_DYNAMODB": "",  # sam local sets declared variables only
        "STORE_TIMEOUT_SECONDS": "",  # empty means the built-in half a second
    }
    own: Json = {
        "WidgetSdkFunction": {"POWERTOOLS_SERVICE_NAME": "widget_sdk"},
        "WidgetSettingsFunction": {
            "POWERTOOLS_SERVICE_NAME": "widget_settings",
            "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
            "SIGHTINGS_TABLE": "",  # without a console
        },
        "ConsentCollectFunction": {
            "POWERTOOLS_SERVICE_NAME": "consent_collect",
            "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
            "CONSENTS_TABLE": {"Ref": "ConsentsTable"},
        },
        "VisitorRightsFunction": {
            "POWERTOOLS_SERVICE_NAME": "visitor_rights",
            "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
            "CONSENTS_TABLE": {"Ref": "ConsentsTable"},
        },
        "WidgetAdminFunction": {
            "POWERTOOLS_SERVICE_NAME": "widget_admin",
            "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
        },
        "ConsentLookupFunction": {
            "POWERTOOLS_SERVICE_NAME": "consent_lookup",
            "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
            "CONSENTS_TABLE": {"Ref": "ConsentsTable"},
            "ARCHIVE_BUCKET": {"Ref": "ArchiveBucket"},
            "ATHENA_WORKGROUP": {"Ref": "AthenaWorkgroup"},
            "ARCHIVE_DATABASE": {"Ref": "ArchiveDatabase"},
            "ACCESS_AUDIT_TABLE": {"Ref": "AccessAuditTable"},
            "AUDIT_KEY": {"Fn::Sub": "{{resolve:secretsmanager:${AuditKey}:SecretString}}"},
            "AUDIT_DAYS": 1095,
            "AWS_ENDPOINT_URL_S3": "",
        },
        "ConsentStatisticsFunction": {
            "POWERTOOLS_SERVICE_NAME": "consent_statistics",
            "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
            "ARCHIVE_BUCKET": {"Ref": "ArchiveBucket"},
            "AWS_ENDPOINT_URL_S3": "",
        },
        "InvalidateCacheFunction": {
            "POWERTOOLS_SERVICE_NAME": "invalidate_cache",
            "DISTRIBUTION_ID": {"Ref": "Distribution"},
            "AWS_ENDPOINT_URL_CLOUDFRONT": "",
        },
        "ConsentArchiveFunction": {
            "POWERTOOLS_SERVICE_NAME": "consent_archive",
            "ARCHIVE_BUCKET": {"Ref": "ArchiveBucket"},
            "ARCHIVE_LANES": 4,
            "AWS_ENDPOINT_URL_S3": "",
        },
    }
    assert functions[name]["Environment"]["Variables"] == {**common, **own[name]}


NEW, OLD, VERSION = "n" * 32, "o" * 32, "0b93b823-ff36-4d61-8959-e9e8deee5ef8"
PINNED = f"{{{{resolve:secretsmanager:${{OriginSecret}}:SecretString:::{VERSION}}}}}"


@pytest.mark.parametrize(
    ("parameters", "sent", "accepted"),
    [
        ({}, GENERATED, GENERATED),
        ({"OriginVerifyVersion": VERSION}, PINNED, PINNED),
        ({"OriginVerifyVersion": VERSION, "OriginVerifyPrevious": OLD}, PINNED, f"{PINNED},{OLD}"),
        ({"OriginVerifyPrevious": "off"}, GENERATED, f"{GENERATED},off"),
        ({"OriginVerify": NEW}, NEW, NEW),
        ({"OriginVerify": NEW, "OriginVerifyPrevious": OLD}, NEW, f"{NEW},{OLD}"),
        ({"OriginVerify": "off"}, None, "off"),
    ],
)
def test_the_functions_accept_the_secret_that_the_distribution_sends(
    properties_of: Callable[..., Json], parameters: dict[str, str], sent: str | None, accepted: str
) -> None:
    """And the previous one while it is changed. No stage is open unless a word of its owner says so."""
    for function in properties_of("AWS::Lambda::Function", **parameters).values():
        assert spelt(function["Environment"]["Variables"]["ORIGIN_VERIFY"]) == accepted
    (distribution,) = properties_of("AWS::CloudFront::Distribution", **parameters).values()
    (origin,) = distribution["DistributionConfig"]["Origins"]
    headers = {header["HeaderName"]: spelt(header["HeaderValue"]) for header in origin.get("OriginCustomHeaders", [])}
    assert headers == ({} if sent is None else {"X-Origin-Verify": sent})
    made = properties_of("AWS::SecretsManager::Secret", **parameters).keys()
    assert made == {"AuditKey"} | ({"OriginSecret"} if "OriginSecret" in accepted else set())


@pytest.mark.parametrize("name", ["AuditKey", "OriginSecret"])
def test_a_generated_secret_is_long_and_fits_a_header(properties_of: Callable[..., Json], name: str) -> None:
    secret = properties_of("AWS::SecretsManager::Secret")[name]
    assert secret["GenerateSecretString"] == {"PasswordLength": 64, "ExcludePunctuation": True}
    assert "SecretString" not in secret


def test_what_takes_the_key_of_the_index_out_is_updated_before_what_writes_it(stack: Json) -> None:
    """CloudFormation updates functions at once otherwise, and an archive of 1.0.0 would keep the key for good."""
    after = stack["Resources"]["ConsentCollectFunction"]["DependsOn"]
    assert set(after) == {"ConsentArchiveFunction", "VisitorRightsFunction"}


def test_functions_that_need_no_proof_cannot_read_one() -> None:
    for name in ("WidgetAdminFunction", "ConsentStatisticsFunction", "WidgetSettingsFunction", "WidgetSdkFunction"):
        assert "ConsentsTable" not in str(PERMISSIONS[name])


def test_the_key_of_the_audit_outlives_its_stack_as_the_audit_does(stack: Json) -> None:
    for name in ("AccessAuditTable", "AuditKey"):
        resource = stack["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_only_the_function_that_looks_up_knows_the_audit(functions: Json) -> None:
    """It adds entries; it can neither read nor change one."""
    knowing = {name for name, function in functions.items() if "AUDIT_KEY" in function["Environment"]["Variables"]}
    assert knowing == {"ConsentLookupFunction"}
    granted = {
        (name, action) for name, grants in PERMISSIONS.items() for action, what in grants if "Audit" in str(what)
    }
    assert granted == {("ConsentLookupFunction", "dynamodb:PutItem")}


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_functions_and_layer_are_of_one_architecture(
    properties_of: Callable[..., Json], source: Json, arch: str
) -> None:
    (layer,) = properties_of("AWS::Lambda::LayerVersion", Arch=arch).values()
    assert layer["CompatibleArchitectures"] == [arch]
    assert source["Resources"]["ConsentCoreLayer"]["Metadata"]["BuildArchitecture"] == {"Ref": "Arch"}
    for function in properties_of("AWS::Lambda::Function", Arch=arch, MemorySize="1024").values():
        assert function["Architectures"] == [arch]
        assert function["MemorySize"] == "1024"


def test_concurrency_is_reserved_only_if_asked_for(properties_of: Callable[..., Json]) -> None:
    """A reservation of 0 would switch a function off, and an account whose limit is 10 refuses every reservation."""
    reserved = "ReservedConcurrentExecutions"
    chosen = {"CollectConcurrency": "50", "SettingsConcurrency": "20", "RightsConcurrency": "5"}
    functions = properties_of("AWS::Lambda::Function", **chosen)
    assert not any(reserved in function for function in properties_of("AWS::Lambda::Function").values())
    assert {name: function[reserved] for name, function in functions.items() if reserved in function} == {
        "ConsentCollectFunction": "50",
        "WidgetSettingsFunction": "20",
        "VisitorRightsFunction": "5",
    }
