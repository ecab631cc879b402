"""The questions of docs/statistics.md, word for word, asked of files that the archive's code has written.

DuckDB stands in for Athena: its view has the columns and the places of the template's Glue table. That table is told
not to mind the case of names in JSON, which DuckDB always does: the test spells the columns as the lines do.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pytest

from consent_core.archive.batches import batches
from consent_core.archive.objects import Archive, Lane
from consent_core.items import attribute
from consent_core.statistics.counts import Statistics
from local import ROOT
from local.tables import Tables
from tests.functional.test_ops import proof

CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
FIRST, SECOND = "2026-11-24", "2026-11-25"
KINDS = {"string": "VARCHAR", "bigint": "BIGINT", "int": "INTEGER", "boolean": "BOOLEAN"}

type Ask = Callable[[str], list[tuple[object, ...]]]

of_one_consent, by_service, by_action, by_policy = re.findall(
    r"```sql\n(.*?)```", (ROOT / "docs" / "statistics.md").read_text("utf-8"), re.DOTALL
)


SPELT = {name.lower(): name for name in ("consentId", "dateExpiration", "widgetId", "workSpaceId", "typeDevice")}
SPELT |= {name.lower(): name for name in ("versionAssumed", "requestHash", "eventId", "versionKey", "cookieConsents")}


def spelt(name: str) -> str:
    return SPELT.get(name, name)


def duckdb_type(kind: str) -> str:
    """Translate a type of Hive to DuckDB's."""
    name, _, inner = kind.removesuffix(">").partition("<")
    match name:
        case "array":
            return f"{duckdb_type(inner)}[]"
        case "map":
            key, _, value = inner.partition(",")
            return f"MAP({duckdb_type(key)}, {duckdb_type(value)})"
        case "struct":
            fields = re.findall(r"(\w+):((?:[^,<>]|<(?:[^<>]|<[^<>]*>)*>)+)", inner)
            return f"STRUCT({', '.join(f'{spelt(name)} {duckdb_type(field)}' for name, field in fields)})"
    return KINDS[kind]


@pytest.fixture
def ask(archive: Archive, resources: Mapping[str, Any], tmp_path: Path) -> Ask:
    """Ask what has been archived so far."""
    table = resources["ArchiveProofs"]["Properties"]["TableInput"]
    columns = {spelt(column["Name"]): duckdb_type(column["Type"]) for column in table["StorageDescriptor"]["Columns"]}
    keys = table["PartitionKeys"]
    place = table["Parameters"]["storage.location.template"].partition("proofs/")[2]
    pattern = re.sub(r"\$\{!?(\w+)\}", r"([^/]+)", place)

    def answer(question: str) -> list[tuple[object, ...]]:
        for day in archive.days(43):
            for each in archive.objects(43, day):
                path = tmp_path / each.key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(archive.read(each.key))
        with duckdb.connect() as database:
            files = database.read_json(
                f"{tmp_path}/proofs/**/*.ndjson.gz",
                format="newline_delimited",
                columns=columns,
                filename=True,
                hive_partitioning=False,
            )
            parts = ", ".join(
                f"CAST(regexp_extract(filename, '{pattern}', {place}) AS {KINDS[key['Type']]}) AS {key['Name']}"
                for place, key in enumerate(keys, 1)
            )
            files.project(f"* EXCLUDE filename, {parts}").create_view("proofs")
            rows: list[tuple[object, ...]] = database.execute(question).fetchall()
        return rows

    return answer


def archived(archive: Archive, *proofs: Mapping[str, Any], lane: int = 0) -> None:
    """Archive proofs as the function does: from the records of the table's stream."""
    records = [
        {
            "eventID": f"e{number}",
            "dynamodb": {
                "SequenceNumber": str(number),
                "NewImage": {name: attribute(value) for name, value in each.items()},
            },
        }
        for number, each in enumerate(proofs)
    ]
    found, unreadable = batches(records)
    assert unreadable == 0
    for batch in found:
        Lane(archive, lane).append(batch.widget_id, batch.day, batch.lines)


def decision(number: int, day: str = FIRST, *, agreed: bool = False, **changes: object) -> dict[str, Any]:
    made = proof(f"{number:08}-0000-4000-8000-000000000000", date=f"{day}T10:00:00.00{number}Z", **changes)
    made["consents"]["cookieConsents"][1]["consent"] = agreed
    return made


def test_the_proofs_of_a_consent_are_found_with_what_was_decided(archive: Archive, ask: Ask) -> None:
    mine = [decision(2, SECOND, agreed=True, action="Selection"), decision(1, action="RefuseAll")]
    archived(archive, *mine, decision(3, consentId="11111111-0000-4000-8000-000000000000"))
    archived(archive, *mine, lane=9)  # sent again, to another lane

    version = "419f5acc-f692-4cc4-93dd-790c346cd68d"
    first = (f"{FIRST}T10:00:00.001Z", "00000001-0000-4000-8000-000000000000", "RefuseAll", version)
    second = (f"{SECOND}T10:00:00.002Z", "00000002-0000-4000-8000-000000000000", "Selection", version)
    assert ask(of_one_consent) == [
        (*first, "drift", "false"),
        (*first, "session", "true"),
        (*second, "drift", "true"),
        (*second, "session", "true"),
    ]


def test_a_service_is_counted_by_day_each_decision_once(archive: Archive, ask: Ask) -> None:
    archived(archive, decision(1, agreed=True), decision(2), decision(3, SECOND, agreed=True))
    archived(archive, decision(1, agreed=True), decision(4, agreed=True), lane=2)
    archived(archive, decision(5, "2026-12-01"))
    archived(archive, decision(6, widgetId=44))

    assert ask(by_service) == [(FIRST, "drift", 3, 2, 0), (SECOND, "drift", 1, 1, 0)]


def test_ways_of_deciding_are_counted_by_day_each_decision_once(archive: Archive, ask: Ask) -> None:
    archived(archive, decision(1, action="AcceptAll"), decision(2, action="AcceptAll"), decision(3))
    archived(archive, decision(2, action="AcceptAll"), decision(4, SECOND, action="RefuseAll"), lane=1)

    assert ask(by_action) == [(FIRST, "AcceptAll", 2), (FIRST, "unknown", 1), (SECOND, "RefuseAll", 1)]


def under(policy: str, number: int, day: str = FIRST, **entry: object) -> dict[str, Any]:
    """A decision under a policy, with an entry of its own on drift."""
    made = decision(number, day)
    made["consents"] = {**made["consents"], "policy": policy, "signals": {"gpc": True, "dnt": False}}
    made["consents"]["cookieConsents"][1].update(entry)
    return made


def left_on(number: int, day: str = FIRST) -> dict[str, Any]:
    return under("us", number, day, consent=True, notRefused=True)


def lines_in_lower_case(archive: Archive, *proofs: Mapping[str, Any]) -> None:
    """Archive proofs whose services have names as a reader that minds no case may show them."""
    for each in proofs:
        for service in each["consents"]["cookieConsents"]:
            service.update({name.lower(): service.pop(name) for name in list(service)})
    archived(archive, *proofs)


@pytest.mark.parametrize("archive_as_read", [archived, lines_in_lower_case])
def test_what_was_not_refused_is_no_consent_to_any_question(
    archive: Archive, ask: Ask, archive_as_read: Callable[..., None]
) -> None:
    refused = under("us", 2, consent=False)
    agreed = under("strict", 3, consent=True)
    archive_as_read(archive, left_on(1), refused, agreed, decision(4, agreed=True), left_on(5, SECOND))

    assert [(row[1][:8], row[5]) for row in ask(of_one_consent) if row[4] == "drift"] == [  # type: ignore[index]
        ("00000001", "not refused"),
        ("00000002", "false"),
        ("00000003", "true"),
        ("00000004", "true"),
        ("00000005", "not refused"),
    ]
    assert ask(by_service) == [(FIRST, "drift", 3, 2, 1), (SECOND, "drift", 0, 0, 1)]
    assert ask(by_policy) == [(FIRST, "us", 2), (FIRST, "no policy", 1), (FIRST, "strict", 1), (SECOND, "us", 1)]


def test_every_member_of_a_proof_is_a_column_of_the_table(archive: Archive, resources: Mapping[str, Any]) -> None:
    """But those of services, which are maps."""
    columns = resources["ArchiveProofs"]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    full = proof("1", origin="https://shop.example", action="Api", typeDevice=1, workSpaceId=1, versionAssumed=True)
    full["consents"] = {**full["consents"], "policy": "us", "signals": {"gpc": True, "dnt": False}}
    archived(archive, {**full, "userId": "x", "sessionId": "x", "referrer": "x"})
    (line,) = archive.lines(43, FIRST)
    assert {name.lower() for name in line} == {column["Name"] for column in columns}
    (consents,) = (column["Type"] for column in columns if column["Name"] == "consents")
    members = {*line["consents"], *line["consents"]["signals"]}
    assert {name.lower() for name in members} == set(re.findall(r"(\w+):", consents))


@pytest.mark.parametrize("question", [of_one_consent, by_service, by_action, by_policy])
def test_a_question_names_its_widget_and_days(question: str) -> None:
    """Athena refuses one without a widget, and reads everything for one without days."""
    assert re.search(r"^( *)WHERE widget = '43'\n\1  AND day BETWEEN '", question, re.MULTILINE)


def test_the_command_line_gives_the_same_figures(archive: Archive, tables: Tables, ask: Ask) -> None:
    archived(
        archive, decision(1, agreed=True, typeDevice=1), decision(2, typeDevice=1), decision(3, SECOND, typeDevice=1)
    )
    archived(archive, decision(1, agreed=True, typeDevice=1), lane=1)
    statistics = Statistics(43, (FIRST, SECOND), None)
    for day in statistics.days:
        for line in archive.lines(43, day):
            statistics.count_decision(day, line)

    drift = statistics.services["drift"]
    assert ask(by_service) == [(FIRST, "drift", 2, 1, 0), (SECOND, "drift", 1, 0, 0)]
    assert (drift.asked, drift.agreed, drift.not_refused) == (3, 1, 0)
    archived(archive, {**left_on(4), "typeDevice": 1})
    for line in archive.lines(43, FIRST):
        if line["id"].startswith("00000004"):
            statistics.count_decision(FIRST, line)
    assert ask(by_service)[0] == (FIRST, "drift", 2, 1, 1)
    assert (drift.asked, drift.agreed, drift.not_refused) == (3, 1, 1)
