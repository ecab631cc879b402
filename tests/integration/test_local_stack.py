"""``make run`` as a developer meets it: a process, its ports, its output, its end."""

import argparse
import ctypes
import json
import os
import re
import select
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests

from consent_core.edge import paths_of
from consent_core.errors import ConflictError
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_core.widget_table import Change
from consent_ops.stack import Stack
from local import ROOT
from local.tables import tables as open_tables
from tests.local_process import PORTS, TIMEOUT, LocalStack, running
from tests.matrices import sampled

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient

COLLECT = "/v1/client/collect/43?key=demo-public-key-43"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
SHOP = {"Origin": "http://localhost:8080"}
EXPOSED = "retry-after,x-dastra-location,date,age"
SETTINGS = "/v1/client/cookie-widget-settings/44?key=demo-public-key-44"
LOCATION = "X-Dastra-Location"


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def looked_up(stack: LocalStack, consent_id: str) -> list[dict[str, Any]]:
    answer = python("ops", "--local", "lookup", consent_id, "--json", AWS_PORT=stack.aws_port)
    history: list[dict[str, Any]] = json.loads(answer.stdout)
    return history


def curl(command: str) -> requests.Response:
    """Do what the printed curl command does."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-i", action="store_true")
    parser.add_argument("-H", action="append")
    parser.add_argument("-d")
    parser.add_argument("url")
    options = parser.parse_args(shlex.split(command.replace("\\\n", ""))[1:])
    headers = dict(header.split(": ") for header in options.H)
    return requests.post(options.url, data=options.d, headers=headers, timeout=TIMEOUT)


def test_the_printed_commands_store_a_decision_and_find_it(local_stack: LocalStack) -> None:
    (command,) = re.findall(r"^  (curl .*?}')$", local_stack.banner, re.MULTILINE | re.DOTALL)
    answer = curl(command)
    assert answer.status_code == 201
    assert f"make lookup CONSENT_ID=… AWS_PORT={local_stack.aws_port}\n" in local_stack.banner

    (proof,) = looked_up(local_stack, answer.json()["consentId"])

    decided = {service["slug"]: service["consent"] for service in proof["consents"]["cookieConsents"]}
    assert decided == {"session": True, "analytics": True, "drift": False, "youtube": False}
    assert proof["origin"] == local_stack.shop
    assert proof["expired"] is False


def test_the_demo_widgets_are_the_documented_ones(local_stack: LocalStack) -> None:
    for widget, languages, origin in ((43, "en fr nl de", "none"), (44, "en", "https://shop.example")):
        shown = python("ops", "--local", "show", str(widget), AWS_PORT=local_stack.aws_port).stdout
        assert re.search(rf"^ Public keys +demo-public-key-{widget} *$", shown, re.MULTILINE)
        assert re.search(rf"^ Languages +{languages} *$", shown, re.MULTILINE)
        assert re.search(rf"^ Origins +{origin} *$", shown, re.MULTILINE)


def test_a_body_that_is_not_utf_8_reaches_the_function(local_stack: LocalStack) -> None:
    headers = {**SHOP, "Content-Type": "application/json"}
    answer = requests.post(local_stack.api + COLLECT, data=b'{"type": "\xff"}', headers=headers, timeout=TIMEOUT)

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [{"loc": ["body"], "type": "not_utf8"}]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1/client/collect/43"),
        ("POST", "/v1/client/cookie-widget-settings/43"),
        ("GET", "/v1/client/cookie-widget-settings/43/44"),
    ],
)
def test_what_is_no_route_is_404_as_on_aws(local_stack: LocalStack, method: str, path: str) -> None:
    answer = requests.request(method, local_stack.api + path, timeout=TIMEOUT)

    assert (answer.status_code, answer.json()) == (404, {"message": "Not Found"})


@pytest.mark.parametrize("spelled", ["%34%34", "4%34", "44/", "44%2F", "./44", "x/../44"])
def test_a_widgets_settings_have_one_path(local_stack: LocalStack, spelled: str) -> None:
    url = f"{local_stack.api}/v1/client/cookie-widget-settings/{spelled}?key=demo-public-key-44"
    with requests.Session() as session:
        sent = requests.Request("GET", url, headers={"Origin": "https://shop.example"}).prepare()
        sent.url = url  # not made canonical by the client
        assert session.send(sent, timeout=TIMEOUT, allow_redirects=False).status_code == 404


def test_head_is_answered_as_get_is_where_the_distribution_may_keep_it(local_stack: LocalStack) -> None:
    for path in ("/sdk/dastra.js", "/sdk/gpc.json", "/v1/client/cookie-widget-settings/43?key=demo-public-key-43"):
        got, asked = (
            ask(local_stack.api + path, headers=SHOP, timeout=TIMEOUT) for ask in (requests.get, requests.head)
        )
        assert (asked.status_code, asked.content) == (200, b"")
        assert {**asked.headers, "Date": ""} == {**got.headers, "Date": ""}


def test_head_is_no_route_elsewhere(local_stack: LocalStack) -> None:
    assert requests.head(local_stack.api + COLLECT, timeout=TIMEOUT).status_code == 404
    assert requests.head(local_stack.admin + "/v1/widgets/43", timeout=TIMEOUT).status_code == 404


def cors(answer: requests.Response) -> Mapping[str, str]:
    prefix = "access-control-"
    return {name.lower(): value for name, value in answer.headers.items() if name.lower().startswith(prefix)}


def test_any_page_may_read_any_answer_even_why_it_was_refused(local_stack: LocalStack) -> None:
    readable = {"access-control-allow-origin": "*", "access-control-expose-headers": EXPOSED}
    settings = local_stack.api + SETTINGS
    answers = {
        origin: requests.get(settings, headers={"Origin": origin}, timeout=TIMEOUT)
        for origin in ("https://shop.example", "https://evil.test")
    }

    assert {origin: answer.status_code for origin, answer in answers.items()} == {
        "https://shop.example": 200,
        "https://evil.test": 403,
    }
    assert [cors(answer) for answer in answers.values()] == [readable, readable]
    assert cors(requests.get(local_stack.api + "/nowhere", headers=SHOP, timeout=TIMEOUT)) == readable
    assert cors(requests.get(settings, timeout=TIMEOUT)) == {}


def test_settings_say_where_their_visitor_is_if_a_place_was_chosen(local_stack: LocalStack) -> None:
    with running(PLACE="US-CA") as stack:
        origin = {"Origin": "https://shop.example"}
        found = requests.get(stack.api + SETTINGS, headers=origin, timeout=TIMEOUT)
        unchanged = {**origin, "If-None-Match": found.headers["ETag"]}
        answers = [
            found,
            requests.head(stack.api + SETTINGS, headers=origin, timeout=TIMEOUT),
            requests.get(stack.api + SETTINGS, headers=unchanged, timeout=TIMEOUT),
            requests.get(stack.api + SETTINGS, headers={"Origin": "https://evil.test"}, timeout=TIMEOUT),
            requests.get(stack.api + "/sdk/dastra.js", headers=origin, timeout=TIMEOUT),
            requests.post(stack.api + COLLECT, headers=SHOP, json={"type": "Visit"}, timeout=TIMEOUT),
        ]
    assert [(answer.status_code, answer.headers.get(LOCATION)) for answer in answers] == [
        (200, "US-CA"),
        (200, "US-CA"),
        (304, "US-CA"),
        (403, None),
        (200, None),
        (202, None),
    ]
    assert {cors(answer)["access-control-expose-headers"] for answer in answers} == {EXPOSED}
    plain = requests.get(local_stack.api + SETTINGS, headers=origin, timeout=TIMEOUT)
    assert (plain.status_code, plain.headers.get(LOCATION)) == (200, None)


def test_a_place_that_is_none_is_refused_at_once() -> None:
    refused = python("local", PLACE="us-ca", **dict.fromkeys(PORTS, "0"))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "PLACE=us-ca is not a place. Choose a country such as FR, or US-CA, or CA-QC.\n"


def test_a_preflight_is_answered_for_the_functions(local_stack: LocalStack) -> None:
    headers = {**SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"}
    answer = requests.options(local_stack.api + COLLECT, headers=headers, timeout=TIMEOUT)

    assert answer.status_code == 204
    assert answer.content == b""
    assert cors(answer) == {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": "GET,OPTIONS,POST",
        "access-control-allow-headers": "content-type",
        "access-control-max-age": "86400",
    }


def test_what_the_functions_log_goes_to_standard_error_and_is_no_secret(local_stack: LocalStack) -> None:
    body = {
        "type": "Consents",
        "userId": "crm-of-this-test",
        "consents": {"lang": "en", "purposes": {"Marketing": False}},
    }
    answer = requests.post(local_stack.api + COLLECT, json=body, headers=SHOP, timeout=TIMEOUT)

    lines = [json.loads(line) for line in local_stack.log.splitlines()]
    mine = [line for line in lines if line.get("message") == "ProofsStored"]
    assert mine[-1].items() >= {"service": "consent_collect", "widgetId": 43, "status": 201}.items()
    assert "crm-of-this-test" not in local_stack.log
    assert answer.json()["consentId"] not in local_stack.log


def test_the_administration_publishes_what_the_api_serves(local_stack: LocalStack, widget_id: int) -> None:
    widget = f"{local_stack.admin}/v1/widgets/{widget_id}"
    shown = requests.get(local_stack.admin + "/v1/widgets/44", timeout=TIMEOUT).json()
    definition = {**shown, "id": widget_id, "keys": ["key-of-this-test"]}
    origin = {"Origin": "https://sub.new.example"}
    settings = f"{local_stack.api}/v1/client/cookie-widget-settings/{widget_id}?key=key-of-this-test"

    assert requests.put(widget, json=definition, timeout=TIMEOUT).status_code == 201
    refused = requests.get(settings, headers=origin, timeout=TIMEOUT).status_code
    added = requests.post(f"{widget}/origins", json={"origin": "https://*.new.example"}, timeout=TIMEOUT)
    served = requests.get(settings, headers=origin, timeout=TIMEOUT)

    assert (refused, added.json()["origins"][-1], served.status_code) == (403, "https://*.new.example", 200)
    assert requests.get(f"{widget}/changes", timeout=TIMEOUT).json()["changes"][0]["actor"] == "local"


def test_the_two_apis_are_apart_and_no_page_may_read_the_administration(local_stack: LocalStack) -> None:
    widget, settings = "/v1/widgets/44", "/v1/client/cookie-widget-settings/44?key=demo-public-key-44"

    assert requests.get(local_stack.api + widget, timeout=TIMEOUT).status_code == 404
    assert requests.get(local_stack.admin + settings, timeout=TIMEOUT).status_code == 404
    answer = requests.get(local_stack.admin + widget, headers=SHOP, timeout=TIMEOUT)
    assert (answer.status_code, cors(answer)) == (200, {})
    assert requests.options(local_stack.admin + widget, headers=SHOP, timeout=TIMEOUT).status_code == 404


def test_what_is_published_is_forgotten_by_cloudfront(local_stack: LocalStack, widget_id: int) -> None:
    earlier = invalidations(local_stack.aws)
    shown = requests.get(local_stack.admin + "/v1/widgets/44", timeout=TIMEOUT).json()
    definition = {**shown, "id": widget_id, "keys": ["key-of-this-test"]}
    published = requests.put(f"{local_stack.admin}/v1/widgets/{widget_id}", json=definition, timeout=TIMEOUT)
    assert published.status_code == 201

    assert forgotten_of(local_stack, {widget_id}, earlier) == {widget_id}


def test_a_decision_is_archived_and_its_day_is_whole(local_stack: LocalStack, widget_id: int) -> None:
    shown = requests.get(local_stack.admin + "/v1/widgets/43", timeout=TIMEOUT).json()
    definition = {**shown, "id": widget_id, "keys": ["key-of-this-test"]}
    requests.put(f"{local_stack.admin}/v1/widgets/{widget_id}", json=definition, timeout=TIMEOUT)
    body = {"type": "Consents", "userId": "crm-42", "consents": {"lang": "en", "purposes": {"Analytical": True}}}
    collect = f"{local_stack.api}/v1/client/collect/{widget_id}?key=key-of-this-test"
    answer = requests.post(collect, json=body, headers=SHOP, timeout=TIMEOUT)
    (proof,) = looked_up(local_stack, answer.json()["consentId"])
    day = proof["date"][:10]

    archive = Stack(endpoint=local_stack.aws).archive()
    deadline = time.monotonic() + TIMEOUT
    while not (lines := list(archive.lines(widget_id, day))) and time.monotonic() < deadline:
        pass

    assert [(line["id"], "userId" in line) for line in lines] == [(proof["id"], False)]
    widget, aws_port = str(widget_id), local_stack.aws_port
    verified = python("ops", "--local", "verify", widget, day, AWS_PORT=aws_port)
    assert (verified.returncode, verified.stdout.splitlines()[-1]) == (0, "Complete: 1 proof")
    refilled = python("ops", "--local", "archive", "--from", day, "--widget", widget, AWS_PORT=aws_port)
    assert refilled.stdout == f"Widget {widget}, {day}: 0 of 1 proofs were missing\n"


def test_concurrent_publications_are_all_invalidated_even_if_some_fail(local_stack: LocalStack) -> None:
    earlier = invalidations(local_stack.aws)
    base = json.loads((ROOT / "local" / "widgets" / "44.json").read_text("utf-8"))

    def publish_some(first: int) -> None:
        client = boto3.session.Session().client("dynamodb", **embedded(local_stack.aws))
        tables = open_tables(client)
        for number in range(first, first + 3):
            publish(tables.widgets, definition_from_json(json.dumps({**base, "id": number})), actor="test", now=NOW)
            live = tables.widgets.live(number)
            assert live is not None
            with pytest.raises(ConflictError):
                tables.widgets.publish(live, Change("2026-11-24T10:00:00.000Z", "test", "publish", ""))

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(publish_some, (9000, 9003, 9006, 9009)))

    assert forgotten_of(local_stack, set(range(9000, 9012)), earlier) == set(range(9000, 9012))


def forgotten_of(stack: LocalStack, widgets: set[int], earlier: set[str]) -> set[int]:
    """Wait until these widgets have been invalidated anew. Return those that have."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        paths = invalidated(stack.aws, invalidations(stack.aws) - earlier)
        forgotten = {widget for widget in widgets if set(paths_of(widget)) <= paths}
        if forgotten == widgets or time.monotonic() > deadline:
            return forgotten


def embedded(aws: str) -> dict[str, Any]:
    """How a client finds the embedded AWS."""
    credentials = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return {"endpoint_url": aws, "region_name": "us-east-1", **credentials}


def invalidations(aws: str) -> set[str]:
    """The ids of all that the embedded CloudFront was told: the stack may have run for hours of other tests."""
    client = boto3.client("cloudfront", **embedded(aws))
    pages = client.get_paginator("list_invalidations").paginate(DistributionId=distribution(client))
    return {each["Id"] for page in pages for each in page["InvalidationList"].get("Items", [])}


def invalidated(aws: str, ids: set[str]) -> set[str]:
    """The paths that these told it to forget."""
    client = boto3.client("cloudfront", **embedded(aws))
    place = {"DistributionId": distribution(client)}
    batches = (client.get_invalidation(**place, Id=each)["Invalidation"]["InvalidationBatch"] for each in ids)
    return {path for batch in batches for path in batch["Paths"]["Items"]}


def distribution(client: "CloudFrontClient") -> str:
    (only,) = client.list_distributions()["DistributionList"]["Items"]
    return only["Id"]


def test_a_visitor_sees_and_erases_and_an_operator_answers_for_it(local_stack: LocalStack, tmp_path: Path) -> None:
    choices = {"lang": "fr", "purposes": {"Analytical": True}}
    decision = {"type": "Consents", "userId": "crm-47", "consents": choices}
    consent = requests.post(local_stack.api + COLLECT, json=decision, headers=SHOP, timeout=TIMEOUT).json()
    rights = local_stack.api + "/v1/client/consents/43/{}?key=demo-public-key-43"

    (shown,) = requests.post(rights.format("history"), json=consent, headers=SHOP, timeout=TIMEOUT).json()["proofs"]
    assert "userId" not in shown
    assert requests.post(rights.format("erase"), json=consent, headers=SHOP, timeout=TIMEOUT).status_code == 204

    lookup = local_stack.admin + "/v1/consents/lookup"
    deadline = time.monotonic() + TIMEOUT
    while (answer := requests.post(lookup, json=consent, timeout=TIMEOUT).json()) and time.monotonic() < deadline:
        (decided,) = answer["decisions"]
        if decided["archived"]:
            break
    assert {claim["holds"] for claim in decided["claims"]} == {True}
    assert decided["proof"].keys() - shown.keys() == {"erasedAt"}

    page = tmp_path / "dossier.html"
    done = python(
        *("ops", "--local", "dossier", consent["consentId"], "--output", str(page)), AWS_PORT=local_stack.aws_port
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "Votre vie privée, votre choix" in page.read_text("utf-8")
    assert f"aws --endpoint-url {local_stack.aws} dynamodb get-item" in page.read_text("utf-8")


@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM], sample=1))
def test_it_stops_when_asked_with_its_functions_and_leaves_its_ports(number: signal.Signals) -> None:
    with running() as stack, function_of(stack) as function:
        stack.process.send_signal(number)
        assert stack.process.wait(timeout=TIMEOUT) == 0
        assert has_ended(function)
        assert [json.loads(line)["message"] for line in stack.log.splitlines()] == ["SdkServed", "SdkServed"]
        for url in (stack.shop, stack.api, stack.admin, stack.aws):
            with pytest.raises(requests.ConnectionError):
                requests.get(url, timeout=1)


def test_a_stack_that_is_killed_leaves_no_function_behind() -> None:
    with running() as stack, function_of(stack) as function:
        stack.process.kill()
        assert has_ended(function)


@contextmanager
def function_of(stack: LocalStack) -> Iterator[int]:
    """Start one function by two requests; yield a descriptor of its process, which has the build alone."""
    assert children(stack.process.pid) == set()
    for _ in range(2):
        requests.get(f"{stack.api}/sdk/dastra.js", timeout=TIMEOUT).raise_for_status()
    (pid,) = children(stack.process.pid)
    assert b"\0-I\0-S\0" in Path(f"/proc/{pid}/cmdline").read_bytes()
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def has_ended(process: int) -> bool:
    """Wait for the end of a process by its descriptor, which can be read from then on."""
    return bool(select.select([process], [], [], TIMEOUT)[0])


def children(pid: int) -> set[int]:
    """The processes that any thread of this one has started."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for each in lists for child in each.read_text().split()}


def threads(pid: int) -> list[int]:
    """Return the ids of a process's threads in the order of their start: ids wrap, so a lower one may be the newer.

    The start is field 22 of the file ``stat`` (proc(5)), in ticks of the clock; fields are counted after the name here.
    """

    def started(thread: Path) -> tuple[int, int]:
        after_name = (thread / "stat").read_text().rpartition(")")[2].split()
        return int(after_name[19]), int(thread.name)

    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has just ended
            found.append(started(thread))
    return [thread for _, thread in sorted(found)]


def test_it_stops_when_a_thread_that_serves_gets_the_signal() -> None:
    with running("--aws-only") as stack:
        (endpoint,) = re.findall(r"^  here +(\S+)$", stack.banner, re.MULTILINE)
        requests.get(endpoint, timeout=TIMEOUT)  # meanwhile the main thread has come to wait
        pid = stack.process.pid
        main, serves, *_ = threads(pid)
        assert main == pid  # and threads that answered a request came later, and may be gone
        assert ctypes.CDLL(None).tgkill(pid, serves, signal.SIGTERM) == 0
        assert stack.process.wait(timeout=TIMEOUT) == 0


@pytest.mark.parametrize("variable", PORTS)
def test_a_taken_port_is_told_before_anything_starts(variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        failed = python("local", **{**dict.fromkeys(PORTS, "0"), variable: str(port)})

    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr == (
        f"Port {port} on 127.0.0.1 is taken by another program. Choose another one with {variable}=…\n"
    )


@pytest.mark.parametrize("port", ["ninety", "-1", "65536"])
def test_what_is_no_port_is_told(port: str) -> None:
    failed = python("local", API_PORT=port, AWS_PORT="0")

    assert (failed.returncode, failed.stderr) == (1, f"API_PORT={port} is not a port number.\n")


def test_the_embedded_aws_alone_has_tables_and_widgets_in_every_region() -> None:
    with running("--aws-only") as stack:
        (endpoint,) = re.findall(r"^  here +(\S+)$", stack.banner, re.MULTILINE)
        client = boto3.client(
            "dynamodb",
            endpoint_url=endpoint,
            region_name="ap-southeast-2",
            aws_access_key_id="defaultkey",
            aws_secret_access_key="defaultsecret",
        )
        widgets = client.scan(TableName="WidgetsTable", FilterExpression="attribute_exists(origins)")["Items"]

    assert sorted(int(item["widgetId"]["N"]) for item in widgets) == [43, 44]
