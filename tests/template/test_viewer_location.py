"""ViewerLocation: the code in the template, in njs and in Node.js, and its twin in the local gateway."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local import ROOT, edge
from local.edge import PlaceError

type Json = dict[str, Any]

CASES: list[Json] = json.loads((Path(__file__).parents[1] / "cases" / "location_events.json").read_text("utf-8"))
SIZE_LIMIT = 10_240  # bytes that CloudFront takes


def viewer_response(case: Json) -> Json:
    """Return the event of a case, as CloudFront passes one to its functions."""
    return {
        "version": "1.0",
        "context": {"distributionId": "E1", "eventType": "viewer-response"},
        "viewer": {"ip": "198.51.100.77"},
        "request": {
            "method": "GET",
            "uri": "/v1/client/cookie-widget-settings/44",
            "querystring": {"key": {"value": "demo-public-key-44"}},
            "headers": {"host": {"value": "d1.example"}, **{name: {"value": v} for name, v in case["headers"].items()}},
            "cookies": {},
        },
        "response": {
            "statusCode": case["status"],
            "statusDescription": "",
            "headers": {"etag": {"value": '"1"'}, "vary": {"value": "Origin"}},
        },
    }


@pytest.fixture(scope="module")
def function(stack: Json) -> Json:
    properties: Json = stack["Resources"]["ViewerLocation"]["Properties"]
    return properties


def in_njs(program: str, folder: Path) -> str:
    njs = subprocess.check_output([Path(__file__).with_name("find-njs")], text=True).strip()  # noqa: S603 - ours
    printed = f"{program}.forEach(function (line) {{console.log(line);}})"  # njs cuts a line after 2,048 characters
    (folder / "program.js").write_text(printed, "utf-8")
    return subprocess.check_output([njs, folder / "program.js"], text=True)  # noqa: S603 - ours


def in_node(program: str, folder: Path) -> str:
    """Run it in a context of its own, which has the language and none of Node's objects."""
    (folder / "program.js").write_text(program, "utf-8")
    read = "require('node:fs').readFileSync(process.argv[1], 'utf8')"
    run = f"require('node:vm').runInNewContext({read}).forEach((line) => console.log(line))"
    node = Path(sys.executable).with_name("node")
    return subprocess.check_output([node, "-e", run, folder / "program.js"], text=True)  # noqa: S603 - ours


@pytest.mark.parametrize("engine", [in_njs, in_node])
def test_it_adds_the_place_and_changes_nothing_else(
    function: Json, tmp_path: Path, engine: Callable[[str, Path], str]
) -> None:
    events = json.dumps([viewer_response(case) for case in CASES])
    code = f"{function['FunctionCode']}; function answer(event) {{return JSON.stringify(handler(event));}}"
    program = f"(function () {{{code} return {events}.map(answer);}})()"
    answers = [json.loads(line) for line in engine(program, tmp_path).splitlines()]
    for case, answer in zip(CASES, answers, strict=True):
        expected = viewer_response(case)["response"]
        if case["location"]:
            expected["headers"]["x-dastra-location"] = {"value": case["location"]}
        assert answer == expected, case["case"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_the_local_gateway_adds_the_same(case: Json) -> None:
    assert edge.location(case["headers"], case["status"]) == case["location"]


def test_it_is_published_for_the_runtime_that_it_is_written_for(function: Json) -> None:
    assert function["AutoPublish"] is True
    assert function["FunctionConfig"]["Runtime"] == "cloudfront-js-2.0"
    assert len(function["FunctionCode"].encode()) < SIZE_LIMIT


def test_it_uses_the_language_that_the_runtime_is_said_to_have(function: Json) -> None:
    """ECMAScript 5.1 with `const` and `let`: neither engine of this test is CloudFront's."""
    words = set(re.findall(r"[a-z]+", function["FunctionCode"]))
    assert not words & {"of", "class", "import", "async", "await", "yield", "console"}
    assert re.search(r"\.\.\.|\?\?|\?\.|=>|`", function["FunctionCode"]) is None


@pytest.mark.parametrize("place", ["FR", "US", "US-CA", "CA-QC"])
def test_a_place_can_be_chosen(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("PLACE", place)
    assert edge.chosen_place() == place


def test_without_a_place_it_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PLACE", raising=False)
    assert edge.chosen_place() is None
    monkeypatch.setenv("PLACE", "")
    assert edge.chosen_place() is None


@pytest.mark.parametrize("place", ["us-ca", "FRA", "FR-IDF", "DE-BE", "US-", "US-ca", "*"])
def test_a_place_that_no_visitor_can_be_in_is_refused(monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    monkeypatch.setenv("PLACE", place)
    with pytest.raises(PlaceError) as refused:
        edge.chosen_place()
    assert str(refused.value) == f"PLACE={place} is not a place. Choose a country such as FR, or US-CA, or CA-QC."


@pytest.mark.parametrize("folder", ["functions", "layers", "ops"])
def test_nothing_behind_the_edge_reads_where_a_visitor_is(folder: str) -> None:
    """A cache miss brings the country of one visitor, and its answer goes to all of them."""
    files = [path for path in (ROOT / folder).rglob("*.*") if path.suffix in {".py", ".js", ".json", ".html"}]
    assert len(files) > 5
    assert [path for path in files if "cloudfront-viewer" in path.read_text("utf-8").lower()] == []
