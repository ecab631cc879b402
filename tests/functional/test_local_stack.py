"""The local gateway with functions that no product has, and what its console shows."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from flask.testing import FlaskClient
from moto import mock_aws

from local import ROOT
from local.console import FunctionLog
from local.functions import Functions
from local.gateway import application, read_template
from local.log_groups import keeping

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.13
    Handler: app.handler
    CodeUri: .
    Timeout: 6
Resources:
  Table:
    Type: AWS::DynamoDB::Table
  HttpApi:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: ['*'], AllowMethods: [POST], ExposeHeaders: [retry-after]}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Environment: {Variables: {TABLE: !Ref Table, AWS_ENDPOINT_URL_DYNAMODB: ''}}
      Events:
        Call: {Type: HttpApi, Properties: {ApiId: !Ref HttpApi, Method: POST, Path: '/call/{id}'}}
"""

type Serve = Callable[[str], FlaskClient]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serve a function with this source."""
    with ExitStack() as running:

        def client(source: str) -> FlaskClient:
            tmp_path.joinpath("template.yaml").write_text(TEMPLATE)
            tmp_path.joinpath("app.py").write_text(source)
            template = read_template(tmp_path / "template.yaml")
            functions = running.enter_context(Functions(template, tmp_path, None))
            return application(template, tmp_path, functions, port=3000).test_client()

        yield client


ECHO = """
import json
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""


def test_a_function_has_the_variables_that_the_template_declares_and_no_others(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:4566")
    monkeypatch.setenv("UNDECLARED", "1")
    source = """
import json, os
VARIABLES = dict(os.environ)
def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(VARIABLES)}
"""
    variables: dict[str, str] = serve(source).post("/call/1").get_json()

    assert variables["TABLE"] == "Table"
    assert variables["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:4566"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "Function"
    assert "UNDECLARED" not in variables


def test_an_unhandled_exception_is_500_and_its_trace_is_shown(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    client = serve("def handler(event, context):\n    raise ValueError('a bug')\n")
    answer = client.post("/call/1", headers={"Origin": "https://shop.example"})

    assert answer.status_code == 500
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert capsys.readouterr().err.endswith("ValueError: a bug\n")


def test_a_process_that_crashes_is_500_and_the_next_request_starts_it_anew(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    client = serve("""
import os
def handler(event, context):
    if event["pathParameters"]["id"] == "crash":
        os._exit(3)
    return {"statusCode": 200, "body": event["pathParameters"]["id"]}
""")
    answers = [client.post(f"/call/{name}") for name in ("first", "crash", "next")]

    assert [answer.status_code for answer in answers] == [200, 500, 200]
    assert capsys.readouterr().err == "The function's process ended with status 3.\n"


def test_text_is_passed_on_as_it_is_and_anything_else_as_base64(serve: Serve) -> None:
    client = serve(ECHO)

    def passed_on(body: bytes) -> tuple[str, bool]:
        event: dict[str, Any] = client.post("/call/1", data=body, content_type="text/plain").get_json()
        return event["body"], event["isBase64Encoded"]

    assert passed_on("é".encode()) == ("é", False)
    assert passed_on(b"\xff") == ("/w==", True)


def test_the_event_is_that_of_payload_2_0(serve: Serve) -> None:
    event: dict[str, Any] = serve(ECHO).post("/call/7?key=k&key=l", data="{}").get_json()

    assert event["version"] == "2.0"
    assert event["routeKey"] == "POST /call/{id}"
    assert event["rawPath"] == "/call/7"
    assert event["pathParameters"] == {"id": "7"}
    assert event["queryStringParameters"] == {"key": "k,l"}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


COMMON = {
    "service": "consent_collect",
    "function_request_id": "a4d0db24-d09d-46dd-8670-ee7ab21a2353",
    "widgetId": 43,
}
AT = datetime(2026, 11, 24, 2, 31, 17)  # noqa: DTZ001 - a terminal shows the time of where it is
OUTCOME = {
    "_aws": {
        "Timestamp": AT.timestamp() * 1000,
        "CloudWatchMetrics": [{"Metrics": [{"Name": "ProofsStored", "Unit": "Count"}]}],
    },
    "level": "INFO",
    "message": "ProofsStored",
    **COMMON,
    "status": 201,
    "ProofsStored": [1.0],
}
BUG = {"level": "ERROR", "message": "Bug", "timestamp": "2026-11-24 02:31:17,430+0000", **COMMON}


def shown(target: io.StringIO, *lines: str) -> str:
    log = FunctionLog(target)
    for line in lines:
        print(line, file=log)
    return target.getvalue()


def test_a_terminal_gets_a_short_line_a_request() -> None:
    bug = {**BUG, "stack": ['  File "app.py", line 1\n    x\n']}

    assert shown(Terminal(), json.dumps(OUTCOME), "no JSON", json.dumps(bug)) == (
        "02:31:17  INFO     consent_collect  ProofsStored                widgetId=43 status=201\n"
        "no JSON\n"
        "02:31:17  ERROR    consent_collect  Bug                         widgetId=43\n"
        '  File "app.py", line 1\n'
        "    x\n"
    )


def test_a_file_gets_what_the_functions_wrote() -> None:
    lines = [json.dumps(OUTCOME), json.dumps(BUG), "no JSON"]

    assert shown(io.StringIO(), *lines).splitlines() == lines


def test_lines_are_kept_as_they_were_written_even_if_a_terminal_shows_less() -> None:
    kept: list[str] = []
    log = FunctionLog(Terminal(), kept.append)
    lines = [json.dumps(OUTCOME), json.dumps(BUG), "no JSON"]
    for line in lines:
        print(line, file=log)
    assert kept == lines


@mock_aws
def test_log_lines_are_found_under_the_log_group_of_the_function_that_wrote_them() -> None:
    resources = read_template(ROOT / "template.yaml")[0].resources
    strangers = ["no JSON", "[]", '{"service": 7}', '{"service": "somebody_else"}']
    with keeping(resources) as kept:
        for line in (json.dumps(OUTCOME), json.dumps(BUG), *strangers):
            kept.keep(line)

    client = boto3.client("logs", region_name="eu-west-1")
    groups = {group["logGroupName"]: group["retentionInDays"] for group in client.describe_log_groups()["logGroups"]}
    lines = {
        name: [event["message"] for event in client.filter_log_events(logGroupName=name)["events"]] for name in groups
    }
    assert set(groups.values()) == {30}
    assert lines.pop("/aws/lambda/local/consent_collect") == [json.dumps(OUTCOME), json.dumps(BUG)]
    assert not any(lines.values())


def test_in_containers_every_function_finds_the_embedded_aws_and_its_tables() -> None:
    """The variables of ``sam local --env-vars events/env.local.json``, as far as they need no container."""
    variables = environments(json.loads((ROOT / "events" / "env.local.json").read_text()))

    endpoints = {
        (name, variable): value
        for name, each in variables.items()
        for variable, value in each.items()
        if variable.startswith("AWS_ENDPOINT_URL")
    }
    assert set(endpoints.values()) == {"http://host.docker.internal:4566"}
    assert {name for name, variable in endpoints if variable == "AWS_ENDPOINT_URL_DYNAMODB"} == variables.keys()
    assert ("InvalidateCacheFunction", "AWS_ENDPOINT_URL_CLOUDFRONT") in endpoints
    assert ("ConsentArchiveFunction", "AWS_ENDPOINT_URL_S3") in endpoints
    assert {each["STORE_TIMEOUT_SECONDS"] for each in variables.values()} == {"20"}
    assert {each["ORIGIN_VERIFY"] for each in variables.values()} == {"off"}
    assert variables["ConsentArchiveFunction"]["ARCHIVE_BUCKET"] == "archivebucket"
    assert variables["WidgetSettingsFunction"]["WIDGETS_TABLE"] == "WidgetsTable"
    assert variables["ConsentCollectFunction"]["WIDGETS_TABLE"] == "WidgetsTable"
    assert variables["ConsentCollectFunction"]["CONSENTS_TABLE"] == "ConsentsTable"


def environments(overrides: dict[str, Any]) -> dict[str, dict[str, str]]:
    from samcli.commands.local.lib.local_lambda import LocalLambdaRunner
    from samcli.lib.providers.sam_function_provider import SamFunctionProvider

    provider = SamFunctionProvider(read_template(ROOT / "template.yaml"))
    runner = LocalLambdaRunner(None, provider, cwd=str(ROOT), real_path=str(ROOT), env_vars_values=overrides)
    return {each.full_path: runner.get_invoke_config(each).env_vars.resolve() for each in provider.get_all()}
