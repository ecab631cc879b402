"""The audit of accesses: who asked for a visitor's data or erased it, when, and why. Entries are added, never changed.

Partition key ``month`` (S), sort key ``entry`` (S), which begins with the time; time to live ``ttl``. An entry holds no
id of a visitor: its ``subject`` is an HMAC of that id. A plain hash of "CRM-42" could be guessed; this one takes the
stack's key.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from consent_core import aws
from consent_core.dynamodb import Table
from consent_core.items import attribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LAST = "~"  # after every character of a time


class Kind(StrEnum):
    """The kinds of access."""

    LOOKUP = "lookup"
    SEARCH = "search"
    DOSSIER = "dossier"
    EXPORT = "export"
    ERASURE = "erasure"


@dataclass(frozen=True, slots=True)
class Access:
    """An access by ``actor`` at a time (``at``, ISO 8601 in UTC), about a ``subject`` and a widget if these are known.

    ``reason`` is in the actor's words. ``days`` are those of an export: a UTC day, or two with a slash (ISO 8601).
    """

    kind: Kind
    actor: str
    at: str
    reason: str | None = None
    widget_id: int | None = None
    subject: str | None = None
    days: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the entry with the names of docs/contract.md, section 8."""
        return {
            "at": self.at,
            "actor": self.actor,
            "kind": str(self.kind),
            "reason": self.reason,
            "widgetId": self.widget_id,
            "subject": self.subject,
            "days": self.days,
        }


@dataclass(frozen=True, slots=True)
class Subjects:
    """The making of subjects with the stack's ``key``, which must never change: it would make earlier entries mute."""

    key: str

    def __post_init__(self) -> None:
        if not self.key:
            raise ValueError("The audit's key is missing.")

    def of(self, visitor_id: str) -> str:
        """Return the subject of a ``consentId`` or ``userId``: HMAC-SHA-256 in hexadecimal."""
        return hmac.new(self.key.encode(), visitor_id.encode(), hashlib.sha256).hexdigest()


class AccessAudit(Table):
    """Writes and reads of entries, which DynamoDB deletes ``days`` after their time.

    Every method raises ThrottledError or UnavailableError when the store does not answer in time.
    """

    def __init__(self, client: "DynamoDBClient", name: str, *, days: int) -> None:
        super().__init__(client, name)
        self._days = days

    def record(self, access: Access) -> None:
        """Add an entry. Call it before what it is about: an access whose entry cannot be written must not happen."""
        ends = datetime.fromisoformat(access.at) + timedelta(days=self._days)
        given = {name: value for name, value in access.as_json().items() if value is not None}
        key = {"month": access.at[:7], "entry": f"{access.at} {secrets.token_hex(8)}"}
        item = {**key, **given, "ttl": int(ends.timestamp())}
        with aws.errors():
            self._client.put_item(
                TableName=self._name,
                Item={name: attribute(value) for name, value in item.items()},
                ConditionExpression="attribute_not_exists(entry)",
            )

    def between(self, first: date, last: date) -> Iterator[Access]:
        """Yield the entries of these days (UTC) and those between, the newest first.

        Makes a request for each month, and one for each further page of 1 MB, when they are needed.
        """
        for month in _months(first, last):
            found = self._query(
                KeyConditionExpression="#month = :month AND entry BETWEEN :first AND :last",
                ExpressionAttributeNames={"#month": "month"},
                ExpressionAttributeValues={
                    ":month": attribute(month),
                    ":first": attribute(first.isoformat()),
                    ":last": attribute(last.isoformat() + _LAST),
                },
                ConsistentRead=True,
                ScanIndexForward=False,
            )
            yield from map(_access_of, found)


def _access_of(item: dict[str, Any]) -> Access:
    known = (item.get(name) for name in ("reason", "widgetId", "subject", "days"))
    return Access(Kind(item["kind"]), item["actor"], item["at"], *known)


def _months(first: date, last: date) -> Iterator[str]:
    """Yield the months from ``last`` back to ``first``, such as ``2026-11``."""
    month = last.replace(day=1)
    while month >= first.replace(day=1):
        yield month.isoformat()[:7]
        month = (month - timedelta(days=1)).replace(day=1)
