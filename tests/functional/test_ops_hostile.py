"""No sign that visitors, owners, servers or shells hand to a command reaches a terminal raw, and JSON is exact."""

import json
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from consent_core.archive.objects import Archive, Lane, archived
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_ops.stack import LOCAL
from local.embedded_aws import DEMO_WIDGETS
from local.tables import Tables
from tests.functional.test_ops import CONSENT, DAY, STACK, Run, create_stack, definition, proof, run
from tests.functional.test_ops_errors import AWS, answering

__all__ = ["run"]  # a fixture

SIGNS = "\x07\x08\x1b[2J\x7f\x85\x9b31m\u00ad\u061c\u200b\u202e\u2028\u2029\u2066\u2069\ufeff\U000e0041"
OBEYED = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def assert_harmless(*printed: str) -> None:
    for text in printed:
        assert {each for each in text if unicodedata.category(each) in OBEYED} <= {"\n"}


def services(names: Iterable[str]) -> list[dict[str, object]]:
    entry = {"tenantId": 0, "version": "6f65cb1d-85eb-4a64-976d-519679189f8d", "date": "2026-11-24T10:00:00.000Z"}
    return [{**entry, "id": "1", "slug": name, "name": name, "consent": True, "purpose": 3} for name in names]


@pytest.fixture
def ops(tables: Tables, run: Run) -> Run:
    """Run a command on a stack that has a log group as well."""
    names = ("WidgetsTable", "ConsentsTable", "ArchiveBucket")
    create_stack(STACK, **{f"{name}Name": LOCAL[f"{name}Name"] for name in names}, ConsentCollectLogGroupName="/logs")
    return lambda *arguments: run("--stack-name", STACK, *arguments)


@pytest.fixture
def hostile(tables: Tables, archive: Archive, tmp_path: Path) -> None:
    """A widget, a proof and an archived day in which every text that others choose holds signs."""
    written = json.loads(DEMO_WIDGETS[1].read_text())
    for service in written["services"]:
        service["name"] = f"n{SIGNS}"
    changed = definition(tmp_path / "44.json", label=f"l{SIGNS}", services=written["services"])
    made = definition_from_json(changed.read_text())
    other = [{**service, "slug": "other", "name": f"m{SIGNS}"} for service in written["services"][:1]]
    definition(tmp_path / "other.json", label=f"m{SIGNS}", services=other, origins=[])
    publish(tables.widgets, made, actor=f"arn:{SIGNS}", now=datetime.now(UTC))
    choices = {"lang": f"fr{SIGNS}", "versionKey": f"v{SIGNS}", "cookieConsents": services([f"s{SIGNS}"])}
    said = proof(
        "1",
        widgetId=44,
        typeDevice=2,
        action=f"a{SIGNS}",
        origin=f"o{SIGNS}",
        referrer=f"r{SIGNS}",
        userId=f"u{SIGNS}",
        consents=choices,
    )
    tables.consents.put_proof(said)
    Lane(archive, 1).append(44, DAY, [archived(said, f"e{SIGNS}")])


@pytest.mark.parametrize(
    "command",
    [
        ("show", "44"),
        ("show", "44", "--json"),
        ("changes", "44"),
        ("changes", "44", "--json"),
        ("versions", "44"),
        ("lookup", CONSENT),
        ("lookup", CONSENT, "--json"),
        ("dossier", CONSENT, "--date", DAY),
        ("dossier", CONSENT, "--date", DAY, "--json"),
        ("stats", "44"),
        ("stats", "44", "--json"),
        ("verify", "44", DAY),
        ("verify", "44", DAY, "--json", "--expect", f"1={SIGNS}"),
        ("verify", "44", DAY, "--expect", f"1={SIGNS}"),
        ("publish", f"absent{SIGNS}.json"),
        ("new", f"absent/{SIGNS}.json"),
        ("rollback", "44", SIGNS),
        ("diff", "other.json"),
        ("diff", "other.json", "--json"),
        ("check", "other.json"),
        ("check", "other.json", "--json"),
        ("publish", "other.json", "--dry-run"),
        ("publish", "other.json"),
        ("pull", "44"),
        ("pull", "44", "--output", f"absent/{SIGNS}.json"),
        ("disable", SIGNS),
        ("delete", "44"),
        ("add-domain", "44", f"https://{SIGNS}"),
        ("remove-domain", "44", f"https://{SIGNS}"),
        ("services", SIGNS),
        ("show", SIGNS),
        ("lookup", SIGNS),
        ("verify", "44", SIGNS),
        ("developer-mode", "44", SIGNS),
        (SIGNS,),
        (f"--{SIGNS}",),
        ("show", "44", f"--{SIGNS}"),
        ("show", "44", SIGNS),
        ("--profile", SIGNS, "show", "44"),
        ("--region", SIGNS, "show", "44"),
        ("--endpoint-url", SIGNS, "show", "44"),
        ("--endpoint-url", f"http://127.0.0.1:1/{SIGNS}", "show", "44"),
        ("--api", f"http://127.0.0.1:1/{SIGNS}", "show", "44"),
        ("export", "--widget", "44", "--from", DAY, "--to", DAY, "--output", f"/dev/null/{SIGNS}"),
    ],
    ids=lambda command: " ".join(command).encode("unicode_escape").decode(),
)
def test_no_command_prints_a_sign_that_a_terminal_obeys(
    ops: Run, hostile: None, command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = ops(*command)

    assert_harmless(ended.out, ended.err)
    assert ended.out + ended.err
    if "--json" in command:
        json.loads(ended.out)


def test_json_reads_as_what_was_stored(ops: Run, hostile: None) -> None:
    assert json.loads(ops("show", "44", "--json").out)["label"] == f"l{SIGNS}"
    (found,) = json.loads(ops("lookup", CONSENT, "--json").out)
    assert (found["referrer"], found["consents"]["lang"]) == (f"r{SIGNS}", f"fr{SIGNS}")


@pytest.mark.parametrize("command", [("changes", "43"), ("versions", "43"), ("renew", "43")])
@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (404, {"type": "urn:consent-platform:problem:not-found", "detail": f"d{SIGNS}"}),
        (409, {"type": "urn:consent-platform:problem:conflict", "versionKey": SIGNS, "revision": SIGNS}),
        (422, {"type": "urn:consent-platform:problem:unpublishable-definition", "problems": [f"p{SIGNS}"]}),
        (422, {"type": f"urn:consent-platform:problem:x{SIGNS}", "detail": f"d{SIGNS}"}),
        (200, {"versionKey": f"v{SIGNS}", "revision": 1, "isNewVersion": True}),
        (200, {"versions": [{"versionKey": f"v{SIGNS}", "publishedAt": SIGNS, "live": True}]}),
        (
            200,
            {
                "changes": [
                    {"at": SIGNS, "actor": SIGNS, "what": SIGNS, "detail": SIGNS, "revision": 1, "versionKey": SIGNS}
                ]
            },
        ),
    ],
)
def test_the_administrations_words_are_not_obeyed(
    run: Run, command: tuple[str, ...], status: int, answer: dict[str, object]
) -> None:
    with answering(status, AWS, json.dumps(answer)) as address:
        ended = run("--api", address, *command)
    assert_harmless(ended.out, ended.err)
    assert ended.out + ended.err


@pytest.mark.parametrize("command", [("show", "43"), ("verify", "43", DAY), ("lookup", CONSENT)])
def test_awss_words_are_not_obeyed(run: Run, command: tuple[str, ...]) -> None:
    answer = {"__type": f"com.amazonaws#X{SIGNS}", "message": SIGNS}
    body = "<Error><Code>X&#27;[2J&#x9b;&#x202e;</Code></Error>" if command[0] == "verify" else json.dumps(answer)
    with answering(400, AWS, body) as address:
        ended = run("--endpoint-url", address, *command)
    assert_harmless(ended.out, ended.err)
    assert ended.err


def test_a_file_is_named_without_its_signs_and_written_with_them(ops: Run, hostile: None, tmp_path: Path) -> None:
    for command in (("dossier", CONSENT, "--output"), ("stats", "44", "--html")):
        file = tmp_path / f"{command[0]}\x1b[2J\u202e.html"
        ended = ops(*command, str(file))
        assert_harmless(ended.out, ended.err)
        assert (ended.code, ended.err, file.exists()) == (0, "", True)
