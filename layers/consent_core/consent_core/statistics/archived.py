"""The counting and reading of a widget's decisions in the archive, while a caller waits.

The archive has no personal data, so that whoever counts needs no access to proofs. How often windows were shown is in
the log, which takes too long to be read for a caller who waits: it is unknown here.
"""

import time
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from consent_core import deadlines
from consent_core.archive.objects import Archive, ArchivedObject, Line, decoded, identity
from consent_core.errors import ConsentPlatformError, DamagedError
from consent_core.statistics.consents import Consents
from consent_core.statistics.counts import Counts, DecisionKind, Statistics, count_kinds

MOST_DAYS = 92
"""The longest period that a caller may ask for."""

AT_ONCE = 8
"""The number of objects that are read at the same time."""


class _TimeIsOverError(ConsentPlatformError):
    """A day could not be counted to its end."""


@dataclass(frozen=True, slots=True)
class Counted:
    """The statistics of the days that were counted, the last ones of those asked for, and the keys of damaged objects.

    ``is_complete``: no day and no object is missing.
    """

    statistics: Statistics
    is_complete: bool
    unreadable: list[str]


@dataclass(frozen=True, slots=True)
class ValidConsents:
    """The number of valid consents, and the keys of damaged objects.

    ``first`` is the first day that was counted, as an ISO date. It is later than the first one asked for if the archive
    begins later, or if there was not time enough (``is_in_time`` is false).
    """

    number: int
    first: str
    is_in_time: bool
    unreadable: list[str]


def count(archive: Archive, widget_id: int, days: Sequence[str], *, seconds: float) -> Counted | None:
    """Count the decisions of ``days`` (ISO dates, the oldest first), the newest day first, until ``seconds`` are over.

    Days before the archive's first one are left out: the table alone has their proofs. Return None if there was not
    time enough for one day. Raises UnavailableError.
    """
    end = time.monotonic() + seconds
    first = next(iter(archive.days(widget_id)), "")
    known = [day for day in days if day >= first] or [days[-1]]
    counted, unreadable, done = Statistics(widget_id, tuple(known), shown_from=None), list[str](), len(known)
    with _readers() as pool:
        for day in reversed(known):
            more, damaged = deepcopy(counted), list[str]()
            try:
                more.count_day(day, _Day(archive, pool, end, damaged).lines(widget_id, day), ())
            except _TimeIsOverError:
                break
            counted, done = more, done - 1
            unreadable += damaged
    if done == len(known):
        return None
    counted.limit_to(known[done:])
    return Counted(counted, len(counted.days) == len(days) and not unreadable, sorted(unreadable))


def valid_consents(
    archive: Archive, widget_id: int, days: Sequence[str], versions: Set[str], *, now: datetime, seconds: float
) -> ValidConsents | None:
    """Count the consents of ``days`` (ISO dates, the oldest first) that are valid ``now`` (``Consents``).

    The newest day comes first, until ``seconds`` are over. Return None if there was not time enough for one day.
    Raises UnavailableError.
    """
    end = time.monotonic() + seconds
    archived = archive.days(widget_id)
    wanted, counted = [day for day in archived if days[0] <= day <= days[-1]], list[str]()
    consents, unreadable = Consents(versions, now=now), list[str]()
    with _readers() as pool:
        for day in reversed(wanted):
            damaged = list[str]()
            try:
                consents.count_day(_Day(archive, pool, end, damaged).lines(widget_id, day))
            except _TimeIsOverError:
                break
            counted.append(day)
            unreadable += damaged
    if len(counted) == len(wanted):
        first = max([days[0], *archived[:1]])
    elif counted:
        first = counted[-1]
    else:
        return None
    return ValidConsents(consents.valid, first, len(counted) == len(wanted), sorted(unreadable))


def kinds(
    archive: Archive, widget_id: int, day: str, *, seconds: float
) -> tuple[dict[DecisionKind, Counts], list[str]] | None:
    """Count the decisions of a day (ISO date) by their kinds. Return them with the keys of damaged objects.

    Return None if there was not time enough. Raises UnavailableError.
    """
    damaged: list[str] = []
    with _readers() as pool:
        try:
            counted = count_kinds(_Day(archive, pool, time.monotonic() + seconds, damaged).lines(widget_id, day))
        except _TimeIsOverError:
            return None
    return counted, sorted(damaged)


def lines(archive: Archive, widget_id: int, day: str, *, seconds: float) -> list[Line] | None:
    """Return the proofs of a day, each one once; None if there was not time enough.

    Raises DamagedError if an object cannot be read, and UnavailableError.
    """
    damaged: list[str] = []
    with _readers() as pool:
        try:
            found = list(_Day(archive, pool, time.monotonic() + seconds, damaged).lines(widget_id, day))
        except _TimeIsOverError:
            return None
    if damaged:
        raise DamagedError(f"Objects of the archive cannot be read: {', '.join(sorted(damaged))}")
    return found


def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, initializer=deadlines.hand_down, initargs=(deadlines.current(),))


@dataclass(frozen=True, slots=True)
class _Day:
    """The reading of a day's objects, several at a time, until the time ``end``."""

    archive: Archive
    pool: ThreadPoolExecutor
    end: float
    unreadable: list[str]

    def lines(self, widget_id: int, day: str) -> Iterator[Line]:
        """Yield the proofs of the day, each one once. Raises _TimeIsOverError."""
        seen: set[bytes] = set()
        for some in batched(self.archive.objects(widget_id, day), AT_ONCE, strict=False):
            if time.monotonic() >= self.end:
                raise _TimeIsOverError
            for lines in self.pool.map(self._read, some):
                for line in lines:
                    if (name := identity(line)) not in seen:
                        seen.add(name)
                        yield line

    def _read(self, each: ArchivedObject) -> Sequence[Line]:
        try:
            return decoded(self.archive.read(each.key))
        except (DamagedError, FileNotFoundError):
            self.unreadable.append(each.key)
            return ()
