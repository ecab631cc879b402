"""The body of a POST request: a visitor's decision, in every form that docs/contract.md, section 3, accepts."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from consent_core import shapes
from consent_core.catalogue import PURPOSES
from consent_core.errors import MalformedError

DEVICES = ("unknown", "mobile", "desktop", "tablet")
"""The name of each ``typeDevice``, by its number."""

UNKNOWN = "unknown"
"""The value counted for a member that a decision does not have."""

_NIL = "00000000-0000-0000-0000-000000000000"
_MOST_ERRORS = 20
_SPELLINGS = {"toestemmingen": "consents", "naam": "name"}  # the Dutch page of the documentation translates two keys
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ALWAYS = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


class DecisionType(IntEnum):
    """Only ``CONSENTS`` stores a proof; the other two are counted."""

    VISIT = 0
    QUIT = 1
    CONSENTS = 2


def _decision_type(value: object) -> DecisionType:
    for member in DecisionType:
        if value == member.name.capitalize() or (type(value) is int and value == member):
            return member
    raise PydanticCustomError("decision_type", "must be one of Visit, Quit, Consents, 0, 1, 2")


def _not_nil(value: str) -> str:
    if value == _NIL:
        raise PydanticCustomError("nil_uuid", "must not be the nil UUID")
    return value


def _encodable(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:  # JSON may escape half a surrogate pair
        raise PydanticCustomError("string_unicode", "must be valid Unicode") from error
    return value


def _instant(value: object) -> datetime:
    """Read ISO 8601 (UTC if it has no zone) or epoch milliseconds. Clamp dates beyond datetime's range to its ends."""
    try:
        if isinstance(value, str):
            date = datetime.fromisoformat(value)
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        if isinstance(value, int) and not isinstance(value, bool):
            return _EPOCH + timedelta(milliseconds=value)
    except OverflowError:
        return _ALWAYS[isinstance(value, int) and value > 0]
    except ValueError:
        pass
    raise PydanticCustomError("date_invalid", "must be ISO 8601 or epoch milliseconds")


def _purposes(value: object) -> object:
    if isinstance(value, dict) and not value.keys() <= PURPOSES.keys():
        raise PydanticCustomError("unknown_purpose", "must be the name of a purpose")
    return value


type Uuid = Annotated[
    str,
    StringConstraints(pattern=rf"^(?i:{shapes.VERSION_KEY.pattern})$", to_lower=True),
    AfterValidator(_not_nil),
]
type Slug = Annotated[str, StringConstraints(pattern=rf"^{shapes.SLUG.pattern}$")]
type Culture = Annotated[str, StringConstraints(pattern=rf"^{shapes.CULTURE.pattern}$")]


class _Sent(BaseModel):
    """A part of the body. Values are strict; unknown members are ignored, so that a whole documented proof is valid."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", alias_generator=to_camel)


class Choice(_Sent):
    """The decision on one service, named by ``id``, ``slug`` or both."""

    id: Uuid | None = None
    slug: Slug | None = None
    consent: bool
    date: Annotated[datetime, BeforeValidator(_instant)] | None = None

    @model_validator(mode="after")
    def _names_a_service(self) -> Self:
        if self.id is None and self.slug is None:
            raise PydanticCustomError("service_missing", "must have an id or a slug")
        return self


class Choices(_Sent):
    """The visitor's choices. ``version_key`` may be any string here: only the table knows which versions exist."""

    lang: Culture | None = None
    version_key: str | None = None
    cookie_consents: list[Choice] = Field(default_factory=list)
    purposes: Annotated[dict[str, bool], BeforeValidator(_purposes)] | None = None


class Decision(_Sent):
    """A visitor's decision as sent. ``consents`` is present whenever ``type`` is ``CONSENTS``."""

    id: Uuid | None = None
    session_id: Uuid | None = None
    consent_id: Uuid | None = None
    user_id: str | None = None
    type: Annotated[DecisionType, BeforeValidator(_decision_type)]
    type_device: Annotated[int, Field(ge=0, le=3)] = 0
    action: Literal["AcceptAll", "RefuseAll", "Selection", "Api", "Signal"] | None = None
    referrer: Annotated[str, AfterValidator(_encodable)] | None = None
    lang: Culture | None = None
    consents: Choices | None = None

    @model_validator(mode="after")
    def _consents_are_there(self) -> Self:
        if self.type is DecisionType.CONSENTS and self.consents is None:
            raise PydanticCustomError("consents_missing", "must have consents")
        return self

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
    """Return the SHA-256 (hex) of the choices as sent: the same for a retry, another for an altered replay."""
    canonical = {
        "choices": sorted({(choice.id or "", choice.slug or "", choice.consent) for choice in choices.cookie_consents}),
        "purposes": choices.purposes or {},
        "versionKey": choices.version_key,
    }
    return hashlib.sha256(json.dumps(canonical, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def decision_from_json(text: str) -> Decision:
    """Read a decision. Raises MalformedError with the location and type of each fault, never with the input."""
    try:
        body = json.loads(text, object_pairs_hook=_object, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise MalformedError.at("body", kind="json_invalid") from error
    try:
        return Decision.model_validate(body)
    except ValidationError as error:
        raise MalformedError(_shown(error)) from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Reject repeated keys: readers differ in which of two equal keys counts (RFC 8259 §4)."""
    members = {_SPELLINGS.get(name, name): value for name, value in pairs}
    if len(members) != len(pairs):
        raise MalformedError.at("body", kind="duplicate_key")
    return members


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # Python would accept NaN and Infinity, which are not JSON


def _shown(error: ValidationError) -> list[dict[str, object]]:
    faults = error.errors(include_url=False, include_context=False, include_input=False)
    return [{"loc": [_safe(part) for part in fault["loc"]], "type": fault["type"]} for fault in faults[:_MOST_ERRORS]]


def _safe(part: str | int) -> str | int:
    return part if isinstance(part, int) or part in _FIELDS else "?"


_FIELDS = frozenset(PURPOSES) | {to_camel(name) for model in (Choice, Choices, Decision) for name in model.model_fields}
