"""The check of a consent receipt against the archive: the archived proof must make the same receipt. It is pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent_core.dossier.claims import ArchivedProof, Evidence
from consent_core.receipts import Json, receipt_of
from consent_core.shapes import LARGEST_ID, UUID

_RECORD = "dpv:hasRecordOfActivity"


@dataclass(frozen=True, slots=True)
class Named:
    """The proof that a receipt names, with its place in the archive, and the time at which the receipt was made."""

    consent_id: str
    decision_id: str
    widget_id: int
    date: str
    created: datetime


def read(text: str) -> Json | None:
    """Return a receipt, or None if the text is none of ours."""
    try:
        receipt = json.loads(text)
        named(receipt)
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return dict(receipt)


def named(receipt: Mapping[str, object]) -> Named:
    """Return what a receipt names. Raises KeyError, TypeError or ValueError for another text."""
    record: Json = receipt[_RECORD]  # type: ignore[assignment]  # another type raises TypeError
    found = Named(
        consent_id=record["dpv:hasDataSubject"]["dct:identifier"],
        decision_id=record["dct:identifier"],
        widget_id=record["cp:widget"],
        date=record["dct:created"],
        created=datetime.fromisoformat(str(receipt["dct:created"])),
    )
    datetime.fromisoformat(found.date)
    is_widget = type(found.widget_id) is int and 1 <= found.widget_id <= LARGEST_ID
    if not is_widget or not all(UUID.fullmatch(each) for each in (found.consent_id, found.decision_id)):
        raise ValueError("not a receipt")
    return found


def archived(wanted: Named, evidence: Evidence) -> ArchivedProof | None:
    """Return the archived proof that a receipt names."""
    same = (wanted.decision_id, wanted.date, wanted.widget_id)
    return next((each for each in evidence.kept if same == _name(each)), None)


def _name(kept: ArchivedProof) -> tuple[str, str, int]:
    return kept.line["id"], kept.line["date"], kept.line["widgetId"]


def faults(receipt: Json, kept: ArchivedProof, evidence: Evidence) -> Iterator[str]:
    """Yield a sentence for each difference between a receipt and the one that the archived proof makes."""
    proof = kept.line
    seen = evidence.shown.get((proof["widgetId"], proof["consents"]["versionKey"], proof["consents"]["lang"]))
    body = seen.body if seen and seen.is_as_published else None
    if body is None:
        yield "The settings that were shown are not as they were published, or are lost."
    made = json.loads(json.dumps(receipt_of(proof, body, created=named(receipt).created)))
    yield from (f"{place} is not what the archive says." for place in _differences("", made, receipt))
    if not (kept.is_unchanged and kept.is_linked):
        yield f"The archived object {kept.key} was changed since it was written."


def _differences(place: str, expected: object, given: object) -> Iterator[str]:
    """Yield the place of each value that differs, the innermost one."""
    if isinstance(expected, dict) and isinstance(given, dict):
        for name in sorted(expected.keys() | given.keys()):
            within = f"{place}/{name}"
            if name in expected and name in given:
                yield from _differences(within, expected[name], given[name])
            else:
                yield within
    elif isinstance(expected, list) and isinstance(given, list) and len(expected) == len(given):
        for index, (one, other) in enumerate(zip(expected, given, strict=True)):
            yield from _differences(f"{place}/{index}", one, other)
    elif json.dumps(expected) != json.dumps(given):  # as JSON, in which 1 and true differ
        yield place
