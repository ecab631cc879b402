"""Handlers with an AWS in memory: moto, the template's own tables, the demo widgets, the events that people use."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import inf
from typing import Any
from unittest.mock import patch

import pytest
from moto import mock_aws

from consent_core import deadlines
from consent_core.archive.objects import Archive
from consent_core.archive.objects import connect as archive_client
from consent_core.consent_table import StoredProof
from consent_core.dynamodb import connect
from local import ROOT, embedded_aws
from local.gateway import read_template
from local.tables import Tables
from local.tables import tables as open_tables
from tests import permissions
from tests.functional.console_pages import console as console  # a fixture for all tests
from tests.handlers import invoked, load_handler
from tests.moto_tables import REGION, FilledTables

IN_MEMORY = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_ENDPOINT_URL_DYNAMODB": "",
    "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
    "WIDGETS_TABLE": "WidgetsTable",
    "CONSENTS_TABLE": "ConsentsTable",
    "DISTRIBUTION_ID": "",
    "ATHENA_WORKGROUP": "",
    "ARCHIVE_DATABASE": "",
    "AWS_ENDPOINT_URL_CLOUDFRONT": "",
    "AWS_ENDPOINT_URL_S3": "",
    "ARCHIVE_BUCKET": "archivebucket",
    "ARCHIVE_LANES": "4",
    "ACCESS_AUDIT_TABLE": "AccessAuditTable",
    "AUDIT_KEY": "key-of-the-audit",
    "AUDIT_DAYS": "1095",
    "CONSOLE_SESSIONS_TABLE": "ConsoleSessionsTable",
    "CONSOLE_PARAMETER": "/local/console",
    "ORIGIN_VERIFY": "off",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in IN_MEMORY.items():
        monkeypatch.setenv(name, value)
    permissions.enforce(monkeypatch)


@pytest.fixture(autouse=True)
def stopped_clock() -> Iterator[None]:
    """Let no request's time pass: AWS in memory may take seconds on a busy machine. Tests of deadlines set a clock."""
    with deadlines.within(inf, lambda: 0.0):
        yield


@pytest.fixture(scope="session")
def resources() -> Mapping[str, Any]:
    """The template's resources, as SAM reads them."""
    template: Mapping[str, Any] = read_template(ROOT / "template.yaml")[0].resources
    return template


@pytest.fixture(scope="session")
def filled_tables(resources: Mapping[str, Any]) -> FilledTables:
    with patch.dict(os.environ, IN_MEMORY):
        return FilledTables(resources)


@pytest.fixture
def tables(environment: None, filled_tables: FilledTables) -> Iterator[Tables]:
    with mock_aws():
        filled_tables.put()
        yield open_tables(connect())


@pytest.fixture
def archive(tables: Tables, resources: Mapping[str, Any]) -> Archive:
    """An archive with nothing in it, beside the tables."""
    return Archive(archive_client(), bucket=embedded_aws.create_bucket(resources))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: Any
    log: list[dict[str, Any]]
    metrics: dict[str, float]

    @property
    def problem(self) -> str:
        """The end of the problem's type."""
        assert self.headers["content-type"] == "application/problem+json"
        assert self.body["status"] == self.status
        return str(self.body["type"]).removeprefix("urn:consent-platform:problem:")


def _read(content_type: str, body: str) -> object:
    is_json = content_type.partition(";")[0].endswith("json")
    return json.loads(body) if is_json and body else body or None


type Call = Callable[[dict[str, Any]], Answer]


def caller(name: str) -> Call:
    module = load_handler(name, POWERTOOLS_SERVICE_NAME=name)

    def call(event: dict[str, Any]) -> Answer:
        answer, printed = invoked(module.handler, event, module.TELEMETRY)
        assert {line["service"] for line in printed.log} == {name}
        return Answer(
            status=answer["statusCode"],
            headers=answer["headers"],
            body=_read(answer["headers"]["content-type"], answer["body"]),
            log=printed.log,
            metrics=printed.metrics,
        )

    return call


@pytest.fixture
def get_sdk() -> Call:
    return caller("widget_sdk")


@pytest.fixture
def get_settings(tables: Tables) -> Call:
    return caller("widget_settings")


@pytest.fixture
def collect(tables: Tables) -> Call:
    return caller("consent_collect")


def event(name: str) -> dict[str, Any]:
    """One of the files that ``sam local invoke -e events/<name>.json`` takes."""
    loaded: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text("utf-8"))
    return loaded


def with_body(sent: dict[str, Any], **changes: object) -> dict[str, Any]:
    """The event with members of its body changed."""
    return {**sent, "body": json.dumps({**json.loads(sent["body"]), **changes})}


def with_headers(sent: dict[str, Any], **changes: str | None) -> dict[str, Any]:
    """The event with headers changed (None: removed); underscores stand for hyphens."""
    headers = {**sent["headers"], **{name.replace("_", "-"): value for name, value in changes.items()}}
    return {**sent, "headers": {name: value for name, value in headers.items() if value is not None}}


def at_widget(sent: dict[str, Any], widget_id: str, key: str | None) -> dict[str, Any]:
    """The event sent to another widget, or with another key (None: without one)."""
    query = None if key is None else {**sent["queryStringParameters"], "key": key}
    path = sent["routeKey"].partition(" ")[2].replace("{id}", widget_id)
    return {**sent, "rawPath": path, "pathParameters": {"id": widget_id}, "queryStringParameters": query}


def history(tables: Tables, consent_id: str) -> list[StoredProof]:
    return tables.consents.history(consent_id, now=0)
