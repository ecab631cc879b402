"""What the archive lacks of the table's proofs, after an outage longer than the stream keeps."""

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
from consent_core.archive.objects import Archive, Lane, decoded, identity
from consent_core.errors import DamagedError, UnreadableError

OBJECT = 1_000
"""Most proofs that become one object."""


@dataclass(frozen=True, slots=True)
class Refilled:
    """A widget's day: how many proofs the table has of it, and how many of them the archive lacked until now."""

    widget_id: int
    day: str
    proofs: int
    added: int


class Found:
    """Proofs of the table, put aside by widget and day in a file: however many there are, they need no memory.

    ``unreadable`` items were no proofs.
    """

    def __init__(self, file: sqlite3.Connection) -> None:
        self._file = file
        self._file.execute(
            "CREATE TABLE proof (widget INT, day TEXT, name BLOB, line TEXT, PRIMARY KEY (widget, day, name))"
        )
        self.unreadable = 0

    def put_aside(self, proofs: Iterable[Mapping[str, Any]]) -> None:
        for proof in proofs:
            try:
                entry = from_table(proof)
            except UnreadableError:
                self.unreadable += 1
                continue
            row = entry.widget_id, entry.day, identity(entry.line), json.dumps(entry.line)
            self._file.execute("INSERT OR IGNORE INTO proof VALUES (?, ?, ?, ?)", row)

    def refill(self, archive: Archive, lane: Lane) -> Iterator[Refilled]:
        """Archive what is not there yet, a day of a widget after the other. Raises UnavailableError."""
        places = self._file.execute("SELECT widget, day, count(*) FROM proof GROUP BY widget, day ORDER BY widget, day")
        for refilled in [Refilled(widget_id, day, proofs, added=0) for widget_id, day, proofs in places]:
            place = refilled.widget_id, refilled.day
            for names in _archived(archive, *place):
                of_place = [(*place, name) for name in names]
                self._file.executemany("DELETE FROM proof WHERE widget = ? AND day = ? AND name = ?", of_place)
            added = 0
            missing = self._file.execute("SELECT line FROM proof WHERE widget = ? AND day = ? ORDER BY name", place)
            for rows in batched(missing, OBJECT, strict=False):
                lane.append(*place, [json.loads(line) for (line,) in rows])
                added += len(rows)
            yield replace(refilled, added=added)


def from_table(item: Mapping[str, Any]) -> ArchiveLine:
    """Read a proof of the table, as DynamoDB spells it, the way the archive has it. Raises UnreadableError."""
    entry = entry_of(item, "")
    return replace(entry, line={**entry.line, "eventId": f"table:{identity(entry.line).hex()}"})


def _archived(archive: Archive, widget_id: int, day: str) -> Iterator[list[bytes]]:
    """Name the proofs of each object. One that cannot be read has none any more."""
    for each in archive.objects(widget_id, day):
        with suppress(DamagedError):
            yield [identity(line) for line in decoded(archive.read(each.key))]


@contextmanager
def found(proofs: Iterable[Mapping[str, Any]]) -> Iterator[Found]:
    """Put proofs aside for as long as the context lasts. On disk is what the archive has: neither userId nor pages."""
    with (
        TemporaryDirectory(prefix="archive-") as folder,
        closing(sqlite3.connect(Path(folder) / "proofs", isolation_level=None)) as file,
    ):
        file.execute("PRAGMA journal_mode = OFF")
        file.execute("PRAGMA synchronous = OFF")
        aside = Found(file)
        aside.put_aside(proofs)
        yield aside
