"""Sessions of people who have signed in, and sign-ins that have begun. The browser has an opaque value in a cookie.

The table's key is the SHA-256 of that value, so that a reader of the table cannot take a session over. The value's 32
random bytes need no salt. Times are seconds since 1970.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from consent_console.people import Person
from consent_core import aws
from consent_core.dynamodb import Table
from consent_core.errors import ConflictError
from consent_core.items import attribute, plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FRESH = 15 * 60
"""Seconds for which the groups that the provider stated count. Afterwards it is asked again."""

IDLE = 60 * 60
"""Seconds without a renewal after which a session is over."""

LONGEST = 8 * 60 * 60
"""Seconds after which a person signs in again."""

_SIGNING_IN = 10 * 60
"""Seconds that a person has to sign in."""

_READ = ("id", "person", "renewedAt", "endsAt")
"""The attributes that pages read: no token. The functions' permissions name the same ones."""


@dataclass(frozen=True, slots=True)
class Session:
    """The session of a person. Its end and its last renewal are in seconds since 1970."""

    person: Person
    renewed_at: int
    ends_at: int

    def is_fresh(self, now: int) -> bool:
        """Return whether the person's groups were stated lately enough to count."""
        return now < min(self.renewed_at + FRESH, self.ends_at)

    def is_alive(self, now: int) -> bool:
        """Return whether the session can be renewed."""
        return now < min(self.renewed_at + IDLE, self.ends_at)


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in that has begun: what the provider must return, and where the person was going."""

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    to: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """The provider's tokens, which console_login alone reads: they renew and end a session. Either may be missing."""

    refresh: str | None = field(default=None, repr=False)
    identity: str | None = field(default=None, repr=False)


class Sessions(Table):
    """The table. Every method raises ThrottledError or UnavailableError when the store does not answer in time."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        super().__init__(client, name)

    # --- Sign-ins -----------------------------------------------------------------------------------------------------

    def begin(self, sign_in: SignIn, *, now: int) -> str:
        """Keep a sign-in for ten minutes. Return the value for its cookie."""
        value = _new_value()
        stated = {name: getattr(sign_in, name) for name in ("state", "nonce", "verifier", "to")}
        self._put(value, {**stated, "endsAt": now + _SIGNING_IN, "ttl": now + _SIGNING_IN})
        return value

    def finish(self, value: str, state: str, *, now: int) -> SignIn | None:
        """Return the sign-in of a cookie and forget it: a second attempt gets None, as does one that comes too late.

        One with another ``state`` gets None and leaves it: two tabs that sign in together share a cookie, the latest.
        """
        try:
            item = self._taken(value, **_state_is(state))
        except ConflictError:
            return None
        if now >= item["endsAt"]:
            return None
        return SignIn(item["state"], item["nonce"], item["verifier"], item["to"])

    # --- Sessions -----------------------------------------------------------------------------------------------------

    def open(self, person: Person, tokens: Tokens, *, now: int) -> str:
        """Begin a session. Return the value for its cookie."""
        value = _new_value()
        ends = now + LONGEST
        self._put(value, {**_state(person, tokens, now), "endsAt": ends, "ttl": ends})
        return value

    def find(self, value: str) -> Session | None:
        """Return the session of a cookie, whether it is over or not."""
        item = self._get(value, _READ)
        if "person" not in item:
            return None
        return Session(Person.from_json(item["person"]), item["renewedAt"], item["endsAt"])

    def tokens(self, value: str) -> Tokens:
        """Return the tokens of a session."""
        return _tokens(self._get(value, ("refreshToken", "idToken")))

    def renew(self, value: str, person: Person, tokens: Tokens, *, now: int) -> None:
        """State what the provider says of the person now. Raises ConflictError if the session has been closed."""
        state = _state(person, tokens, now)
        with aws.errors():
            self._client.update_item(
                TableName=self._name,
                Key=_key(value),
                UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in state),
                ExpressionAttributeValues={f":{name}": attribute(each) for name, each in state.items()},
                ConditionExpression="attribute_exists(person)",
            )

    def close(self, value: str) -> Tokens:
        """End a session, if there is one. Return its last tokens."""
        return _tokens(self._taken(value))

    def _put(self, value: str, stated: dict[str, Any]) -> None:
        item = {**_key(value), **{name: attribute(each) for name, each in stated.items()}}
        with aws.errors():
            self._client.put_item(TableName=self._name, Item=item)

    def _taken(self, value: str, **condition: Any) -> dict[str, Any]:  # noqa: ANN401 - as DynamoDB takes it
        """Delete an item. Return it as it was. Raises ConflictError if the condition does not hold."""
        with aws.errors():
            found = self._client.delete_item(TableName=self._name, Key=_key(value), ReturnValues="ALL_OLD", **condition)
        return plain_item(found.get("Attributes", {}))

    def _get(self, value: str, names: tuple[str, ...]) -> dict[str, Any]:
        with aws.errors():
            found = self._client.get_item(
                TableName=self._name,
                Key=_key(value),
                ProjectionExpression=", ".join(names),
                ConsistentRead=True,
            )
        return plain_item(found.get("Item", {}))


def _state(person: Person, tokens: Tokens, now: int) -> dict[str, Any]:
    stated = {"person": person.as_json(), "renewedAt": now, "refreshToken": tokens.refresh, "idToken": tokens.identity}
    return {name: each for name, each in stated.items() if each is not None}


def _state_is(state: str) -> dict[str, Any]:
    """Return the condition that a sign-in has this state."""
    return {
        "ConditionExpression": "#state = :state",
        "ExpressionAttributeNames": {"#state": "state"},
        "ExpressionAttributeValues": {":state": attribute(state)},
    }


def _tokens(item: dict[str, Any]) -> Tokens:
    return Tokens(item.get("refreshToken"), item.get("idToken"))


def _new_value() -> str:
    return secrets.token_urlsafe(32)


def _key(value: str) -> dict[str, Any]:
    return {"id": attribute(hashlib.sha256(value.encode()).hexdigest())}
