"""The body of a POST request: a visitor's decision, in every form that docs/contract.md, section 3, accepts.

The choice itself is read strictly: a body whose choice is doubtful is refused. Everything else is a detail: one that
cannot be used is left out and named in ``ignored``, because a decision is never lost over it.
"""

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any, NamedTuple

from consent_core import shapes
from consent_core.catalogue import PURPOSES
from consent_core.errors import MalformedError
from consent_core.personal_data import usable_user_id

DEVICES = ("unknown", "mobile", "desktop", "tablet")
"""The name of each ``typeDevice``, by its number."""

ACTIONS = frozenset({"AcceptAll", "RefuseAll", "Selection", "Api", "Signal"})

type _Members = Mapping[str, Any]

UNKNOWN = "unknown"
"""The value counted for a member that a decision does not have."""

_NIL = "00000000-0000-0000-0000-000000000000"
_MOST_ERRORS = 20
_LONGEST_NUMBER = 4_000
_LONGEST_DATE = 64
_SPELLINGS = (("toestemmingen", "consents"), ("naam", "name"))  # the documentation's Dutch page translates two keys
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class DecisionType(IntEnum):
    """Only ``CONSENTS`` stores a proof; the other two are counted."""

    VISIT = 0
    QUIT = 1
    CONSENTS = 2


class Choice(NamedTuple):
    """The decision on one service, named by ``id``, ``slug`` or both. A name of another shape is None.

    ``sent`` has both names as they were sent. ``odd_date``: there was a date that cannot be read.
    """

    id: str | None
    slug: str | None
    consent: bool
    date: datetime | None = None
    odd_date: bool = False
    sent: tuple[str, str] = ("", "")


class Signals(NamedTuple):
    """The browser's signals at the decision: Global Privacy Control and Do Not Track."""

    gpc: bool
    dnt: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """The visitor's choices. ``version_key`` may be any string here: only the table knows which versions exist.

    ``policy`` is an id of the version's policies, or ``catalogue.STRICT``; only the version knows which there are.
    """

    lang: str | None = None
    version_key: str | None = None
    cookie_consents: tuple[Choice, ...] = ()
    purposes: Mapping[str, bool] = field(default_factory=dict)
    policy: str | None = None
    signals: Signals | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A visitor's decision as sent. ``consents`` is present whenever ``type`` is ``CONSENTS``.

    ``ignored`` has the places of the details that cannot be used, such as ``userId``.
    """

    type: DecisionType
    id: str | None = None
    session_id: str | None = None
    consent_id: str | None = None
    user_id: str | None = None
    type_device: int = 0
    action: str | None = None
    referrer: str | None = None
    lang: str | None = None
    consents: Choices | None = None
    ignored: tuple[str, ...] = ()

    @property
    def language(self) -> str | None:
        """The language that the visitor saw: the one stated in ``consents``, else the one stated beside it."""
        return (self.consents and self.consents.lang) or self.lang

    @property
    def counted_by(self) -> dict[str, str]:
        """The dimensions of statistics: a few values of known shapes that identify no visitor."""
        words = {"lang": self.language or UNKNOWN, "device": DEVICES[self.type_device]}
        return {**words, "action": self.action or UNKNOWN} if self.type is DecisionType.CONSENTS else words


def request_hash(choices: Choices) -> str:
    """Return the SHA-256 (hex) of the choices as sent: the same for a retry, another for an altered replay.

    Policy and signals belong to it if they were sent: other hashes are those of earlier releases.
    """
    canonical = {
        "choices": sorted({(*choice.sent, choice.consent) for choice in choices.cookie_consents}),
        "purposes": choices.purposes,
        "versionKey": choices.version_key,
        **({} if choices.policy is None else {"policy": choices.policy}),
        **({} if choices.signals is None else {"signals": choices.signals._asdict()}),
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def decision_from_json(text: str) -> Decision:
    """Read a decision. Raises MalformedError with the location and type of each fault, never with the input."""
    try:
        body = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise MalformedError.at("body", kind="json_invalid") from error
    reading = _Reading()
    decision = reading.decision(body)
    if reading.faults:
        raise MalformedError(reading.faults)
    return decision


def is_a_count(text: str) -> bool:
    """Return whether a body says that it is a visit or a quit. It need not be a decision that can be read."""
    try:
        body = json.loads(text, parse_int=_integer)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and _decision_type(body.get("type")) in {DecisionType.VISIT, DecisionType.QUIT}


class _Reading:
    """The reading of one body. It collects the faults that refuse the body, and the details that are left out."""

    def __init__(self) -> None:
        self.faults: list[dict[str, object]] = []
        self.ignored: list[str] = []

    def decision(self, body: object) -> Decision:
        """Return the decision, which counts only if there are no faults. Raises MalformedError if it has no choice."""
        if not isinstance(body, dict):
            raise MalformedError.at(kind="model_type")
        kind = _decision_type(body.get("type"))
        if kind is None:
            raise MalformedError.at("type", kind="decision_type" if "type" in body else "missing")
        if kind is not DecisionType.CONSENTS:
            return self._count(kind, body)
        sent = body.get("consents")
        if sent is None:
            raise MalformedError.at(kind="consents_missing")
        if not isinstance(sent, dict):
            raise MalformedError.at("consents", kind="model_type")
        return self._consents(body, sent)

    def _count(self, kind: DecisionType, body: _Members) -> Decision:
        return Decision(
            kind,
            type_device=self._detail(body, "typeDevice", _device) or 0,
            lang=self._detail(body, "lang", _language),
        )

    def _consents(self, body: _Members, sent: _Members) -> Decision:
        return Decision(
            DecisionType.CONSENTS,
            id=self._identifier(body, "id"),
            consent_id=self._identifier(body, "consentId") or self._identifier(sent, "consentId", "consents"),
            user_id=self._detail(body, "userId", usable_user_id),
            session_id=self._detail(body, "sessionId", _uuid),
            type_device=self._detail(body, "typeDevice", _device) or 0,
            action=self._detail(body, "action", _action),
            referrer=self._detail(body, "referrer", _text),
            lang=self._detail(body, "lang", _language),
            consents=Choices(
                lang=self._detail(sent, "lang", _language),
                version_key=None if sent.get("versionKey") in (None, "") else _as_sent(sent["versionKey"]),
                cookie_consents=tuple(self._entries(sent.get("cookieConsents"))),
                purposes=self._purposes(sent.get("purposes")),
                policy=self._policy(sent.get("policy")),
                signals=self._signals(sent.get("signals")),
            ),
            ignored=tuple(dict.fromkeys(self.ignored)),
        )

    def _identifier(self, members: _Members, name: str, *place: str) -> str | None:
        """Return a UUID in lower case. A doubtful one is a fault: it decides which history a proof belongs to."""
        value = members.get(name)
        if value is None or value == "":
            return None
        known = _uuid(value)
        if known is None:
            self._fault(*place, name, kind=_fault_of_uuid(value))
        return known

    def _entries(self, sent: object) -> Iterator[Choice]:
        if not isinstance(sent, list | None):
            self._fault("consents", "cookieConsents", kind="list_type")
            return
        for index, entry in enumerate(sent or ()):
            if not isinstance(entry, dict):
                self._fault("consents", "cookieConsents", index, kind="model_type")
            elif self._is_boolean(entry, "consent", "consents", "cookieConsents", index):
                yield _choice(entry)

    def _purposes(self, sent: object) -> Mapping[str, bool]:
        if not isinstance(sent, dict | None):
            self._fault("consents", "purposes", kind="dict_type")
            return {}
        purposes = sent or {}
        if not purposes.keys() <= PURPOSES.keys():
            self._fault("consents", "purposes", kind="unknown_purpose")
            return {}
        return {
            label: purposes[label] for label in purposes if self._is_boolean(purposes, label, "consents", "purposes")
        }

    def _policy(self, sent: object) -> str | None:
        """Return a policy's id. A doubtful one is a fault: it decides what a consent means."""
        if sent is None or sent == "":
            return None
        known = _slug(sent)
        if known is None:
            self._fault("consents", "policy", kind=_fault_of_text(sent))
        return known

    def _signals(self, sent: object) -> Signals | None:
        if not isinstance(sent, dict | None):
            self._fault("consents", "signals", kind="dict_type")
            return None
        if sent is None:
            return None
        if not sent.keys() <= set(Signals._fields):
            self._fault("consents", "signals", kind="unknown_signal")
            return None
        known = [name for name in Signals._fields if self._is_boolean(sent, name, "consents", "signals")]
        return Signals(**sent) if len(known) == len(Signals._fields) else None

    def _is_boolean(self, members: _Members, name: str, *place: str | int) -> bool:
        if isinstance(members.get(name), bool):
            return True
        self._fault(*place, name, kind="bool_type" if name in members else "missing")
        return False

    def _detail[T](self, members: _Members, name: str, read: Callable[[object], T | None]) -> T | None:
        """Return a member that may be missing, null or empty; None, and its name in ``ignored``, if it is unusable."""
        value = members.get(name)
        if value is None or value == "":
            return None
        usable = read(value)
        if usable is None:
            self.ignored.append(name)
        return usable

    def _fault(self, *place: str | int, kind: str) -> None:
        if len(self.faults) < _MOST_ERRORS:
            self.faults.append({"loc": list(place), "type": kind})


# --- Values: each function returns None for one that it cannot use ----------------------------------------------------


def _choice(entry: _Members) -> Choice:
    own_id, slug, date = entry.get("id") or None, entry.get("slug") or None, entry.get("date")
    instant = None if date is None else _instant(date)
    is_odd = instant is None and date is not None and date != ""
    sent = ("" if own_id is None else _as_sent(own_id).lower(), "" if slug is None else _as_sent(slug))
    return Choice(_uuid(own_id), _slug(slug), entry["consent"], instant, is_odd, sent)


def _decision_type(value: object) -> DecisionType | None:
    for member in DecisionType:
        if value == member.name.capitalize() or (type(value) is int and value == member):
            return member
    return None


def _uuid(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and shapes.UUID.fullmatch(value) else None


def _fault_of_uuid(value: object) -> str:
    return "nil_uuid" if value == _NIL else _fault_of_text(value)


def _fault_of_text(value: object) -> str:
    return "string_pattern_mismatch" if isinstance(value, str) else "string_type"


def _slug(value: object) -> str | None:
    return value if isinstance(value, str) and shapes.SLUG.fullmatch(value) else None


def _device(value: object) -> int | None:
    return value if type(value) is int and value in range(len(DEVICES)) else None


def _action(value: object) -> str | None:
    return value if isinstance(value, str) and value in ACTIONS else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _language(value: object) -> str | None:
    return shapes.culture_of(value) if isinstance(value, str) else None


def _instant(value: object) -> datetime | None:
    """Read ISO 8601 (UTC if it has no zone) or epoch milliseconds. Clamp dates beyond datetime's range to its ends."""
    try:
        if isinstance(value, str) and len(value) <= _LONGEST_DATE:
            date = datetime.fromisoformat(value)
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return _ALWAYS[isinstance(value, int) and value > 0]
    except ValueError:
        pass
    return None


def _as_sent(value: object) -> str:
    """Return what a hash is made of: a text as it is, another value as JSON. A list or an object is not looked into."""
    if isinstance(value, str):
        return value
    return type(value).__name__ if isinstance(value, list | dict) else json.dumps(value)


# --- JSON -------------------------------------------------------------------------------------------------------------


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject repeated keys: readers differ in which of two equal keys counts (RFC 8259 §4)."""
    members = dict(pairs)
    for dutch, english in _SPELLINGS:
        if dutch in members:
            members.setdefault(english, members.pop(dutch))
    if len(members) != len(pairs):
        raise MalformedError.at("body", kind="duplicate_key")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # Python would accept NaN and Infinity, which are not JSON


def _integer(digits: str) -> int | float:
    """Read a whole number; one that is longer than any use of it becomes infinite, as a long fraction does."""
    return int(digits) if len(digits) <= _LONGEST_NUMBER else math.copysign(math.inf, -1 if digits[0] == "-" else 1)
