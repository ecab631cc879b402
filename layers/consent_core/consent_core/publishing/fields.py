"""The kinds of field that the models of a definition are made of, each with its sentence for the site owner."""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic.alias_generators import to_camel

from consent_core import shapes
from consent_core.catalogue import PURPOSES, Purpose
from consent_core.problems import Problem
from consent_core.publishing import allow_list, texts

STORED = "stored"
"""The context of a validation: the definition was published before, perhaps by a release that knew fewer limits."""

_IMAGE_LIMIT = 24_000
_SIGNATURES = {"png": b"\x89PNG\r\n", "webp": b"RIFF", "jpeg": b"\xff\xd8\xff"}
_CSS_LIMIT = 20_000
_CSS_REASONS = {
    "\\": "write the character itself, not its escape",
    "<": "a style sheet holds no markup",
    "url(": "the window loads nothing from elsewhere; a picture is url(data:image/png;base64,…), WebP or JPEG",
}
_CSS_LOADS = "the window loads nothing from elsewhere"


class Part(BaseModel):
    """A part of a definition. Names are camelCase, as in the settings. An unknown name is refused as a typing error."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=False)


class FaultsError(ValueError):
    """Faults inside one value that pydantic checks as a whole. Their places begin at it."""

    def __init__(self, faults: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


# --- Checks -----------------------------------------------------------------------------------------------------------


def shape(pattern: re.Pattern[str], sentence: str) -> AfterValidator:
    """Return a check of a text's shape."""

    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def stylesheet(value: str) -> str:
    if len(value) > _CSS_LIMIT:
        raise ValueError(f"must have at most {_CSS_LIMIT:,} characters")
    texts.storable(value)
    if found := shapes.UNSAFE_CSS.search(value):
        raise ValueError(f"must not contain '{found[0]}': {_CSS_REASONS.get(found[0], _CSS_LOADS)}")
    return value


def _logo(value: str) -> str:
    if not value.startswith("data:"):
        return texts.https_url(value)
    image = shapes.DATA_IMAGE.fullmatch(value) if len(value) <= _IMAGE_LIMIT else None
    if image is None:
        raise ValueError(f"must be a PNG, WebP or JPEG as data:image/…;base64, of at most {_IMAGE_LIMIT:,} characters")
    try:
        content = base64.b64decode(image[2], validate=True)
    except binascii.Error as error:
        raise ValueError("it is not valid base64") from error
    if not content.startswith(_SIGNATURES[image[1]]):
        raise ValueError(f"it is not a {image[1]} image")
    return value


def purpose_of(value: object) -> Purpose:
    """Return the purpose with this name or number. Raises ValueError."""
    for purpose in Purpose:
        if value == purpose.label or (type(value) is int and value == purpose):
            return purpose
    raise ValueError(f"must be one of {', '.join(PURPOSES)}, or its number from 0 to 5")


def at_most(entries: int) -> BeforeValidator:
    """Count the entries before any is read: pydantic counts only those that turned out to be valid.

    A stored definition may have more: otherwise its widget could never be changed again.
    """

    def check(value: object, info: ValidationInfo) -> object:
        if isinstance(value, (list, tuple, dict)) and len(value) > entries and info.context != STORED:
            raise ValueError(too_many(entries))
        return value

    return BeforeValidator(check)


def too_many(entries: int) -> str:
    """Return the sentence about a list with more entries than that."""
    return f"must have at most {entries:,} entries"


def listed(most: int) -> Any:  # noqa: ANN401 - as pydantic's Field
    """State a limit in the JSON Schema alone: pydantic would also apply its own one to a stored definition."""
    return Field(json_schema_extra={"maxItems": most})


def _per_language(check: Callable[[str], str]) -> BeforeValidator:
    """Accept one text for all languages, or one for each.

    It is checked here because pydantic reports a fault for every alternative of a union.
    """

    def checked(value: object) -> object:
        if isinstance(value, str):
            return check(value)
        if not isinstance(value, dict) or not value or not all(isinstance(text, str) for text in value.values()):
            raise ValueError("must be a text, or an object with a text for each language")
        faults: list[Problem] = []
        published = dict(_checked(check, value, faults))
        if faults:
            raise FaultsError(faults)
        return published

    return BeforeValidator(checked)


def _checked(check: Callable[[str], str], own: dict[str, str], faults: list[Problem]) -> Iterator[tuple[str, str]]:
    """Yield the texts as they are published. Add a fault for each that cannot be."""
    for language, text in own.items():
        try:
            yield _language(language), check(text)
        except ValueError as error:
            faults.append(Problem((language,), str(error), ""))


def _language(value: str) -> str:
    if not shapes.CULTURE.fullmatch(value):
        raise ValueError(f"{value!r} is not a language such as fr or fr-BE")
    return value


def not_empty[T](value: tuple[T, ...]) -> tuple[T, ...]:
    """Return a list that has an entry. Raises ValueError."""
    if not value:
        raise ValueError("must have at least one entry")
    return value


def _readable_number(value: int, info: ValidationInfo) -> int:
    if value > shapes.LARGEST_ID and info.context != STORED:
        raise ValueError(f"must be at most {shapes.LARGEST_ID:,}")
    return value


def _strict_bool(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - pydantic asks for a ValueError
    return value


# --- Kinds ------------------------------------------------------------------------------------------------------------


KEY_SHAPE = "must have 8 to 64 letters, digits, _ or -"

type Key = Annotated[str, shape(shapes.KEY, KEY_SHAPE)]
type Culture = Annotated[str, shape(shapes.CULTURE, "must be a language such as fr or fr-BE")]
Region = Annotated[str, shape(shapes.REGION, "must be a region such as FR or US-CA")]  # as OwnNumber
type Slug = Annotated[
    str,
    shape(
        shapes.SLUG,
        "must have 1 to 64 lower-case letters, digits, . _ or -, the first a letter or digit",
    ),
]
type Uuid = Annotated[
    str, BeforeValidator(lambda v: v.lower() if isinstance(v, str) else v), shape(shapes.UUID, "must be a UUID")
]
type Colour = Annotated[str, shape(shapes.COLOUR, "must be a colour such as #1a2b3c")]
type FontFamily = Annotated[
    str, shape(shapes.FONT_FAMILY, "must name fonts of the visitor's own machine, such as Georgia, serif")
]
type Host = Annotated[str, shape(shapes.HOST, "must be a host name such as js.example.com")]
type CookieName = Annotated[str, shape(shapes.COOKIE_NAME, "must be a cookie's name; * stands for any end")]
type StorageName = Annotated[
    str, shape(shapes.STORAGE_NAME, "must be the name of an entry, or at least three characters of its start and a *")
]
type CookieDomain = Annotated[str, shape(shapes.COOKIE_DOMAIN, "must be a domain such as .shop.example")]
type Label = Annotated[str, AfterValidator(texts.plain)]
type HttpsUrl = Annotated[str, AfterValidator(texts.https_url)]
type Logo = Annotated[str, AfterValidator(_logo)]
type Origin = Annotated[str, AfterValidator(allow_list.normalise)]
type RichText = Annotated[str | dict[str, str], _per_language(texts.rich)]
type LocalUrl = Annotated[str | dict[str, str], _per_language(texts.https_url)]
type ConsentMode = Literal[
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
]
OwnNumber = Annotated[  # not a ``type``: the JSON Schema has it in place
    int,
    Field(ge=0, strict=True, json_schema_extra={"maximum": shapes.LARGEST_ID}),
    AfterValidator(_readable_number),
]
type Switch = Annotated[bool, BeforeValidator(_strict_bool)]
