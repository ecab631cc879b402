"""The runbook's commands, run as people would paste them."""

import re
import time
from collections.abc import Callable, Mapping
from typing import Any
from uuid import uuid4

import boto3
import pytest

from consent_core.archive import erasures
from consent_core.archive.objects import Archive, Lane, archived
from local import ROOT, streams
from local.streams import mappings
from local.tables import Tables
from tests.dossiers import CONSENT, LATER_DECISION, PERSONAL, proof
from tests.functional.conftest import history
from tests.functional.test_ops import Run, ops, run
from tests.handlers import invoked, load_handler

__all__ = ["ops", "run"]  # fixtures

type PutBack = Callable[[str, str], str]


@pytest.fixture
def put_back(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> PutBack:
    """Run the program that puts back what a table has lost; give what it prints."""
    text = (ROOT / "docs" / "runbook.md").read_text("utf-8")
    (program,) = re.findall(r"<<'PY'\n(.*?)\n   PY\n", text, re.DOTALL)

    def run(source: str, target: str) -> str:
        monkeypatch.setattr("sys.argv", ["-", source, target])
        exec(re.sub(r"^   ", "", program, flags=re.MULTILINE), {})  # noqa: S102 - ours
        return capsys.readouterr().out

    return run


def restored(table: str) -> str:
    """A copy of a table as it is now."""
    client: Any = boto3.client("dynamodb")
    schema = client.describe_table(TableName=table)["Table"]
    copy = {name: schema[name] for name in ("KeySchema", "AttributeDefinitions")}
    indexes = [
        {name: index[name] for name in ("IndexName", "KeySchema", "Projection")}
        for index in schema.get("GlobalSecondaryIndexes", ())
    ]
    copy |= {"GlobalSecondaryIndexes": indexes} if indexes else {}
    client.create_table(TableName=f"{table}-restored", BillingMode="PAY_PER_REQUEST", **copy)
    for item in client.scan(TableName=table)["Items"]:
        client.put_item(TableName=f"{table}-restored", Item=item)
    return f"{table}-restored"


def test_lost_items_are_restored_and_nothing_else_changes(tables: Tables, put_back: PutBack) -> None:
    lost, erased = proof(**PERSONAL), proof(id=LATER_DECISION, **PERSONAL)
    expired = proof(id="3" * 8, ttl=int(time.time()) - 1)
    for each in (lost, erased, expired):
        tables.consents.put_proof(each)
    copy = restored("ConsentsTable")
    client = boto3.client("dynamodb")
    for each in (lost, expired):
        key = {"consentId": {"S": CONSENT}, "id": {"S": each["id"]}}
        client.delete_item(TableName="ConsentsTable", Key=key)
    tables.consents.erase(CONSENT, widget_id=43, at="2026-11-26T10:00:00.000Z")

    assert [put_back(copy, "ConsentsTable") for _ in range(2)] == ["1 items put back\n", "0 items put back\n"]

    found = {stored.proof["id"]: stored.proof for stored in history(tables, CONSENT)}
    assert found.keys() == {lost["id"], erased["id"]}
    assert found[lost["id"]] == lost
    assert not found[erased["id"]].keys() & PERSONAL.keys()


def test_widgets_are_put_back_in_the_same_way(tables: Tables, put_back: PutBack) -> None:
    copy = restored("WidgetsTable")
    client = boto3.client("dynamodb")
    before = client.scan(TableName="WidgetsTable")["Items"]
    lost = [item for item in before if "#" in item["version"]["S"]]
    for item in lost:
        client.delete_item(TableName="WidgetsTable", Key={name: item[name] for name in ("widgetId", "version")})

    assert put_back(copy, "WidgetsTable") == f"{len(lost)} items put back\n"
    assert sorted(map(str, client.scan(TableName="WidgetsTable")["Items"])) == sorted(map(str, before))


# --- The drill --------------------------------------------------------------------------------------------------------


@pytest.fixture
def archiving(archive: Archive, resources: Mapping[str, Any]) -> Callable[[], None]:
    """Pass what the consents table's stream has to the archive's function, through the template's filters."""
    (mapping,) = (each for each in mappings(resources) if each.table == "ConsentsTable")
    function = load_handler("consent_archive", POWERTOOLS_SERVICE_NAME="consent_archive")
    client = boto3.client("dynamodbstreams")
    arn = boto3.client("dynamodb").describe_table(TableName="ConsentsTable")["Table"]["LatestStreamArn"]
    reader = streams._Reader(
        client, arn, client.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    )

    def deliver() -> None:
        while not reader.advance(mapping, lambda event: invoked(function.handler, event, function.TELEMETRY)[0]):
            pass

    return deliver


def test_the_drill_of_the_table(
    ops: Run, tables: Tables, put_back: PutBack, archiving: Callable[[], None], archive: Archive
) -> None:
    consents = [str(uuid4()) for _ in range(3)]
    first, second, third = (proof(consentId=each, **PERSONAL) for each in consents)
    for each in (first, second, third):
        tables.consents.put_proof(each)
    copy = restored("ConsentsTable")  # as the table was at that second
    assert ops("erase", consents[0]).code == 0
    later = proof(consentId=consents[0], id=LATER_DECISION, **PERSONAL)
    tables.consents.put_proof(later)
    archiving()
    for lost in (first, second):
        key = {"consentId": {"S": lost["consentId"]}, "id": {"S": lost["id"]}}
        boto3.client("dynamodb").delete_item(TableName="ConsentsTable", Key=key)

    again = [ops("replay-erasures", "--table", copy) for _ in range(2)]
    assert [(each.code, each.err) for each in again] == [(0, ""), (0, "")]
    assert [each.out for each in again] == [
        "Erased the visitor's data again from 1 proof; the list has 1.\n",
        "Erased the visitor's data again from 0 proofs; the list has 1.\n",
    ]
    assert put_back(copy, "ConsentsTable") == "2 items put back\n"

    found = {stored.proof["id"]: stored.proof for stored in history(tables, consents[0])}
    assert not found[first["id"]].keys() & PERSONAL.keys()
    assert "erasedAt" in found[first["id"]]
    assert found[later["id"]] == later  # a later decision was not erased
    assert [history(tables, each)[0].proof for each in consents[1:]] == [second, third]
    assert ops("replay-erasures").out == "Erased the visitor's data again from 0 proofs; the list has 1.\n"


def test_erasures_that_an_outage_left_out_are_listed_by_the_backfill(
    ops: Run, tables: Tables, archive: Archive
) -> None:
    tables.consents.put_proof(proof(**PERSONAL))
    ops("erase", CONSENT)
    assert erasures.recorded(archive).times == {}

    for _ in range(2):
        assert ops("archive", "--from", "2026-01-01").code == 0
    (name,) = erasures.recorded(archive).times
    assert name == erasures.name_of(CONSENT, proof()["id"])


def test_a_damaged_list_is_told_after_the_rest_was_replayed(ops: Run, tables: Tables, archive: Archive) -> None:
    tables.consents.put_proof(proof(**PERSONAL))
    erasures.record(
        archive, [{"proof": erasures.name_of(CONSENT, proof()["id"]), "erasedAt": "2026-11-26T10:00:00.000Z"}]
    )
    boto3.client("s3").put_object(Bucket="archivebucket", Key="erasures/x", Body=b"garbled")

    ended = ops("replay-erasures")
    assert ended.out == "Erased the visitor's data again from 1 proof; the list has 1.\n"
    assert (ended.code, ended.err) == (1, "Not readable, so its erasures are missing: erasures/x\n")


def test_the_drill_of_the_archive(ops: Run, tables: Tables, archive: Archive) -> None:
    day = "2026-11-24"
    keys = [Lane(archive, 0).append(43, day, [archived(proof(), "e1")])]
    keys.append(Lane(archive, 0).append(43, day, [archived(proof(id=LATER_DECISION), "e2")]))
    client: Any = boto3.client("s3")
    client.put_bucket_versioning(Bucket="archivebucket", VersioningConfiguration={"Status": "Enabled"})
    client.delete_object(Bucket="archivebucket", Key=keys[0])
    gone = ops("verify", "43", day)
    assert gone.code == 1
    assert f"{keys[0]}: is missing" in gone.out

    (marker,) = client.list_object_versions(Bucket="archivebucket", Prefix=keys[0])["DeleteMarkers"]
    client.delete_object(Bucket="archivebucket", Key=keys[0], VersionId=marker["VersionId"])
    assert ops("verify", "43", day).out.endswith("Complete: 2 proofs\n")
