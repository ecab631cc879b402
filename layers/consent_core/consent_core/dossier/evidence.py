"""The reading of a consent's evidence from tables and archive, for a dossier."""

import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from itertools import batched

from consent_core import deadlines
from consent_core.archive.athena import Finder, NotAnsweredError
from consent_core.archive.objects import Archive, ArchivedObject, Link, linked
from consent_core.consent_table import ConsentTable
from consent_core.dossier.claims import ArchivedProof, Evidence, Locations, Proof, PublishedVersion
from consent_core.widget_table import WidgetTable

AT_ONCE = 8
"""The number of archive objects that are read at the same time."""

ASKING = 120.0
"""Seconds for a query of the whole archive, if the caller sets no limit."""

_TEXTS = ("id", "consentId", "date", "dateExpiration")
_OF_SERVICES = frozenset({"id", "name", "slug", "version", "consent", "purpose"})
_DAMAGED = (OSError, EOFError, zlib.error, ValueError)


@dataclass(frozen=True, slots=True)
class Sources:
    """The stores from which evidence is read. ``locations`` are their names, for the commands in claims."""

    widgets: WidgetTable
    consents: ConsentTable
    archive: Archive
    locations: Locations
    finder: Finder | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """The consent, its widget if that is known, and the UTC days (ISO dates) on which the archive may have it.

    ``days`` is None if they are unknown.
    """

    consent_id: str
    widget_id: int | None = None
    days: tuple[str, ...] | None = ()


def collect(sources: Sources, question: Question, *, now: datetime, seconds: float | None = None) -> Evidence:
    """Read the evidence of a consent.

    The archive is searched on the days of the question and on those of the stored proofs, until ``seconds`` are over.
    Each object takes one request, or two if it has a proof of the consent. If the days are unknown and there is a
    finder, the whole archive is queried instead, for at most half of the time. Raises UnavailableError.
    """
    deadline = None if seconds is None else time.monotonic() + seconds
    stored = [
        each.proof
        for each in sources.consents.history(question.consent_id, now=int(now.timestamp()))
        if question.widget_id in {None, each.proof["widgetId"]}
    ]
    search = _Search(sources.archive, question.consent_id, deadline)
    days = {(proof["widgetId"], proof["date"][:10]) for proof in stored}
    found, not_answered = _found(sources, question, ASKING if seconds is None else seconds / 2)
    if found is None:
        days.update(_asked(sources.archive, question))
        found = (key for widget_id, day in sorted(days) for key in _keys(sources.archive, widget_id, day))
        is_whole = False
    else:
        is_whole = True
    kept = search.through(found)
    return Evidence(
        consent_id=question.consent_id,
        locations=sources.locations,
        stored=stored,
        kept=kept,
        shown=dict(_shown(sources.widgets, [*stored, *(each.line for each in kept)])),
        searched=frozenset(days),
        is_whole=is_whole,
        is_complete=search.is_complete and not not_answered,
        not_answered=not_answered,
        unreadable=sorted(search.unreadable),
    )


def _found(sources: Sources, question: Question, seconds: float) -> tuple[Iterable[str] | None, str]:
    """Return the keys of the archive's objects to read, or None; and the reason if a query had no answer."""
    if sources.finder is None or question.days is not None:
        return None, ""
    try:
        return sources.finder.objects(question.consent_id, _widgets(sources.archive, question), seconds=seconds), ""
    except NotAnsweredError as error:
        return None, str(error)


def _asked(archive: Archive, question: Question) -> Iterator[tuple[int, str]]:
    if question.days:
        yield from ((widget_id, day) for widget_id in _widgets(archive, question) for day in question.days)


def _widgets(archive: Archive, question: Question) -> list[int]:
    return archive.widgets() if question.widget_id is None else [question.widget_id]


def _keys(archive: Archive, widget_id: int, day: str) -> Iterator[str]:
    return (each.key for each in archive.objects(widget_id, day))


# --- The archive ------------------------------------------------------------------------------------------------------


class _Search:
    """A search of objects for one consent. Its results include ``is_complete`` and ``unreadable``, as in Evidence."""

    def __init__(self, archive: Archive, consent_id: str, deadline: float | None) -> None:
        self._archive = archive
        self._consent_id = consent_id
        self._deadline = deadline
        self.is_complete = True
        self.unreadable: list[str] = []

    def through(self, keys: Iterable[str]) -> list[ArchivedProof]:
        kept: list[ArchivedProof] = []
        with ThreadPoolExecutor(AT_ONCE, initializer=deadlines.hand_down, initargs=(deadlines.current(),)) as pool:
            for some in batched(keys, AT_ONCE, strict=False):
                if self._deadline is not None and time.monotonic() >= self._deadline:
                    self.is_complete = False
                    break
                for found in pool.map(self._in_object, some):
                    kept += found
        return kept

    def _in_object(self, key: str) -> Sequence[ArchivedProof]:
        try:
            noted, content = self._archive.fetch(key)
            lines = [line for line in gzip.decompress(content).splitlines() if self._consent_id.encode() in line]
            proofs = [_checked(line) for line in lines]
        except _DAMAGED:
            self.unreadable.append(key)
            return ()
        own = [proof for proof in proofs if proof["consentId"] == self._consent_id]
        return self._verified(noted, content, own) if own else ()

    def _verified(self, noted: Link, content: bytes, proofs: Iterable[Proof]) -> list[ArchivedProof]:
        return [
            ArchivedProof(
                line=proof,
                key=noted.key,
                sha256=noted.sha256,
                previous_key=noted.previous_key,
                previous=noted.previous,
                link=noted.link,
                is_unchanged=hashlib.sha256(content).hexdigest() == noted.sha256,
                is_linked=linked(noted.previous, noted.sha256) == noted.link,
                is_preceded=self._is_preceded(noted),
            )
            for proof in proofs
        ]

    def _is_preceded(self, noted: Link) -> bool | None:
        own, named = ArchivedObject.named(noted.key), ArchivedObject.named(noted.previous_key)
        if own is None or named is None:
            return own is not None and own.number == 1 and not noted.previous_key
        predecessor = self._archive.link(named.key)
        if predecessor is None and named.day < own.day:
            return None
        is_next = own.number == (named.number + 1 if named.day == own.day else 1)
        return predecessor is not None and predecessor.link == noted.previous and is_next


def _checked(line: bytes) -> Proof:
    """Read a line, which may be forged. Raises ValueError when it lacks a member that a dossier needs."""
    proof = json.loads(line)
    try:
        choices = proof["consents"]
        is_proof = (
            all(isinstance(proof[name], str) for name in _TEXTS)
            and all(datetime.fromisoformat(proof[name]).tzinfo for name in ("date", "dateExpiration"))
            and isinstance(proof["widgetId"], int)
            and isinstance(choices["versionKey"], str)
            and isinstance(choices["lang"], str | None)
            and isinstance(choices.get("policy"), str | None)
            and isinstance(choices.get("signals"), dict | None)
            and all(entry.keys() >= _OF_SERVICES for entry in choices["cookieConsents"])
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not a proof") from error
    if not is_proof:
        raise ValueError("not a proof")
    return dict(proof)


# --- What was shown ---------------------------------------------------------------------------------------------------


def _shown(
    widgets: WidgetTable, proofs: Iterable[Proof]
) -> Iterator[tuple[tuple[int, str, str | None], PublishedVersion]]:
    for name in dict.fromkeys((p["widgetId"], p["consents"]["versionKey"], p["consents"]["lang"]) for p in proofs):
        widget_id, version_key, stated = name
        if shown := widgets.shown(widget_id, version_key, stated):
            language, rendering = shown
            yield name, PublishedVersion(widget_id, version_key, language, rendering.body, rendering.etag)
