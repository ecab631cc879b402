"""The definition of a widget as a site owner writes it. Its checks keep the window safe and free of third parties."""

import base64
import binascii
import difflib
import json
import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic.alias_generators import to_camel

from consent_core import origins, shapes
from consent_core.catalogue import PURPOSES, Purpose, candidates
from consent_core.errors import DefinitionError
from consent_core.publishing import allow_list, known_services, texts

COOKIE_LIMIT = 3_800
"""The most bytes of the consent cookie's value. Browsers accept 4,096 with name and attributes (RFC 6265 §6.1)."""

LARGEST_RENEWAL = 1_000_000

HOST_PREFIX = "__Host-"
"""Browsers keep a cookie with this prefix for one host: no other can set it (RFC 6265bis §4.1.3.2)."""

OWN_PREFIX = "dastra-"
"""The start of the names of the SDK's own entries in the browser's storages."""

_LARGEST_STAMP: Mapping[str, object] = {"_": {"t": 9_999_999_999, "r": LARGEST_RENEWAL}}
"""The consent cookie's member beside the choices: the time of the decision in seconds, and the renewal."""

MOST_ORIGINS = 2_000

PRIVATE = frozenset({"keys", "origins", "enabled", "allow_native_apps"})
"""Members that are only in the live item. A change to one of them does not make a new version."""

_IMAGE_LIMIT = 24_000
_SIGNATURES = {"png": b"\x89PNG\r\n", "webp": b"RIFF", "jpeg": b"\xff\xd8\xff"}
_CSS_LIMIT = 20_000
_WHOLE_PAGE = 100
_LONGEST_NUMBER = 100
_LONGEST_NAME = 64
_MOST_LANGUAGES = 60
_MOST_VALUES = 65_000
"""The most entries and members of a definition, at all depths: each of them may have a fault, which takes memory."""

_CSS_REASONS = {
    "\\": "write the character itself, not its escape",
    "<": "a style sheet holds no markup",
    "url(": "the window loads nothing from elsewhere; a picture is url(data:image/png;base64,…), WebP or JPEG",
}
_CSS_LOADS = "the window loads nothing from elsewhere"
_STORED = "stored"
_NAMES = uuid.UUID("0c1d7a52-8d0e-4f0f-9a67-52f1f1f0a2b9")


# --- Shapes, each with the sentence for the site owner ----------------------------------------------------------------


def _shape(shape: re.Pattern[str], sentence: str) -> AfterValidator:
    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _stylesheet(value: str) -> str:
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
        raise ValueError("is not valid base64") from error
    if not content.startswith(_SIGNATURES[image[1]]):
        raise ValueError(f"is not a {image[1]} image")
    return value


def _purpose(value: object) -> Purpose:
    for purpose in Purpose:
        if value == purpose.label or (type(value) is int and value == purpose):
            return purpose
    raise ValueError(f"must be one of {', '.join(PURPOSES)}, or its number from 0 to 5")


def _at_most(entries: int) -> BeforeValidator:
    """Count the entries before any is read: pydantic counts only those that turned out to be valid.

    A stored definition may have more: otherwise its widget could never be changed again.
    """

    def check(value: object, info: ValidationInfo) -> object:
        if isinstance(value, (list, tuple, dict)) and len(value) > entries and info.context != _STORED:
            raise ValueError(too_many(entries))
        return value

    return BeforeValidator(check)


def too_many(entries: int) -> str:
    """Return the sentence about a list with more entries than that."""
    return f"must have at most {entries:,} entries"


def _listed(most: int) -> Any:  # noqa: ANN401 - as pydantic's Field
    """State a limit in the JSON Schema alone: pydantic would also apply its own one to a stored definition."""
    return Field(json_schema_extra={"maxItems": most})


def _hosts(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _per_language(check: Callable[[str], str]) -> BeforeValidator:
    """Accept one text for all languages, or one for each.

    It is checked here because pydantic reports a fault for every alternative of a union.
    """

    def checked(value: object) -> object:
        if isinstance(value, str):
            return check(value)
        if not isinstance(value, dict) or not value or not all(isinstance(text, str) for text in value.values()):
            raise ValueError("must be a text, or an object with a text for each language")
        if strange := [language for language in value if not shapes.CULTURE.fullmatch(language)]:
            raise ValueError(f"{strange[0]!r} is not a language such as fr or fr-BE")
        return {language: check(text) for language, text in value.items()}

    return BeforeValidator(checked)


def _not_empty[T](value: tuple[T, ...]) -> tuple[T, ...]:
    if not value:
        raise ValueError("must have at least one entry")
    return value


def _translations(value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {language: _texts(language, own) for language, own in value.items()}


def _texts(language: str, own: Mapping[str, str]) -> dict[str, str]:
    checked = {}
    for name, text in own.items():
        if name not in texts.names():
            near = difflib.get_close_matches(name[:_LONGEST_NAME], texts.names(), n=1)
            raise ValueError(
                f"{language}.{name[:_LONGEST_NAME]} is not a text of the widget"
                + (f": is it {near[0]}?" if near else "")
            )
        try:
            checked[name] = texts.checked(name, text)
        except ValueError as error:
            raise ValueError(f"{language}.{name} {error}") from error
    return checked


type Key = Annotated[str, _shape(shapes.KEY, "must have 8 to 64 letters, digits, _ or -")]
type Culture = Annotated[str, _shape(shapes.CULTURE, "must be a language such as fr or fr-BE")]
Region = Annotated[str, _shape(shapes.REGION, "must be a region such as FR or US-CA")]  # as OwnNumber
type Slug = Annotated[
    str,
    _shape(
        shapes.SLUG,
        "must have 1 to 64 lower-case letters, digits, . _ or -, the first a letter or digit",
    ),
]
type Uuid = Annotated[
    str, BeforeValidator(lambda v: v.lower() if isinstance(v, str) else v), _shape(shapes.UUID, "must be a UUID")
]
type Colour = Annotated[str, _shape(shapes.COLOUR, "must be a colour such as #1a2b3c")]
type FontFamily = Annotated[
    str, _shape(shapes.FONT_FAMILY, "must name fonts of the visitor's own machine, such as Georgia, serif")
]
type Host = Annotated[str, _shape(shapes.HOST, "must be a host name such as js.example.com")]
type CookieName = Annotated[str, _shape(shapes.COOKIE_NAME, "must be a cookie's name; * stands for any end")]
type StorageName = Annotated[
    str, _shape(shapes.STORAGE_NAME, "must be the name of an entry, or at least three characters of its start and a *")
]
type CookieDomain = Annotated[str, _shape(shapes.COOKIE_DOMAIN, "must be a domain such as .shop.example")]
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


# --- The definition ---------------------------------------------------------------------------------------------------


class _Part(BaseModel):
    """A part of a definition. Names are camelCase, as in the settings. An unknown name is refused as a typing error."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=False)


def _strict_bool(value: object) -> object:
    if not isinstance(value, bool):
        raise ValueError("must be true or false")  # noqa: TRY004 - pydantic asks for a ValueError
    return value


def _unsupported(value: bool) -> bool:
    if value:
        raise ValueError("must be false: it is not supported")
    return value


def _share(value: int, info: ValidationInfo) -> int:
    if value > _WHOLE_PAGE and info.context != _STORED:  # release 1.0.0 counted pixels
        raise ValueError(
            f"must be at most {_WHOLE_PAGE}: it is a share of the page in per cent, not a number of pixels"
        )
    return value


def _readable_number(value: int, info: ValidationInfo) -> int:
    if value > shapes.LARGEST_ID and info.context != _STORED:
        raise ValueError(f"must be at most {shapes.LARGEST_ID:,}")
    return value


OwnNumber = Annotated[  # not a ``type``: the JSON Schema has it in place
    int,
    Field(ge=0, strict=True, json_schema_extra={"maximum": shapes.LARGEST_ID}),
    AfterValidator(_readable_number),
]
type Switch = Annotated[bool, BeforeValidator(_strict_bool)]


class CookieDefinition(_Part):
    """A cookie that a service sets. Without ``expiry_days`` it lasts until the browser is closed."""

    id: Uuid | None = None
    name: CookieName
    description: RichText = ""
    path: Annotated[str, _shape(shapes.COOKIE_PATH, "must start with /")] = "/"
    domain: CookieDomain | None = None
    expiry_days: Annotated[int, Field(ge=0, le=36_500, strict=True)] | None = None


class ServiceDefinition(_Part):
    """A service of the site. ``id`` and ``version`` are derived if absent, so that they change when they must.

    ``requiredConsent`` and ``defaultConsent`` follow from the purpose; a different value is refused.
    """

    id: Uuid | None = None
    name: Label
    slug: Slug
    version: Uuid | None = None
    domain: Annotated[tuple[Host, ...], _listed(200), _at_most(200), BeforeValidator(_hosts)] = ()
    logo_url: Logo | None = None
    privacy_policy_url: HttpsUrl | None = None
    purpose: Annotated[Purpose, BeforeValidator(_purpose)]
    description: RichText = ""
    required_consent: Switch | None = None
    default_consent: Switch | None = None
    consent_modes: Annotated[tuple[ConsentMode, ...], _listed(7), _at_most(7)] = ()
    cookies: Annotated[tuple[CookieDefinition, ...], _listed(500), _at_most(500)] = ()
    storage: Annotated[Annotated[tuple[StorageName, ...], _listed(500)] | None, _at_most(500)] = None
    """None, not empty: a version that is derived must stay the same for a service that declares none."""


def _expanded(value: object, info: ValidationInfo) -> object:
    return known_services.expanded(value, info.data.get("languages") or ("en",))


type ListedService = Annotated[ServiceDefinition, BeforeValidator(_expanded)]


class ConsentModeOptions(_Part):
    """Options of Google Consent Mode v2. ``wait_for_update`` is in milliseconds; empty ``regions`` mean everywhere."""

    wait_for_update: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 500
    ads_data_redaction: Switch = False
    url_passthrough: Switch = False
    regions: Annotated[tuple[Region, ...], _listed(1_000), _at_most(1_000)] = ()


class Colours(_Part):
    """The colours of one scheme. Publishing derives those that are absent, and replaces those that cannot be read."""

    bg_color: Colour | None = None
    color_title: Colour | None = None
    color_btn: Colour | None = None
    color_btn_secondary: Colour | None = None
    color_text: Colour | None = None
    color_primary: Colour | None = None
    color_secondary: Colour | None = None


class WidgetDefinition(_Part):
    """A widget. Use ``definition_from_json`` to make one: it also checks the parts against each other.

    docs/definition.md explains every field. ``$schema`` is for editors: it is accepted, ignored and never written.
    """

    json_schema: Annotated[str | None, Field(alias="$schema", exclude=True)] = None
    id: Annotated[int, Field(ge=1, le=shapes.LARGEST_ID, strict=True)]
    label: Label
    enabled: Switch = True
    tenant_id: OwnNumber = 0
    work_space_id: OwnNumber = 0

    keys: Annotated[tuple[Key, ...], _listed(20), AfterValidator(_not_empty), _at_most(20)]
    origins: Annotated[tuple[Origin, ...], _listed(MOST_ORIGINS), _at_most(MOST_ORIGINS)] = ()
    allow_native_apps: Switch = False
    developer_mode: Switch = False

    consent_cookie_name: Annotated[
        str, _shape(shapes.CONSENT_COOKIE_NAME, "must have 1 to 64 letters, digits, _ . or -")
    ] = "euconsent"
    consent_cookie_domain: CookieDomain | None = None
    consent_cookie_expiry_time: Annotated[int, Field(ge=1, le=180, strict=True)] = 180
    save_consent_proof: Switch = True
    store_page_address: Switch = False
    renewal: Annotated[int, Field(ge=0, le=LARGEST_RENEWAL, strict=True)] = 0
    renew_on_new_service: Switch = False
    reload_on_withdrawal: Switch = False

    position: Literal["TopLeft", "TopRight", "BottomLeft", "BottomRight", "Center"] = "BottomLeft"
    layout: Literal["Box", "Bar"] = "Box"
    overlay: Switch = False
    offset_top: Annotated[int, Field(ge=0, le=400, strict=True)] = 0
    offset_bottom: Annotated[int, Field(ge=0, le=400, strict=True)] = 0
    display_logo: Switch = False
    hide_copyright: Switch = True
    show_fixed_button: Switch = True
    fixed_button_position: Literal["TopLeft", "TopRight", "BottomLeft", "BottomRight"] | None = None
    fixed_button_size: Annotated[int, Field(ge=24, le=96, strict=True)] = 48
    button_logo_url: Logo | None = None
    timer_trigger: Annotated[int, Field(ge=0, le=3_600, strict=True)] = 0
    scroll_trigger: Annotated[
        int, Field(ge=0, strict=True, json_schema_extra={"maximum": _WHOLE_PAGE}), AfterValidator(_share)
    ] = 0
    auto_generated_cookie_notice: Switch = False
    cookie_notice_url: LocalUrl | None = None
    bg_color: Colour | None = None
    color_title: Colour | None = None
    color_btn: Colour | None = None
    color_btn_secondary: Colour | None = None
    color_text: Colour | None = None
    color_primary: Colour | None = None
    color_secondary: Colour | None = None
    color_scheme: Literal["auto", "light", "dark"] = "auto"
    dark_colors: Colours | None = None
    font_family: FontFamily | None = None
    custom_css: Annotated[str, AfterValidator(_stylesheet), Field(alias="customCSS")] = ""

    enable_gpc: Annotated[Switch, Field(alias="enableGPC")] = False
    prove_signals: Switch = False
    enable_consent_mode: Switch = False
    consent_mode_options: ConsentModeOptions = ConsentModeOptions()
    enable_uet: Annotated[Switch, Field(alias="enableUET")] = False
    enable_clarity: Switch = False
    enable_iab: Annotated[Switch, AfterValidator(_unsupported), Field(alias="enableIAB")] = False

    languages: Annotated[
        tuple[Culture, ...], _listed(_MOST_LANGUAGES), AfterValidator(_not_empty), _at_most(_MOST_LANGUAGES)
    ] = ("en",)
    translations: Annotated[
        dict[Culture, dict[str, str]], AfterValidator(_translations), _at_most(2 * _MOST_LANGUAGES)
    ] = {}
    services: Annotated[tuple[ListedService, ...], _listed(500), _at_most(500)] = ()

    def text(self, language: str, name: str) -> str:
        """Return a text of the widget.

        The languages that serve a reader follow each other, the best first: for each the owner's text, then the
        built-in one. The last is English.
        """
        for candidate in candidates(language):
            if name in self.translations.get(candidate, {}):
                return self.translations[candidate][name]
            if candidate in texts.BUILT_IN_LANGUAGES:
                return texts.built_in(candidate)[name]
        return texts.built_in("en")[name]

    def language_of_texts(self, language: str) -> str:
        """Return the language of the texts: English if none of them is in ``language`` or a relative of it."""
        own = (each in texts.BUILT_IN_LANGUAGES or self.translations.get(each) for each in candidates(language))
        return language if any(own) else "en"


def definition_from_json(text: str, *, stored: bool = False) -> WidgetDefinition:
    """Read a definition. Raises DefinitionError with a sentence for each fault that states its place.

    ``stored``: it is one that was published before, perhaps by a release that knew fewer limits.
    """
    try:
        sent = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
        if not stored and _has_too_many_values(sent):
            raise DefinitionError([f"The definition has more than {_MOST_VALUES:,} entries and members in all"])
        definition = WidgetDefinition.model_validate(sent, context=_STORED if stored else None)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise DefinitionError([_sentence(fault) for fault in faults]) from error
    except RecursionError as error:
        raise DefinitionError(["The definition is not JSON: it is nested too deeply"]) from error
    except ValueError as error:
        raise DefinitionError([f"The definition is not JSON: {error}"]) from error
    if problems := list(_contradictions(definition, {} if stored else _LARGEST_STAMP)):
        raise DefinitionError(problems)
    return definition


def members(definition: WidgetDefinition) -> dict[str, Any]:
    """Return a definition as JSON values. Members without a value are left out."""
    return definition.model_dump(mode="json", by_alias=True, exclude_none=True)


def public_part(definition: WidgetDefinition) -> str:
    """Return, as JSON, the members of a definition that a version keeps: all except PRIVATE."""
    public = definition.model_dump(mode="json", by_alias=True, exclude=set(PRIVATE), exclude_none=True)
    return json.dumps(public, ensure_ascii=False, separators=(",", ":"))


def service_id(definition: WidgetDefinition, service: ServiceDefinition) -> str:
    """Return the service's stated UUID, else one derived from widget and slug."""
    return service.id or str(uuid.uuid5(_NAMES, f"service:{definition.id}:{service.slug}"))


def service_version(service: ServiceDefinition) -> str:
    """Return the service's stated version, else one derived from its whole definition."""
    return service.version or str(uuid.uuid5(_NAMES, service.model_dump_json(exclude_none=True)))


def cookie_id(service: str, cookie: CookieDefinition) -> str:
    """Return the cookie's stated UUID, else one derived from its service's id and its own name, domain and path."""
    return cookie.id or str(uuid.uuid5(_NAMES, f"cookie:{service}:{cookie.name}:{cookie.domain}:{cookie.path}"))


def translation_id(definition: WidgetDefinition, language: str) -> str:
    """Return a UUID of the widget's texts in a language, the same for every version."""
    return str(uuid.uuid5(_NAMES, f"translation:{definition.id}:{language}"))


# --- Contradictions between the parts ---------------------------------------------------------------------------------


def _contradictions(definition: WidgetDefinition, stamp: Mapping[str, object]) -> Iterator[str]:
    yield from _repeated("services: the slug", (service.slug for service in definition.services))
    yield from _repeated("services: the id", (service_id(definition, service) for service in definition.services))
    yield from _repeated("languages:", definition.languages)
    for service in definition.services:
        yield from _wrong_consents(service)
    yield from _wrong_texts(definition)
    yield from _foreign_logos(definition)
    yield from _wrong_cookie(definition, stamp)
    yield from _own_entries(definition)


def _repeated(what: str, values: Iterator[str] | tuple[str, ...]) -> Iterator[str]:
    yield from (f"{what} {value} appears {count} times" for value, count in Counter(values).items() if count > 1)


def _wrong_consents(service: ServiceDefinition) -> Iterator[str]:
    required = service.purpose is not Purpose.NECESSARY
    for name, stated, derived in (
        ("requiredConsent", service.required_consent, required),
        ("defaultConsent", service.default_consent, not required),
    ):
        if stated not in {None, derived}:
            follows = f"{name} follows from the purpose and is {str(derived).lower()}"
            yield f"services: {service.slug}: {follows}: leave it out"


def _wrong_texts(definition: WidgetDefinition) -> Iterator[str]:
    known = {*definition.languages, *(language.partition("-")[0] for language in definition.languages)}
    for language in sorted(definition.translations.keys() - known):
        yield f"translations: {language} is not among the languages"


def _foreign_logos(definition: WidgetDefinition) -> Iterator[str]:
    logos = {"buttonLogoUrl": definition.button_logo_url}
    logos.update({f"services: {service.slug}: logoUrl": service.logo_url for service in definition.services})
    for place, url in logos.items():
        if url and not url.startswith("data:") and not _is_own(url, definition):
            yield f"{place} must lie on one of the widget's own origins, or be a small data:image/ URL"


def _is_own(url: str, definition: WidgetDefinition) -> bool:
    parts = urlsplit(url)
    origin = origins.normalise(f"{parts.scheme}://{parts.netloc}")
    return origin is not None and origins.is_allowed(origin, definition.origins, developer_mode=False)


def _wrong_cookie(definition: WidgetDefinition, stamp: Mapping[str, object]) -> Iterator[str]:
    optional = [service.slug for service in definition.services if service.purpose is not Purpose.NECESSARY]
    value = json.dumps({**dict.fromkeys(optional, False), **stamp}, separators=(",", ":"))
    size = len(quote(value, safe="!'()*-._~"))  # the characters that encodeURIComponent keeps
    if size > COOKIE_LIMIT:
        too_large = f"the consent cookie would have {size} bytes, and {COOKIE_LIMIT} fit"
        yield f"services: {too_large}: use fewer services or shorter slugs"
    domain = (definition.consent_cookie_domain or "").removeprefix(".")
    if domain and allow_list.is_public_suffix(domain):
        yield f"consentCookieDomain: browsers refuse cookies for {domain}, a public suffix"
    if domain and definition.consent_cookie_name.startswith(HOST_PREFIX):
        yield f"consentCookieDomain: browsers refuse a domain with the prefix {HOST_PREFIX} of consentCookieName"


def _own_entries(definition: WidgetDefinition) -> Iterator[str]:
    for service in definition.services:
        for name in service.storage or ():
            if name.startswith(OWN_PREFIX) or _covers(name, OWN_PREFIX):
                yield f"services: {service.slug}: storage: {name} would delete the SDK's own entries, {OWN_PREFIX}*"
            if _covers(name, definition.consent_cookie_name):
                yield f"services: {service.slug}: storage: {name} is the consent cookie, which must stay"


def _covers(pattern: str, name: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


# --- Sentences --------------------------------------------------------------------------------------------------------


def _integer(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError("a number has too many digits")
    return int(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        repeated = ", ".join(_repeated("the member", tuple(name for name, _ in pairs)))
        raise ValueError(f"in one object, {repeated}")
    return members


def _has_too_many_values(sent: object) -> bool:
    count, waiting = 0, [sent]
    while waiting and count <= _MOST_VALUES:
        part = waiting.pop()
        parts = part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        count += len(parts)
        waiting.extend(each for each in parts if isinstance(each, (dict, list)))
    return count > _MOST_VALUES


_KINDS = {
    "missing": "is missing",
    "extra_forbidden": "is not known: is it a typing error?",
    "string_type": "must be a text",
    "string_unicode": "holds half a character (a lone surrogate)",
    "int_type": "must be a whole number",
    "tuple_type": "must be a list",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "greater_than_equal": "must be at least {ge:,}",
    "less_than_equal": "must be at most {le:,}",
    "literal_error": "must be {expected}",
    "value_error": "{error}",
}
"""Sentences for pydantic's kinds of fault, for people who write JSON: they contain no Python types."""


def _sentence(fault: Mapping[str, Any]) -> str:
    parts = (part for part in fault["loc"] if part != "[key]")  # pydantic's mark for the name of a member
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts).lstrip(".")
    sentence = _KINDS.get(fault["type"])
    said = sentence.format(**fault.get("ctx", {})) if sentence else "is not valid"
    return f"{place or 'The definition'}: {said}"
