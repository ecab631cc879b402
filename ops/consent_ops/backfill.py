"""Archive the proofs of the table that the archive lacks, after an outage longer than the stream keeps."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import batched
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from consent_core.archive.batches import ArchiveLine, entry_of
from consent_core.archive.erasures import erasure_of
from consent_core.archive.objects import Archive, Lane, Line, decoded, identity
from consent_core.errors import DamagedError, UnreadableError

OBJECT_SIZE = 1_000
"""The most proofs in one object."""


@dataclass(frozen=True, slots=True)
class Backfilled:
    """A widget's day: how many proofs the table has, and how many of them were added to the archive."""

    widget_id: int
    day: str
    proofs: int
    added: int


class StoredProofs:
    """Proofs of the table, kept by widget and day in a file, so that any number fits into memory.

    ``unreadable`` counts the items that were not proofs. ``erased`` has the lines for the list of erasures.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._file.execute(
            "CREATE TABLE proof (widget INT, day TEXT, name BLOB, line TEXT, PRIMARY KEY (widget, day, name))"
        )
        self.unreadable = 0
        self.erased: list[Line] = []

    def add(self, proofs: Iterable[Mapping[str, Any]]) -> None:
        for proof in proofs:
            try:
                entry, erased = from_table(proof), erasure_of(proof)
            except UnreadableError:
                self.unreadable += 1
                continue
            self.erased += [erased] if erased else []
            row = entry.widget_id, entry.day, identity(entry.line), json.dumps(entry.line)
            self._file.execute("INSERT OR IGNORE INTO proof VALUES (?, ?, ?, ?)", row)

    def backfill(self, archive: Archive, lane: Lane) -> Iterator[Backfilled]:
        """Archive the missing proofs, one day of a widget after the other. Raises UnavailableError."""
        places = self._file.execute("SELECT widget, day, count(*) FROM proof GROUP BY widget, day ORDER BY widget, day")
        for backfilled in [Backfilled(widget_id, day, proofs, added=0) for widget_id, day, proofs in places]:
            place = backfilled.widget_id, backfilled.day
            for names in _archived(archive, *place):
                of_place = [(*place, name) for name in names]
                self._file.executemany("DELETE FROM proof WHERE widget = ? AND day = ? AND name = ?", of_place)
            added = 0
            missing = self._file.execute("SELECT line FROM proof WHERE widget = ? AND day = ? ORDER BY name", place)
            for rows in batched(missing, OBJECT_SIZE, strict=False):
                lane.append(*place, [json.loads(line) for (line,) in rows])
                added += len(rows)
            yield replace(backfilled, added=added)


def from_table(item: Mapping[str, Any]) -> ArchiveLine:
    """Convert a proof from the table, in DynamoDB's notation, to the archive's form. Raises UnreadableError."""
    entry = entry_of(item, "")
    return replace(entry, line={**entry.line, "eventId": f"table:{identity(entry.line).hex()}"})


def _archived(archive: Archive, widget_id: int, day: str) -> Iterator[list[bytes]]:
    """Yield the identities of each object's proofs. An unreadable object has none."""
    for each in archive.objects(widget_id, day):
        with suppress(DamagedError):
            yield [identity(line) for line in decoded(archive.read(each.key))]


@contextmanager
def stored(proofs: Iterable[Mapping[str, Any]]) -> Iterator[StoredProofs]:
    """Keep proofs on disk while the context lasts, as the archive has them: without userId and pages."""
    with (
        TemporaryDirectory(prefix="archive-") as folder,
        closing(sqlite3.connect(Path(folder) / "proofs", isolation_level=None)) as file,
    ):
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        kept = StoredProofs(file)
        kept.add(proofs)
        yield kept
