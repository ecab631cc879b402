"""The canonical form of a proof: what the archive keeps of it, as a line of JSON. Its hash names the proof for good."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from consent_core.consent_table import PERSONAL

NEVER_ARCHIVED = frozenset({*PERSONAL, "ttl", "erasedAt"})
"""Members of a stored proof that are not archived: what can identify the visitor, and times of deletion."""

EVENT = "eventId"
"""The member that the archive adds: the event that brought the proof there."""


def archived_part(proof: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the archive keeps of a stored or archived proof. An erasure does not change it."""
    return {name: value for name, value in proof.items() if name not in NEVER_ARCHIVED and name != EVENT}


def json_of(line: Mapping[str, Any]) -> str:
    """Return the same text for the same members. Raises TypeError or ValueError for a value that JSON does not have."""
    return json.dumps(line, ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False)


def sha256_of(proof: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a stored or archived proof: of the text of what the archive keeps."""
    return hashlib.sha256(json_of(archived_part(proof)).encode()).hexdigest()
