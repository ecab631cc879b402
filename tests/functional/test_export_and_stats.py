"""Exports of the archive for operators: files of proofs, and figures. AWS is in memory."""

import csv
import fcntl
import json
import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import duckdb
import pytest

from consent_core.archive.objects import Archive, Lane, archived
from consent_core.canonical import NEVER_ARCHIVED
from local.tables import Tables
from tests.functional.conftest import Call, event
from tests.functional.test_ops import STACK, Ended, Run, create_stack, proof, run

__all__ = ["run"]  # a fixture

FOREVER = 4_102_444_800  # 2100-01-01
GROUP = "/aws/lambda/consent-platform-dev/consent_collect"
TODAY = datetime.now(UTC).date()
DAY, BEFORE = ((TODAY - timedelta(days=ago)).isoformat() for ago in (1, 2))
KINDS = ("csv", "jsonl", "parquet")


@pytest.fixture
def ops(archive: Archive, run: Run) -> Run:
    """Run a command on a stack with tables, an archive and a log."""
    outputs = {"WidgetsTableName": "WidgetsTable", "ConsentsTableName": "ConsentsTable"}
    create_stack(STACK, **outputs, ArchiveBucketName="archivebucket", ConsentCollectLogGroupName=GROUP)
    return lambda *arguments: run("--stack-name", STACK, *arguments)


@pytest.fixture
def log() -> Any:  # noqa: ANN401 - boto3's client
    """The log of consent_collect."""
    client = boto3.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="1")
    return client


def decided(number: int, day: str = DAY, **changes: object) -> dict[str, Any]:
    """A stored proof of widget 43, of a consent of its own."""
    name = f"{number:08}-0000-4000-8000-000000000000"
    at = f"{day}T10:00:00.{number:03}Z"
    return proof(name, **{"consentId": name, "date": at, "typeDevice": 2, "workSpaceId": 19, **changes})


def keep(archive: Archive, *numbers: int, day: str = DAY, lane: int = 0, **changes: object) -> None:
    lines = [archived(decided(number, day, **changes), f"e{number}") for number in numbers]
    Lane(archive, lane).append(43, day, lines)


def export(ops: Run, folder: Path, kind: str = "jsonl", first: str = DAY, last: str = DAY) -> Ended:
    return ops("export", "--widget", "43", "--from", first, "--to", last, "--format", kind, "--output", str(folder))


def lines_of(folder: Path, day: str = DAY) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"widget-43-{day}.jsonl").read_text("utf-8").splitlines()]


def rows_of(folder: Path, day: str = DAY) -> list[dict[str, str]]:
    text = (folder / f"widget-43-{day}.csv").read_bytes().decode()
    return list(csv.DictReader(StringIO(text, newline="")))


# --- export -----------------------------------------------------------------------------------------------------------


def test_json_lines_are_the_proofs_as_they_are_archived_each_once(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1, 2)
    keep(archive, 2, 3, lane=1)  # 2 was sent again
    ended = export(ops, tmp_path)

    assert ended == Ended(0, "Proofs: 3. Files written: 1, already there: 0.\n", "")
    assert lines_of(tmp_path) == [archived(decided(number), f"e{number}") for number in (1, 2, 3)]


def test_a_row_of_csv_is_a_proof(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 2, 1, action="Selection", origin="https://shop.example", versionAssumed=False)
    export(ops, tmp_path, "csv")

    first, second = rows_of(tmp_path)
    assert first == {
        "date": f"{DAY}T10:00:00.001Z",
        "consentId": "00000001-0000-4000-8000-000000000000",
        "id": "00000001-0000-4000-8000-000000000000",
        "widgetId": "43",
        "workSpaceId": "19",
        "versionKey": "419f5acc-f692-4cc4-93dd-790c346cd68d",
        "versionAssumed": "false",
        "lang": "fr-FR",
        "typeDevice": "2",
        "action": "Selection",
        "origin": "https://shop.example",
        "accepted": "session",
        "refused": "drift",
        "dateExpiration": "2027-05-23T10:00:00.000Z",
        "requestHash": "0" * 64,
        "eventId": "e1",
        "policy": "",
        "gpc": "",
        "dnt": "",
        "notRefused": "",
    }
    assert second["date"] == f"{DAY}T10:00:00.002Z"  # in order across lanes


def test_a_row_says_policy_signals_and_what_was_not_refused(ops: Run, archive: Archive, tmp_path: Path) -> None:
    consents = decided(1)["consents"]
    consents |= {"policy": "us", "signals": {"gpc": True, "dnt": False}}
    consents["cookieConsents"][1] |= {"consent": True, "notRefused": True}
    keep(archive, 1, consents=consents)
    export(ops, tmp_path, "csv")
    export(ops, tmp_path, "parquet")

    (row,) = rows_of(tmp_path)
    assert {name: row[name] for name in ("accepted", "refused", "policy", "gpc", "dnt", "notRefused")} == {
        "accepted": "session",
        "refused": "",
        "policy": "us",
        "gpc": "true",
        "dnt": "false",
        "notRefused": "drift",
    }
    with duckdb.connect() as database:
        file = database.read_parquet(str(tmp_path / f"widget-43-{DAY}.parquet"))
        (told,) = file.project("accepted, refused, policy, gpc, dnt, notRefused").fetchall()
    assert told == (["session"], [], "us", True, False, ["drift"])


def test_parquet_has_the_same_columns_with_times_and_lists(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1)
    export(ops, tmp_path, "parquet")
    export(ops, tmp_path, "csv")

    with duckdb.connect() as database:
        table = database.read_parquet(str(tmp_path / f"widget-43-{DAY}.parquet"))
        columns, types = table.columns, dict(zip(table.columns, map(str, table.types), strict=True))
        (row,) = table.project("epoch_ms(date), accepted, refused, action").fetchall()
    assert columns == list(rows_of(tmp_path)[0])
    assert types["date"] == types["dateExpiration"] == "TIMESTAMP WITH TIME ZONE"
    at = datetime.fromisoformat(f"{DAY}T10:00:00.001Z")
    assert row == (int(at.timestamp() * 1000), ["session"], ["drift"], None)


FORMULAS = "=+-@\uff1d\uff0b\uff0d\uff20\u2212\ufe63\u207b"
SKIPPED = ["", " ", "'", '"', "\u00a0", "\u200b", "\ufeff", "\u201c", "\x00", "\x1b", "\u3000 '\""]


def test_no_cell_of_csv_is_a_formula(ops: Run, archive: Archive, tmp_path: Path) -> None:
    starts = [before + sign for before in SKIPPED for sign in FORMULAS]
    for number, start in enumerate(starts):
        keep(archive, number, action=f"{start}HYPERLINK()", origin="https://shop.example/=1")
    export(ops, tmp_path, "csv")

    rows = rows_of(tmp_path)
    assert [row["action"] for row in rows] == [f"'{start}HYPERLINK()" for start in starts]
    assert {row["origin"] for row in rows} == {"https://shop.example/=1"}


def test_a_day_without_proofs_has_a_file_as_well(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1, day=BEFORE)
    for kind in KINDS:
        assert export(ops, tmp_path, kind, first=BEFORE).out == "Proofs: 1. Files written: 2, already there: 0.\n"

    files = {f"widget-43-{day}.{kind}" for day in (BEFORE, DAY) for kind in KINDS}
    assert {path.name for path in tmp_path.iterdir()} == files
    assert (lines_of(tmp_path), rows_of(tmp_path)) == ([], [])
    with duckdb.connect() as database:
        assert database.read_parquet(str(tmp_path / f"widget-43-{DAY}.parquet")).fetchall() == []


def test_a_file_that_is_there_is_left_as_it_is(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1)
    keep(archive, 2, day=BEFORE)
    (tmp_path / f"widget-43-{BEFORE}.jsonl").write_text("written before\n")
    ended = export(ops, tmp_path, first=BEFORE)

    assert ended.out == "Proofs: 1. Files written: 1, already there: 1.\n"
    assert (tmp_path / f"widget-43-{BEFORE}.jsonl").read_text() == "written before\n"
    assert len(lines_of(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_an_export_that_was_stopped_leaves_whole_files_only_and_goes_on(
    ops: Run, archive: Archive, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(archive, 1, day=BEFORE)
    keep(archive, 2)
    keep(archive, 3, lane=1)
    read = Archive.read
    with monkeypatch.context() as broken:

        def until_the_last(self: Archive, key: str) -> bytes:
            if "lane=1" in key:
                raise KeyboardInterrupt
            return read(self, key)

        broken.setattr(Archive, "read", until_the_last)
        export(ops, tmp_path, kind, first=BEFORE)
    assert [path.name for path in tmp_path.iterdir()] == [f"widget-43-{BEFORE}.{kind}"]

    for name in ("killed", "running"):
        (tmp_path / f".unfinished-{name}").mkdir()
        (tmp_path / f".unfinished-{name}" / DAY).write_text("half a line")
        (tmp_path / f".unfinished-{name}" / "lock").touch()
    with (tmp_path / ".unfinished-running" / "lock").open() as lock:  # another export into the same folder
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert export(ops, tmp_path, kind, first=BEFORE).out == "Proofs: 2. Files written: 1, already there: 1.\n"
    written = {f"widget-43-{day}.{kind}" for day in (BEFORE, DAY)}
    assert {path.name for path in tmp_path.iterdir()} == {*written, ".unfinished-running"}
    assert (tmp_path / ".unfinished-running" / DAY).read_text() == "half a line"


def test_without_an_archive_the_proofs_come_from_the_table(ops: Run, tables: Tables, tmp_path: Path) -> None:
    personal = {"userId": "crm-42", "referrer": "https://shop.example/basket", "sessionId": DAY}
    tables.consents.put_proof(decided(1, **personal))
    tables.consents.put_proof(decided(2, day=BEFORE))
    tables.consents.put_proof(decided(3, widgetId=44))
    tables.consents.put_proof(decided(4, ttl=1))  # its time is over, though DynamoDB has not deleted it
    tables.consents.put_proof(decided(5, day=TODAY.isoformat()))
    ended = export(ops, tmp_path, first=BEFORE)

    assert ended.out == "Proofs: 2. Files written: 2, already there: 0.\n"
    (line,) = lines_of(tmp_path)
    assert re.fullmatch(r"table:[0-9a-f]{32}", line["eventId"])
    assert line == archived(decided(1), line["eventId"])
    assert not NEVER_ARCHIVED & line.keys()


def test_the_archives_first_day_comes_from_both_and_later_ones_from_the_archive_alone(
    ops: Run, archive: Archive, tables: Tables, tmp_path: Path
) -> None:
    keep(archive, 2, day=BEFORE)
    keep(archive, 4)
    for number, day in ((1, BEFORE), (2, BEFORE), (3, DAY)):
        tables.consents.put_proof(decided(number, day))
    export(ops, tmp_path, "csv", first=BEFORE)

    assert [row["id"][7] for row in rows_of(tmp_path, BEFORE)] == ["1", "2"]
    assert [row["id"][7] for row in rows_of(tmp_path)] == ["4"]


def test_any_folder_will_do(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1)
    folder = tmp_path / "new" / "o'brien's [1]*?"
    for kind in KINDS:
        assert export(ops, folder, kind).code == 0
    assert {path.name for path in folder.iterdir()} == {f"widget-43-{DAY}.{kind}" for kind in KINDS}


def test_the_last_day_is_yesterday_unless_it_is_said(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1)
    keep(archive, 2, day=TODAY.isoformat())
    ops("export", "--widget", "43", "--from", BEFORE, "--format", "jsonl", "--output", str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {f"widget-43-{day}.jsonl" for day in (BEFORE, DAY)}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [(DAY, TODAY.isoformat(), "is not over"), (DAY, BEFORE, "the first day comes after the last")],
)
def test_days_that_cannot_be_whole_or_do_not_exist_are_wrong_usage(
    ops: Run, tmp_path: Path, first: str, last: str, said: str
) -> None:
    ended = export(ops, tmp_path, first=first, last=last)
    assert (ended.code, ended.out, list(tmp_path.iterdir())) == (2, "", [])
    assert said in " ".join(ended.err.replace("│", " ").split())


@pytest.mark.parametrize("kind", KINDS)
def test_today_is_written_to_a_partial_file_each_time_and_never_counts_as_done(
    ops: Run, archive: Archive, tmp_path: Path, kind: str
) -> None:
    today = TODAY.isoformat()
    partial = tmp_path / f"widget-43-{today}.partial.{kind}"
    arguments = ("export", "--widget", "43", "--format", kind, "--output", str(tmp_path), "--include-today", "--from")
    keep(archive, 1)
    keep(archive, 2, day=today)
    first = ops(*arguments, DAY)
    before = partial.read_bytes()
    keep(archive, 3, day=today)
    again = ops(*arguments, DAY)
    today_alone = ops(*arguments, today)

    said = f"Today is not over: {partial.name} is partial.\n"
    assert first == Ended(0, f"Proofs: 2. Files written: 2, already there: 0.\n{said}", "")
    assert again == Ended(0, f"Proofs: 2. Files written: 1, already there: 1.\n{said}", "")
    assert today_alone == Ended(0, f"Proofs: 2. Files written: 1, already there: 0.\n{said}", "")
    assert partial.read_bytes() != before
    assert {path.name for path in tmp_path.iterdir()} == {f"widget-43-{DAY}.{kind}", partial.name}


def test_the_file_of_a_finished_day_replaces_its_partial_one(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1)
    (tmp_path / f"widget-43-{DAY}.partial.jsonl").write_text("written when the day was not over\n")

    assert export(ops, tmp_path).out == "Proofs: 1. Files written: 1, already there: 0.\n"
    assert [path.name for path in tmp_path.iterdir()] == [f"widget-43-{DAY}.jsonl"]


def test_a_last_day_and_today_exclude_each_other(ops: Run, tmp_path: Path) -> None:
    days = ("--from", BEFORE, "--to", DAY, "--include-today")
    ended = ops("export", "--widget", "43", *days, "--output", str(tmp_path))

    assert (ended.code, ended.out, list(tmp_path.iterdir())) == (2, "", [])


def test_an_unknown_widget_has_nothing_to_take_out(ops: Run, tmp_path: Path) -> None:
    ended = ops("export", "--widget", "45", "--from", DAY, "--output", str(tmp_path))
    assert (ended, list(tmp_path.iterdir())) == (Ended(1, "", "Widget 45 not found.\n"), [])
    assert ops("stats", "45") == ended


# --- stats ------------------------------------------------------------------------------------------------------------


def visited(log: Any, collect: Call, kind: str = "Visit", **changes: object) -> None:  # noqa: ANN401 - boto3's
    """Let consent_collect answer, and keep what it logs."""
    answer = collect({**event("collect"), "body": json.dumps({"type": kind, "lang": "fr", **changes})})
    assert answer.status == 202
    write(log, *answer.log)


def write(log: Any, *lines: object, ago: timedelta = timedelta()) -> None:  # noqa: ANN401
    at = int((datetime.now(UTC) - ago).timestamp() * 1000)
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    log.put_log_events(
        logGroupName=GROUP, logStreamName="1", logEvents=[{"timestamp": at, "message": text} for text in texts]
    )


def stats(ops: Run, *arguments: str) -> dict[str, Any]:
    ended = ops("stats", "43", "--json", *arguments)
    assert (ended.code, ended.err) == (0, "")
    said: dict[str, Any] = json.loads(ended.out)
    return said


def test_decisions_are_counted_from_the_archive_each_once(ops: Run, archive: Archive) -> None:
    keep(archive, 1, 2, 3, action="AcceptAll")
    keep(archive, 3, 4, lane=1, action="RefuseAll")
    keep(archive, 5, day=BEFORE)
    said = stats(ops, "--days", "3")

    assert [(day["day"], day["decisions"]) for day in said["days"]] == [
        (BEFORE, 1),
        (DAY, 4),
        (TODAY.isoformat(), 0),
    ]
    assert said["actions"] == [
        {"action": "AcceptAll", "decisions": 3},
        {"action": "RefuseAll", "decisions": 1},
        {"action": "unknown", "decisions": 1},
    ]
    assert [(each["slug"], each["asked"], each["agreed"]) for each in said["services"]] == [("drift", 5, 0)]


def test_windows_shown_and_closed_are_counted_from_what_the_function_logs(
    ops: Run, log: object, collect: Call, tables: Tables
) -> None:
    visited(log, collect, typeDevice=1)
    visited(log, collect, typeDevice=2, lang="nl")
    visited(log, collect, "Quit", typeDevice=2, lang="nl")
    said = stats(ops, "--days", "2")

    assert said["shownKnownFrom"] == TODAY.isoformat()
    assert [(day["shown"], day["closed"]) for day in said["days"]] == [(None, None), (2, 1)]
    assert {each["language"]: (each["shown"], each["closed"]) for each in said["languages"]} == {
        "fr": (1, 0),
        "nl": (1, 1),
    }
    assert {each["device"]: each["shown"] for each in said["devices"]} == {"mobile": 1, "desktop": 1}


def test_lines_of_others_are_not_counted(ops: Run, log: object, collect: Call) -> None:
    mine = {"message": "Visits", "widgetId": 43}
    write(log, "START RequestId: Visits 43", "[43]", "{", '{"Visits": [1.0], "widgetId": 43}')
    write(log, {**mine, "widgetId": 430}, {**mine, "message": "ProofsStored"}, {"message": "Visits"})
    write(log, mine, ago=timedelta(days=1))
    assert stats(ops)["total"]["shown"] == 0
    write(log, mine)  # as an older version logs it
    said = stats(ops)
    assert (said["total"]["shown"], said["languages"][0]["language"]) == (1, "unknown")


def test_days_whose_log_is_gone_are_not_known(ops: Run, log: Any) -> None:  # noqa: ANN401
    log.put_retention_policy(logGroupName=GROUP, retentionInDays=1)
    assert stats(ops, "--days", "1")["total"]["shown"] == 0
    log.delete_log_group(logGroupName=GROUP)
    said = stats(ops, "--days", "1")
    assert (said["shownKnownFrom"], said["total"]["shown"]) == (None, None)


def test_stats_are_drawn_within_eighty_columns_and_without_colour(ops: Run, archive: Archive, log: object) -> None:
    keep(archive, 1, 2)
    ended = ops("stats", "43", "--days", "3")

    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Widget 43: Demo shop\n")
    assert max(map(len, ended.out.splitlines())) <= 80
    assert "\x1b" not in ended.out
    assert re.search(rf"^{DAY} +– +– +2 +░{{32}} *$", ended.out, re.MULTILINE)


def test_a_page_that_cannot_be_written_is_told(ops: Run, archive: Archive, tmp_path: Path) -> None:
    file = tmp_path / "missing" / "stats.html"
    said = f"{file} cannot be written: No such file or directory. Choose another name.\n"
    assert ops("stats", "43", "--html", str(file)) == Ended(2, "", said)


def test_stats_are_written_as_a_page(ops: Run, archive: Archive, tmp_path: Path) -> None:
    keep(archive, 1, 2)
    file = tmp_path / "stats.html"
    for _ in range(2):  # it replaces what it has written before
        assert ops("stats", "43", "--html", str(file)) == Ended(0, f"Written to {file}.\n", "")
    page = file.read_text("utf-8")
    assert "<title>Consent statistics: Demo shop</title>" in page
    assert f'<th scope="row">{DAY}</th>' in page
