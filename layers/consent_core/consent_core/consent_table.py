"""The table of consents: partition key ``consentId`` (S), sort key ``id`` (S), time to live ``ttl``.

Each decision is one item. The index ``ByUser`` has the keys of those that name their user: partition key
``widgetUser`` (S), made of widget and user, so that a search for one widget's user never reads another's visitors; sort
key ``date`` (S). This module alone knows ``widgetUser``: proofs go in and come out without it.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from consent_core import aws
from consent_core.dynamodb import Table
from consent_core.errors import AlteredReplayError, ConflictError, UnprocessableError
from consent_core.items import Item, attribute, plain_item

_USERS, _USER = "ByUser", "widgetUser"

PERSONAL = ("userId", "sessionId", "referrer", _USER)
"""Members of an item, besides the ids, that can identify the visitor: shown to operators only, erased on request."""

_ANY_PERSONAL = " OR ".join(f"attribute_exists({name})" for name in PERSONAL)


@dataclass(frozen=True, slots=True)
class StoredProof:
    """A proof in the shape of docs/contract.md, section 4.

    ``expired``: its retention is over, but DynamoDB has not deleted it yet.
    """

    proof: dict[str, Any]
    expired: bool


@dataclass(frozen=True, slots=True)
class UserConsent:
    """A consent whose proofs name a user: how many of them do, and the dates of the first and the last."""

    consent_id: str
    decisions: int
    first: str
    last: str

    def as_json(self) -> dict[str, object]:
        return {"consentId": self.consent_id, "decisions": self.decisions, "first": self.first, "last": self.last}


class ConsentTable(Table):
    """Reads and writes of proofs. A method makes one request unless its docstring says otherwise.

    Every method raises ThrottledError or UnavailableError when the store does not answer in time (``deadlines``).
    """

    def put_proof(self, proof: Item) -> bool:
        """Store a proof. Return False if the same decision is already stored.

        Raises AlteredReplayError if the stored decision has other choices, or belongs to another widget.
        """
        stored = self._put_new(proof)
        if stored is None:
            return True
        # A client's id is unique within its consentId: the same pair at another widget is not a retry either.
        if any(stored.get(name) != proof[name] for name in ("requestHash", "widgetId")):
            raise AlteredReplayError
        return False

    def _put_new(self, proof: Item) -> Item | None:
        """Store a proof, or return the item that already has its key."""
        with aws.errors():
            try:
                self._client.put_item(
                    TableName=self._name,
                    Item={name: attribute(value) for name, value in {**proof, **_user_key(proof)}.items()},
                    ConditionExpression="attribute_not_exists(consentId)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except ClientError as error:
                stored: Any = error.response.get("Item")
                if stored is None:
                    raise
                return plain_item(stored)
        return None

    def history(self, consent_id: str, *, now: int, most_pages: int | None = None) -> list[StoredProof]:
        """Return the proofs of a consent, oldest first. ``now`` is in epoch seconds.

        Makes one request for each page of 1 MB; in practice there is one page. Raises UnprocessableError when there are
        more than ``most_pages``.
        """
        pages = self._pages(
            KeyConditionExpression="consentId = :consent",
            ConsistentRead=True,
            ExpressionAttributeValues={":consent": attribute(consent_id)},
        )
        proofs: list[StoredProof] = []
        for number, page in enumerate(pages):
            if number == most_pages:
                raise UnprocessableError("consentId", "This consent has more proofs than one response can hold.")
            proofs += (_stored_proof(item, now) for item in page)
        return sorted(proofs, key=lambda stored: (stored.proof["date"], stored.proof["id"]))

    def of_user(self, widget_id: int, user_id: str, *, most_pages: int | None = None) -> list[UserConsent]:
        """Return the consents of one user of a widget, in the order of their first decisions.

        The index is a moment behind: a decision or an erasure of the last second may not have reached it. Makes one
        request for each page of 1 MB. Raises UnprocessableError when there are more than ``most_pages``.
        """
        pages = self._pages(
            IndexName=_USERS,
            KeyConditionExpression=f"{_USER} = :user",
            ExpressionAttributeValues={":user": attribute(_user_of(widget_id, user_id))},
        )
        dates: dict[str, list[str]] = {}
        for number, page in enumerate(pages):
            if number == most_pages:
                raise UnprocessableError("userId", "This user has more proofs than one response can hold.")
            for item in page:
                dates.setdefault(item["consentId"], []).append(item["date"])
        return [UserConsent(consent_id, len(found), found[0], found[-1]) for consent_id, found in dates.items()]

    def index_users(self) -> int:
        """Add the proofs of earlier releases, which lack ``widgetUser``, to the index. Return how many were added.

        Makes one request for each page of 1 MB of the table, and one for each added proof. If an UnavailableError ends
        it before all are done, the next call does the rest. A proof that is erased meanwhile stays erased.
        """
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name,
            FilterExpression=f"attribute_exists(userId) AND attribute_not_exists({_USER})",
            ProjectionExpression="consentId, id, widgetId, userId",
        )
        with aws.errors():
            return sum(self._index_user(plain_item(item)) for page in pages for item in page["Items"])

    def _index_user(self, proof: Item) -> bool:
        """Add one proof to the index. Return False if it names no user, or not this one any more."""
        if not (key := _user_key(proof)):
            return False
        with suppress(ConflictError), aws.errors():
            self._client.update_item(
                TableName=self._name,
                Key={name: attribute(proof[name]) for name in ("consentId", "id")},
                UpdateExpression=f"SET {_USER} = :key",
                ExpressionAttributeValues={":key": attribute(key[_USER]), ":user": attribute(proof["userId"])},
                ConditionExpression="userId = :user",
            )
            return True
        return False

    def erase(self, consent_id: str, *, at: str, widget_id: int | None = None) -> int:
        """Remove the PERSONAL members from the proofs of a consent, or from one widget's. Return how many were changed.

        The proofs stay, and record the time ``at`` as ``erasedAt``. Makes one request for each changed proof, besides
        the query. If an UnavailableError ends it before all are done, the next call does the rest.
        """
        of_widget = {} if widget_id is None else {":widget": attribute(widget_id)}
        proofs = self._query(
            KeyConditionExpression="consentId = :consent",
            FilterExpression=f"widgetId = :widget AND ({_ANY_PERSONAL})" if of_widget else _ANY_PERSONAL,
            ProjectionExpression="id",
            ConsistentRead=True,
            ExpressionAttributeValues={":consent": attribute(consent_id), **of_widget},
        )
        return sum(self._erase_proof(consent_id, proof["id"], at) for proof in proofs)

    def erase_again(self, erased_at: Callable[[str, str], str | None]) -> int:
        """Erase the proofs that had been erased before the table was restored. Return the number of proofs changed.

        ``erased_at`` gets a consentId and an id, and returns the time of the erasure if there was one. Makes one
        request for each page of 1 MB of the table, and one for each changed proof.
        """
        times = ((key, erased_at(*key)) for key in self._identifying())
        return sum(self._erase_proof(*key, at) for key, at in times if at)

    def _identifying(self) -> Iterator[tuple[str, str]]:
        """Scan the table for proofs with any of the PERSONAL members. Yield consentId and id of each."""
        pages = self._client.get_paginator("scan").paginate(
            TableName=self._name, FilterExpression=_ANY_PERSONAL, ProjectionExpression="consentId, id"
        )
        with aws.errors():
            for page in pages:
                yield from ((item["consentId"]["S"], item["id"]["S"]) for item in page["Items"])

    def _erase_proof(self, consent_id: str, decision_id: str, at: str) -> bool:
        """Erase one proof. Return False if DynamoDB has deleted it in the meantime.

        Without the condition, the update would create the deleted item again.
        """
        with suppress(ConflictError), aws.errors():
            self._client.update_item(
                TableName=self._name,
                Key={"consentId": attribute(consent_id), "id": attribute(decision_id)},
                UpdateExpression=f"SET erasedAt = :at REMOVE {', '.join(PERSONAL)}",
                ExpressionAttributeValues={":at": attribute(at)},
                ConditionExpression="attribute_exists(consentId)",
            )
            return True
        return False

    def proofs_since(self, day: str, *, now: int, widget_id: int | None = None) -> Iterator[Item]:
        """Scan the table for unexpired proofs of ``day``, an ISO date, and later.

        Items stay in DynamoDB's own form, because an item written by hand may not be a proof. ``now`` is in epoch
        seconds. Makes one request for each page of 1 MB of the table, when the page is needed.
        """
        condition = "#date >= :day AND #ttl > :now" + (" AND widgetId = :widget" if widget_id else "")
        values = {":day": day, ":now": now, **({":widget": widget_id} if widget_id else {})}
        scan: dict[str, Any] = {
            "TableName": self._name,
            "FilterExpression": condition,
            "ExpressionAttributeNames": {"#date": "date", "#ttl": "ttl"},
            "ExpressionAttributeValues": {name: attribute(value) for name, value in values.items()},
        }
        with aws.errors():
            for page in self._client.get_paginator("scan").paginate(**scan):
                yield from page["Items"]


def identifies(proof: Item) -> bool:
    """Return whether a proof has any of the PERSONAL members, so that an erasure would change it."""
    return any(name in proof for name in PERSONAL)


def _stored_proof(item: dict[str, Any], now: int) -> StoredProof:
    proof = {name: value for name, value in item.items() if name != _USER}
    return StoredProof(proof, expired=proof["ttl"] <= now)


def _user_key(proof: Item) -> dict[str, str]:
    """Return the index's key of a proof; empty if it names no user, which the index then leaves out."""
    user_id = proof.get("userId")
    return {_USER: _user_of(proof["widgetId"], user_id)} if user_id else {}


def _user_of(widget_id: int, user_id: str) -> str:
    return f"{widget_id}#{user_id}"
