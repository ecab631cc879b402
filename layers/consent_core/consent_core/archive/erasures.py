"""The list of erasures: objects in the archive's bucket, where restoring the table cannot undo them.

An object holds lines of JSON, each with ``proof``, a hash that names an erased proof, and ``erasedAt``. Its name is the
hash of its content, so that a repeated write adds no object. The list names no visitor: an id is random, and its hash
finds a proof only for a reader who has that proof already.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from consent_core.archive.batches import Record
from consent_core.archive.objects import Archive, Line, Link, encoded
from consent_core.errors import UnreadableError
from consent_core.items import plain_item

FOLDER = "erasures/"


class Recorded(NamedTuple):
    """The list: when each proof was erased, by its name. ``unreadable`` has the keys of damaged objects."""

    times: Mapping[str, str]
    unreadable: list[str]


def name_of(consent_id: str, decision_id: str) -> str:
    """Return the name of a proof in the list."""
    return hashlib.sha256(f"{consent_id} {decision_id}".encode()).hexdigest()


def erasure_of(item: Mapping[str, Any]) -> Line | None:
    """Return the line for an item in DynamoDB's form, or None if it was not erased. Raises UnreadableError."""
    if "erasedAt" not in item:
        return None
    try:
        proof = plain_item(item)
        return {"proof": name_of(proof["consentId"], proof["id"]), "erasedAt": proof["erasedAt"]}
    except (KeyError, TypeError, ValueError) as error:
        raise UnreadableError from error


def erasures(records: Iterable[Record]) -> list[tuple[str, Line]]:
    """Return the lines for records of the table's stream, each with its sequence number. Skip unreadable records."""
    found = []
    for record in records:
        try:
            line = erasure_of(record["dynamodb"].get("NewImage", {}))
        except UnreadableError:
            continue
        if line is not None:
            found.append((record["dynamodb"]["SequenceNumber"], line))
    return found


def record(archive: Archive, lines: Iterable[Line]) -> None:
    """Add lines to the list, as one object. Raises UnavailableError."""
    content = encoded(sorted(lines, key=lambda line: str(line["proof"])))
    sha256 = hashlib.sha256(content).hexdigest()
    archive.put_new(Link(f"{FOLDER}{sha256}.ndjson.gz", sha256, "", "", ""), content)


def recorded(archive: Archive) -> Recorded:
    """Read the list. Raises UnavailableError."""
    times: dict[str, str] = {}
    unreadable = []
    for key in archive.keys_in(FOLDER):
        try:
            lines = [json.loads(line) for line in gzip.decompress(archive.read(key)).splitlines()]
            times |= {str(line["proof"]): str(line["erasedAt"]) for line in lines}
        except (OSError, EOFError, zlib.error, ValueError, KeyError, TypeError):
            unreadable.append(key)
    return Recorded(times, unreadable)
