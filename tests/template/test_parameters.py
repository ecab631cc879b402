"""The stack's parameters and outputs, and the environments in samconfig.toml."""
# mypy: disable-error-code="import-untyped"

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from samcli.yamlhelper import yaml_parse

type Json = dict[str, Any]

DOMAIN = {"DomainName": "consent.example.org"}
CERTIFICATE = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/0b93b823-ff36-4d61-8959-e9e8deee5ef8"}


def test_every_parameter_has_a_description_and_a_constraint(source: Json) -> None:
    for name, parameter in source["Parameters"].items():
        assert parameter["Description"], name
        assert parameter.keys() & {"AllowedPattern", "AllowedValues", "MinValue"}, name


def test_every_parameter_has_a_valid_default(source: Json) -> None:
    for name, parameter in source["Parameters"].items():
        assert re.fullmatch(parameter.get("AllowedPattern", ".*"), str(parameter["Default"])), name
        assert parameter["Default"] in parameter.get("AllowedValues", [parameter["Default"]]), name


@pytest.mark.parametrize(
    ("name", "value", "is_taken"),
    [
        ("OriginVerify", "x" * 32, True),
        ("OriginVerify", "x" * 31, False),
        ("OriginVerify", "x" * 129, False),
        ("OriginVerify", "white space" * 4, False),
        ("OriginVerify", "off", True),
        ("OriginVerify", "on", False),
        ("OriginVerifyPrevious", "off", True),
        ("OriginVerifyVersion", "0b93b823-ff36-4d61-8959-e9e8deee5ef8", True),
        ("OriginVerifyVersion", "AWSCURRENT", False),
        ("DomainName", "consent.example.org", True),
        ("DomainName", "https://consent.example.org", False),
        ("DomainName", "localhost", False),
        ("CertificateArn", CERTIFICATE["CertificateArn"], True),
        ("CertificateArn", CERTIFICATE["CertificateArn"].replace("us-east-1", "eu-west-1"), False),
        ("WebAclArn", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/consent/0b93b823-ff36", True),
        ("WebAclArn", "arn:aws:wafv2:eu-west-1:123456789012:regional/webacl/consent/0b93b823-ff36", False),
        ("AlarmTopicArn", "arn:aws:sns:eu-west-1:123456789012:alarms", True),
        ("AlarmTopicArn", "alarms", False),
        ("AlarmEmail", "operators@shop.example", True),
        ("AlarmEmail", "operators", False),
        ("MetricsNamespace", "ConsentPlatformDev", True),
        ("MetricsNamespace", "", False),
        ("OidcIssuer", "https://login.example.org/realms/shop", True),
        ("OidcIssuer", "https://login.example.org:8443/tenant/v2.0/", True),
        ("OidcIssuer", "http://login.example.org", False),
        ("OidcIssuer", 'https://login.example.org/"', False),
        ("OidcClientId", "6e1f0c52-8b7c-4a3e-9a52-0d6c1f3f4b11", True),
        ("OidcClientId", 'a"b', False),
        ("OidcClientSecretName", "consent-platform/console-client", True),
        ("OidcClientSecretName", "*", False),
        ("ConsoleRoleClaim", "https://example.org/roles", True),
        ("ConsoleRoleClaim", "", False),
        ("ConsoleDomainName", "consent-admin.example.org", True),
        ("ConsoleDomainName", "https://consent-admin.example.org", False),
        ("ConsoleCertificateArn", CERTIFICATE["CertificateArn"].replace("us-east-1", "eu-west-1"), True),
        ("ConsoleCertificateArn", "arn:aws:iam::123456789012:server-certificate/console", False),
    ],
)
def test_cloudformation_refuses_a_wrong_value(source: Json, name: str, value: str, is_taken: bool) -> None:
    assert bool(re.fullmatch(source["Parameters"][name]["AllowedPattern"], value)) is is_taken


def test_the_secrets_are_never_shown(source: Json) -> None:
    hidden = {name for name, parameter in source["Parameters"].items() if parameter.get("NoEcho")}
    assert hidden == {"OriginVerify", "OriginVerifyPrevious"}


SECRET = re.compile(
    r"\b(OriginVerify|OriginVerifyPrevious|OriginSecret|AuditKey)\b|resolve:(secretsmanager|ssm-secure)"
)


def places(node: object, path: str = "") -> Iterator[str]:
    """Yield the path to each text that refers to the secret, or that CloudFormation would replace by one."""
    match node:
        case dict():
            for name, value in node.items():
                yield from places(value, f"{path}/{name}")
        case list():
            for item in node:
                yield from places(item, path)
        case str() if SECRET.search(node):
            yield path.partition("/Fn::")[0].removesuffix("/Ref")


def test_the_secret_reaches_cloudfront_and_the_functions_and_no_other_place(stack: Json, root: Path) -> None:
    """An output, a description, a tag, a dashboard and a nested stack would show it to every reader of the console.

    CloudFormation shows neither conditions nor rules with values. Every branch counts, whatever the parameters are.
    """
    functions = {
        name
        for name, each in stack["Resources"].items()
        if each["Type"] == "AWS::Lambda::Function" and not name.startswith("Console")  # which need none
    }
    shown = {part: each for part, each in stack.items() if part not in {"Parameters", "Conditions", "Rules"}}
    assert set(places(shown)) == {
        *(f"/Resources/{name}/Properties/Environment/Variables/ORIGIN_VERIFY" for name in functions),
        "/Resources/ConsentLookupFunction/Properties/Environment/Variables/AUDIT_KEY",
        "/Resources/ConsolePrivacyFunction/Properties/Environment/Variables/AUDIT_KEY",
        "/Outputs/AuditKeyArn/Value",  # the secret's name, which opens nothing by itself
        "/Resources/Distribution/Properties/DistributionConfig/Origins/OriginCustomHeaders",
    }
    for nested in ("monitoring.yaml", "edge-protection.yaml"):
        assert list(places(yaml_parse((root / nested).read_text("utf-8")))) == []


def test_a_domain_requires_a_certificate_and_vice_versa(holds: Callable[..., bool]) -> None:
    nothing = {"DomainName": "", "CertificateArn": ""}
    assert holds(**nothing)
    assert holds(**DOMAIN, **CERTIFICATE)
    assert not holds(**{**nothing, **DOMAIN})
    assert not holds(**{**nothing, **CERTIFICATE})


@pytest.mark.parametrize(
    ("secret", "previous", "version", "is_taken"),
    [
        ("", "", "", True),
        ("", "o" * 32, "", True),
        ("", "o" * 32, "v" * 32, True),
        ("", "off", "", True),
        ("n" * 32, "", "", True),
        ("n" * 32, "o" * 32, "", True),
        ("n" * 32, "", "v" * 32, False),
        ("off", "", "", True),
        ("off", "o" * 32, "", False),
        ("off", "", "v" * 32, False),
    ],
)
def test_the_parameters_of_the_secret_agree(
    holds: Callable[..., bool], secret: str, previous: str, version: str, *, is_taken: bool
) -> None:
    chosen = {"OriginVerify": secret, "OriginVerifyPrevious": previous, "OriginVerifyVersion": version}
    assert holds(**chosen) is is_taken


def test_the_outputs_name_what_an_operator_needs(source: Json) -> None:
    outputs = source["Outputs"]
    assert outputs.keys() == {
        "Version",
        "ServiceUrl",
        "DistributionDomain",
        "DistributionId",
        "ApiUrl",
        "AdminApiUrl",
        "ConsoleUrl",
        "ConsoleDomainTarget",
        "ConsoleUserPoolId",
        "WidgetsTableName",
        "ConsentsTableName",
        "ArchiveBucketName",
        "ArchiveDatabaseName",
        "AccessAuditTableName",
        "AuditKeyArn",
        "AuditDays",
        "AthenaWorkgroup",
        "ConsentCollectLogGroupName",
        "DashboardUrl",
    }
    assert outputs["WidgetsTableName"]["Value"] == {"Ref": "WidgetsTable"}
    assert outputs["ConsentsTableName"]["Value"] == {"Ref": "ConsentsTable"}
    assert outputs["ArchiveBucketName"]["Value"] == {"Ref": "ArchiveBucket"}
    assert outputs["DistributionId"]["Value"] == {"Ref": "Distribution"}


def test_the_output_names_the_release(root: Path, source: Json) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert source["Outputs"]["Version"]["Value"] == project["version"]


@pytest.mark.parametrize(("kind", "heading"), [("Parameters", "| Parameter |"), ("Outputs", "| Output |")])
def test_the_page_on_deploying_lists_exactly_these(root: Path, source: Json, kind: str, heading: str) -> None:
    page = (root / "docs" / "deploy.md").read_text(encoding="utf-8")
    (table,) = (paragraph for paragraph in page.split("\n\n") if paragraph.startswith(heading))
    listed = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(listed) == sorted(source[kind])


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_environment_builds_and_deploys_with_the_same_parameters(root: Path, environment: str) -> None:
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))[environment]
    shared = config["global"]["parameters"]
    assert shared["stack_name"] == f"consent-platform-{environment}"
    assert shared["region"]
    assert shared["parameter_overrides"][:2] == [f"Stage={environment}", "Arch=arm64"]
    assert not any("parameter_overrides" in config[command]["parameters"] for command in ("build", "deploy"))
    assert config["deploy"]["parameters"]["confirm_changeset"] is (environment == "prod")


@pytest.mark.parametrize("environment", ["default", "dev", "prod"])
def test_a_deployment_acknowledges_roles_and_a_nested_stack(root: Path, environment: str) -> None:
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))[environment]
    assert config["deploy"]["parameters"]["capabilities"] == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]


def test_a_deployment_without_changes_succeeds(root: Path) -> None:
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    deployed = {name: each["deploy"]["parameters"] for name, each in config.items() if name != "version"}
    assert {name for name, each in deployed.items() if each["fail_on_empty_changeset"] is False} == deployed.keys()


def test_two_environments_in_one_account_do_not_mix_their_metrics(root: Path, source: Json) -> None:
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    default = f"MetricsNamespace={source['Parameters']['MetricsNamespace']['Default']}"
    used = [
        next(
            (word for word in config[name]["global"]["parameters"]["parameter_overrides"] if "Metrics" in word), default
        )
        for name in ("dev", "prod")
    ]
    assert len(set(used)) == 2


def test_the_configuration_names_known_parameters_without_secrets(root: Path, source: Json) -> None:
    config = tomllib.loads((root / "samconfig.toml").read_text(encoding="utf-8"))
    for environment in ("dev", "prod"):
        given = {word.partition("=")[0] for word in config[environment]["global"]["parameters"]["parameter_overrides"]}
        assert given <= source["Parameters"].keys() - {"OriginVerify", "OriginVerifyPrevious"}
