"""The proofs of a widget, a day at a time and each one once, in memory that does not grow with them.

They come from the archive. Days before its first one come from the table, where proofs lie in no order until they
expire: the table is read once, and what it has of those days waits on disk. The archive's first day may have begun
before the archive did: that day comes from both.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import TextIO

from consent_core.archive.batches import ArchiveLine
from consent_core.archive.objects import Archive, Line, decoded, identity
from consent_core.consent_table import ConsentTable
from consent_core.errors import UnreadableError
from consent_ops.backfill import from_table

_LONGEST_KEPT = timedelta(days=180)


class DailyProofs:
    """The proofs of ``days``: ISO dates (UTC), the oldest first. ``folder`` is empty, and the caller removes it.

    ``now`` is in epoch seconds: expired proofs of the table are left out.
    """

    def __init__(
        self, archive: Archive, consents: ConsentTable, widget_id: int, days: Sequence[str], folder: Path, *, now: int
    ) -> None:
        self._archive = archive
        self._consents = consents
        self._widget_id = widget_id
        self._folder = folder
        self._now = now
        archived_from = next(iter(archive.days(widget_id)), days[-1] if days else "")
        kept_from = (datetime.fromtimestamp(now, UTC) - _LONGEST_KEPT).date().isoformat()
        self._of_table = [day for day in days if kept_from <= day <= archived_from]
        self._is_read = False

    def of(self, day: str) -> Iterator[Line]:
        """Yield the proofs of a day, as the archive has them: without userId, referrer, sessionId and ttl."""
        lines = chain(self._from_archive(day), self._from_table(day) if day in self._of_table else ())
        with closing(_Seen(self._folder / "seen")) as seen:
            yield from (line for line in lines if seen.is_first(identity(line)))

    def _from_archive(self, day: str) -> Iterator[Line]:
        for each in self._archive.objects(self._widget_id, day):
            yield from decoded(self._archive.read(each.key))

    def _from_table(self, day: str) -> Iterator[Line]:
        if not self._is_read:
            self._read_table()
            self._is_read = True
        path = self._folder / day
        if path.exists():
            with path.open(encoding="utf-8") as lines:
                yield from map(json.loads, lines)

    def _read_table(self) -> None:
        """Write the table's proofs of the days that the archive may lack, a file a day."""
        files: dict[str, TextIO] = {}
        with ExitStack() as open_files:
            for entry in self._stored():
                if entry.day in self._of_table:
                    if entry.day not in files:
                        path = self._folder / entry.day
                        files[entry.day] = open_files.enter_context(path.open("w", encoding="utf-8"))
                    files[entry.day].write(json.dumps(entry.line, ensure_ascii=False) + "\n")

    def _stored(self) -> Iterator[ArchiveLine]:
        """Read the table from the first of its days on. Skip items that are not proofs: the backfill counts them."""
        for item in self._consents.proofs_since(self._of_table[0], now=self._now, widget_id=self._widget_id):
            with suppress(UnreadableError):
                yield from_table(item)


class _Seen:
    """A set of names on disk: a day may have more proofs than memory."""

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._database = sqlite3.connect(path)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE seen (name BLOB PRIMARY KEY) WITHOUT ROWID")

    def is_first(self, name: bytes) -> bool:
        """Return whether ``name`` is new, and remember it."""
        return self._database.execute("INSERT OR IGNORE INTO seen VALUES (?)", (name,)).rowcount == 1

    def close(self) -> None:
        self._database.close()
