"""The functions use what their roles allow: no more, which every functional test checks, and no less."""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import boto3
import pytest
from moto.athena.models import Execution

from consent_core.archive.objects import Archive
from local import ROOT
from local.embedded_aws import create_distribution
from local.gateway import read_template
from local.streams import mappings
from tests import permissions
from tests.functional.conftest import caller, event, with_body
from tests.functional.console_pages import OWNER, PRIVACY, Browser, loaded, open_session
from tests.functional.test_athena import Clock
from tests.functional.test_console_login import Browser as SigningIn
from tests.functional.test_console_login import browser, module, new_browser, provider, put_parameter
from tests.functional.test_console_overview import NEW
from tests.handlers import LambdaContext, load_handler
from tests.small_provider import parameter

__all__ = ["browser", "module", "new_browser", "provider"]  # fixtures

type Json = dict[str, Any]

EVENTS: Mapping[str, tuple[str, ...]] = {
    "widget_sdk": ("sdk", "sdk-pinned"),
    "widget_settings": ("settings",),
    "consent_collect": ("collect", "collect-proof-en"),
    "visitor_rights": ("history", "receipt", "erase"),
    "consent_archive": ("consent-archive",),
    "consent_lookup": ("lookup", "search"),
    "consent_statistics": ("statistics",),
    "widget_admin": ("admin-publish", "admin-show", "admin-add-origin", "admin-list", "admin-create"),
    "invalidate_cache": ("invalidate-cache",),
}
ARCHIVED = {"consentId": "00000001-aaaa-4aaa-8aaa-aaaaaaaaaaaa"}

READS_STREAM = ("DescribeStream", "GetShardIterator", "GetRecords", "ListStreams")
BY_LAMBDA = {f"dynamodb:{action}" for action in READS_STREAM} | {"sqs:SendMessage"}
"""Lambda itself does these for an event source mapping, with the function's role."""


def is_for_athena(statement: Json) -> bool:
    """Return whether Athena itself needs a statement: the catalogue, a bucket's place, the bucket of results."""
    is_place = statement["Action"] == "s3:GetBucketLocation"
    is_result = "AthenaResultsBucket" in json.dumps(statement["Resource"])
    return statement["Action"].startswith("glue:") or is_place or is_result


def erasure() -> Json:
    """Return an event of the stream in which a proof was erased."""
    record = event("consent-archive")["Records"][0]
    image = {**record["dynamodb"]["NewImage"], "erasedAt": {"S": "2026-11-26T10:00:00.000Z"}}
    changed = {**record, "eventName": "MODIFY", "dynamodb": {**record["dynamodb"], "NewImage": image}}
    return {"Records": [changed]}


@pytest.fixture
def functions(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> Mapping[str, ModuleType]:
    monkeypatch.setenv("DISTRIBUTION_ID", create_distribution())
    monkeypatch.setenv("ATHENA_WORKGROUP", "primary")
    monkeypatch.setenv("ARCHIVE_DATABASE", "consent_platform")
    monkeypatch.setenv("SIGHTINGS_TABLE", "ConsoleSightingsTable")
    monkeypatch.setattr("consent_core.archive.athena.time", Clock())
    permissions.USED.clear()
    return {name: load_handler(name, POWERTOOLS_SERVICE_NAME=name) for name in EVENTS}


def test_no_statement_is_superfluous(functions: Mapping[str, ModuleType], monkeypatch: pytest.MonkeyPatch) -> None:
    def call(name: str, sent: Json) -> None:
        assert functions[name].handler(sent, LambdaContext()).get("statusCode", 200) < 500

    for name, files in EVENTS.items():
        for sent in map(event, files):
            call(name, sent)
    call("consent_archive", erasure())
    call("widget_admin", {**event("admin-show"), "routeKey": "GET /v1/widgets/{id}/changes"})
    call("consent_collect", with_body(event("collect"), id=None, userId="CRM-42", **ARCHIVED))
    call("consent_lookup", with_body(event("erase-consent"), **ARCHIVED))
    call("consent_lookup", with_body(event("lookup"), **ARCHIVED, dates=["2026-11-24"]))
    anywhere = {**event("lookup"), "body": json.dumps(ARCHIVED)}
    call("consent_lookup", anywhere)  # by Athena
    monkeypatch.setattr(Execution, "status", "RUNNING")
    call("consent_lookup", anywhere)  # which takes too long

    read = {each.function for each in mappings(read_template(ROOT / "template.yaml")[0].resources)}
    for name in EVENTS:
        granted = permissions.statements(name)
        by_lambda = {each["Sid"] for each in granted if each["Action"] in BY_LAMBDA}
        by_athena = {each["Sid"] for each in granted if name == "consent_lookup" and is_for_athena(each)}
        assert permissions.USED[name] == {each["Sid"] for each in granted} - by_lambda - by_athena, name
        is_read = f"{name.title().replace('_', '')}Function" in read
        assert {each["Action"] for each in granted if each["Sid"] in by_lambda} == (BY_LAMBDA if is_read else set())


def test_no_statement_of_the_console_is_superfluous(
    archive: Archive, browser: SigningIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATHENA_WORKGROUP", "primary")
    monkeypatch.setenv("ARCHIVE_DATABASE", "consent_platform")
    monkeypatch.setenv("SIGHTINGS_TABLE", "ConsoleSightingsTable")
    monkeypatch.setattr("consent_core.archive.athena.time", Clock())
    pages, preview = loaded(), load_handler("console_preview", POWERTOOLS_SERVICE_NAME="console_preview")
    permissions.USED.clear()

    owner = Browser(pages, open_session(OWNER))
    seen = [owner.get("/"), owner.post("/widgets", NEW), owner.get("/widgets/43"), owner.get("/widgets/43/history")]
    assert [each.status for each in seen] == [200, 303, 200, 200]

    officer = Browser(pages, open_session(PRIVACY))
    stored = caller("consent_collect")(with_body(event("collect"), id=None, userId="CRM-42")).body["consentId"]
    load_handler("consent_archive").handler(event("consent-archive"), LambdaContext())
    named, expired = ({"consentId": each, "reason": "Case 4711"} for each in (stored, ARCHIVED["consentId"]))
    user = {"userId": "CRM-42", "widget": "43", "reason": "Case 4711"}
    answers = [
        officer.get("/accesses"),
        officer.post("/consents/search", user),
        officer.post("/consents/lookup", named),
    ]
    answers.append(officer.post("/consents/lookup", expired, days="2026-11-24"))
    answers.append(officer.post("/consents/lookup", expired, anywhere="on"))  # by Athena
    answers.append(officer.post("/consents/erase", named, word="ERASE"))
    monkeypatch.setattr(Execution, "status", "RUNNING")
    answers.append(officer.post("/consents/lookup", expired, anywhere="on"))  # which takes too long
    assert [each.status for each in answers] == [200, 200, 200, 200, 404, 200, 503]

    assert preview.handler(event("console-preview"), LambdaContext())["statusCode"] == 200

    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "console_login")  # it makes a client when it reads its secret
    browser.provider.secret = "s3cret"
    boto3.client("secretsmanager").create_secret(Name="console-client", SecretString="s3cret")
    put_parameter(parameter(clientSecretName="console-client"))
    assert browser.sign_in().status == 303
    browser.provider.now += 120
    assert [browser.get("/login/renew").status, browser.post("/logout").status] == [204, 200]

    for name in ("console_editor", "console_privacy", "console_preview", "console_login"):
        granted = permissions.statements(name)
        by_athena = {each["Sid"] for each in granted if name == "console_privacy" and is_for_athena(each)}
        assert permissions.USED[name] == {each["Sid"] for each in granted} - by_athena, name


# --- The check itself ---------------------------------------------------------------------------------------------

ERASURE = {
    "TableName": "ConsentsTable",
    "Key": {"consentId": {"S": "c"}, "id": {"S": "d"}},
    "UpdateExpression": "SET erasedAt = :at REMOVE userId, sessionId, referrer, widgetUser",
    "ConditionExpression": "attribute_exists(consentId)",
}


@pytest.mark.parametrize(
    ("service", "operation", "params", "is_allowed"),
    [
        ("dynamodb", "UpdateItem", ERASURE, True),
        ("dynamodb", "UpdateItem", {**ERASURE, "ReturnValues": "NONE"}, True),
        ("dynamodb", "UpdateItem", {**ERASURE, "ReturnValues": "ALL_OLD"}, False),
        ("dynamodb", "UpdateItem", {**ERASURE, "TableName": "WidgetsTable"}, False),
        ("dynamodb", "UpdateItem", {**ERASURE, "UpdateExpression": "SET consents = :at"}, False),
        (
            "dynamodb",
            "UpdateItem",
            {**ERASURE, "UpdateExpression": "SET #a = :at", "ExpressionAttributeNames": {"#a": "action"}},
            False,
        ),
        ("dynamodb", "UpdateItem", {**ERASURE, "ConditionExpression": "origin = :at"}, False),
        ("dynamodb", "GetItem", {"TableName": "WidgetsTable"}, True),
        ("dynamodb", "GetItem", {"TableName": "ConsentsTable"}, False),
        ("dynamodb", "DeleteItem", {"TableName": "ConsentsTable"}, False),
        ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Update": ERASURE}]}, True),
        ("dynamodb", "TransactWriteItems", {"TransactItems": [{"Put": {"TableName": "ConsentsTable"}}]}, False),
        ("s3", "GetObject", {"Bucket": "archivebucket", "Key": "proofs/x"}, False),
    ],
)
def test_what_visitor_rights_may_do(service: str, operation: str, params: Json, is_allowed: bool) -> None:
    assert allowed("visitor_rights", service, operation, params) is is_allowed


PERSON = {
    "TableName": "ConsoleSessionsTable",
    "Key": {"id": {"S": "s"}},
    "ProjectionExpression": "id, person, renewedAt, endsAt",
}


@pytest.mark.parametrize(
    ("function", "operation", "params", "is_allowed"),
    [
        ("console_editor", "GetItem", PERSON, True),
        ("console_editor", "GetItem", {**PERSON, "ProjectionExpression": "person, refreshToken"}, False),
        (
            "console_editor",
            "GetItem",
            {**PERSON, "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "idToken"}},
            False,
        ),
        ("console_editor", "GetItem", {"TableName": "ConsoleSessionsTable", "Key": PERSON["Key"]}, False),
        ("console_editor", "Query", PERSON, False),
        ("console_editor", "DeleteItem", PERSON, False),
        ("console_privacy", "GetItem", PERSON, True),
        ("console_privacy", "GetItem", {"TableName": "ConsoleSessionsTable", "Key": PERSON["Key"]}, False),
        ("console_privacy", "PutItem", {"TableName": "WidgetsTable"}, False),
        ("console_preview", "GetItem", PERSON, False),
        ("console_login", "GetItem", {"TableName": "ConsoleSessionsTable", "Key": PERSON["Key"]}, True),
    ],
)
def test_the_consoles_pages_read_of_a_session_whose_it_is(
    function: str, operation: str, params: Json, *, is_allowed: bool
) -> None:
    assert allowed(function, "dynamodb", operation, params) is is_allowed


def allowed(function: str, service: str, operation: str, params: Json) -> bool:
    granted = permissions.statements(function)
    asked = list(permissions.calls(service, operation, params))
    return all(any(permissions.allows(each, *call) for each in granted) for call in asked)
