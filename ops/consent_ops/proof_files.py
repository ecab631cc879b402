"""Proofs as files, one a day: JSON lines as the archive has them, or one flat row a proof as CSV or Parquet.

A file is written under another name and renamed when it is complete, so that an export that was stopped continues with
the missing days. Today's file is a partial one: its name says so, and each export writes it again. DuckDB makes CSV and
Parquet: it streams, and what it sorts may be larger than memory.
"""

import fcntl
import glob
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from tempfile import mkdtemp

import duckdb

from consent_core.archive.objects import Line
from consent_core.reports.printable import escaped
from consent_ops.files import FileError

MEMORY = "128MB"
"""The memory that DuckDB may take; beyond that it works on disk."""

_WORKING = ".unfinished-"


class Format(StrEnum):
    """The format of a file."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True)
class ProofFiles:
    """The files of a widget in a folder, one a day."""

    folder: Path
    widget_id: int
    kind: Format

    def path(self, day: str) -> Path:
        """Return the path of the file of a finished day."""
        return self.folder / f"widget-{self.widget_id}-{day}.{self.kind}"

    def partial_path(self, day: str) -> Path:
        """Return the path of the file of a day that is not over."""
        return self.folder / f"widget-{self.widget_id}-{day}.partial.{self.kind}"

    def missing(self, days: Sequence[str]) -> list[str]:
        """Return the days that have no file yet."""
        return [day for day in days if not self.path(day).exists()]

    @contextmanager
    def working_folder(self) -> Iterator[Path]:
        """Make a folder for unfinished files, beside the others: a rename must not leave the disk.

        Each export has its own, which is locked while it runs: an export removes the folders of killed ones, and no
        others. Raises FileError.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for left in self.folder.glob(f"{_WORKING}*/lock"):
                _remove_unless_locked(left)
            working = Path(mkdtemp(prefix=_WORKING, dir=self.folder))
            lock = (working / "lock").open("w")
        except OSError as error:
            raise FileError(f"{self.folder} cannot be written: {error.strerror}. Choose another folder.") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield working
            finally:
                shutil.rmtree(working)

    def write(self, proofs: Iterable[Line], day: str, working: Path, *, is_over: bool = True) -> None:
        """Write the file of a day with these proofs.

        The file of a finished day replaces a partial one; a partial one replaces an earlier partial one.
        """
        lines = working / "lines.jsonl"
        with lines.open("w", encoding="utf-8") as file:
            for line in proofs:
                file.write(escaped(json.dumps(line, ensure_ascii=False, separators=(",", ":"))) + "\n")
        written = lines if self.kind is Format.JSONL else _flattened(lines, working, self.kind)
        with written.open("rb") as file:
            os.fsync(file.fileno())
        written.replace(self.path(day) if is_over else self.partial_path(day))
        if is_over:
            self.partial_path(day).unlink(missing_ok=True)


def _remove_unless_locked(file: Path) -> None:
    with suppress(OSError), file.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(file.parent)


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
    "consents": (
        "STRUCT(lang VARCHAR, versionKey VARCHAR, policy VARCHAR, signals STRUCT(gpc BOOLEAN, dnt BOOLEAN), "
        "cookieConsents STRUCT(slug VARCHAR, consent BOOLEAN, notRefused BOOLEAN)[])"
    ),
}

_SLUGS = "list_transform(list_filter(consents.cookieConsents, lambda s: {}), lambda s: s.slug)"
_ACCEPTED, _REFUSED = _SLUGS.format("s.consent AND s.notRefused IS NULL"), _SLUGS.format("NOT s.consent")
_NOT_REFUSED = _SLUGS.format("s.notRefused")

# A spreadsheet runs a cell that begins like a formula. No value of ours does; one may have been smuggled in. Some
# programs skip invisible characters and quotes, read wide and small forms as well, or split cells where we do not: so a
# formula gets an apostrophe wherever a cell could begin. docs/statistics.md says how to remove it.
FORMULA = (
    r"=+\-@\x{2212}\x{ff0b}\x{ff0d}\x{ff1d}\x{ff20}"
    r"\x{207a}-\x{207c}\x{208a}-\x{208c}\x{fe62}\x{fe63}\x{fe66}\x{fe6b}"
)
SKIPPED = r"""\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\p{Cf}\p{Zs}\p{Zl}\p{Zp}"'`\x{2018}-\x{201f}"""
GUARD = f"""
CREATE MACRO cell(x) AS regexp_replace(
    regexp_replace(x, $$(^|[;,|\\t\\r\\n])([{SKIPPED}]*[{FORMULA}])$$, $$\\1'\\2$$, 'g'),
    $$^([{SKIPPED}]*[\\t\\r\\n])$$, $$'\\1$$
)
"""

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
    "policy": ("cell(consents.policy)", "consents.policy"),
    "gpc": ("consents.signals.gpc", "consents.signals.gpc"),
    "dnt": ("consents.signals.dnt", "consents.signals.dnt"),
    "notRefused": (f"cell(array_to_string({_NOT_REFUSED}, ' '))", _NOT_REFUSED),
}
"""The columns of a row, each as CSV has it (text), and as Parquet does (dates and lists)."""


def _flattened(lines: Path, working: Path, kind: Format) -> Path:
    rows = working / f"rows.{kind}"
    place = 0 if kind is Format.CSV else 1
    columns = ", ".join(f'{expressions[place]} AS "{name}"' for name, expressions in COLUMNS.items())
    with duckdb.connect() as database:
        database.execute("SET enable_progress_bar = false")  # it would mix with the command's own output
        for name, value in (("memory_limit", MEMORY), ("temp_directory", str(working)), ("threads", "1")):
            database.execute(f"SET {name} = ?", [value])
        database.execute(GUARD)
        database.read_json(glob.escape(str(lines)), format="newline_delimited", columns=_READ).create_view("proofs")
        flat = database.sql(f"SELECT {columns} FROM proofs ORDER BY 1, 2, 3")  # noqa: S608 - fixed text
        if kind is Format.CSV:
            flat.write_csv(str(rows), header=True)
        else:
            flat.write_parquet(str(rows), compression="zstd")
    return rows
