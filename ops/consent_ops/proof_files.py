"""Proofs as files, one a day: JSON lines as the archive has them, or one flat row a proof as CSV or Parquet.

A file is written under another name and renamed when it is whole, so that an export that was stopped goes on with the
days that are missing. DuckDB makes CSV and Parquet: it streams, and what it sorts may be larger than memory.
"""

import glob
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import duckdb

from consent_ops.daily_proofs import Proofs

MEMORY = "128MB"
"""What DuckDB may take; what it needs beyond that lies on disk."""

_WORKING = ".unfinished"


class Format(StrEnum):
    """What a file may be."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def path_of(folder: Path, widget_id: int, day: str, kind: Format) -> Path:
    """Name the file of a day."""
    return folder / f"widget-{widget_id}-{day}.{kind}"


def missing(folder: Path, widget_id: int, days: Sequence[str], kind: Format) -> list[str]:
    """Give the days that have no file yet."""
    return [day for day in days if not path_of(folder, widget_id, day, kind).exists()]


@contextmanager
def working_folder(folder: Path) -> Iterator[Path]:
    """Make a folder for what is unfinished, beside the files: a rename must not leave the disk.

    What an export that was killed has left in it is removed.
    """
    working = folder / _WORKING
    shutil.rmtree(working, ignore_errors=True)
    working.mkdir(parents=True)
    try:
        yield working
    finally:
        shutil.rmtree(working)


def export_day(
    proofs: Proofs, day: str, target: Path, working: Path, *, kind: Format, counted: Callable[[], object]
) -> None:
    """Write the file of a day. ``counted`` is called for each proof."""
    lines = working / "lines.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for line in proofs.of(day):
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
            counted()
    written = lines if kind is Format.JSONL else _flattened(lines, working, kind)
    with written.open("rb") as file:
        os.fsync(file.fileno())
    written.replace(target)


# --- Flat rows --------------------------------------------------------------------------------------------------------

_READ = {
    "date": "VARCHAR",
    "consentId": "VARCHAR",
    "id": "VARCHAR",
    "widgetId": "BIGINT",
    "workSpaceId": "BIGINT",
    "versionAssumed": "BOOLEAN",
    "typeDevice": "INTEGER",
    "action": "VARCHAR",
    "origin": "VARCHAR",
    "dateExpiration": "VARCHAR",
    "requestHash": "VARCHAR",
    "eventId": "VARCHAR",
    "consents": "STRUCT(lang VARCHAR, versionKey VARCHAR, cookieConsents STRUCT(slug VARCHAR, consent BOOLEAN)[])",
}

_SLUGS = "list_transform(list_filter(consents.cookieConsents, lambda s: {}), lambda s: s.slug)"
_ACCEPTED, _REFUSED = _SLUGS.format("s.consent"), _SLUGS.format("NOT s.consent")

# A spreadsheet takes a cell that begins like this for a formula. None of ours does; one may have been smuggled in.
_GUARD = r"CREATE MACRO cell(x) AS CASE WHEN regexp_matches(x, '^[=+\-@\t\r\n]') THEN '''' || x ELSE x END"

COLUMNS: dict[str, tuple[str, str]] = {
    "date": ("cell(date)", "CAST(date AS TIMESTAMPTZ)"),
    "consentId": ("cell(consentId)", "consentId"),
    "id": ("cell(id)", "id"),
    "widgetId": ("widgetId", "widgetId"),
    "workSpaceId": ("workSpaceId", "workSpaceId"),
    "versionKey": ("cell(consents.versionKey)", "consents.versionKey"),
    "versionAssumed": ("versionAssumed", "versionAssumed"),
    "lang": ("cell(consents.lang)", "consents.lang"),
    "typeDevice": ("typeDevice", "typeDevice"),
    "action": ("cell(action)", "action"),
    "origin": ("cell(origin)", "origin"),
    "accepted": (f"cell(array_to_string({_ACCEPTED}, ' '))", _ACCEPTED),
    "refused": (f"cell(array_to_string({_REFUSED}, ' '))", _REFUSED),
    "dateExpiration": ("cell(dateExpiration)", "CAST(dateExpiration AS TIMESTAMPTZ)"),
    "requestHash": ("cell(requestHash)", "requestHash"),
    "eventId": ("cell(eventId)", "eventId"),
}
"""The columns of a row, each as CSV has it (text), and as Parquet does (dates and lists)."""


def _flattened(lines: Path, working: Path, kind: Format) -> Path:
    rows = working / f"rows.{kind}"
    place = 0 if kind is Format.CSV else 1
    columns = ", ".join(f'{expressions[place]} AS "{name}"' for name, expressions in COLUMNS.items())
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")  # it would stand among what the command prints
        for name, value in (("memory_limit", MEMORY), ("temp_directory", str(working)), ("threads", "1")):
            database.execute(f"SET {name} = ?", [value])
        database.execute(_GUARD)
        database.read_json(glob.escape(str(lines)), format="newline_delimited", columns=_READ).create_view("proofs")
        flat = database.sql(f"SELECT {columns} FROM proofs ORDER BY 1, 2, 3")  # noqa: S608 - all of it is ours
        if kind is Format.CSV:
            flat.write_csv(str(rows), header=True)
        else:
            flat.write_parquet(str(rows), compression="zstd")
    return rows
