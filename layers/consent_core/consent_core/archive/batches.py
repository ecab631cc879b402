"""The batches of lines that stored proofs become on their way into the archive: one for each widget and day."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from consent_core.archive.objects import Line, archived, encoded, identity
from consent_core.errors import UnreadableError
from consent_core.items import plain_item
from consent_core.shapes import LARGEST_ID

type Record = Mapping[str, Any]
"""A record of a table's stream, as Lambda passes it to a function."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArchiveLine:
    """A line, with the widget and day that it belongs to."""

    widget_id: int
    day: str
    line: Line


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines that become one object. ``first`` is the stream's sequence number of their first record."""

    widget_id: int
    day: str
    first: str
    lines: list[Line] = field(default_factory=list)


def entry_of(item: Mapping[str, Any], event_id: str) -> ArchiveLine:
    """Read a stored proof in DynamoDB's form. Raises UnreadableError if the item is not a proof."""
    try:
        line = archived(plain_item(item), event_id)
        widget_id, day = line["widgetId"], _day_of(line["date"])
        identity(line)
        encoded([line])
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError from error
    if type(widget_id) is not int or not 1 <= widget_id <= LARGEST_ID:
        raise UnreadableError
    return ArchiveLine(widget_id, day, line)


def _day_of(moment: str) -> str:
    """Return the UTC day of a moment as ``dates.timestamp`` writes it. Raises TypeError or ValueError."""
    if not _MOMENT.fullmatch(moment):
        raise ValueError
    return date.fromisoformat(moment[:10]).isoformat()


def batches(records: Iterable[Record]) -> tuple[list[Batch], int]:
    """Return the batches of new proofs, in the order of their first records, and the number of unreadable records."""
    found: dict[tuple[int, str], Batch] = {}
    unreadable = 0
    for record in records:
        if record.get("eventName") == "MODIFY":
            continue
        try:
            entry = entry_of(record["dynamodb"].get("NewImage", {}), record["eventID"])
        except UnreadableError:
            unreadable += 1
            continue
        place = entry.widget_id, entry.day
        batch = found.setdefault(place, Batch(*place, first=record["dynamodb"]["SequenceNumber"]))
        batch.lines.append(entry.line)
    return list(found.values()), unreadable
