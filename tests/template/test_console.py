"""The web console: what is deployed of it, in which order, and what its functions may do."""

import json
import os
from collections.abc import Callable
from copy import deepcopy
from typing import Any
from unittest.mock import patch

import pytest

from tests.handlers import load_handler
from tests.template.dependencies import cycle
from tests.template.intrinsics import spelt
from tests.template.test_functions import ERASES, MANAGED, PERMISSIONS, Grant, on

type Json = dict[str, Any]

OIDC = {"Console": "oidc", "OidcIssuer": "https://login.example.org/realms/shop", "OidcClientId": "console"}
COGNITO = {"Console": "cognito"}
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/0b93b823-ff36-4d61-8959-e9e8deee5ef8"
DOMAIN = {"ConsoleDomainName": "consent-admin.example.org", "ConsoleCertificateArn": CERTIFICATE}
WAYS = {"off": {}, "cognito": COGNITO, "oidc": OIDC}

HANDLERS = {
    "ConsoleLoginFunction": "console_login",
    "ConsoleEditorFunction": "console_editor",
    "ConsolePrivacyFunction": "console_privacy",
    "ConsolePreviewFunction": "console_preview",
}
SDK = {"GET /sdk/dastra.js", "GET /sdk/{build}/{file}"}
FUNCTIONS = sorted([*HANDLERS, "ConsoleSdkFunction"])

PARAMETER = {
    "Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/${AWS::StackName}/console"
}
SECRET = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:%s-??????"
SESSION: Grant = ("dynamodb:GetItem", on("ConsoleSessionsTable"))
LISTED = {"Fn::Sub": "${WidgetsTable.Arn}/index/ListedWidgets"}
GRANTED: dict[str, list[Grant]] = {
    "ConsoleLoginFunction": [
        ("dynamodb:GetItem", on("ConsoleSessionsTable")),
        ("dynamodb:PutItem", on("ConsoleSessionsTable")),
        ("dynamodb:UpdateItem", on("ConsoleSessionsTable")),
        ("dynamodb:DeleteItem", on("ConsoleSessionsTable")),
        ("ssm:GetParameter", PARAMETER),
        ("secretsmanager:GetSecretValue", {"Fn::Sub": SECRET % "console-client"}),
    ],
    "ConsoleEditorFunction": [
        SESSION,
        ("dynamodb:Query", on("ConsoleSightingsTable")),
        *PERMISSIONS["WidgetAdminFunction"],
    ],
    "ConsolePrivacyFunction": [
        SESSION,
        ("dynamodb:Query", LISTED),
        ("dynamodb:Query", on("WidgetsTable")),
        ("dynamodb:Query", on("AccessAuditTable")),
        *PERMISSIONS["ConsentLookupFunction"],
    ],
    "ConsolePreviewFunction": [("dynamodb:GetItem", on("WidgetsTable"))],
    "ConsoleSdkFunction": [],
}
WITHOUT_TOKENS: Json = {
    "ForAllValues:StringEquals": {"dynamodb:Attributes": ["id", "person", "renewedAt", "endsAt"]},
    "Null": {"dynamodb:Attributes": "false"},
    "StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
}


# --- What is deployed -------------------------------------------------------------------------------------------------


def test_off_deploys_nothing_of_it(deployed: Callable[..., Json]) -> None:
    assert {name for name in deployed() if name.startswith("Console")} == set()
    assert deployed() == deployed(**DOMAIN, ConsoleRoleClaim="groups")


def test_the_platform_is_the_same_with_it_and_without_it(deployed: Callable[..., Json]) -> None:
    for way in (COGNITO, OIDC):
        others = {name: each for name, each in deployed(**way).items() if not name.startswith("Console")}
        # It notes the origins that the console shows.
        changed = {"WidgetSettingsFunction", "WidgetSettingsFunctionRole", "Monitoring", "Dashboard"}
        settings = others.pop("WidgetSettingsFunction")["Properties"]["Environment"]["Variables"]
        (policy,) = others.pop("WidgetSettingsFunctionRole")["Properties"]["Policies"]
        assert others.pop("Monitoring")["Properties"]["Parameters"]["ConsoleApi"] == {"Ref": "ConsoleApi"}
        del others["Dashboard"]  # see test_alarms.py
        assert others == {name: each for name, each in deployed().items() if name not in changed}
        assert settings["SIGHTINGS_TABLE"] == {"Ref": "ConsoleSightingsTable"}
        assert [(each["Action"], each["Resource"]) for each in policy["PolicyDocument"]["Statement"]] == [
            *PERMISSIONS["WidgetSettingsFunction"],
            ("dynamodb:UpdateItem", on("ConsoleSightingsTable")),
        ]


def test_cognito_is_set_up_only_if_people_sign_in_with_it(deployed: Callable[..., Json]) -> None:
    more = deployed(**COGNITO).keys() - deployed(**OIDC).keys()
    assert deployed(**OIDC).keys() < deployed(**COGNITO).keys()
    assert more == {
        "ConsoleUserPool",
        "ConsoleUserPoolDomain",
        "ConsoleUserPoolClient",
        "ConsoleUserPoolBranding",
        "ConsoleOwnerGroup",
        "ConsolePrivacyGroup",
        "ConsoleViewerGroup",
        "ConsoleOperatorGroup",
    }


def test_a_domain_of_its_own_is_the_only_address(deployed: Callable[..., Json]) -> None:
    resources = deployed(**OIDC, **DOMAIN)
    assert resources.keys() - deployed(**OIDC).keys() == {"ConsoleDomain", "ConsoleDomainMapping"}
    (configuration,) = resources["ConsoleDomain"]["Properties"]["DomainNameConfigurations"]
    assert configuration == {"CertificateArn": CERTIFICATE, "EndpointType": "REGIONAL", "SecurityPolicy": "TLS_1_2"}
    assert resources["ConsoleDomainMapping"]["Properties"] == {
        "ApiId": {"Ref": "ConsoleApi"},
        "DomainName": {"Ref": "ConsoleDomain"},
        "Stage": {"Ref": "ConsoleApiApiGatewayDefaultStage"},
    }
    for way, is_disabled in ((OIDC, False), ({**OIDC, **DOMAIN}, True)):
        body = deployed(**way)["ConsoleApi"]["Properties"]["Body"]
        (server,) = body["servers"]
        assert server["x-amazon-apigateway-endpoint-configuration"] == {"disableExecuteApiEndpoint": is_disabled}


# --- In which order ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("domain", [{}, DOMAIN], ids=["address of the API", "domain"])
def test_cloudformation_can_make_the_resources_in_an_order(
    deployed: Callable[..., Json], way: str, domain: dict[str, str]
) -> None:
    assert cycle(deployed(**WAYS[way], **domain)) == []


def test_no_branch_of_a_condition_has_a_cycle(stack: Json) -> None:
    assert cycle(stack["Resources"]) == []


def test_a_function_that_knew_the_client_would_make_a_cycle(deployed: Callable[..., Json]) -> None:
    resources = deepcopy(deployed(**COGNITO))
    variables = resources["ConsoleLoginFunction"]["Properties"]["Environment"]["Variables"]
    variables["CLIENT_ID"] = {"Ref": "ConsoleUserPoolClient"}
    assert set(cycle(resources)) == {"ConsoleLoginFunction", "ConsoleUserPoolClient", "ConsoleApi"}


@pytest.mark.parametrize(
    "client",
    [
        {"DependsOn": "Api"},
        {"DependsOn": ["Other", "Api"]},
        {"Properties": {"Address": {"Ref": "Api"}}},
        {"Properties": {"Address": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}},
        {"Properties": {"Address": {"Fn::GetAtt": "Api.ApiEndpoint"}}},
        {"Properties": {"Addresses": [{"Fn::Sub": "${Api.ApiEndpoint}/login"}]}},
        {"Properties": {"Address": {"Fn::Sub": ["${Host}/login", {"Host": {"Ref": "Api"}}]}}},
        {"Properties": {"Address": {"Fn::If": ["HasDomain", "here", {"Fn::Join": [".", [{"Ref": "Api"}, "org"]]}]}}},
    ],
)
def test_each_kind_of_reference_can_close_a_cycle(client: Json) -> None:
    resources = {
        "Api": {"Properties": {"Function": {"Ref": "Function"}}},
        "Function": {"Properties": {"Client": {"Ref": "Client"}}},
        "Client": client,
        "Other": {},
    }
    found = cycle(resources)
    assert (found[0], set(found)) == (found[-1], {"Api", "Function", "Client"})
    assert cycle({**resources, "Client": {}}) == []


@pytest.mark.parametrize("text", ["${!Api}", ["${Api}", {"Api": "a name of its own"}]])
def test_a_text_that_only_looks_like_a_reference_is_none(text: object) -> None:
    assert cycle({"Api": {"Properties": {"Text": {"Fn::Sub": text}}}}) == []


# --- API --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def definition(deployed: Callable[..., Json]) -> Json:
    body: Json = deployed(**OIDC)["ConsoleApi"]["Properties"]["Body"]
    return body


def integrations(definition: Json, function: str) -> set[str]:
    """The routes of a function."""
    return {
        f"{'ANY' if method == 'x-amazon-apigateway-any-method' else method.upper()} {path}"
        for path, methods in definition["paths"].items()
        for method, operation in methods.items()
        if f"${{{function}.Arn}}" in operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
    }


@pytest.mark.parametrize("function", HANDLERS)
def test_each_page_of_a_function_has_its_route(definition: Json, deployed: Callable[..., Json], function: str) -> None:
    """It starts with the variables that the template gives it, and no other."""
    variables = deployed(**OIDC)[function]["Properties"]["Environment"]["Variables"]
    known = {name: value if isinstance(value, str) else "1" for name, value in variables.items()}
    with patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-west-1", **known}, clear=True):
        pages = load_handler(HANDLERS[function]).ROUTES
    routes = integrations(definition, function)
    both = {route.removeprefix("ANY ") for route in routes if route.startswith("ANY ")}
    assert {route for route in routes if not route.startswith("ANY ")} | {
        f"{method} {path}" for method in ("GET", "POST") for path in both
    } == set(pages)


def test_the_sdk_has_its_routes(definition: Json) -> None:
    assert integrations(definition, "ConsoleSdkFunction") == SDK


def test_no_other_function_has_a_route(definition: Json) -> None:
    counted = sum(len(integrations(definition, function)) for function in FUNCTIONS)
    assert counted == sum(len(methods) for methods in definition["paths"].values())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_permissions_of_its_routes_fit_into_a_functions_policy(definition: Json, function: str) -> None:
    """AWS refuses a policy of more than 20 kB, at the end of a deployment."""
    longest = 128 + 64  # characters of a stack's name, and of a function's
    statement = 330 + longest  # and those that are the same in each
    assert sum(statement + len(route) for route in integrations(definition, function)) < 20_480


def test_a_session_is_its_only_authorization_and_no_other_page_may_read_it(definition: Json) -> None:
    """A function may still let pages read one answer: API Gateway passes its header on if it has no rule itself."""
    operations = [operation for methods in definition["paths"].values() for operation in methods.values()]
    assert not any("security" in operation for operation in operations)
    assert "components" not in definition
    assert "x-amazon-apigateway-cors" not in definition


def test_it_has_no_way_to_store_a_decision(resources: Json, definition: Json) -> None:
    """A draft's window cannot make a proof: neither a route of this host nor a function behind it leads there."""
    uris = [
        operation["x-amazon-apigateway-integration"]["uri"]
        for methods in definition["paths"].values()
        for operation in methods.values()
    ]
    assert {name for name in resources for uri in uris if f"${{{name}.Arn}}" in uri["Fn::Sub"]} == set(FUNCTIONS)
    assert not [path for path in definition["paths"] if "collect" in path or "{proxy+}" in path or path == "$default"]
    for function in FUNCTIONS:
        actions = {each["Action"] for each in granted(resources, function) if "ConsentsTable" in json.dumps(each)}
        assert actions <= {"dynamodb:Query", "dynamodb:UpdateItem"}  # the latter for erasing, by its condition


def test_visitors_routes_do_not_lead_to_it(deployed: Callable[..., Json]) -> None:
    resources = deployed(**COGNITO)
    assert "Console" not in json.dumps([resources["Distribution"], resources["HttpApi"], resources["AdminApi"]])


def test_it_has_its_own_throttle_and_the_access_log_of_the_administration(deployed: Callable[..., Json]) -> None:
    resources = deployed(**OIDC)
    stage = resources["ConsoleApiApiGatewayDefaultStage"]["Properties"]
    admin = resources["AdminApiApiGatewayDefaultStage"]["Properties"]
    assert stage["DefaultRouteSettings"] == {"ThrottlingRateLimit": 10, "ThrottlingBurstLimit": 50}
    assert "RouteSettings" not in stage
    assert stage["AccessLogSettings"] == {
        "DestinationArn": {"Fn::GetAtt": ["ConsoleApiAccessLogs", "Arn"]},
        "Format": admin["AccessLogSettings"]["Format"],
    }


# --- Functions --------------------------------------------------------------------------------------------------------


def granted(resources: Json, name: str) -> list[Json]:
    """Return the statements of a function's role."""
    role = resources[resources[name]["Properties"]["Role"]["Fn::GetAtt"][0]]["Properties"]
    assert role["ManagedPolicyArns"] == MANAGED
    statements = [each for policy in role.get("Policies", []) for each in policy["PolicyDocument"]["Statement"]]
    assert {each["Effect"] for each in statements} <= {"Allow"}
    return statements


@pytest.fixture
def resources(deployed: Callable[..., Json]) -> Json:
    found: Json = deployed(**OIDC, OidcClientSecretName="console-client")
    return found


def test_it_has_these_functions_and_roles(resources: Json) -> None:
    of_console = {name: each["Type"] for name, each in resources.items() if name.startswith("Console")}
    assert sorted(name for name, kind in of_console.items() if kind == "AWS::Lambda::Function") == FUNCTIONS
    roles = {name for name, kind in of_console.items() if kind == "AWS::IAM::Role"}
    assert roles == {f"{name}Role" for name in FUNCTIONS}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_exactly_the_permissions_it_needs(resources: Json, name: str) -> None:
    statements = granted(resources, name)
    assert [(each["Action"], each["Resource"]) for each in statements] == GRANTED[name]
    conditions = [each["Condition"] for each in statements if "Condition" in each]
    assert conditions == {
        "ConsoleEditorFunction": [WITHOUT_TOKENS],
        "ConsolePrivacyFunction": [WITHOUT_TOKENS, ERASES["dynamodb:UpdateItem"]],
    }.get(name, [])


def test_without_a_secret_no_secret_can_be_read(deployed: Callable[..., Json]) -> None:
    """The name of a secret has a character at least."""
    (statement,) = (
        each
        for each in granted(deployed(**OIDC), "ConsoleLoginFunction")
        if each["Action"] == "secretsmanager:GetSecretValue"
    )
    assert statement["Resource"] == {"Fn::Sub": SECRET % ""}


def test_the_editor_can_read_no_proof(resources: Json) -> None:
    texts = json.dumps([granted(resources, "ConsoleEditorFunction"), resources["ConsoleEditorFunction"]])
    assert not [each for each in ("ConsentsTable", "ArchiveBucket", "Athena", "Audit", "s3:", "glue:") if each in texts]


def test_the_privacy_pages_can_change_no_widget(resources: Json) -> None:
    statements = granted(resources, "ConsolePrivacyFunction")
    assert {each["Action"] for each in statements if "WidgetsTable" in json.dumps(each["Resource"])} == {
        "dynamodb:GetItem",
        "dynamodb:Query",
    }


def test_the_privacy_pages_add_to_the_audit_and_read_it_and_change_nothing_of_it(resources: Json) -> None:
    statements = granted(resources, "ConsolePrivacyFunction")
    assert {each["Action"] for each in statements if each["Resource"] == on("AccessAuditTable")} == {
        "dynamodb:PutItem",
        "dynamodb:Query",
    }


def test_the_preview_and_the_sdk_know_no_session(resources: Json) -> None:
    for name in ("ConsolePreviewFunction", "ConsoleSdkFunction"):
        assert "Session" not in json.dumps([granted(resources, name), resources[name]])


def test_only_the_sign_in_reads_tokens_and_writes_sessions(resources: Json) -> None:
    for name in set(FUNCTIONS) - {"ConsoleLoginFunction"}:
        for each in granted(resources, name):
            if each["Resource"] == on("ConsoleSessionsTable"):
                assert (each["Action"], each["Condition"]) == ("dynamodb:GetItem", WITHOUT_TOKENS)


OWN: Json = {
    "ConsoleLoginFunction": {
        "POWERTOOLS_SERVICE_NAME": "console_login",
        "CONSOLE_SESSIONS_TABLE": {"Ref": "ConsoleSessionsTable"},
        "CONSOLE_PARAMETER": {"Fn::Sub": "/${AWS::StackName}/console"},
        "AWS_ENDPOINT_URL_SSM": "",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": "",
    },
    "ConsoleEditorFunction": {
        "POWERTOOLS_SERVICE_NAME": "console_editor",
        "CONSOLE_SESSIONS_TABLE": {"Ref": "ConsoleSessionsTable"},
        "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
        "SIGHTINGS_TABLE": {"Ref": "ConsoleSightingsTable"},
        "CONSOLE_SERVICE_ADDRESS": {"Fn::Sub": "https://${Distribution.DomainName}"},
    },
    "ConsolePrivacyFunction": {
        "POWERTOOLS_SERVICE_NAME": "console_privacy",
        "CONSOLE_SESSIONS_TABLE": {"Ref": "ConsoleSessionsTable"},
    },
    "ConsolePreviewFunction": {
        "POWERTOOLS_SERVICE_NAME": "console_preview",
        "WIDGETS_TABLE": {"Ref": "WidgetsTable"},
    },
    "ConsoleSdkFunction": {"POWERTOOLS_SERVICE_NAME": "console_sdk"},
}


def variables(resources: Json, name: str) -> Json:
    found: Json = resources[name]["Properties"]["Environment"]["Variables"]
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_these_environment_variables_only(resources: Json, name: str) -> None:
    common = {
        "ORIGIN_VERIFY": "off",  # no CloudFront in front
        "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "AWS_ENDPOINT_URL_DYNAMODB": "",
        "STORE_TIMEOUT_SECONDS": "",
    }
    lookup = variables(resources, "ConsentLookupFunction") if name == "ConsolePrivacyFunction" else {}
    assert variables(resources, name) == {**lookup, **common, **OWN[name]}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_layers_log_group_and_time(resources: Json, name: str) -> None:
    function = resources[name]["Properties"]
    core, *more = [each["Ref"] for each in function["Layers"]]
    assert core.startswith("ConsentCoreLayer")
    assert [each.startswith("ConsoleLayer") for each in more] == ([] if name == "ConsoleSdkFunction" else [True])
    logs = resources[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
    assert logs["LogGroupName"] == {
        "Fn::Sub": f"/aws/lambda/${{AWS::StackName}}/{variables(resources, name)['POWERTOOLS_SERVICE_NAME']}"
    }
    assert (
        function["Timeout"]
        == {
            "ConsoleLoginFunction": 15,
            "ConsoleEditorFunction": 29,
            "ConsolePrivacyFunction": 29,
            "ConsolePreviewFunction": 6,
            "ConsoleSdkFunction": 6,
        }[name]
    )


def test_no_function_of_visitors_or_programs_has_its_layer(resources: Json) -> None:
    having = {
        name for name, each in resources.items() if "ConsoleLayer" in json.dumps(each["Properties"].get("Layers"))
    }
    assert having == set(FUNCTIONS) - {"ConsoleSdkFunction"}


def test_the_previews_load_the_sdk_that_sites_load(source: Json) -> None:
    code = {
        name: source["Resources"][name]["Properties"]["CodeUri"] for name in ("ConsoleSdkFunction", "WidgetSdkFunction")
    }
    assert set(code.values()) == {"functions/widget_sdk"}


@pytest.mark.parametrize("arch", ["arm64", "x86_64"])
def test_its_layer_is_of_the_functions_architecture(deployed: Callable[..., Json], source: Json, arch: str) -> None:
    layers = [
        each["Properties"]
        for each in deployed(**OIDC, Arch=arch).values()
        if each["Type"] == "AWS::Lambda::LayerVersion"
    ]
    assert [layer["CompatibleArchitectures"] for layer in layers] == [[arch]] * 2
    assert source["Resources"]["ConsoleLayer"]["Metadata"]["BuildArchitecture"] == {"Ref": "Arch"}


# --- Sessions ---------------------------------------------------------------------------------------------------------


def test_sessions_expire_and_go_with_the_stack(resources: Json) -> None:
    """No protection from deletion and no copies: a lost session is a sign-in, and a copy of a token is a risk."""
    table = resources["ConsoleSessionsTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert table["Properties"] == {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }


def test_sightings_go_after_eight_days_and_with_the_stack(resources: Json) -> None:
    table = resources["ConsoleSightingsTable"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Delete", "Delete")
    assert table["Properties"] == {
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "widgetId", "AttributeType": "N"},
            {"AttributeName": "seen", "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": "widgetId", "KeyType": "HASH"},
            {"AttributeName": "seen", "KeyType": "RANGE"},
        ],
        "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True},
        "SSESpecification": {"SSEEnabled": True},
    }


# --- Sign-in ----------------------------------------------------------------------------------------------------------


def stated(resources: Json) -> Json:
    """Return what the parameter says, with references as ``Fn::Sub`` spells them."""
    parameter = resources["ConsoleParameter"]["Properties"]
    assert (parameter["Name"], parameter["Type"]) == ({"Fn::Sub": "/${AWS::StackName}/console"}, "String")
    content: Json = json.loads(spelt(parameter["Value"]))
    return content


def test_the_parameter_says_how_people_sign_in_with_cognito(deployed: Callable[..., Json]) -> None:
    assert stated(deployed(**COGNITO)) == {
        "provider": "cognito",
        "issuer": "https://cognito-idp.${AWS::Region}.${AWS::URLSuffix}/${ConsoleUserPool}",
        "clientId": "${ConsoleUserPoolClient}",
        "clientSecretName": "",
        "roleClaim": "cognito:groups",
        "address": "${ConsoleApi.ApiEndpoint}",
        "logoutUrl": "https://${ConsoleUserPoolDomain}.auth.${AWS::Region}.amazoncognito.com/logout",
    }


def test_the_parameter_says_how_people_sign_in_with_another_provider(deployed: Callable[..., Json]) -> None:
    chosen = {"OidcClientSecretName": "console-client", "ConsoleRoleClaim": "groups"}
    assert stated(deployed(**OIDC, **chosen, **DOMAIN)) == {
        "provider": "oidc",
        "issuer": "https://login.example.org/realms/shop",
        "clientId": "console",
        "clientSecretName": "console-client",
        "roleClaim": "groups",
        "address": "https://consent-admin.example.org",
        "logoutUrl": "",
    }


def test_the_function_may_read_the_parameter_that_it_is_told(resources: Json) -> None:
    name = variables(resources, "ConsoleLoginFunction")["CONSOLE_PARAMETER"]
    assert name == resources["ConsoleParameter"]["Properties"]["Name"]
    assert PARAMETER["Fn::Sub"].endswith(f":parameter{name['Fn::Sub']}")


@pytest.mark.parametrize(
    ("domain", "address"), [({}, "${ConsoleApi.ApiEndpoint}"), (DOMAIN, "https://consent-admin.example.org")]
)
def test_the_client_is_public_and_leads_back_to_the_console_alone(
    deployed: Callable[..., Json], domain: dict[str, str], address: str
) -> None:
    client = deployed(**COGNITO, **domain)["ConsoleUserPoolClient"]["Properties"]
    assert [spelt(url) for url in client["CallbackURLs"]] == [f"{address}/login/callback"]
    assert [spelt(url) for url in client["LogoutURLs"]] == [f"{address}/logout"]
    assert (client["AllowedOAuthFlows"], client["GenerateSecret"]) == (["code"], False)
    assert client["AllowedOAuthScopes"] == ["openid", "email", "profile"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert (client["EnableTokenRevocation"], client["PreventUserExistenceErrors"]) == (True, "ENABLED")
    assert (client["RefreshTokenValidity"], client["TokenValidityUnits"]["RefreshToken"]) == (8, "hours")


def test_people_are_invited_and_have_a_second_factor(deployed: Callable[..., Json]) -> None:
    pool = deployed(**COGNITO)["ConsoleUserPool"]
    properties = pool["Properties"]
    assert (pool["DeletionPolicy"], pool["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert properties["DeletionProtection"] == "ACTIVE"
    assert properties["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert (properties["MfaConfiguration"], properties["EnabledMfas"]) == ("ON", ["SOFTWARE_TOKEN_MFA"])
    password = properties["Policies"]["PasswordPolicy"]
    assert password["MinimumLength"] == 14
    assert all(password[f"Require{kind}"] for kind in ("Lowercase", "Uppercase", "Numbers", "Symbols"))
    assert properties["AccountRecoverySetting"] == {"RecoveryMechanisms": [{"Name": "verified_email", "Priority": 1}]}


def test_managed_login_has_pages_under_a_name_that_no_other_stack_has(deployed: Callable[..., Json]) -> None:
    resources = deployed(**COGNITO)
    domain = resources["ConsoleUserPoolDomain"]["Properties"]
    assert domain["ManagedLoginVersion"] == 2
    uuid = {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}
    assert domain["Domain"] == {"Fn::Join": ["-", ["consent", uuid]]}
    branding = resources["ConsoleUserPoolBranding"]["Properties"]
    assert branding["UseCognitoProvidedValues"] is True
    assert branding["ClientId"] == {"Ref": "ConsoleUserPoolClient"}


def test_each_role_has_its_group(deployed: Callable[..., Json]) -> None:
    groups = [each for each in deployed(**COGNITO).values() if each["Type"] == "AWS::Cognito::UserPoolGroup"]
    assert {each["Properties"]["GroupName"] for each in groups} == {
        "consent-owner",
        "consent-privacy",
        "consent-viewer",
        "consent-operator",
    }


# --- Parameters and outputs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "is_taken"),
    [
        (COGNITO, True),
        (OIDC, True),
        ({**OIDC, "OidcClientSecretName": "console-client", "ConsoleRoleClaim": "groups"}, True),
        ({"Console": "oidc"}, False),
        ({**OIDC, "OidcIssuer": ""}, False),
        ({**OIDC, "OidcClientId": ""}, False),
        ({**OIDC, "Console": "cognito"}, False),
        ({**COGNITO, "OidcIssuer": OIDC["OidcIssuer"]}, False),
        ({**COGNITO, "OidcClientId": "console"}, False),
        ({**COGNITO, "OidcClientSecretName": "console-client"}, False),
        ({**COGNITO, "ConsoleRoleClaim": "groups"}, False),
        ({**OIDC, "Console": "off"}, True),  # a stack keeps what it was told
        ({**COGNITO, **DOMAIN}, True),
        ({**COGNITO, "ConsoleDomainName": DOMAIN["ConsoleDomainName"]}, False),
        ({**COGNITO, "ConsoleCertificateArn": CERTIFICATE}, False),
    ],
)
def test_its_parameters_agree(holds: Callable[..., bool], parameters: dict[str, str], *, is_taken: bool) -> None:
    assert holds(**parameters) is is_taken


def test_its_outputs_are_there_when_what_they_name_is(source: Json) -> None:
    conditions = {name: each["Condition"] for name, each in source["Outputs"].items() if "Condition" in each}
    assert conditions == {
        "ConsoleUrl": "HasConsole",
        "ConsoleDomainTarget": "HasConsoleDomain",
        "ConsoleUserPoolId": "HasConsoleCognito",
    }
