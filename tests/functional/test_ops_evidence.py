"""The operators' commands that answer for a consent: ``dossier`` and ``erase``."""

import json
import stat
from pathlib import Path
from typing import NoReturn

import boto3
import pytest

from consent_core.archive.athena import Finder, NotAnsweredError
from consent_core.archive.objects import Archive, Lane, archived, key_of
from consent_core.dossier.claims import ADVICE
from local.tables import Tables
from tests.dossiers import CONSENT, LATER_DECISION, PERSONAL, holding, proof
from tests.functional.conftest import history
from tests.functional.test_evidence import made, version
from tests.functional.test_ops import STACK, Ended, Run, create_stack, run

__all__ = ["run", "version"]  # fixtures

NAMES = {
    "WidgetsTableName": "WidgetsTable",
    "ConsentsTableName": "ConsentsTable",
    "ArchiveBucketName": "archivebucket",
    "AthenaWorkgroup": "archive",
    "ArchiveDatabaseName": "consent_platform",
}


@pytest.fixture
def ops(archive: Archive, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on a stack whose outputs name tables and archive, in a folder of the test's own."""
    create_stack(STACK, **NAMES)
    monkeypatch.chdir(tmp_path)
    return lambda *arguments: run("--stack-name", STACK, "--region", "eu-west-1", *arguments)


# --- dossier ----------------------------------------------------------------------------------------------------------


def test_a_dossier_is_a_page_that_only_its_writer_may_read(
    ops: Run, tables: Tables, tmp_path: Path, version: str
) -> None:
    tables.consents.put_proof(made(version))

    assert ops("dossier", CONSENT) == Ended(0, "Written to dossier.html. It holds personal data.\n", "")

    file = tmp_path / "dossier.html"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text("utf-8")
    assert text.lstrip().startswith("<!doctype html>")
    assert CONSENT in text
    assert "aws --region eu-west-1 dynamodb get-item" in text


def test_a_file_that_is_there_is_left_alone(ops: Run, tables: Tables, tmp_path: Path, version: str) -> None:
    tables.consents.put_proof(made(version))
    (tmp_path / "mine.html").write_text("mine")

    ended = ops("dossier", CONSENT, "--output", "mine.html")

    said = "mine.html cannot be written: File exists. Choose another name.\n"
    assert ended == Ended(2, "", said)
    assert (tmp_path / "mine.html").read_text() == "mine"


def test_a_dossier_as_json_is_what_the_page_is_made_of(
    ops: Run, tables: Tables, archive: Archive, tmp_path: Path, version: str
) -> None:
    stored = made(version)
    tables.consents.put_proof(stored)
    Lane(archive, 1).append(45, "2026-11-24", [archived(stored, "e1")])

    ended = ops("dossier", CONSENT.upper(), "--json")

    (decision,) = json.loads(ended.out)["decisions"]
    assert (ended.code, decision["proof"]) == (0, stored)
    assert set(holding(decision).values()) == {True}
    assert list(tmp_path.iterdir()) == []


def test_an_expired_consent_is_found_on_its_day(ops: Run, archive: Archive, tmp_path: Path, version: str) -> None:
    Lane(archive, 1).append(45, "2026-11-24", [archived(made(version), "e1")])
    nothing = f"No proofs found for consent {CONSENT}.\n{ADVICE}\n"

    assert ops("dossier", CONSENT) == Ended(1, "", nothing)
    assert ops("dossier", CONSENT, "--date", "2026-11-23") == Ended(1, "", nothing)
    assert ops("dossier", CONSENT, "--date", "2026-11-24", "--widget", "44") == Ended(1, "", nothing)
    assert list(tmp_path.iterdir()) == []
    assert ops("dossier", CONSENT, "--date", "2026-11-23", "--date", "2026-11-24", "--widget", "45").code == 0
    assert "not kept: the archive has none" in (tmp_path / "dossier.html").read_text("utf-8")


def test_an_archive_that_could_not_be_searched_is_no_proof_that_there_is_none(
    ops: Run, tables: Tables, archive: Archive, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object, **__: object) -> NoReturn:
        raise NotAnsweredError("Athena's query failed.")

    monkeypatch.setattr(Finder, "objects", failing)
    unknown = f"Unknown: proofs of consent {CONSENT} may exist, but not all places could be read."

    assert ops("dossier", CONSENT, "--anywhere") == Ended(3, "", f"{unknown}\nAthena's query failed. {ADVICE}\n")
    told = ops("dossier", CONSENT, "--anywhere", "--json")
    assert (told.code, json.loads(told.out)["archive"]["isComplete"]) == (3, False)

    tables.consents.put_proof(made(version))
    told = ops("dossier", CONSENT, "--anywhere", "--output", "some.html")
    incomplete = "The archive was not searched completely, and may hold more."
    assert (told.code, told.err) == (0, f"{incomplete} Athena's query failed. {ADVICE}\n")
    page = (tmp_path / "some.html").read_text("utf-8")
    (tmp_path / "some.html").unlink()
    assert "The search of the archive is not complete. It may hold more. Athena&#39;s query failed." in page
    assert "The archive was not searched for this proof." not in page  # its day was
    boto3.client("dynamodb").delete_item(
        TableName="ConsentsTable", Key={name: {"S": made(version)[name]} for name in ("consentId", "id")}
    )

    key = key_of(45, "2026-11-24", 1, 1)
    boto3.client("s3").put_object(Bucket="archivebucket", Key=key, Body=b"garbled")
    ended = ops("dossier", CONSENT, "--date", "2026-11-24", "--widget", "45")
    assert ended == Ended(3, "", f"{unknown}\nNot readable: {key}\n{ADVICE}\n")
    assert list(tmp_path.iterdir()) == []


def test_anywhere_asks_athena_which_objects_are_worth_reading(
    ops: Run, archive: Archive, tmp_path: Path, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Lane(archive, 1).append(45, "2026-01-24", [archived(made(version), "e1")])
    asked: list[tuple[object, ...]] = []

    def objects(_self: Finder, *question: object, seconds: float) -> list[str]:
        asked.append((*question, seconds))
        return [key]

    monkeypatch.setattr(Finder, "objects", objects)

    assert ops("dossier", CONSENT, "--anywhere").code == 0
    assert asked == [(CONSENT, [45], 120.0)]
    assert "The whole archive was searched" in (tmp_path / "dossier.html").read_text("utf-8")


def test_there_is_no_athena_on_one_machine(run: Run) -> None:
    said = "Athena is not available on this machine: name the day with --date.\n"
    assert run("--local", "dossier", CONSENT, "--anywhere") == Ended(2, "", said)


@pytest.mark.parametrize("arguments", [("43",), (CONSENT, "--date", "24.11.2026"), (CONSENT, "--widget", "0")])
def test_a_question_of_another_shape_is_wrong_usage(ops: Run, arguments: tuple[str, ...]) -> None:
    assert ops("dossier", *arguments).code == 2


# --- erase ------------------------------------------------------------------------------------------------------------


def test_erase_takes_what_names_the_visitor_from_every_widgets_proofs(ops: Run, tables: Tables) -> None:
    tables.consents.put_proof(proof(**PERSONAL))
    tables.consents.put_proof(proof(id=LATER_DECISION, widgetId=44, **PERSONAL))
    tables.consents.put_proof(proof(id=CONSENT, widgetId=44))

    assert [ops("erase", CONSENT) for _ in range(2)] == [
        Ended(0, "Erased the visitor's data from 2 of 3 proofs.\n", ""),
        Ended(0, "Erased the visitor's data from 0 of 3 proofs.\n", ""),
    ]
    assert [stored.proof.keys() & PERSONAL.keys() for stored in history(tables, CONSENT)] == [set(), set(), set()]


def test_there_is_nothing_to_erase_of_an_unknown_consent(ops: Run) -> None:
    assert ops("erase", CONSENT) == Ended(1, "", f"No proofs found for consent {CONSENT}.\n")
