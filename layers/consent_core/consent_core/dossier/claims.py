"""The dossier of a consent for a dispute, made from the evidence that was read. It is pure, and returns JSON values.

A dossier has ``consentId``, ``madeAt`` and

    decisions  the oldest first: the proof, where it is stored, its position in ``shown``, its receipt and its claims
    shown      what visitors saw: the settings of each version and language that a decision names, if they still are
               as published
    archive    what was searched in the archive, what could not be read, and advice for a further search

A claim is a sentence that holds, fails, or cannot be decided here (``null``). It has the command that checks it by hand
and, if that output is one line, the expected output.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from shlex import quote
from typing import Any

from consent_core.canonical import archived_part
from consent_core.dates import timestamp
from consent_core.proofs import CONSENT_IDS, consent_id_of
from consent_core.receipts import receipt_of

type Json = dict[str, Any]
type Proof = Mapping[str, Any]
type Identity = tuple[str, str]

ADVICE = "Expired proofs are only in the archive, filed by the UTC day of the decision: name the days to search."

ARCHIVED_WITHIN = timedelta(minutes=15)
"""A more recent decision may not have reached the archive yet."""


@dataclass(frozen=True, slots=True)
class PublishedVersion:
    """A published version in one language: the settings that browsers get, and their entity tag with its quotes."""

    widget_id: int
    version_key: str
    language: str
    body: str
    etag: str

    @property
    def is_as_published(self) -> bool:
        """Whether the body's hash begins with its entity tag, as it did when the body was rendered."""
        return _sha256(self.body).startswith(self.etag.strip('"'))


@dataclass(frozen=True, slots=True)
class ArchivedProof:
    """A proof's line in the archive, with the metadata of its object and their checks.

    ``is_unchanged``: the content has the recorded SHA-256. ``is_linked``: the link follows from it. ``is_preceded``:
    the predecessor exists with the recorded link, or the object is the first one; None: it may have expired.
    """

    line: Proof
    key: str
    sha256: str
    previous_key: str
    previous: str
    link: str
    is_unchanged: bool
    is_linked: bool
    is_preceded: bool | None


@dataclass(frozen=True, slots=True)
class Locations:
    """The tables and the bucket that have the evidence, and the command that calls the AWS command line for them."""

    widgets_table: str
    consents_table: str
    bucket: str
    aws: str = "aws"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence that was read. ``shown`` is keyed by widget, version and the language that the proof states.

    ``searched`` has the (widget, day) pairs searched in the archive. ``is_whole``: the whole archive was searched.
    ``is_complete`` is False if the time ran out before the end, or a query of the whole archive had no answer: then
    ``not_answered`` says why. ``unreadable`` has the keys of damaged objects.
    """

    consent_id: str
    locations: Locations
    stored: Sequence[Proof] = ()
    kept: Sequence[ArchivedProof] = ()
    shown: Mapping[tuple[int, str, str | None], PublishedVersion] = field(default_factory=dict)
    searched: frozenset[tuple[int, str]] = frozenset()
    is_whole: bool = False
    is_complete: bool = True
    not_answered: str = ""
    unreadable: Sequence[str] = ()


def dossier_of(evidence: Evidence, now: datetime) -> Json:
    """Return the dossier of this evidence, made at ``now``."""
    shown = [each for each in dict.fromkeys(evidence.shown.values()) if each.is_as_published]
    stored = {_identity(proof): proof for proof in evidence.stored}
    kept = {_identity(each.line): each for each in reversed(evidence.kept)}  # of repeats, the first one counts
    ordered = sorted(stored.keys() | kept.keys())
    return {
        "consentId": evidence.consent_id,
        "madeAt": timestamp(now),
        "decisions": [_decision(evidence, stored.get(name), kept.get(name), shown, now) for name in ordered],
        "shown": [_settings(each) for each in shown],
        "archive": {
            "searched": [{"widgetId": widget, "date": day} for widget, day in sorted(evidence.searched)],
            "isWhole": evidence.is_whole,
            "isComplete": evidence.is_complete,
            "advice": None if evidence.is_whole else " ".join(filter(None, [evidence.not_answered, ADVICE])),
            "unreadable": list(evidence.unreadable),
        },
    }


def _identity(proof: Proof) -> Identity:
    return proof["date"], proof["id"]


def _decision(
    evidence: Evidence, stored: Proof | None, kept: ArchivedProof | None, shown: list[PublishedVersion], now: datetime
) -> Json:
    proof = stored or {name: value for name, value in (kept.line if kept else {}).items() if name != "eventId"}
    choices = proof["consents"]
    seen = evidence.shown.get((proof["widgetId"], choices["versionKey"], choices["lang"]))
    claims = (
        *_of_the_table(evidence, proof, is_stored=stored is not None, is_expired=_is_expired(proof, now)),
        *_of_the_archive(evidence, proof, kept, is_stored=stored is not None, now=now),
        *_of_the_version(evidence, proof, seen),
        *_of_the_name(evidence, proof),
    )
    return {
        "proof": dict(proof),
        "isExpired": _is_expired(proof, now),
        "isInTable": stored is not None,
        "archived": None if kept is None else _noted(kept),
        "shown": shown.index(seen) if seen and seen.is_as_published else None,
        "receipt": receipt_of(proof, seen.body if seen and seen.is_as_published else None, created=now),
        "claims": list(claims),
    }


def _is_expired(proof: Proof, now: datetime) -> bool:
    return datetime.fromisoformat(proof["dateExpiration"]) <= now


def _noted(kept: ArchivedProof) -> Json:
    return {
        "key": kept.key,
        "sha256": kept.sha256,
        "previousKey": kept.previous_key,
        "previous": kept.previous,
        "link": kept.link,
    }


def _settings(shown: PublishedVersion) -> Json:
    return {
        "widgetId": shown.widget_id,
        "versionKey": shown.version_key,
        "lang": shown.language,
        "sha256": _sha256(shown.body),
        "settings": json.loads(shown.body),
    }


# --- Claims -----------------------------------------------------------------------------------------------------------


def _claim(claim: str, holds: bool | None, check: str = "", expected: str = "") -> Json:
    return {"claim": claim, "holds": holds, "check": check, "expected": expected}


def _of_the_table(evidence: Evidence, proof: Proof, *, is_stored: bool, is_expired: bool) -> Iterator[Json]:
    key = {"consentId": {"S": proof["consentId"]}, "id": {"S": proof["id"]}}
    check = _get_item(evidence.locations, evidence.locations.consents_table, key)
    if is_stored or not is_expired:
        yield _claim("The table has this proof.", is_stored, check)
    else:
        yield _claim("The proof has expired and was deleted from the table.", True, check)


def _of_the_archive(
    evidence: Evidence, proof: Proof, kept: ArchivedProof | None, *, is_stored: bool, now: datetime
) -> Iterator[Json]:
    locations, same = (
        evidence.locations,
        "The archive has the same proof." if is_stored else "The archive has this proof.",
    )
    if kept is not None:
        address = quote(f"s3://{locations.bucket}/{kept.key}")
        content = f"{locations.aws} s3 cp {address} -"
        is_same = archived_part(kept.line) == archived_part(proof)
        yield _claim(same, is_same, f"{content} | gunzip | grep {quote(evidence.consent_id)}")
        noted = "The archived object is unchanged: its SHA-256 is the one recorded when it was written."
        yield _claim(noted, kept.is_unchanged, f"{content} | sha256sum", kept.sha256)
        linked = "The object's link follows from its SHA-256 and from the link of its predecessor."
        both = quote(f"{kept.previous}:{kept.sha256}")
        yield _claim(linked, kept.is_linked, f"printf %s {both} | sha256sum", kept.link)
        yield _of_the_predecessor(locations, kept)
    elif not _was_searched(evidence, proof):
        yield _claim("The archive was not searched for this proof.", None)
    else:
        made = datetime.fromisoformat(proof["date"])
        yield _claim(same, None if now - made < ARCHIVED_WITHIN or not evidence.is_complete else False)


def _of_the_predecessor(locations: Locations, kept: ArchivedProof) -> Json:
    if not kept.previous_key:
        return _claim("The object is the first one of its lane.", kept.is_preceded)
    head = f"{locations.aws} s3api head-object --bucket {quote(locations.bucket)} --key {quote(kept.previous_key)}"
    claim = "The object's predecessor exists and has the recorded link."
    return _claim(claim, kept.is_preceded, f"{head} --query Metadata.link --output text", kept.previous)


def _of_the_version(evidence: Evidence, proof: Proof, shown: PublishedVersion | None) -> Iterator[Json]:
    locations, version = evidence.locations, proof["consents"]["versionKey"]
    key = {"widgetId": {"N": str(proof["widgetId"])}, "version": {"S": version}}
    if shown is None:
        read = _get_item(locations, locations.widgets_table, key)
        yield _claim("The version that the visitor saw is still stored.", False, read)
        return
    rendered = {**key, "version": {"S": f"{version}#{shown.language}"}}
    body = f"{_get_item(locations, locations.widgets_table, rendered)} --query Item.body.S --output text"
    same = "The settings shown are, byte for byte, those that were published."
    expected = shown.etag.strip('"') + "…"
    yield _claim(same, shown.is_as_published, f'printf %s "$({body})" | sha256sum', expected)
    if not shown.is_as_published:
        return  # no visitor saw the body that is stored now
    settings = json.loads(shown.body)
    published = settings["lastVersionGeneration"]
    read = f"{_get_item(locations, locations.widgets_table, key)} --query Item.publishedAt.S --output text"
    yield _claim("The version was published before the decision.", published <= proof["date"], read, published)
    yield _claim(
        "The proof lists exactly the services of the version, as they were described.",
        _services(proof["consents"]["cookieConsents"])
        == _services(service for group in settings["groups"] for service in group["services"]),
    )


def _of_the_name(evidence: Evidence, proof: Proof) -> Iterator[Json]:
    widget_id, decision_id = proof["widgetId"], proof["id"]
    if consent_id_of(widget_id, decision_id) == evidence.consent_id:
        program = f'import uuid; print(uuid.uuid5(uuid.UUID("{CONSENT_IDS}"), "{widget_id}:{decision_id}"))'
        check = f"python3 -c {quote(program)}"
        yield _claim("The consent's id derives from this decision, its first one.", True, check, evidence.consent_id)


def _was_searched(evidence: Evidence, proof: Proof) -> bool:
    return evidence.is_whole or (proof["widgetId"], proof["date"][:10]) in evidence.searched


def _services(described: Iterable[Mapping[str, Any]]) -> list[tuple[Any, ...]]:
    return sorted(tuple(each[name] for name in ("slug", "id", "name", "version", "purpose")) for each in described)


def _get_item(locations: Locations, table: str, key: Json) -> str:
    return f"{locations.aws} dynamodb get-item --table-name {quote(table)} --key {quote(json.dumps(key))}"


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
