"""A consent receipt from the visitor's route to the operator's check of it against the archive."""

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from consent_core.archive.objects import Archive, Lane, archived
from local.tables import Tables
from tests.functional.conftest import Call, caller, event, history, with_body
from tests.functional.test_ops import STACK, Ended, Run, create_stack, run

__all__ = ["run"]  # a fixture

type Receipt = dict[str, Any]


@pytest.fixture
def ops(archive: Archive, run: Run) -> Run:
    """Run a command on a stack with tables and an archive."""
    outputs = {"WidgetsTableName": "WidgetsTable", "ConsentsTableName": "ConsentsTable"}
    create_stack(STACK, **outputs, ArchiveBucketName="archivebucket")
    return lambda *arguments: run("--stack-name", STACK, *arguments)


@pytest.fixture
def receipt(collect: Call) -> Receipt:
    """The receipt that the visitor of a decision has downloaded."""
    consent_id = collect(event("collect")).body["consentId"]
    collect(with_body(event("collect"), id="22222222-2222-4333-8444-555555555555", consentId=consent_id))
    named = json.loads(event("collect")["body"])["id"]
    made: Receipt = caller("visitor_rights")(with_body(event("receipt"), consentId=consent_id, id=named)).body
    return made


@pytest.fixture
def key(receipt: Receipt, archive: Archive, tables: Tables) -> str:
    """The object that has the receipt's proof, beside a later one of the same consent."""
    consent_id = receipt["dpv:hasRecordOfActivity"]["dpv:hasDataSubject"]["dct:identifier"]
    proofs = [stored.proof for stored in history(tables, consent_id)]
    day = proofs[0]["date"][:10]
    return Lane(archive, 0).append(43, day, [archived(each, f"e{number}") for number, each in enumerate(proofs)])


def verified(ops: Run, receipt: object, folder: Path) -> Ended:
    file = folder / "consent-receipt.json"
    file.write_text(json.dumps(receipt, ensure_ascii=False, indent=2), "utf-8")
    return ops("verify-receipt", str(file))


def replace_object(key: str, lines: list[dict[str, Any]]) -> None:
    """Write an object as an intruder would, with the metadata that it had."""
    client = boto3.client("s3")
    metadata = client.head_object(Bucket="archivebucket", Key=key)["Metadata"]
    content = gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode())
    client.put_object(Bucket="archivebucket", Key=key, Body=content, Metadata=metadata)


def lines_of(archive: Archive, key: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(archive.read(key)).splitlines()]


def test_a_receipt_is_what_the_archive_says(ops: Run, receipt: Receipt, key: str, tmp_path: Path) -> None:
    said = f"The receipt is what the archived proof says: {key}\n"
    assert verified(ops, receipt, tmp_path) == Ended(0, said, "")


def test_its_hash_is_that_of_the_archived_line_without_the_event(receipt: Receipt, archive: Archive, key: str) -> None:
    """As docs/receipts.md has it for a check by hand."""
    first, *_ = lines_of(archive, key)
    del first["eventId"]
    text = json.dumps(first, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert receipt["dpv:hasRecordOfActivity"]["cp:proofSha256"] == hashlib.sha256(text.encode()).hexdigest()


def consented(process: Receipt) -> None:
    process["dpv:hasConsentStatus"]["@type"] = "dpv:ConsentGiven"


@pytest.mark.parametrize(
    ("alter", "place"),
    [
        (lambda made: consented(made["dpv:hasProcess"][3]), "dpv:hasProcess/3/dpv:hasConsentStatus/@type"),
        (lambda made: made["dpv:hasProcess"].pop(), "dpv:hasProcess"),
        (lambda made: made["dpv:hasProcess"].reverse(), "dpv:hasProcess/0/"),
        (lambda made: made.update({"cp:proofSha256": "0" * 64}), "cp:proofSha256"),
        (lambda made: made.update({"cp:site": "https://other.example"}), "cp:site"),
        (lambda made: made.update({"cp:policy": "us"}), "cp:policy"),
        (lambda made: made.update({"cp:versionAssumed": 1}), "cp:versionAssumed"),
        (lambda made: made.update({"dct:valid": "2030-01-01T00:00:00.000Z"}), "dct:valid"),
        (lambda made: made["dpv:hasNotice"][0].update({"cp:sha256": "0" * 64}), "dpv:hasNotice/0/cp:sha256"),
        (lambda made: made["dpv:hasProcess"][2]["dpv:hasService"].update({"dct:title": "X"}), "dpv:hasService"),
        (lambda made: made.pop("dpv:hasConsentControl"), "dpv:hasConsentControl"),
    ],
)
def test_an_altered_receipt_is_not(
    ops: Run, receipt: Receipt, key: str, tmp_path: Path, alter: Callable[[Receipt], object], place: str
) -> None:
    alter(receipt["dpv:hasRecordOfActivity"])
    ended = verified(ops, receipt, tmp_path)

    assert (ended.code, ended.out) == (1, "")
    first, *_, last = ended.err.splitlines()
    assert first.startswith("/dpv:hasRecordOfActivity/")
    assert place in ended.err
    assert first.endswith(" is not what the archive says.")
    assert last == "The receipt was altered, or what it was made from was."


@pytest.mark.parametrize("name", ["@id", "dct:identifier", "dct:conformsTo", "@context"])
def test_an_altered_frame_of_a_receipt_is_named(
    ops: Run, receipt: Receipt, key: str, tmp_path: Path, name: str
) -> None:
    ended = verified(ops, {**receipt, name: "x"}, tmp_path)
    assert (ended.code, ended.err.splitlines()[0]) == (1, f"/{name} is not what the archive says.")


def test_another_time_of_making_is_an_alteration(ops: Run, receipt: Receipt, key: str, tmp_path: Path) -> None:
    ended = verified(ops, {**receipt, "dct:created": "2026-01-01T00:00:00.000Z"}, tmp_path)
    assert ended.err.splitlines()[:3] == [
        "/@id is not what the archive says.",
        "/dct:identifier is not what the archive says.",
        "/dpv:hasIdentifier is not what the archive says.",
    ]


def test_an_archived_proof_that_was_altered_is_told_as_well(
    ops: Run, receipt: Receipt, archive: Archive, key: str, tmp_path: Path
) -> None:
    first, second = lines_of(archive, key)
    first["consents"]["cookieConsents"][1]["consent"] = False
    replace_object(key, [first, second])
    ended = verified(ops, receipt, tmp_path)

    assert ended.code == 1
    assert "/dpv:hasRecordOfActivity/cp:proofSha256 is not what the archive says." in ended.err.splitlines()
    assert f"The archived object {key} was changed since it was written." in ended.err.splitlines()


def test_settings_that_were_altered_make_another_receipt(
    ops: Run, receipt: Receipt, key: str, tables: Tables, tmp_path: Path
) -> None:
    notice = receipt["dpv:hasRecordOfActivity"]["dpv:hasNotice"][0]
    boto3.client("dynamodb").update_item(
        TableName="WidgetsTable",
        Key={
            "widgetId": {"N": "43"},
            "version": {"S": f"{notice['dct:identifier']}#{notice['dct:language']}"},
        },
        UpdateExpression="SET body = :body",
        ExpressionAttributeValues={":body": {"S": '{"groups": [], "lang": "fr", "lastVersionGeneration": ""}'}},
    )
    ended = verified(ops, receipt, tmp_path)
    assert ended.code == 1
    assert ended.err.splitlines()[0] == "The settings that were shown are not as they were published, or are lost."


def test_a_receipt_whose_proof_is_not_archived_is_exit_code_1(
    ops: Run, receipt: Receipt, archive: Archive, tmp_path: Path
) -> None:
    date = receipt["dpv:hasRecordOfActivity"]["dct:created"]
    assert verified(ops, receipt, tmp_path) == Ended(
        1,
        "",
        f"The archive has no proof of this decision of {date}. A new decision is there within minutes; an archived one "
        "ends with its retention.\n",
    )


def test_a_damaged_archive_leaves_it_unknown(ops: Run, receipt: Receipt, key: str, tmp_path: Path) -> None:
    boto3.client("s3").put_object(Bucket="archivebucket", Key=key, Body=b"no gzip")
    date = receipt["dpv:hasRecordOfActivity"]["dct:created"]
    assert verified(ops, receipt, tmp_path) == Ended(
        3,
        "",
        f"The archive has no proof of this decision of {date} in what could be read.\nNot readable: {key}\n",
    )


NO_RECEIPTS: list[object] = [
    [],
    {},
    "receipt",
    {"dpv:hasRecordOfActivity": []},
    {"dct:created": "2026-11-26T18:00:00.000Z", "dpv:hasRecordOfActivity": {"cp:widget": 43}},
]


@pytest.mark.parametrize("written", NO_RECEIPTS)
def test_another_file_is_wrong_usage(ops: Run, written: object, tmp_path: Path) -> None:
    ended = verified(ops, written, tmp_path)
    assert (ended.code, ended.out) == (2, "")
    assert "is not a consent receipt of this platform" in " ".join(ended.err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("cp:widget", "43"),
        ("cp:widget", True),
        ("cp:widget", 0),
        ("dct:identifier", "../x"),
        ("dct:identifier", 1),
        ("dct:created", "yesterday"),
        ("dct:created", None),
    ],
)
def test_a_receipt_that_names_no_proof_is_wrong_usage(
    ops: Run, receipt: Receipt, tmp_path: Path, name: str, value: object
) -> None:
    receipt["dpv:hasRecordOfActivity"][name] = value
    assert verified(ops, receipt, tmp_path).code == 2


def test_a_file_that_is_no_text_is_wrong_usage(ops: Run, tmp_path: Path) -> None:
    file = tmp_path / "receipt"
    file.write_bytes(b"\xff\xfe{")
    assert ops("verify-receipt", str(file)).code == 2
