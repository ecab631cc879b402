"""docs/openapi.yaml says what the service does: read against the code, and held to it by requests made from it."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from consent_core import errors
from consent_core.publishing import texts
from consent_core.publishing.definitions import definition_from_json
from consent_core.publishing.rendering import Stamp, settings_of
from local import ROOT
from tests.factories import definition, service_json
from tests.integration.described_api import DescribedApi, configured, generated_requests
from tests.local_process import LocalStack
from tests.matrices import sampled

API = DescribedApi(ROOT / "docs" / "openapi.yaml")
SETTINGS = "/v1/client/cookie-widget-settings/{id}"
SDK = "/sdk/dastra.js"
PINNED = "/sdk/{build}/{file}"
COLLECT = "/v1/client/collect/{id}"
HISTORY = "/v1/client/consents/{id}/history"
RECEIPT = "/v1/client/consents/{id}/receipt"
ERASE = "/v1/client/consents/{id}/erase"
DEMO = {"Origin": "http://localhost:8080", "Content-Type": "application/json"}
RAISED = [
    errors.MalformedError.at("query", "key", kind="missing"),
    errors.OriginNotAllowedError("https://evil.test"),
    errors.OriginNotAllowedError(None),
    errors.BypassedError(),
    errors.UnknownWidgetError(),
    errors.UnknownFileError(),
    errors.NotFoundError.proof(),
    errors.AlteredReplayError(),
    errors.TooLargeError(32_768),
    errors.MediaTypeError(),
    errors.UnprocessableError("userId", "No."),
    errors.InternalError(),
    errors.UnavailableError(),
    errors.ThrottledError(),
]

ELSEWHERE: dict[type[errors.RefusedError], tuple[str, str]] = {
    errors.UnknownFileError: (PINNED, "GET"),
    errors.NotFoundError: (RECEIPT, "POST"),
}
"""The route that answers with an error, if it is not that of a decision."""

OF_THE_ADMINISTRATION = {
    errors.ConflictError,
    errors.DefinitionError,
    errors.DraftConflictError,
    errors.InUseError,
    errors.UnconfirmedError,
}


def test_it_is_valid_openapi() -> None:
    API.assert_valid()


# --- Read against the code --------------------------------------------------------------------------------------------


def test_its_problem_types_are_those_of_the_service() -> None:
    assert API.problem_types() == {error.slug for error in RAISED}
    known = {each for each in subclasses(errors.RefusedError) if each.__module__ == errors.__name__}
    assert {type(error) for error in RAISED} | OF_THE_ADMINISTRATION == known  # others are of the same types


def subclasses(root: type[errors.RefusedError]) -> Iterator[type[errors.RefusedError]]:
    for each in root.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_every_problem_is_as_described(error: errors.RefusedError) -> None:
    path, method = ELSEWHERE.get(type(error), (COLLECT, "POST"))
    API.assert_describes(error, path, method)


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    found = part
    for name in part["$ref"].removeprefix("#/").split("/") if "$ref" in part else ():
        found = API.description if found is part else found
        found = found[name]
    return found


def objects(described: dict[str, Any], given: object, place: str) -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Yield each object of an answer: its place, what describes it, and its members."""
    described = resolved(described)
    if isinstance(given, list):
        for entry in given:
            yield from objects(described["items"], entry, f"{place}[]")
    if isinstance(given, dict):
        yield place, described, set(given)
        for name in given.keys() & described["properties"].keys():
            yield from objects(described["properties"][name], given[name], f"{place}.{name}")


BARE = definition(controller={"name": "Garden Ltd"}, policies=[{"id": "bare", "regions": ["CL"]}], enableGPC=False)
FULL = definition(
    policies=[
        {"id": "full", "regions": ["CL"], "optOut": [2], "exempt": True, "link": True, "announce": True},
    ],
    askAgainAfterClose=30,
    controller={"name": "Garden Ltd", "address": "Leeds", "contact": "0113", "dataProtectionOfficer": "Ada"},
    translations={"en": dict.fromkeys(texts.names(), "Words")},
    services=[service_json(exempt=True, cookies=[{"name": "_pk_id"}])],
)


def test_the_settings_have_the_described_members_and_no_others() -> None:
    """A member is described as required if each of the settings has it, and as optional if only some do."""
    demos = ((ROOT / "local" / "widgets" / f"{widget}.json").read_text("utf-8") for widget in (43, 44))
    stamp = Stamp("0d3f9c1e-5a77-4a55-8a39-3d1f2f7f9b01", "2026-11-24T10:00:00.000Z", datetime.now(UTC))
    found: dict[str, list[set[str]]] = defaultdict(list)
    parts: dict[str, dict[str, Any]] = {}

    for each in (*map(definition_from_json, demos), BARE, FULL):
        rendered = json.loads(json.dumps(settings_of(each, "en", stamp)))
        for place, part, members in objects(API.description["components"]["schemas"]["Settings"], rendered, "settings"):
            parts[place] = part
            found[place].append(members)

    assert {
        place: (set.intersection(*all_members), set.union(*all_members)) for place, all_members in found.items()
    } == {place: (set(part["required"]), set(part["properties"])) for place, part in parts.items()}


def test_a_shown_proof_has_the_described_members_and_no_others(local_stack: LocalStack) -> None:
    def ask(path: str, body: bytes) -> requests.Response:
        url = local_stack.api + path.format(id=43)
        return requests.post(url, params={"key": "demo-public-key-43"}, headers=DEMO, data=body, timeout=30)

    consent = ask(COLLECT, (ROOT / "events" / "bodies" / "decision.json").read_bytes())
    shown = ask(HISTORY, consent.content)

    API.schema[HISTORY]["POST"].validate_response(shown)
    (proof,) = shown.json()["proofs"]
    described = API.description["components"]["schemas"]["Proof"]
    assert described["properties"].keys() == {*described["required"], "origin", "action", "erasedAt"}
    assert proof.keys() == described["properties"].keys() - {"erasedAt"}
    of_choices = list(objects(described["properties"]["consents"], proof["consents"], "consents"))
    assert [members for _, _, members in of_choices] == [set(part["required"]) for _, part, _ in of_choices]


def test_a_proof_has_the_described_policy_and_signals_and_a_receipt_is_as_described(local_stack: LocalStack) -> None:
    def ask(path: str, **body: object) -> requests.Response:
        url = local_stack.api + path.format(id=43)
        answer = requests.post(url, params={"key": "demo-public-key-43"}, headers=DEMO, json=body, timeout=30)
        API.schema[path]["POST"].validate_response(answer)
        return answer

    signals = {"gpc": True, "dnt": False}
    choices = {"lang": "fr", "purposes": {"Analytical": True}, "policy": "us", "signals": signals}
    stored = ask(COLLECT, type="Consents", consents=choices).json()
    (proof,) = ask(HISTORY, consentId=stored["consentId"]).json()["proofs"]
    receipt = ask(RECEIPT, consentId=stored["consentId"], id=proof["id"])

    described = API.description["components"]["schemas"]["Proof"]["properties"]["consents"]
    assert proof["consents"].keys() == described["properties"].keys()
    assert stored["ignored"] == ["policy"]  # the demo widget has no policies
    assert (receipt.status_code, receipt.headers["content-type"]) == (200, "application/ld+json")
    assert receipt.json()["dpv:hasRecordOfActivity"]["dct:identifier"] == proof["id"]
    assert ask(RECEIPT, consentId=proof["id"]).json()["type"] == "urn:consent-platform:problem:not-found"


@pytest.mark.parametrize(("example", "file"), [("Decision", "decision"), ("DutchProof", "proof.nl")])
def test_its_examples_are_the_bodies_that_people_use(example: str, file: str) -> None:
    body = json.loads((ROOT / "events" / "bodies" / f"{file}.json").read_text("utf-8"))

    assert API.description["components"]["examples"][example]["value"] == body


# --- Held to it by requests -------------------------------------------------------------------------------------------

# With an id and a key at random, hardly any request gets past the first look at the widget.
ANY_WIDGET = ""
DEMO_WIDGET = """
headers = { Origin = "http://localhost:8080" }
parameters = { "path.id" = "43", "query.key" = "demo-public-key-43" }
"""


@pytest.mark.parametrize("parameters", [ANY_WIDGET, DEMO_WIDGET], ids=["any widget", "demo widget"])
@pytest.mark.parametrize("examples", sampled((3, 40), sample=1))
def test_generated_requests_are_answered_as_described(
    local_stack: LocalStack, tmp_path: Path, parameters: str, examples: int
) -> None:
    before = outcomes(local_stack)
    configuration = configured(parameters).replace("max-examples = 40\n", f"max-examples = {examples}\n")
    assert f"max-examples = {examples}\n" in configuration

    report = generated_requests(API.file, local_stack.api, tmp_path, configuration)

    assert "Tested: 12\n" in report
    told = {
        "SdkServed",
        "SettingsServed",
        "SettingsRefusedMalformed",
        "ProofsStored",
        "ProofsRefusedMalformed",
        "Visits",
        "HistoriesServed",
        "Erasures",
        "RightsRefusedAbsent",
        "RightsRefusedMalformed",
    }
    assert told <= set(outcomes(local_stack)[len(before) :])


def outcomes(stack: LocalStack) -> list[str]:
    lines = [json.loads(line) for line in stack.log.splitlines()]
    return [line["message"] for line in lines if "message" in line]


@pytest.mark.parametrize(
    ("status", "path", "method", "changes"),
    [
        (304, SDK, "GET", {"headers": {"If-None-Match": "*"}}),
        (304, PINNED, "GET", {"headers": {"If-None-Match": "*"}}),
        (304, SETTINGS, "GET", {"headers": {**DEMO, "If-None-Match": "*"}}),
        (403, SETTINGS, "GET", {"headers": {"Origin": "https://evil.test"}}),
        (403, COLLECT, "POST", {"headers": {"Content-Type": "text/plain"}}),
        (413, COLLECT, "POST", {"data": b'{"type": "Visit", "referrer": "%s"}' % (b"x" * 33_000)}),
        (415, COLLECT, "POST", {"headers": {**DEMO, "Content-Type": "application/xml"}}),
        (403, HISTORY, "POST", {"headers": {"Content-Type": "text/plain"}}),
        (415, RECEIPT, "POST", {"headers": {**DEMO, "Content-Type": "application/xml"}}),
        (413, ERASE, "POST", {"data": b'{"consentId": "%s"}' % (b"x" * 33_000)}),
        (415, ERASE, "POST", {"headers": {**DEMO, "Content-Type": "application/xml"}}),
    ],
)
def test_what_is_hardly_generated_is_answered_as_described(
    local_stack: LocalStack, status: int, path: str, method: str, changes: dict[str, Any]
) -> None:
    url = local_stack.api + path.format(id=43, build="69419402ecec00e0", file="dastra.js")
    asked = {"params": {"key": "demo-public-key-43"}, "headers": DEMO, "data": b'{"type": "Visit"}', **changes}
    response = requests.request(method, url, timeout=30, **asked)

    assert response.status_code == status
    API.schema[path][method].validate_response(response)
