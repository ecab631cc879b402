"""The operators' commands of the privacy officer's desk: users' consents, and who has asked. AWS is in memory."""

import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from consent_core.access_audit import Access, AccessAudit, Kind, Subjects
from consent_core.dynamodb import connect
from consent_core.items import attribute
from consent_core.statistics.counts import Statistics
from local.tables import Tables
from tests.dossiers import CONSENT, LATER_DECISION, proof
from tests.functional.test_ops import STACK, Ended, Run, cells, ops, run

__all__ = ["ops", "run"]  # fixtures

SUBJECTS = Subjects("key-of-the-audit")
TODAY = datetime.now(UTC).date().isoformat()
WHY = ("--reason", "Case 4711")
EARLIER = {"WidgetsTableName": "WidgetsTable", "ConsentsTableName": "ConsentsTable"}


@pytest.fixture
def recorded(tables: Tables) -> Callable[[], list[Access]]:
    """Return the entries of the audit, the newest first."""
    audit = AccessAudit(connect(), "AccessAuditTable", days=1095)
    return lambda: list(audit.between(date(2026, 1, 1), datetime.now(UTC).date()))


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


# --- find-user --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("CRM-42",), ("-",), ()], ids=["argument", "dash", "nothing"])
def test_a_user_is_found_by_an_argument_or_a_line_of_standard_input(
    ops: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    tables.consents.put_proof(proof(userId="CRM-42"))
    tables.consents.put_proof(proof(id=LATER_DECISION, widgetId=44, userId="CRM-42"))
    typed(monkeypatch, "CRM-42\n")

    ended = ops("find-user", "43", *arguments, *WHY)

    assert (ended.code, ended.err) == (0, "")
    assert [cells(row) for row in ended.out.splitlines() if CONSENT in row] == [
        [CONSENT, "1", proof()["date"], proof()["date"]]
    ]


def test_found_consents_can_be_json(ops: Run, tables: Tables) -> None:
    tables.consents.put_proof(proof(userId="CRM-42"))

    ended = ops("find-user", "43", "CRM-42", *WHY, "--json")

    at = proof()["date"]
    assert json.loads(ended.out) == [{"consentId": CONSENT, "decisions": 1, "first": at, "last": at}]


def test_an_unknown_user_is_not_found(ops: Run) -> None:
    assert ops("find-user", "43", "CRM-42", *WHY) == Ended(1, "", "No proof of widget 43 names this user.\n")


@pytest.mark.parametrize("user", ["", "é", "x" * 129], ids=["empty", "letter", "long"])
def test_a_name_that_no_proof_can_have_is_wrong_usage(
    ops: Run, monkeypatch: pytest.MonkeyPatch, recorded: Callable[[], list[Access]], user: str
) -> None:
    typed(monkeypatch, user)

    ended = ops("find-user", "43", *WHY)

    assert ended.code == 2
    assert "must be 1 to 128 printable ASCII characters" in ended.err
    assert recorded() == []


@pytest.mark.parametrize("reason", [(), ("--reason", " "), ("--reason", "x" * 501)], ids=["none", "blank", "long"])
def test_a_search_needs_a_reason(ops: Run, reason: tuple[str, ...]) -> None:
    ended = ops("find-user", "43", "CRM-42", *reason)
    assert ended.code == 2
    assert "reason" in ended.err


# --- index-users ------------------------------------------------------------------------------------------------------


def test_proofs_of_an_earlier_release_are_found_once_they_are_indexed(ops: Run, tables: Tables) -> None:
    item = {name: attribute(value) for name, value in proof(userId="CRM-42").items()}
    connect().put_item(TableName="ConsentsTable", Item=item)
    assert ops("find-user", "43", "CRM-42", *WHY).code == 1

    assert ops("index-users") == Ended(0, "Added to the index: 1 proof.\n", "")
    assert ops("index-users") == Ended(0, "Added to the index: 0 proofs.\n", "")

    assert ops("find-user", "43", "CRM-42", *WHY).code == 0


# --- stats through the API --------------------------------------------------------------------------------------------

API = ("--api", "http://127.0.0.1:1")


def served(monkeypatch: pytest.MonkeyPatch, *, is_complete: bool) -> list[str]:
    """Answer as the administration's API does; give the addresses that are asked."""
    asked: list[str] = []

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> SimpleNamespace:
        asked.append(str(request.url).partition("/v1/widgets/43")[2])
        counted = {**Statistics(43, (TODAY,), None).as_json(), "isComplete": is_complete}
        version = {"versionKey": "v", "publishedAt": "", "live": True}
        answer = counted if "/statistics" in asked[-1] else {"label": "Shop", "versions": [version]}
        return SimpleNamespace(status_code=200, content=json.dumps(answer).encode())

    monkeypatch.setattr(URLLib3Session, "send", send)
    return asked


@pytest.mark.parametrize("is_complete", [True, False])
def test_statistics_come_through_the_api_with_what_it_does_not_know(
    run: Run, monkeypatch: pytest.MonkeyPatch, is_complete: bool
) -> None:
    asked = served(monkeypatch, is_complete=is_complete)

    ended = run(*API, "stats", "43", "--days", "2", "--json")

    yesterday = (date.fromisoformat(TODAY) - timedelta(days=1)).isoformat()
    assert asked == ["", "/versions", f"/statistics?from={yesterday}&to={TODAY}"]
    assert json.loads(ended.out) == Statistics(43, (TODAY,), None).as_json()
    said = ["How often the window was shown is not known through the administration's API."]
    said += (
        [] if is_complete else [f"Not complete: the days before {TODAY} or damaged objects of the archive are missing."]
    )
    assert (ended.code, ended.err.splitlines()) == (0, said)


def test_the_api_counts_a_quarter_at_most(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = served(monkeypatch, is_complete=True)

    ended = run(*API, "stats", "43", "--days", "93")

    assert (ended.code, asked) == (2, [])
    assert "counts 92 days at most" in ended.err


# --- The audit --------------------------------------------------------------------------------------------------------


def test_commands_record_who_asked_and_why(
    ops: Run, tables: Tables, recorded: Callable[[], list[Access]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="archivebucket")
    tables.consents.put_proof(proof(userId="CRM-42"))

    assert ops("lookup", CONSENT).code == 0
    assert ops("dossier", CONSENT, "--widget", "43", *WHY).code == 0
    assert ops("find-user", "43", "CRM-42", *WHY).code == 0
    assert ops("export", "--widget", "43", "--from", "2026-11-24", "--to", "2026-11-24", "--output", "files").code == 0
    assert ops("erase", CONSENT, *WHY).code == 0

    consent, user = SUBJECTS.of(CONSENT), SUBJECTS.of("CRM-42")
    entries = recorded()[::-1]
    assert [(each.kind, each.reason, each.widget_id, each.subject) for each in entries] == [
        (Kind.LOOKUP, None, None, consent),
        (Kind.DOSSIER, "Case 4711", 43, consent),
        (Kind.SEARCH, "Case 4711", 43, user),
        (Kind.EXPORT, None, 43, None),
        (Kind.ERASURE, "Case 4711", None, consent),
    ]
    assert {each.actor for each in entries} == {boto3.client("sts").get_caller_identity()["Arn"]}


def test_lookups_lists_the_newest_first_and_those_of_one_id(
    ops: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables.consents.put_proof(proof(userId="CRM-42"))
    ops("lookup", CONSENT)
    ops("find-user", "43", "CRM-42", *WHY)

    rows = [cells(row) for row in ops("lookups").out.splitlines()[2:]]
    assert [row[1:3] for row in rows] == [["search", "43"], ["lookup", rows[1][2]]]
    assert rows[0][-1] == "Case 4711"

    for named, kind in (("CRM-42", "search"), (CONSENT.upper(), "lookup")):
        typed(monkeypatch, f"{named}\n")
        for option in (named, "-"):
            found = json.loads(ops("lookups", "--id", option, "--json").out)
            assert [each["kind"] for each in found] == [kind]
    assert json.loads(ops("lookups", "--id", "CRM-4", "--json").out) == []
    assert json.loads(ops("lookups", "--to", "2026-01-01", "--json").out) == []


def test_entries_older_than_a_month_are_found_by_day_and_by_id(ops: Run, tables: Tables) -> None:
    audit = AccessAudit(connect(), "AccessAuditTable", days=1095)
    old = Access(Kind.LOOKUP, "ada", "2025-06-01T10:00:00.000Z", subject=SUBJECTS.of(CONSENT))
    audit.record(old)

    assert json.loads(ops("lookups", "--json").out) == []
    assert json.loads(ops("lookups", "--from", "2025-06-01", "--to", "2025-06-01", "--json").out) == [old.as_json()]
    assert json.loads(ops("lookups", "--id", CONSENT, "--json").out) == [old.as_json()]


@pytest.mark.parametrize("operation", ["PutItem", "GetSecretValue"])
def test_without_permission_to_record_the_command_goes_on_and_says_so(
    ops: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    tables.consents.put_proof(proof())
    denied = ClientError({"Error": {"Code": "AccessDeniedException"}}, operation)

    def refuse(*_: object) -> None:
        raise denied

    monkeypatch.setattr(AccessAudit, "record", refuse)
    ended = ops("erase", CONSENT)

    action = {"PutItem": "dynamodb:PutItem", "GetSecretValue": "secretsmanager:GetSecretValue"}[operation]
    said = f"This access is not in the audit: {action} is not permitted.\n"
    assert ended == Ended(0, "Erased the visitor's data from 0 of 1 proof.\n", said)


def test_another_fault_of_the_audit_ends_the_command(ops: Run, tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ClientError({"Error": {"Code": "ValidationException"}}, "PutItem")

    monkeypatch.setattr(AccessAudit, "record", refuse)

    said = "AWS refused dynamodb:PutItem (ValidationException). Check --stack-name and --region.\n"
    assert ops("erase", CONSENT) == Ended(3, "", said)


def test_a_stack_of_an_earlier_release_has_no_audit(run: Run, tables: Tables) -> None:
    outputs = {name: {"Value": value} for name, value in EARLIER.items()}
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}
    boto3.client("cloudformation").create_stack(StackName=STACK, TemplateBody=json.dumps(template))
    tables.consents.put_proof(proof())

    ended = run("--stack-name", STACK, "erase", CONSENT)

    said = "This access is not in the audit: the stack is of an earlier release. Deploy it again.\n"
    assert ended == Ended(0, "Erased the visitor's data from 0 of 1 proof.\n", said)
    assert run("--stack-name", STACK, "lookups").code == 2
