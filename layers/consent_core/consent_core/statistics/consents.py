"""The consents that are valid, counted from decisions. Pure; docs/statistics.md defines it."""

import hashlib
from collections.abc import Iterable, Mapping, Set
from datetime import datetime, timedelta
from typing import Any

from consent_core.dates import timestamp

LIFE = timedelta(days=180)
"""The longest life of a consent: the most that ``consentCookieExpiryTime`` can be."""

_NO_DECISION = "Signal"
"""The action of a proof that a browser's signal was honoured. Its visitor has decided nothing."""


class Consents:
    """The consents of a widget, counted by day, the newest day first. Memory holds a digest of each.

    A consent is valid if its newest decision has not expired ``now``, and was made in one of ``versions``, which are
    those with the present ``renewal``. The choice does not matter.
    """

    def __init__(self, versions: Set[str], *, now: datetime) -> None:
        self.valid = 0
        self._versions, self._now = versions, timestamp(now)
        self._decided: set[bytes] = set()

    def count_day(self, proofs: Iterable[Mapping[str, Any]]) -> None:
        """Count the proofs of a day, in any order. A repeat changes nothing.

        If ``proofs`` raises an error, nothing of the day is counted.
        """
        newest: dict[bytes, tuple[str, bool]] = {}
        for proof in proofs:
            name = _digest(proof["consentId"])
            if name not in self._decided and proof.get("action") != _NO_DECISION:
                newest[name] = max(newest.get(name, ("", False)), (proof["date"], self._is_valid(proof)))
        self._decided.update(newest)
        self.valid += sum(is_valid for _, is_valid in newest.values())

    def _is_valid(self, proof: Mapping[str, Any]) -> bool:
        return proof["dateExpiration"] > self._now and proof["consents"]["versionKey"] in self._versions


def _digest(consent_id: str) -> bytes:
    return hashlib.blake2b(consent_id.encode(), digest_size=16).digest()
