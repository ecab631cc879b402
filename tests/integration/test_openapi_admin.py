"""docs/openapi-admin.yaml says what the administration does: read against the code, and held to it by requests."""

import json
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import requests

from consent_core import errors
from consent_core.problems import Problem
from consent_core.publishing.differences import Difference
from local import ROOT
from tests.integration.described_api import DescribedApi, configured, generated_requests
from tests.local_process import LocalStack
from tests.matrices import sampled

type Json = dict[str, Any]

API = DescribedApi(ROOT / "docs" / "openapi-admin.yaml")
WIDGET = "/v1/widgets/{id}"
LOOKUP = "/v1/consents/lookup"
LIBRARY = "/v1/library"
JSON = {"Content-Type": "application/json"}
DIFFERENCE = Difference("origins", ["https://shop.example"], [], is_list=True, takes_away=True)
RAISED = [
    errors.MalformedError.at("path", "id", kind="missing"),
    errors.NotFoundError.widget(43),
    errors.NotFoundError.version(43, "0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01"),
    errors.ConflictError("0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01", 7),
    errors.ConflictError(),
    errors.UnconfirmedError([DIFFERENCE.as_json()], "0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01", 7),
    errors.TooLargeError(1_048_576),
    errors.MediaTypeError(),
    errors.DefinitionError([Problem(("services", 0, "slug"), "is missing")]),
    errors.InternalError(),
    errors.UnavailableError(),
    errors.ThrottledError(),
]

OF_DRAFTS = [
    errors.DraftConflictError.saved(43, 7, "2026-11-30T10:00:00.000Z", "ada"),
    errors.DraftConflictError.over(43),
    errors.NotFoundError.draft(43),
]


def test_it_is_valid_openapi() -> None:
    API.assert_valid()


# --- Read against the code --------------------------------------------------------------------------------------------


def test_its_routes_are_those_of_the_template(resources: Mapping[str, Any]) -> None:
    described = {
        f"{method.upper()} {path}"
        for path, operations in API.description["paths"].items()
        for method in operations.keys() & {"get", "put", "post", "delete"}
    }
    events = [
        event["Properties"]
        for resource in resources.values()
        if resource["Type"] == "AWS::Serverless::Function"
        for event in resource["Properties"].get("Events", {}).values()
    ]

    assert described == {f"{each['Method']} {each['Path']}" for each in events if each["ApiId"] == "AdminApi"}


def test_its_problem_types_are_those_of_the_administration() -> None:
    raised = (*RAISED, *OF_DRAFTS, errors.InUseError("Enabled."), errors.UnprocessableError("consentId", "No."))
    assert API.problem_types() == {error.slug for error in raised}


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_every_problem_is_as_described(error: errors.RefusedError) -> None:
    API.assert_describes(error, WIDGET, "PUT" if error.status != 404 else "GET")


@pytest.mark.parametrize("error", OF_DRAFTS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("path", "method"), [("/draft", "PUT"), ("/draft", "DELETE"), ("/draft/publish", "POST")])
def test_every_problem_of_a_draft_is_as_described(error: errors.RefusedError, path: str, method: str) -> None:
    API.assert_describes(error, f"{WIDGET}{path}", method)


# --- Held to it by requests -------------------------------------------------------------------------------------------

# With an id at random, hardly any request finds a widget; other tests need those of the demo.
PARAMETERS = """
parameters = { "path.id" = "4611" }
"""
EXAMPLE = "{ id: 44,"
SIGNED = "security:\n  - sigv4: []\n"  # locally there is no authentication
CHANGES = {
    # In its coverage phase Schemathesis takes an If-Match without quotation marks for a valid one.
    '"2xx", "304", "403", "404", "409", "422"]': '"2xx", "400", "404", "409", "422"]',
}


@pytest.mark.parametrize("examples", sampled((2, 10), sample=1))  # a publication takes ten times as long as a read
def test_generated_requests_are_answered_as_described(local_stack: LocalStack, tmp_path: Path, examples: int) -> None:
    configuration = configured(PARAMETERS)
    for old, new in {"max-examples = 40\n": f"max-examples = {examples}\n", **CHANGES}.items():
        assert old in configuration
        configuration = configuration.replace(old, new)
    described = API.file.read_text("utf-8")
    assert SIGNED in described
    assert EXAMPLE in described
    unsigned = tmp_path / "local.yaml"
    unsigned.write_text(described.replace(SIGNED, "").replace(EXAMPLE, "{ id: 4611,"), "utf-8")
    published = requests.put(f"{local_stack.admin}/v1/widgets/4611", definition(id=4611), headers=JSON, timeout=30)
    assert published.status_code == 201

    report = generated_requests(unsigned, local_stack.admin, tmp_path, configuration)

    assert "Tested: 26\n" in report
    lines = [json.loads(line) for line in local_stack.log.splitlines()]
    told = {"AdministrationRead", "AdministrationChanged", "AdministrationRefusedMalformed", "LookupsServed"}
    assert told <= {line.get("message") for line in lines}


def definition(**changes: object) -> bytes:
    return json.dumps({"id": 4610, "label": "Garden shop", "keys": ["garden-shop-web-2026"], **changes}).encode()


ORIGIN = b'{"origin": "https://garden.example"}'
TOO_LARGE = b'{"consentId": "%s"}' % (b"x" * 33_000)


def test_the_rest_is_answered_as_described(local_stack: LocalStack) -> None:
    """In this order: a widget is published, changed, rolled back and read."""

    def ask(status: int, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Json:
        url = local_stack.admin + path.format(id=4610, versionKey=version)
        answer = requests.request(method, url, data=body, headers={**JSON, **(headers or {})}, timeout=30)
        assert (method, path, answer.status_code) == (method, path, status)
        API.schema[path.partition("?")[0]][method].validate_response(answer)
        read: Json = answer.json()
        return read

    version = "0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01"
    ask(404, "GET", WIDGET)
    assert ask(200, "POST", f"{WIDGET}/check", definition(bgColor="red"))["problems"][0]["loc"] == ["bgColor"]
    assert ask(200, "POST", f"{WIDGET}/check", definition())["problems"] == []
    ask(413, "POST", f"{WIDGET}/check", b" " * 1_048_577)
    ask(415, "POST", f"{WIDGET}/check", definition(), headers={"Content-Type": "application/xml"})
    assert [each["slug"] for each in ask(200, "GET", f"{LIBRARY}?q=_uetvid")["services"]] == ["microsoft-advertising"]
    assert len(ask(200, "GET", LIBRARY)["services"]) > 40
    ask(400, "GET", f"{LIBRARY}?q={'x' * 201}")
    ask(409, "PUT", WIDGET, definition(), headers={"If-Match": '"7"'})
    version = ask(201, "PUT", WIDGET, definition())["versionKey"]
    assert ask(200, "PUT", WIDGET, definition(label="Garden"))["isNewVersion"]
    ask(422, "PUT", WIDGET, definition(label=""))
    ask(413, "PUT", WIDGET, b" " * 1_048_577)
    ask(415, "PUT", WIDGET, definition(), headers={"Content-Type": "application/xml"})
    ask(409, "POST", f"{WIDGET}/renewal", headers={"If-Match": '"1"'})
    ask(200, "POST", f"{WIDGET}/renewal", headers={"If-Match": '"2"'})
    ask(200, "POST", f"{WIDGET}/origins", ORIGIN)
    assert ask(409, "PUT", WIDGET, definition())["takesAway"][0]["removed"] == ["https://garden.example"]
    planned = ask(200, "PUT", f"{WIDGET}?dryRun=true", definition(renewal=0))
    assert (planned["revision"], planned["keptRenewal"]) == (4, 1)
    ask(200, "POST", f"{WIDGET}/origins/remove", ORIGIN)
    ask(404, "POST", f"{WIDGET}/origins/remove", ORIGIN)
    ask(200, "POST", f"{WIDGET}/developer-mode", b'{"developerMode": true}')
    assert ask(200, "POST", f"{WIDGET}/rollback", json.dumps({"versionKey": version}).encode())["revision"] == 7
    assert ask(200, "GET", f"{WIDGET}/versions/{{versionKey}}")["label"] == "Garden shop"
    assert len(ask(200, "GET", f"{WIDGET}/versions")["versions"]) == 5
    assert [each["what"] for each in ask(200, "GET", f"{WIDGET}/changes")["changes"]] == [
        "roll-back",
        "developer-mode",
        "remove-origin",
        "add-origin",
        "raise-renewal",
        "publish",
        "publish",
    ]
    assert ask(200, "GET", WIDGET)["developerMode"]
    with_domains = ask(200, "POST", f"{WIDGET}/rollback", b'{"revision": 4, "withDomains": true}')
    assert with_domains["revision"] == 8
    assert ask(409, "DELETE", WIDGET)["expires"] is None
    ask(200, "POST", f"{WIDGET}/enabled", b'{"enabled": false}')
    ask(409, "DELETE", WIDGET)
    ask(200, "DELETE", f"{WIDGET}?evenWithProofs=true")
    ask(404, "GET", WIDGET)
    assert ask(200, "GET", f"{WIDGET}/changes")["changes"][0]["what"] == "delete"
    ask(413, "POST", LOOKUP, TOO_LARGE)


def test_a_dossier_has_the_described_members(local_stack: LocalStack) -> None:
    decision = json.loads((ROOT / "events" / "bodies" / "decision.json").read_text("utf-8"))
    decided = requests.post(
        f"{local_stack.api}/v1/client/collect/43",
        params={"key": "demo-public-key-43"},
        headers={"Origin": "http://localhost:8080", **JSON},
        json={**decision, "id": str(uuid.uuid4())},  # others erase the one of the file
        timeout=30,
    )

    answer = requests.post(local_stack.admin + LOOKUP, headers=JSON, data=decided.content, timeout=30)

    API.schema[LOOKUP]["POST"].validate_response(answer)
    (found,) = answer.json()["decisions"]
    described = API.description["components"]["schemas"]["Proof"]["properties"]
    assert found["proof"].keys() <= described.keys()
    assert described.keys() - found["proof"].keys() <= {"erasedAt", "referrer", "userId"}
