"""The output of ``sam build``, deployed by ``sam deploy``: the stack is complete, and its functions do their work."""

import gzip
import hashlib
import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from consent_core.edge import paths_of
from local import ROOT
from local.gateway import read_template
from local.serving import address, listen, serving
from tests.deployment.cognito import Person
from tests.deployment.conftest import STACK, Deployed
from tests.deployment.emulated import left_out
from tests.deployment.front_door import front_door

type Json = dict[str, Any]

TIMEOUT = 120.0
"""Seconds for a request, and for what a stream sets off."""

WIDGET, KEY, ORIGIN = 4301, "deployed-public-key", "https://shop.example"
SETTINGS = f"/v1/client/cookie-widget-settings/{WIDGET}?key={KEY}"
DEFINITION = {
    "id": WIDGET,
    "label": "Deployed",
    "tenantId": 0,
    "workSpaceId": 19,
    "keys": [KEY],
    "origins": [ORIGIN],
    "languages": ["en"],
    "services": [{"name": "Matomo", "slug": "matomo", "purpose": "Analytical", "description": "Counts visits."}],
}
TRUE = {"GeneratesSecret", "WatchesVolume", "WatchesConsole", "HasConsole", "HasConsoleCognito"}
"""The conditions that hold for Console=cognito and otherwise the template's defaults."""
DECISION = {"type": "Consents", "userId": "crm-42", "consents": {"lang": "en", "purposes": {"Analytical": True}}}


# --- What was created -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def created(stack: Deployed) -> dict[str, str]:
    """The types of all resources of the stack, and of those nested in it, by logical id."""
    return _created(stack, STACK)


def _created(stack: Deployed, name: str) -> dict[str, str]:
    pages = stack.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=name)
    found: dict[str, str] = {}
    for resource in (resource for page in pages for resource in page["StackResourceSummaries"]):
        assert resource["ResourceStatus"] == "CREATE_COMPLETE"
        found[resource["LogicalResourceId"]] = resource["ResourceType"]
        if resource["ResourceType"] == "AWS::CloudFormation::Stack":
            found |= _created(stack, resource["PhysicalResourceId"])
    return found


def test_every_resource_was_created(created: dict[str, str]) -> None:
    """But for alarms that compute, and for those of which a parameter says that they are not wanted."""
    resources = {
        name: each for stack in read_template(ROOT / "template.yaml") for name, each in stack.resources.items()
    }
    missing = left_out(resources) | {
        name for name, each in resources.items() if each.get("Condition") not in {None, *TRUE}
    }
    layers = {"ConsentCoreLayer", "ConsoleLayer"}
    assert resources.keys() - missing - layers <= created.keys()
    assert not created.keys() & missing
    for layer in layers:  # SAM adds a hash of its content
        assert len([name for name in created if name.startswith(layer)]) == 1


def test_the_stack_has_what_the_platform_is_made_of(created: dict[str, str]) -> None:
    counted = Counter(created.values())
    assert {kind: counted[f"AWS::{kind}"] for kind in (*COUNTED, "CloudWatch::Dashboard")} == {
        **COUNTED,
        "CloudWatch::Dashboard": 1,
    }


COUNTED = {
    "ApiGatewayV2::Api": 3,
    "ApiGatewayV2::Stage": 3,
    "Athena::WorkGroup": 1,
    "CloudFront::CachePolicy": 2,
    "CloudFront::Distribution": 1,
    "CloudFront::Function": 2,
    "CloudFront::OriginRequestPolicy": 1,
    "CloudFront::ResponseHeadersPolicy": 2,
    "Cognito::UserPool": 1,
    "Cognito::UserPoolClient": 1,
    "Cognito::UserPoolDomain": 1,
    "Cognito::UserPoolGroup": 4,
    "DynamoDB::Table": 5,
    "Glue::Database": 1,
    "Glue::Table": 1,
    "IAM::Role": 14,
    "Lambda::EventSourceMapping": 2,
    "Lambda::Function": 14,
    "Lambda::LayerVersion": 2,
    "Lambda::Permission": 99,
    "Logs::LogGroup": 17,
    "Logs::MetricFilter": 1,
    "S3::Bucket": 2,
    "S3::BucketPolicy": 2,
    "SecretsManager::Secret": 2,
    "SQS::Queue": 2,
    "SQS::QueuePolicy": 1,
    "SSM::Parameter": 1,
}


def test_every_output_has_a_value(stack: Deployed) -> None:
    template = read_template(ROOT / "template.yaml")[0].template_dict
    expected = {name for name, each in template["Outputs"].items() if each.get("Condition") in {None, *TRUE}}
    assert stack.outputs.keys() == expected
    assert all(stack.outputs.values())


ANY = {"x-amazon-apigateway-any-method": "ANY"}


@pytest.mark.parametrize("api", ["HttpApi", "AdminApi", "ConsoleApi"])
def test_the_added_routes_are_those_of_the_body_that_is_not_read(stack: Deployed, api: str) -> None:
    client = stack.client("cloudformation")
    processed = client.get_template(StackName=STACK, TemplateStage="Processed")["TemplateBody"]
    paths = processed["Resources"][api]["Properties"]["Body"]["paths"]
    chosen = {path: methods["Fn::If"][1] if "Fn::If" in methods else methods for path, methods in paths.items()}
    written = {f"{ANY.get(method, method.upper())} {path}" for path, methods in chosen.items() for method in methods}
    api_id = client.describe_stack_resource(StackName=STACK, LogicalResourceId=api)["StackResourceDetail"]
    added = stack.client("apigatewayv2").get_routes(ApiId=api_id["PhysicalResourceId"])["Items"]
    assert {route["RouteKey"] for route in added} == written


def test_a_function_has_the_layer_or_nothing(stack: Deployed, tmp_path: Path) -> None:
    """The emulator starts functions with a Python that has no package of AWS: what they import was built."""

    def botocore_of(*path: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "program.py"
        program.write_text(f"import sys; sys.path[:0] = {path!r}; import botocore; print(botocore.__file__)")
        command = [stack.functions_python, program]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words

    assert "ModuleNotFoundError" in botocore_of().stderr
    layer = str(stack.build / "ConsentCoreLayer" / "python")
    assert botocore_of(layer).stdout.startswith(layer)


# --- What it does -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Journey:
    """The answers to a widget's owner, to its visitors, and to an operator's lookup."""

    published: requests.Response
    settings: requests.Response
    decided: requests.Response
    archived_key: str
    archived: list[Json]
    looked_up: Json

    @property
    def consent_id(self) -> str:
        consent_id: str = self.decided.json()["consentId"]
        return consent_id


@pytest.fixture(scope="module")
def journey(stack: Deployed) -> Journey:
    """A widget that is published, and a decision that has reached the archive."""
    admin = f"{stack.api('AdminApiUrl')}/v1"
    published = requests.put(f"{admin}/widgets/{WIDGET}", json=DEFINITION, timeout=TIMEOUT)
    decided = _visit(stack, "POST", f"/v1/client/collect/{WIDGET}?key={KEY}", json=DECISION)
    assert (published.status_code, decided.status_code) == (201, 201), published.text + decided.text
    s3, bucket, prefix = stack.client("s3"), stack.outputs["ArchiveBucketName"], f"proofs/widget={WIDGET}/"
    keys = _until(lambda: [e["Key"] for e in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())])
    assert len(keys) == 1, f"The archive has {len(keys)} objects of the widget after {TIMEOUT:.0f} s."
    content = gzip.decompress(s3.get_object(Bucket=bucket, Key=keys[0])["Body"].read())
    question = {"consentId": decided.json()["consentId"], "dates": []}
    return Journey(
        published,
        _visit(stack, "GET", SETTINGS),
        decided,
        keys[0],
        [json.loads(line) for line in content.splitlines()],
        requests.post(f"{admin}/consents/lookup", json=question, timeout=TIMEOUT).json(),
    )


def _visit(
    stack: Deployed, method: str, path: str, *, origin: str = ORIGIN, etag: str | None = None, json: Json | None = None
) -> requests.Response:
    headers = {"Origin": origin, "If-None-Match": etag, "X-Origin-Verify": stack.secret()}
    return requests.request(method, stack.api("ApiUrl") + path, headers=headers, json=json, timeout=TIMEOUT)


def _until[T](look: Callable[[], T]) -> T:
    """Look until there is something."""
    deadline = time.monotonic() + TIMEOUT
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(0.2)  # the emulator needs the processor more
    return seen


def test_settings_are_served(stack: Deployed, journey: Journey) -> None:
    assert journey.published.json()["isNewVersion"] is True
    assert (journey.settings.status_code, journey.settings.json()["label"]) == (200, "Deployed")
    assert journey.settings.json()["versionKey"] == journey.published.json()["versionKey"]

    again = _visit(stack, "GET", SETTINGS, etag=journey.settings.headers["etag"])
    assert (again.status_code, again.content) == (304, b"")


def test_a_foreign_origin_is_refused(stack: Deployed, journey: Journey) -> None:
    refused = _visit(stack, "GET", SETTINGS, origin="https://evil.test")
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:consent-platform:problem:origin-not-allowed")


def test_the_sdk_is_the_one_that_is_committed(stack: Deployed) -> None:
    served = _visit(stack, "GET", "/sdk/dastra.js?key=any")
    assert (served.status_code, served.content) == (200, (ROOT / "functions/widget_sdk/dastra.js").read_bytes())


def test_a_decision_reaches_the_archive(journey: Journey) -> None:
    (line,) = journey.archived
    assert line["consentId"] == journey.consent_id
    assert [(e["slug"], e["consent"]) for e in line["consents"]["cookieConsents"]] == [("matomo", True)]
    assert "userId" not in line


def test_a_lookup_answers_from_table_and_archive(journey: Journey) -> None:
    (decision,) = journey.looked_up["decisions"]
    assert (decision["isInTable"], decision["archived"]["key"]) == (True, journey.archived_key)
    assert {claim["holds"] for claim in decision["claims"]} == {True}


def test_a_visitor_sees_their_proof_and_erases_what_names_them(stack: Deployed, journey: Journey) -> None:
    path, body = f"/v1/client/consents/{WIDGET}", {"consentId": journey.consent_id}
    history = _visit(stack, "POST", f"{path}/history?key={KEY}", json=body)
    receipt = _visit(stack, "POST", f"{path}/receipt?key={KEY}", json=body)
    erased = _visit(stack, "POST", f"{path}/erase?key={KEY}", json=body)
    assert (history.status_code, receipt.status_code, erased.status_code) == (200, 200, 204)
    assert receipt.headers["content-type"] == "application/ld+json"
    assert receipt.json()["dpv:hasRecordOfActivity"]["dct:identifier"] == journey.archived[0]["id"]
    key = {"consentId": {"S": journey.consent_id}, "id": {"S": journey.archived[0]["id"]}}
    stored = stack.client("dynamodb").get_item(TableName=stack.outputs["ConsentsTableName"], Key=key)["Item"]
    assert not {"userId", "sessionId", "referrer"} & stored.keys()


def test_a_publication_makes_cloudfront_forget_the_widget(stack: Deployed, journey: Journey) -> None:
    cloudfront, distribution = stack.client("cloudfront"), stack.outputs["DistributionId"]

    def forgotten() -> list[list[str]]:
        listed = cloudfront.list_invalidations(DistributionId=distribution)["InvalidationList"].get("Items", ())
        found = (cloudfront.get_invalidation(DistributionId=distribution, Id=each["Id"]) for each in listed)
        return [paths for each in found if SETTINGS.partition("?")[0] in (paths := _paths(each))]

    assert _until(forgotten) == [sorted(paths_of(WIDGET))]


def _paths(invalidation: Json) -> list[str]:
    return sorted(invalidation["Invalidation"]["InvalidationBatch"]["Paths"]["Items"])


def test_statistics_count_the_archive(stack: Deployed, journey: Journey) -> None:
    day = journey.archived[0]["date"][:10]
    address = f"{stack.api('AdminApiUrl')}/v1/widgets/{WIDGET}/statistics"
    counted = requests.get(address, params={"from": day, "to": day}, timeout=TIMEOUT)
    assert (counted.status_code, counted.json()["total"]["decisions"]) == (200, 1)


# --- The console ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def owner(stack: Deployed, journey: Journey) -> Person:
    """A person who has signed in, and whose widget is published."""
    person = _person(stack, "consent-owner")
    signed_in = person.sign_in()
    assert (signed_in.status_code, signed_in.headers.get("location")) == (303, "/"), signed_in.text
    return person


def _person(stack: Deployed, *groups: str) -> Person:
    pool, console = stack.outputs["ConsoleUserPoolId"], stack.api("ConsoleUrl")
    return Person(stack.client("cognito-idp"), pool, console, *groups)


def test_a_page_leads_to_the_sign_in_and_the_sign_in_to_cognito(stack: Deployed) -> None:
    visitor = _person(stack)
    asked = visitor.get(f"/widgets/{WIDGET}")
    assert (asked.status_code, asked.headers["location"]) == (303, f"/login?to=%2Fwidgets%2F{WIDGET}")
    begun = visitor.get(asked.headers["location"])
    address, _, query = begun.headers["location"].partition("?")
    assert (begun.status_code, address) == (303, f"{stack.aws}/oauth2/authorize")
    sent = dict(parse_qsl(query))
    assert (sent["client_id"], sent["code_challenge_method"]) == (stack.physical_id("ConsoleUserPoolClient"), "S256")
    assert sent["redirect_uri"] == f"{stack.outputs['ConsoleUrl']}/login/callback"


def test_an_owner_sees_the_widgets_and_no_proof(owner: Person) -> None:
    shown = owner.get("/")
    assert (shown.status_code, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert f'<a href="/widgets/{WIDGET}">Deployed</a>' in shown.text
    assert owner.get(f"/widgets/{WIDGET}/publish").status_code == 200
    assert owner.get("/consents").status_code == 403


def test_a_privacy_officer_asks_for_consents(stack: Deployed, owner: Person) -> None:
    officer = _person(stack, "consent-privacy")
    assert officer.sign_in().status_code == 303
    assert [officer.get(path).status_code for path in ("/consents", "/accesses", "/widgets/new")] == [200, 200, 403]


def test_a_person_without_a_group_gets_no_session(stack: Deployed) -> None:
    stranger = _person(stack)
    assert stranger.sign_in().status_code == 403
    assert "__Host-session" not in stranger.cookies


def test_cognito_refuses_a_code_with_another_verifier(stack: Deployed) -> None:
    """A thief of the code has not what the console keeps in its table."""
    person = _person(stack, "consent-owner")
    address = person.signing_in()
    key = hashlib.sha256(person.cookies["__Host-login"].encode()).hexdigest()
    stack.client("dynamodb").update_item(
        TableName=stack.physical_id("ConsoleSessionsTable"),
        Key={"id": {"S": key}},
        UpdateExpression="SET verifier = :other",
        ExpressionAttributeValues={":other": {"S": "x" * 64}},
        ConditionExpression="attribute_exists(verifier)",
    )
    refused = person.come_back(address)
    assert (refused.status_code, "This sign-in is over" in refused.text) == (400, True)
    assert "__Host-session" not in person.cookies


def test_a_preview_needs_its_key_and_has_the_sdk(stack: Deployed, owner: Person) -> None:
    console = stack.api("ConsoleUrl")
    shown = [requests.get(f"{console}/preview/{WIDGET}?key={key}", timeout=TIMEOUT) for key in (KEY, "another-key")]
    assert [each.status_code for each in shown] == [200, 404]  # the public key shows what is live
    script = requests.get(f"{console}/sdk/dastra.js", timeout=TIMEOUT)
    assert script.content == (ROOT / "functions/widget_sdk/dastra.js").read_bytes()


# --- All functions ----------------------------------------------------------------------------------------------------


def test_every_function_has_run_and_none_has_failed(stack: Deployed, journey: Journey, owner: Person) -> None:
    """And no stream has set anything aside."""
    for path in ("/", "/consents", f"/preview/{WIDGET}?key={KEY}", "/sdk/dastra.js"):
        assert owner.get(path).status_code < 500
    _visit(stack, "GET", "/sdk/dastra.js?key=any")
    requests.get(f"{stack.api('AdminApiUrl')}/v1/widgets/{WIDGET}/statistics", timeout=TIMEOUT)
    _visit(stack, "POST", f"/v1/client/consents/{WIDGET}/history?key={KEY}", json={"consentId": journey.consent_id})
    logs, prefix = stack.client("logs"), f"/aws/lambda/{STACK}/"
    groups = [g["logGroupName"] for g in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]]
    lines = {name: [e["message"] for e in logs.filter_log_events(logGroupName=name)["events"]] for name in groups}
    assert {name for name, logged in lines.items() if any("REPORT RequestId" in line for line in logged)} == {*groups}
    assert len(groups) == COUNTED["Lambda::Function"]
    assert [line for logged in lines.values() for line in logged if '"level":"ERROR"' in line] == []

    sqs = stack.client("sqs")
    assert [sqs.receive_message(QueueUrl=url).get("Messages", []) for url in sqs.list_queues()["QueueUrls"]] == [[], []]


def test_operators_find_the_stack_by_its_name(stack: Deployed, journey: Journey) -> None:
    looked_up = _command(stack, "ops", "--stack-name", STACK, "lookup", journey.consent_id, "--json")
    assert [proof["widgetId"] for proof in json.loads(looked_up.stdout)] == [WIDGET]
    day = journey.archived[0]["date"][:10]
    verified = _command(stack, "ops", "--stack-name", STACK, "verify", str(WIDGET), day, "--json")
    assert (json.loads(verified.stdout)["proofs"], json.loads(verified.stdout)["faults"]) == (1, [])


def test_the_smoke_test_passes(stack: Deployed) -> None:
    """It finds the stack by its outputs; of the addresses in them, only AWS's own name servers know the hosts."""
    api = stack.api("ApiUrl")
    with listen("NO_PORT_IS_SET", 0) as listener, serving(listener, front_door(api, stack.secret())):
        addresses = ["--service-url", address(listener), "--api-url", api, "--admin-url", stack.api("AdminApiUrl")]
        result = _command(stack, "smoke", "dev", *addresses)
    assert f"Stack {STACK} in eu-west-1: " in result.stdout
    assert f"ok      side door        403 at {api} (" in result.stdout
    assert "All 10 checks passed.\nok      clean-up " in result.stdout


# --- The secret -------------------------------------------------------------------------------------------------------


def test_while_the_secret_is_changed_both_are_accepted_and_cloudfront_sends_the_new_one(
    stack: Deployed, journey: Journey
) -> None:
    """As the runbook says. Before the deployment, the new version is not the current one."""
    old, secrets = stack.secret(), stack.client("secretsmanager")
    version = secrets.put_secret_value(
        SecretId=stack.physical_id("OriginSecret"), SecretString="n" * 64, VersionStages=["NEXT"]
    )["VersionId"]
    assert stack.secret() == old  # another deployment meanwhile would change nothing

    stack.deploy(OriginVerifyVersion=version, OriginVerifyPrevious=old)
    assert [_status(stack, secret) for secret in (old, "n" * 64, None)] == [200, 200, 403]
    distribution = stack.client("cloudfront").get_distribution_config(Id=stack.outputs["DistributionId"])
    (origin,) = distribution["DistributionConfig"]["Origins"]["Items"]
    assert origin["CustomHeaders"]["Items"] == [{"HeaderName": "X-Origin-Verify", "HeaderValue": "n" * 64}]


def _status(stack: Deployed, secret: str | None) -> int:
    headers = {"Origin": ORIGIN, "X-Origin-Verify": secret}
    return requests.get(stack.api("ApiUrl") + SETTINGS, headers=headers, timeout=TIMEOUT).status_code


def _command(stack: Deployed, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours that succeeds, in an environment where AWS is the emulator."""
    result = subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=dict(stack.environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result
