"""Every function, run from the build with the files of ``events/``: in processes that import from there alone.

They have the environment that ``sam local invoke`` gives them by the commands of docs/local.md, except for the host's
name, which only containers know. The console's functions have their second layer, and the session that the files name.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import boto3
import pytest
import requests
from samcli.lib.providers.sam_function_provider import SamFunctionProvider

from consent_console.people import Person
from consent_core.edge import paths_of
from local import ROOT
from local.functions import Functions
from local.gateway import read_template
from tests.sam_build import OWN_ARCH

type Json = dict[str, Any]

EVENTS = ROOT / "events"
NO_EVENT = "env.local"
HOST_OF_CONTAINERS = "http://host.docker.internal:4566"
RUNS: Mapping[str, tuple[str, int | None, str]] = {
    "settings": ("WidgetSettingsFunction", 200, "SettingsServed"),
    "first-screen": ("WidgetSettingsFunction", 200, "SettingsServed"),
    "declaration": ("WidgetSettingsFunction", 200, "SettingsServed"),
    "sdk": ("WidgetSdkFunction", 200, "SdkServed"),
    "sdk-pinned": ("WidgetSdkFunction", 200, "SdkServed"),
    "collect": ("ConsentCollectFunction", 201, "ProofsStored"),
    "collect-proof-en": ("ConsentCollectFunction", 201, "ProofsStored"),
    "collect-proof-nl": ("ConsentCollectFunction", 200, "ProofsRepeated"),
    "collect-details": ("ConsentCollectFunction", 201, "ProofsStored"),
    "collect-removed-services": ("ConsentCollectFunction", 201, "ProofsStored"),
    "history": ("VisitorRightsFunction", 200, "HistoriesServed"),
    "receipt": ("VisitorRightsFunction", 200, "ReceiptsServed"),
    "consent-archive": ("ConsentArchiveFunction", None, "BatchesArchived"),
    "lookup": ("ConsentLookupFunction", 200, "LookupsServed"),
    "search": ("ConsentLookupFunction", 200, "SearchesServed"),
    "statistics": ("ConsentStatisticsFunction", 200, "StatisticsServed"),
    "erase": ("VisitorRightsFunction", 204, "Erasures"),
    "erase-consent": ("ConsentLookupFunction", 200, "Erasures"),
    "admin-publish": ("WidgetAdminFunction", 201, "AdministrationChanged"),
    "admin-show": ("WidgetAdminFunction", 200, "AdministrationRead"),
    "admin-check": ("WidgetAdminFunction", 200, "AdministrationRead"),
    "admin-library": ("WidgetAdminFunction", 200, "AdministrationRead"),
    "admin-create": ("WidgetAdminFunction", 201, "AdministrationChanged"),
    "admin-list": ("WidgetAdminFunction", 200, "AdministrationRead"),
    "admin-add-origin": ("WidgetAdminFunction", 200, "AdministrationChanged"),
    "admin-developer-mode": ("WidgetAdminFunction", 200, "AdministrationChanged"),
    "invalidate-cache": ("InvalidateCacheFunction", None, "InvalidationsMade"),
    "console-signed-out": ("ConsoleLoginFunction", 200, "PageServed"),
    "console-widgets": ("ConsoleEditorFunction", 200, "PageServed"),
    "console-accesses": ("ConsolePrivacyFunction", 200, "PageServed"),
    "console-preview": ("ConsolePreviewFunction", 200, "PreviewServed"),
    "console-sdk": ("ConsoleSdkFunction", 200, "SdkServed"),
}
"""Which function takes which file, with which status and outcome; they run in this order, once."""

CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"  # of collect-proof-en, history, lookup and erase
ARCHIVED = "00000001-aaaa-4aaa-8aaa-aaaaaaaaaaaa"  # the first one of consent-archive
DAY = "2026-11-24"


@dataclass(frozen=True, slots=True)
class Embedded:
    """The AWS that the functions call, seen with this environment's whole boto3."""

    url: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes each client's class when it is asked for
        credentials = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **credentials)  # type: ignore[call-overload]

    def proofs(self, consent_id: str) -> list[Json]:
        answer: Mapping[str, list[Json]] = self.client("dynamodb").query(
            TableName="ConsentsTable",
            KeyConditionExpression="consentId = :consent",
            ExpressionAttributeValues={":consent": {"S": consent_id}},
        )
        return answer["Items"]

    def live(self, widget_id: int) -> Json:
        key = {"widgetId": {"N": str(widget_id)}, "version": {"S": "live"}}
        item: Json = self.client("dynamodb").get_item(TableName="WidgetsTable", Key=key)["Item"]
        return item

    def distribution(self) -> str:
        (only,) = self.client("cloudfront").list_distributions()["DistributionList"]["Items"]
        return str(only["Id"])


@dataclass(frozen=True, slots=True)
class Run:
    """A function's answer to a file, and the lines that it has printed meanwhile."""

    answer: Json
    printed: list[str]

    @property
    def body(self) -> Json:
        content: Json = json.loads(self.answer["body"])
        return content

    @property
    def line(self) -> Json:
        (line,) = map(json.loads, self.printed)
        content: Json = line
        return content


@pytest.fixture(scope="module")
def embedded(aws: str) -> Embedded:
    return Embedded(aws)


@pytest.fixture(scope="module")
def printed() -> list[str]:
    return []


@pytest.fixture(scope="module")
def functions(sam_build: Callable[[str], Path], embedded: Embedded, printed: list[str]) -> Iterator[Functions]:
    build = sam_build(OWN_ARCH)
    stacks, layer = read_template(build / "template.yaml"), build / "ConsentCoreLayer" / "python"
    further = {"ConsoleLayer": build / "ConsoleLayer" / "python"}
    written: dict[str, str] = json.loads((EVENTS / "env.local.json").read_text("utf-8"))["Parameters"]
    variables = {name: value.replace(HOST_OF_CONTAINERS, embedded.url) for name, value in written.items()}
    with Functions(stacks, build, layer, further=further, variables=variables, log=printed.append) as built:
        yield built


@pytest.fixture(scope="module")
def session(embedded: Embedded) -> None:
    """The session of the console's files. Its groups were stated just now."""
    (cookie,) = event("console-widgets")["cookies"]
    key, now = hashlib.sha256(cookie.partition("=")[2].encode()).hexdigest(), int(time.time())
    person = Person("https://login.example", "u1", "Otto Operator", ("consent-operator",))
    times = {name: {"N": str(seconds)} for name, seconds in (("renewedAt", now), ("endsAt", now + 3_600))}
    item = {"id": {"S": key}, "person": {"S": person.as_json()}, **times}
    embedded.client("dynamodb").put_item(TableName="ConsoleSessionsTable", Item=item)


@pytest.fixture(scope="module")
def runs(functions: Functions, printed: list[str], session: None) -> Mapping[str, Run]:
    def run(name: str) -> Run:
        printed.clear()
        return Run(functions[RUNS[name][0]].invoke(event(name)), printed.copy())

    return {name: run(name) for name in RUNS}


def event(name: str) -> Json:
    content: Json = json.loads((EVENTS / f"{name}.json").read_text("utf-8"))
    return content


def test_every_file_and_every_function_runs() -> None:
    assert RUNS.keys() == {file.stem for file in EVENTS.glob("*.json")} - {NO_EVENT}
    template = SamFunctionProvider(read_template(ROOT / "template.yaml"), ignore_code_extraction_warnings=True)
    functions = {each.full_path for each in template.get_all()}
    assert {function for function, _, _ in RUNS.values()} == functions


def test_the_page_on_one_machine_names_these_commands() -> None:
    page = (ROOT / "docs" / "local.md").read_text("utf-8")
    named = re.findall(r"^invoke (\w+) ([\w.-]+)$", page, re.MULTILINE)
    assert named == [(function, name) for name, (function, _, _) in RUNS.items()]
    commands = re.findall(r"\.venv/bin/sam local ((?:.*\\\n)*.*)", page)
    assert [command.split()[0] for command in commands] == ["start-api", "invoke"]
    for command in commands:
        assert "--parameter-overrides Arch=x86_64" in command
        assert "--env-vars events/env.local.json --add-host host.docker.internal:host-gateway" in command


def test_every_variable_of_the_containers_is_declared() -> None:
    """SAM passes others on to no function, and says nothing."""
    written = json.loads((EVENTS / "env.local.json").read_text("utf-8"))["Parameters"]
    template = SamFunctionProvider(read_template(ROOT / "template.yaml"), ignore_code_extraction_warnings=True)
    declared = {name for each in template.get_all() for name in (each.environment or {}).get("Variables", {})}
    assert written.keys() <= declared
    assert {value for name, value in written.items() if "ENDPOINT" in name} == {HOST_OF_CONTAINERS}


def test_the_embedded_aws_answers_to_the_name_that_containers_call(runs: Mapping[str, Run], embedded: Embedded) -> None:
    """A server that took the host for a bucket's name would find no object."""
    headers = {"Host": HOST_OF_CONTAINERS.removeprefix("http://")}
    listed = requests.get(f"{embedded.url}/archivebucket?list-type=2", headers=headers, timeout=30)
    assert listed.text.count("<Key>proofs/widget=") == 3


@pytest.mark.parametrize("name", RUNS)
def test_a_function_answers_and_prints_one_line(runs: Mapping[str, Run], name: str) -> None:
    function, status, outcome = RUNS[name]
    run = runs[name]
    assert run.answer.get("statusCode") == status
    assert (run.line["service"], run.line["message"]) == (snake(function.removesuffix("Function")), outcome)


def snake(name: str) -> str:
    return re.sub(r"\B([A-Z])", r"_\1", name).lower()


def test_settings_and_sdk_are_served(runs: Mapping[str, Run]) -> None:
    assert (runs["settings"].body["id"], runs["settings"].body["lang"]) == (43, "fr")
    folder = ROOT / "functions" / "widget_sdk"
    assert runs["sdk"].answer["body"] == (folder / "dastra.js").read_text("utf-8")
    assert runs["sdk-pinned"].answer["body"] == (folder / "released" / "69419402ecec00e0" / "dastra.js").read_text(
        "utf-8"
    )


def test_the_console_shows_its_pages_to_those_who_have_a_session(runs: Mapping[str, Run], functions: Functions) -> None:
    shown = {name: runs[f"console-{name}"].answer["body"] for name in ("signed-out", "widgets", "accesses", "preview")}
    assert all(body.startswith("<!doctype html>") for body in shown.values())
    assert '<a href="/widgets/43">Demo shop</a>' in shown["widgets"]
    assert "arn:aws:sts::123456789012:assumed-role/ConsentOperators/ada" in shown["accesses"]  # of lookup
    assert runs["console-sdk"].answer["body"] == runs["sdk"].answer["body"]
    without = functions["ConsoleEditorFunction"].invoke({**event("console-widgets"), "cookies": []})
    assert (without["statusCode"], without["headers"]["location"]) == (303, "/login?to=%2F")


def test_a_decision_is_stored(runs: Mapping[str, Run], embedded: Embedded) -> None:
    (proof,) = embedded.proofs(runs["collect"].body["consentId"])
    assert proof["id"] == {"S": json.loads(event("collect")["body"])["id"]}
    assert proof["origin"] == {"S": "http://localhost:8080"}


def test_a_visitor_sees_a_proof_and_has_it_erased(runs: Mapping[str, Run], embedded: Embedded) -> None:
    (seen,) = runs["history"].body["proofs"]
    (kept,) = embedded.proofs(CONSENT)
    assert (seen["consentId"], seen["id"]) == (CONSENT, kept["id"]["S"])
    assert kept.keys() - seen.keys() == {"erasedAt"}


def test_a_widget_is_administered(runs: Mapping[str, Run], embedded: Embedded) -> None:
    assert runs["admin-show"].body["id"] == 44
    assert embedded.live(45)["keys"] == {"L": [{"S": "a-public-key-of-mine"}]}
    assert embedded.live(44)["origins"] == {"L": [{"S": "https://shop.example"}, {"S": "https://*.new.example"}]}
    assert embedded.live(44)["revision"] == {"N": "3"}


def test_a_definition_is_checked_and_the_library_is_searched(runs: Mapping[str, Run]) -> None:
    (problem,) = runs["admin-check"].body["problems"]
    assert problem["loc"] == ["translations", "fr", "startupTitle"]
    assert [each["slug"] for each in runs["admin-library"].body["services"]] == ["microsoft-advertising"]


def test_proofs_are_archived_and_looked_up_in_the_archive(
    runs: Mapping[str, Run], embedded: Embedded, functions: Functions
) -> None:
    assert runs["consent-archive"].answer == {"batchItemFailures": []}
    objects = embedded.client("s3").list_objects_v2(Bucket="archivebucket")["Contents"]
    places = [PurePosixPath(each["Key"]).parts[1:3] for each in objects]
    assert places == [("widget=43", f"date={DAY}"), ("widget=43", "date=2026-11-25"), ("widget=44", f"date={DAY}")]

    (decision,) = runs["lookup"].body["decisions"]
    assert (decision["isInTable"], decision["archived"]) == (True, None)
    question = {**event("lookup"), "body": json.dumps({"consentId": ARCHIVED, "dates": [DAY]})}
    found = functions["ConsentLookupFunction"].invoke(question)
    (decision,) = json.loads(found["body"])["decisions"]
    assert (decision["isInTable"], decision["archived"]["key"]) == (False, objects[0]["Key"])


def test_what_was_published_is_invalidated(runs: Mapping[str, Run], embedded: Embedded) -> None:
    assert runs["invalidate-cache"].answer == {"batchItemFailures": []}
    client, where = embedded.client("cloudfront"), {"DistributionId": embedded.distribution()}
    made = client.list_invalidations(**where)["InvalidationList"]["Items"]
    batches = [client.get_invalidation(**where, Id=each["Id"])["Invalidation"]["InvalidationBatch"] for each in made]
    assert [*paths_of(43), *paths_of(430)] in [batch["Paths"]["Items"] for batch in batches]
