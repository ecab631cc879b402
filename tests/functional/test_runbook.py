"""The runbook's commands, run as people would paste them."""

import re
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from local import ROOT
from local.tables import Tables
from tests.dossiers import CONSENT, LATER_DECISION, PERSONAL, proof
from tests.functional.conftest import history

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
