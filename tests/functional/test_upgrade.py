"""The items and objects that an earlier release has written, read by this version. AWS is in memory."""

import json
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest

from consent_core.archive.batches import entry_of
from consent_core.archive.objects import Archive
from consent_core.items import plain_item
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from local.tables import Tables
from tests.dossiers import holding
from tests.fixtures.recorded import RELEASES, Recording
from tests.functional.conftest import Call, at_widget, caller, event, with_headers
from tests.functional.test_ops import STACK, Run, create_stack, run
from tests.functional.test_ops_evidence import NAMES

__all__ = ["run"]  # a fixture

PERSONAL = {"userId", "sessionId", "referrer"}
NOW = datetime(2026, 12, 1, tzinfo=UTC)
LATER = "20000000-0000-4000-8000-000000000001"


@pytest.fixture(params=RELEASES)
def recording(request: pytest.FixtureRequest, tables: Tables, archive: Archive) -> Recording:
    """A release's recording, whose items and objects are in tables and archive."""
    recording = Recording.of(request.param)
    recording.fill_tables(boto3.client("dynamodb"))
    recording.fill_archive(boto3.client("s3"), "archivebucket")
    return recording


@pytest.fixture
def ops(recording: Recording, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on the stack that was updated."""
    create_stack(STACK, **NAMES)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run("--stack-name", STACK, "--region", "eu-west-1", *arguments)


def sent(recording: Recording, name: str, body: dict[str, Any] | None = None, origin: str = "") -> dict[str, Any]:
    """The event ``name`` at the recorded widget, with a body, from an origin (empty: from the widget's first)."""
    origin = origin or recording.live["origins"]["L"][0]["S"]
    to = with_headers(at_widget(event(name), str(recording.widget_id), recording.key), origin=origin)
    path = to["rawPath"].replace("/43", f"/{recording.widget_id}")
    to = {**to, "rawPath": path, "requestContext": deepcopy(to["requestContext"])}
    to["requestContext"]["http"]["path"] = path
    return to if body is None else {**to, "body": json.dumps(body)}


def stored(table: str) -> list[str]:
    """All items of a table, each as text."""
    return sorted(json.dumps(item, sort_keys=True) for item in boto3.client("dynamodb").scan(TableName=table)["Items"])


def personal_consent(recording: Recording) -> str:
    """The consent whose proofs name their visitor."""
    return str(next(item["consentId"]["S"] for item in recording.consents if "userId" in item))


# --- Visitors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_settings_come_from_the_version_that_is_live(recording: Recording, get_settings: Call, language: str) -> None:
    request = sent(recording, "settings")
    request["queryStringParameters"]["culture"] = language
    answer = get_settings(request)

    key = recording.live["versionKey"]["S"]
    rendered = next(item for item in recording.widgets if item["version"]["S"] == f"{key}#{language}")
    old = json.loads(rendered["body"]["S"])
    assert answer.status == 200
    unchanged = ("id", "versionKey", "lang", "label", "renewal", "translation", "consentCookieName")
    assert {name: answer.body[name] for name in unchanged} == {name: old[name] for name in unchanged}
    assert [[service["slug"] for service in group["services"]] for group in answer.body["groups"]] == [
        [service["slug"] for service in group["services"]] for group in old["groups"]
    ]
    assert get_settings(with_headers(request, if_none_match=answer.headers["etag"])).status == 304


def test_a_repeated_decision_is_recognised(recording: Recording, collect: Call) -> None:
    before = stored("ConsentsTable")
    for decision in recording.decisions:
        request = sent(recording, "collect", json.loads(decision["body"]), decision["origin"])
        answer = collect(request if decision["origin"] else with_headers(request, origin=None))

        assert (answer.status, answer.body["consentId"]) == (200, decision["answer"]["consentId"])
    assert stored("ConsentsTable") == before


def test_an_altered_replay_is_refused(recording: Recording, collect: Call) -> None:
    before = stored("ConsentsTable")
    for decision in recording.decisions:
        body = json.loads(decision["body"])
        altered = {**body, "consents": {"lang": "en", "purposes": {"Other": True}}}
        altered.pop("toestemmingen", None)
        request = sent(recording, "collect", altered, decision["origin"])
        answer = collect(request if decision["origin"] else with_headers(request, origin=None))

        assert (answer.status, answer.problem) == (409, "altered-replay")
    assert stored("ConsentsTable") == before


def test_a_new_decision_goes_on_with_the_consent(recording: Recording, collect: Call, tables: Tables) -> None:
    consent = personal_consent(recording)
    before = [each.proof["id"] for each in tables.consents.history(consent, now=0)]
    for number, version in enumerate([None, *recording.versions]):
        body = {"type": "Consents", "id": f"{LATER[:-2]}{number:02}", "consentId": consent}
        consents = {"lang": "fr", "versionKey": version, "purposes": {"Marketing": True}}
        answer = collect(sent(recording, "collect", {**body, "consents": consents}))

        assert (answer.status, answer.body) == (201, {"consentId": consent})
    history = [each.proof for each in tables.consents.history(consent, now=0)]
    assert [proof["id"] for proof in history[: len(before)]] == before
    used = [proof["consents"]["versionKey"] for proof in history[len(before) :]]
    assert used == [recording.live["versionKey"]["S"], *recording.versions]


def test_visitors_see_their_proofs_and_erase_their_data(recording: Recording, tables: Tables) -> None:
    rights = caller("visitor_rights")
    for consent in sorted({item["consentId"]["S"] for item in recording.consents}):
        old = [plain_item(item) for item in recording.consents if item["consentId"]["S"] == consent]
        proofs = rights(sent(recording, "history", {"consentId": consent})).body["proofs"]
        assert proofs == [
            {name: value for name, value in proof.items() if name not in PERSONAL}
            for proof in sorted(old, key=lambda proof: proof["date"])
        ]
        (newest,) = (proof for proof in proofs[-1:])
        receipt = rights(sent(recording, "receipt", {"consentId": consent}))
        assert (receipt.status, receipt.body["dpv:hasRecordOfActivity"]["dct:identifier"]) == (200, newest["id"])
        assert rights(sent(recording, "erase", {"consentId": consent})).status == 204

        after = [each.proof for each in tables.consents.history(consent, now=0)]
        assert [proof.keys() & PERSONAL for proof in after] == [set() for _ in old]
        named = {proof["id"] for proof in old if proof.keys() & (PERSONAL | {"erasedAt"})}
        assert {proof["id"] for proof in after if "erasedAt" in proof} == named


# --- The archive ------------------------------------------------------------------------------------------------------


def test_the_archive_gets_the_same_line_from_the_same_item(recording: Recording, archive: Archive) -> None:
    days = archive.days(recording.widget_id)
    lines = {line["id"]: line for day in days for line in archive.lines(recording.widget_id, day)}
    made = [entry_of(item, lines[item["id"]["S"]]["eventId"]) for item in recording.consents]

    assert {entry.line["id"]: entry.line for entry in made} == lines
    assert sorted({entry.day for entry in made}) == days


def test_the_chain_of_every_day_holds(recording: Recording, archive: Archive, ops: Run) -> None:
    days = archive.days(recording.widget_id)
    assert len(days) == 2
    assert [ops("verify", str(recording.widget_id), day).code for day in days] == [0, 0]


def test_an_export_has_every_proof(recording: Recording, archive: Archive, ops: Run, tmp_path: Path) -> None:
    day = archive.days(recording.widget_id)[0]
    where = ("--widget", str(recording.widget_id), "--from", day, "--to", day)
    for kind in ("csv", "jsonl", "parquet"):
        ended = ops("export", *where, "--format", kind, "--output", str(tmp_path / kind))
        assert (ended.code, ended.out) == (0, "Proofs: 1. Files written: 1, already there: 0.\n")


def test_nothing_is_missing_in_the_archive(recording: Recording, archive: Archive, ops: Run) -> None:
    before = [each["key"] for each in recording.archive]
    assert ops("archive", "--from", "2026-01-01", "--widget", str(recording.widget_id)).code == 0

    widget = recording.widget_id
    assert [key for day in archive.days(widget) for key, _ in archive.keys(widget, day)] == before


# --- Operators --------------------------------------------------------------------------------------------------------


def test_every_consent_is_looked_up(recording: Recording, ops: Run) -> None:
    for item in recording.consents:
        ended = ops("lookup", item["consentId"]["S"], "--json")
        assert ended.code == 0
        found = {proof.pop("id"): proof for proof in json.loads(ended.out)}
        assert found[item["id"]["S"]] == {
            **{name: value for name, value in plain_item(item).items() if name != "id"},
            "expired": False,
        }


def test_a_user_is_found_once_the_proofs_are_indexed(recording: Recording, ops: Run) -> None:
    named = [item for item in recording.consents if item.get("userId", {"S": ""})["S"]]
    user, widget = named[0]["userId"]["S"], str(recording.widget_id)
    find = ("find-user", widget, user, "--reason", "Case 4711", "--json")
    assert ops(*find).code == 1
    proofs = f"{len(named)} proof" if len(named) == 1 else f"{len(named)} proofs"

    assert ops("index-users").out == f"Added to the index: {proofs}.\n"

    found = {each["consentId"] for each in json.loads(ops(*find).out)}
    assert found == {item["consentId"]["S"] for item in named if item["userId"]["S"] == user}


def test_every_claim_of_a_dossier_holds(recording: Recording, ops: Run) -> None:
    for consent in sorted({item["consentId"]["S"] for item in recording.consents}):
        decisions = json.loads(ops("dossier", consent, "--json").out)["decisions"]
        expected = sum(item["consentId"]["S"] == consent for item in recording.consents)
        assert len(decisions) == expected
        assert [set(holding(decision).values()) for decision in decisions] == [{True}] * expected


def test_the_history_of_the_widget_can_be_read(recording: Recording, ops: Run) -> None:
    changes = json.loads(ops("changes", str(recording.widget_id), "--json").out)
    audit = [item for item in recording.widgets if item["version"]["S"].startswith("audit#")]
    newest_first = sorted(audit, key=lambda item: item["version"]["S"], reverse=True)
    assert [(each["what"], each["actor"], each["versionKey"]) for each in changes] == [
        (item["what"]["S"], item["actor"]["S"], item["versionKey"]["S"]) for item in newest_first
    ]
    assert ops("changes", str(recording.widget_id)).code == 0

    versions = json.loads(ops("versions", str(recording.widget_id), "--json").out)
    assert [each["versionKey"] for each in versions] == recording.versions[::-1]


def test_publishing_the_live_definition_again_renders_it_anew_once(
    recording: Recording, ops: Run, tables: Tables, get_settings: Call
) -> None:
    shown = ops("show", str(recording.widget_id), "--json").out
    before, old = tables.widgets.live(recording.widget_id), get_settings(sent(recording, "settings")).body
    first = publish(tables.widgets, definition_from_json(shown), actor="test", now=NOW)
    again = publish(tables.widgets, definition_from_json(shown), actor="test", now=NOW)

    after, new = tables.widgets.live(recording.widget_id), get_settings(sent(recording, "settings")).body
    assert (first.is_new_version, again.is_new_version) == (True, False)
    assert before is not None
    assert after is not None
    assert (after.origins, after.keys, after.revision) == (before.origins, before.keys, before.revision + 1)
    assert (new["renewal"], versions_of(new)) == (old["renewal"], versions_of(old))


def versions_of(settings: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    """Return the version of each service."""
    return {service["slug"]: service["version"] for group in settings["groups"] for service in group["services"]}


def test_every_version_can_be_brought_back(recording: Recording, ops: Run, get_settings: Call) -> None:
    renewal = json.loads(_live_definition(recording))["renewal"]
    for version in recording.versions:
        assert ops("rollback", str(recording.widget_id), version).code == 0
        settings = get_settings(sent(recording, "settings")).body
        assert (settings["renewal"], settings["developerMode"]) == (renewal, False)


def _live_definition(recording: Recording) -> str:
    key = recording.live["versionKey"]["S"]
    return str(next(item for item in recording.widgets if item["version"]["S"] == key)["definition"]["S"])
