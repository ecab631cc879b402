"""The check whether an archived day is whole. It reports each object that was changed, removed or added.

An attacker who can write to the archive can rewrite a lane from one object to its end, and the archive alone does not
show that. It shows only against a later object that was left in place, or a link that was noted elsewhere.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from consent_core.archive.objects import Archive, ArchivedObject, Line, Link, decoded, identity, key_of, linked
from consent_core.errors import DamagedError


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault, and the object or lane that has it."""

    where: str
    what: str


@dataclass(slots=True)
class LaneOfDay:
    """A lane of a day: the number of its objects and lines, the links of all objects, and the last object."""

    lane: int
    objects: int = 0
    lines: int = 0
    last: Link | None = None
    links: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Report:
    """The result for a day, which is whole if there are no faults. ``proofs`` counts each proof once."""

    lanes: list[LaneOfDay]
    proofs: int
    faults: list[Fault]


def verify(archive: Archive, widget_id: int, day: str, *, expected: Iterable[tuple[int, str]] = ()) -> Report:
    """Verify a widget's day against the hash chain.

    ``expected`` are (lane, link) pairs that were noted elsewhere; an object must still have each link.
    Raises UnavailableError.
    """
    day_read = _Day(archive, widget_id, day)
    faults = [*day_read.faults(), *_missed_by_later_days(archive, widget_id, day)]
    for lane, link in expected:
        if lane not in day_read.lanes or link not in day_read.lanes[lane].links:
            faults.append(Fault(f"lane {lane}", f"no object has the link {link} any more"))
    return Report(list(day_read.lanes.values()), len(day_read.seen), faults)


class _Day:
    """The state while a day is read. Memory holds one object, and a few bytes for each proof."""

    def __init__(self, archive: Archive, widget_id: int, day: str) -> None:
        self._archive = archive
        self._widget_id = widget_id
        self._day = day
        self.lanes: dict[int, LaneOfDay] = {}
        self.seen: set[bytes] = set()

    def faults(self) -> Iterator[Fault]:
        """Read all objects in the order of lanes and numbers. Yield their faults."""
        for key, _ in self._archive.keys(self._widget_id, self._day):
            named = ArchivedObject.named(key)
            if named is None:
                yield Fault(key, "is not an archive object")
                continue
            try:
                link, content = self._archive.fetch(key)
            except FileNotFoundError:
                yield Fault(key, "was removed during the check")
                continue
            lane = self.lanes.setdefault(named.lane, LaneOfDay(named.lane))
            yield from self._faults_of_place(named, lane.last, link)
            yield from self._faults_of_content(link, content, lane)
            lane.objects += 1
            lane.last = link
            lane.links.add(link.link)

    def _faults_of_place(self, named: ArchivedObject, before: Link | None, link: Link) -> Iterator[Fault]:
        number_before = _number(before.key) if before else 0
        if named.number > number_before + 1:
            first, last = (self._key(named.lane, number) for number in (number_before + 1, named.number - 1))
            yield Fault(first, "is missing" if first == last else f"is missing, with all up to {last}")
            if link.previous_key != self._key(named.lane, named.number - 1):
                yield Fault(named.key, "does not follow the object before it")
        elif before is None:
            yield from self._faults_of_first(named, link)
        elif (link.previous_key, link.previous) != (before.key, before.link):
            yield Fault(named.key, "does not follow the object before it")

    def _faults_of_first(self, named: ArchivedObject, link: Link) -> Iterator[Fault]:
        """Check the first object of a day. Its predecessor, of an earlier day, may have expired."""
        if not link.previous_key and not link.previous:
            return
        before = ArchivedObject.named(link.previous_key)
        of_lane = (self._widget_id, named.lane)
        if before is None or before.day >= self._day or (before.widget_id, before.lane) != of_lane:
            yield Fault(named.key, "does not follow an earlier day of its lane")
        elif (there := self._archive.link(before.key)) and there.link != link.previous:
            yield Fault(named.key, f"does not follow the present {before.key}")

    def _faults_of_content(self, link: Link, content: bytes, lane: LaneOfDay) -> Iterator[Fault]:
        if hashlib.sha256(content).hexdigest() != link.sha256:
            yield Fault(link.key, "has content that does not match its hash")
        if linked(link.previous, link.sha256) != link.link:
            yield Fault(link.key, "has a link that does not match its hash and its predecessor")
        try:
            lines = decoded(content)
        except DamagedError:
            yield Fault(link.key, "cannot be read")
            return
        if not all(map(self._is_of_this_day, lines)):
            yield Fault(link.key, "holds proofs of another widget or day")
        lane.lines += len(lines)
        self.seen |= {identity(line) for line in lines}

    def _is_of_this_day(self, line: Line) -> bool:
        return line.get("widgetId") == self._widget_id and str(line.get("date"))[:10] == self._day

    def _key(self, lane: int, number: int) -> str:
        return key_of(self._widget_id, self._day, lane, number)


def _missed_by_later_days(archive: Archive, widget_id: int, day: str) -> Iterator[Fault]:
    """Check the day against objects of later days that follow it: without them, a cut tail would go unnoticed."""
    decided: set[int] = set()
    for later in archive.days(widget_id):
        for lane in set(archive.lanes(widget_id, later)) - decided if later > day else ():
            first = archive.link(key_of(widget_id, later, lane, 1))
            before = ArchivedObject.named(first.previous_key) if first else None
            if first is None or before is None or before.day < day:
                continue  # written before this day had any object; a still later day may follow it
            decided.add(lane)
            if before.day == day:
                yield from _fault_of_claim(archive, first)


def _fault_of_claim(archive: Archive, later: Link) -> Iterator[Fault]:
    there = archive.link(later.previous_key)
    if there is None:
        yield Fault(later.previous_key, f"is missing: {later.key} follows it")
    elif there.link != later.previous:
        yield Fault(later.previous_key, f"has a link that differs from the one in {later.key}")


def _number(key: str) -> int:
    named = ArchivedObject.named(key)
    return named.number if named else 0
