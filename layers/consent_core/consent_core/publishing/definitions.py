"""The definition of a widget as a site owner writes it. Its checks keep the window safe and free of third parties."""

import difflib
import json
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, ValidationInfo, model_validator

from consent_core import origins, shapes
from consent_core.catalogue import Purpose, candidates
from consent_core.errors import MOST_PROBLEMS, DefinitionError
from consent_core.problems import Place, Problem, written
from consent_core.publishing import allow_list, known_services, policies, texts
from consent_core.publishing.fields import (
    STORED,
    Colour,
    ConsentMode,
    CookieDomain,
    CookieName,
    Culture,
    FaultsError,
    FontFamily,
    Host,
    HttpsUrl,
    Key,
    Label,
    LocalUrl,
    Logo,
    Origin,
    OwnNumber,
    Part,
    Region,
    RichText,
    Slug,
    StorageName,
    Switch,
    Uuid,
    at_most,
    listed,
    not_empty,
    purpose_of,
    shape,
    stylesheet,
)

COOKIE_LIMIT = 3_800
"""The most bytes of the consent cookie's value. Browsers accept 4,096 with name and attributes (RFC 6265 §6.1)."""

LARGEST_RENEWAL = 1_000_000

ASK_AGAIN_AFTER_CLOSE = 180
"""Days that the window stays closed after X, unless the owner states another number."""

HOST_PREFIX = "__Host-"
"""Browsers keep a cookie with this prefix for one host: no other can set it (RFC 6265bis §4.1.3.2)."""

OWN_PREFIX = "dastra-"
"""The start of the names of the SDK's own entries in the browser's storages."""

_LARGEST_STAMP: Mapping[str, object] = {"_": {"t": 9_999_999_999, "r": LARGEST_RENEWAL}}
"""The consent cookie's member beside the choices: the time of the decision in seconds, and the renewal."""

MOST_KEYS = 20

MOST_ORIGINS = 2_000

PRIVATE = frozenset({"keys", "origins", "enabled", "allow_native_apps"})
"""Members that are only in the live item. A change to one of them does not make a new version."""

_WHOLE_PAGE = 100
_LONGEST_NUMBER = 100
_LONGEST_NAME = 64
_MOST_LANGUAGES = 60
_MOST_VALUES = 65_000
"""The most entries and members of a definition, at all depths: each of them may have a fault, which takes memory."""

_NAMES = uuid.UUID("0c1d7a52-8d0e-4f0f-9a67-52f1f1f0a2b9")


# --- Checks of single fields ------------------------------------------------------------------------------------------


def _hosts(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _translations(value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    faults: list[Problem] = []
    checked = {language: dict(_texts(language, own, faults)) for language, own in value.items()}
    if faults:
        raise FaultsError(faults)
    return checked


def _texts(language: str, own: Mapping[str, str], faults: list[Problem]) -> Iterator[tuple[str, str]]:
    """Yield the texts as they are published. Add a fault for each that cannot be."""
    for name, text in own.items():
        try:
            yield name, _text(name, text, with_hint=len(faults) < MOST_PROBLEMS)
        except ValueError as error:
            faults.append(Problem((language, name), str(error), f"{language}.{name[:_LONGEST_NAME]}: "))


def _text(name: str, text: str, *, with_hint: bool) -> str:
    if name in texts.names():
        return texts.checked(name, text)
    near = difflib.get_close_matches(name[:_LONGEST_NAME], texts.names(), n=1) if with_hint else []
    raise ValueError("the widget has no text of this name" + (f": is it {near[0]}?" if near else ""))


# --- The definition ---------------------------------------------------------------------------------------------------


def _unsupported(value: bool) -> bool:
    if value:
        raise ValueError("must be false: it is not supported")
    return value


def _share(value: int, info: ValidationInfo) -> int:
    if value > _WHOLE_PAGE and info.context != STORED:  # release 1.0.0 counted pixels
        raise ValueError(
            f"must be at most {_WHOLE_PAGE}: it is a share of the page in per cent, not a number of pixels"
        )
    return value


class CookieDefinition(Part):
    """A cookie that a service sets. Without ``expiry_days`` it lasts until the browser is closed."""

    id: Uuid | None = None
    name: CookieName
    description: RichText = ""
    path: Annotated[str, shape(shapes.COOKIE_PATH, "must start with /")] = "/"
    domain: CookieDomain | None = None
    expiry_days: Annotated[int, Field(ge=0, le=36_500, strict=True)] | None = None


def _true_or_absent(value: bool | None) -> bool | None:
    return value or None


class ServiceDefinition(Part):
    """A service of the site. ``id`` and ``version`` are derived if absent, so that they change when they must.

    ``requiredConsent`` and ``defaultConsent`` follow from the purpose; a different value is refused. ``exempt``: it
    measures or adapts this site alone, for its owner alone, in aggregate.
    """

    id: Uuid | None = None
    name: Label
    slug: Slug
    version: Uuid | None = None
    domain: Annotated[tuple[Host, ...], listed(200), at_most(200), BeforeValidator(_hosts)] = ()
    logo_url: Logo | None = None
    privacy_policy_url: HttpsUrl | None = None
    purpose: Annotated[Purpose, BeforeValidator(purpose_of)]
    description: RichText = ""
    required_consent: Switch | None = None
    default_consent: Switch | None = None
    consent_modes: Annotated[tuple[ConsentMode, ...], listed(7), at_most(7)] = ()
    cookies: Annotated[tuple[CookieDefinition, ...], listed(500), at_most(500)] = ()
    storage: Annotated[Annotated[tuple[StorageName, ...], listed(500)] | None, at_most(500)] = None
    """None, not empty: a version that is derived must stay the same for a service that declares none."""

    exempt: Annotated[Switch | None, AfterValidator(_true_or_absent)] = None
    """None, not false, for the same reason."""


def _expanded(value: object, info: ValidationInfo) -> object:
    return known_services.expanded(value, info.data.get("languages") or ("en",))


type ListedService = Annotated[ServiceDefinition, BeforeValidator(_expanded)]


type ListedPolicy = Annotated[policies.PolicyDefinition, BeforeValidator(policies.expanded)]
Policies = Annotated[  # not a ``type``: the JSON Schema has it in place
    tuple[ListedPolicy, ...], listed(policies.MOST_POLICIES), at_most(policies.MOST_POLICIES)
]


class Controller(Part):
    """The person or company that answers for the processing, as visitors read it."""

    name: Label
    address: Label | None = None
    contact: Label | None = None
    data_protection_officer: Label | None = None


class ConsentModeOptions(Part):
    """Options of Google Consent Mode v2. ``wait_for_update`` is in milliseconds; empty ``regions`` mean everywhere."""

    wait_for_update: Annotated[int, Field(ge=0, le=10_000, strict=True)] = 500
    ads_data_redaction: Switch = False
    url_passthrough: Switch = False
    regions: Annotated[tuple[Region, ...], listed(1_000), at_most(1_000)] = ()


class Colours(Part):
    """The colours of one scheme. Publishing derives those that are absent, and replaces those that cannot be read."""

    bg_color: Colour | None = None
    color_title: Colour | None = None
    color_btn: Colour | None = None
    color_btn_secondary: Colour | None = None
    color_text: Colour | None = None
    color_primary: Colour | None = None
    color_secondary: Colour | None = None


class WidgetDefinition(Part):
    """A widget. Use ``definition_from_json`` to make one: it also checks the parts against each other.

    docs/definition.md explains every field. ``$schema`` is for editors: it is accepted, ignored and never written.
    """

    json_schema: Annotated[str | None, Field(alias="$schema", exclude=True)] = None
    id: Annotated[int, Field(ge=1, le=shapes.LARGEST_ID, strict=True)]
    label: Label
    enabled: Switch = True
    tenant_id: OwnNumber = 0
    work_space_id: OwnNumber = 0
    controller: Controller | None = None

    keys: Annotated[tuple[Key, ...], listed(MOST_KEYS), AfterValidator(not_empty), at_most(MOST_KEYS)]
    origins: Annotated[tuple[Origin, ...], listed(MOST_ORIGINS), at_most(MOST_ORIGINS)] = ()
    allow_native_apps: Switch = False
    developer_mode: Switch = False

    consent_cookie_name: Annotated[
        str, shape(shapes.CONSENT_COOKIE_NAME, "must have 1 to 64 letters, digits, _ . or -")
    ] = "euconsent"
    consent_cookie_domain: CookieDomain | None = None
    consent_cookie_expiry_time: Annotated[int, Field(ge=1, le=180, strict=True)] = 180
    save_consent_proof: Switch = True
    store_page_address: Switch = False
    renewal: Annotated[int, Field(ge=0, le=LARGEST_RENEWAL, strict=True)] = 0
    renew_on_new_service: Switch = False
    ask_again_after_close: Annotated[int, Field(ge=1, le=365, strict=True)] = ASK_AGAIN_AFTER_CLOSE
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
    custom_css: Annotated[str, AfterValidator(stylesheet), Field(alias="customCSS")] = ""

    policies: Policies = ()
    enable_gpc: Annotated[Switch, Field(alias="enableGPC")] = False
    prove_signals: Switch = False
    enable_consent_mode: Switch = False
    consent_mode_options: ConsentModeOptions = ConsentModeOptions()
    enable_uet: Annotated[Switch, Field(alias="enableUET")] = False
    enable_clarity: Switch = False
    enable_iab: Annotated[Switch, AfterValidator(_unsupported), Field(alias="enableIAB")] = False

    languages: Annotated[
        tuple[Culture, ...], listed(_MOST_LANGUAGES), AfterValidator(not_empty), at_most(_MOST_LANGUAGES)
    ] = ("en",)
    translations: Annotated[
        dict[Culture, dict[str, str]], AfterValidator(_translations), at_most(2 * _MOST_LANGUAGES)
    ] = {}  # noqa: RUF012 - pydantic copies it
    services: Annotated[tuple[ListedService, ...], listed(500), at_most(500)] = ()

    @model_validator(mode="before")
    @classmethod
    def _hear_signals(cls, stated: object) -> object:
        """Switch ``enableGPC`` on where there are policies and the owner has not stated it."""
        if isinstance(stated, dict) and stated.get("policies"):
            return {"enableGPC": True, **stated}
        return stated

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


def definition_from_json(text: str, *, stored: bool = False, parts_only: bool = False) -> WidgetDefinition:
    """Read a definition. Raises DefinitionError with each fault and its place.

    ``stored``: it is one that was published before, perhaps by a release that knew fewer limits. ``parts_only``: each
    part is checked by itself, because they need not fit together yet.
    """
    try:
        sent = json.loads(text, object_pairs_hook=_object, parse_int=_integer)
        if not stored and _has_too_many_values(sent):
            raise _unreadable(f"has more than {_MOST_VALUES:,} entries and members in all")
        definition = WidgetDefinition.model_validate(sent, context=STORED if stored else None)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)
        raise DefinitionError([problem for fault in faults for problem in _problems(fault)]) from error
    except RecursionError as error:
        raise _unreadable("is not JSON: it is nested too deeply") from error
    except ValueError as error:
        raise _unreadable(f"is not JSON: {error}") from error
    if not parts_only and (problems := list(_contradictions(definition, {} if stored else _LARGEST_STAMP))):
        raise DefinitionError(problems)
    return definition


def definition_of(widget_id: int, text: str) -> WidgetDefinition:
    """Read the definition of this widget. Raises DefinitionError, also for the definition of another one."""
    definition = definition_from_json(text)
    if definition.id != widget_id:
        another = f"it is {definition.id}, but the address names widget {widget_id}"
        raise DefinitionError([Problem(("id",), another)])
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


def _contradictions(definition: WidgetDefinition, stamp: Mapping[str, object]) -> Iterator[Problem]:
    yield from _twice("services: ", "the slug ", _slugs(definition))
    yield from _twice("services: ", "the id ", _ids(definition))
    yield from _twice("languages: ", "the language ", _languages(definition))
    yield from _twice("policies: ", "the id ", _policies(definition))
    yield from _twice("policies: ", "the region ", _regions(definition))
    yield from policies.faults(definition.policies)
    for at, service in enumerate(definition.services):
        faults = (*_wrong_consents(service), *_wrong_exemption(service))
        yield from (fault.under(("services", at), f"services: {service.slug}: ") for fault in faults)
    yield from _wrong_texts(definition)
    yield from _foreign_logos(definition)
    yield from _wrong_cookie(definition, stamp)
    yield from _own_entries(definition)


type _Placed = Iterator[tuple[str, Place]]


def _twice(lead: str, what: str, values: _Placed) -> Iterator[Problem]:
    """Yield a problem for each value that is at several places. Its place is the last of them."""
    listed = [*values]
    last = dict(listed)
    for value, said in _repeated(what, (value for value, _ in listed)):
        yield Problem(last[value], said, lead)


def _repeated(what: str, values: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield each value that appears more than once, with a sentence."""
    for value, count in Counter(values).items():
        if count > 1:
            yield value, f"{what}{value} appears {count} times"


def _slugs(definition: WidgetDefinition) -> _Placed:
    for at, service in enumerate(definition.services):
        yield service.slug, ("services", at, "slug")


def _ids(definition: WidgetDefinition) -> _Placed:
    for at, service in enumerate(definition.services):
        yield service_id(definition, service), ("services", at, "id")


def _languages(definition: WidgetDefinition) -> _Placed:
    for at, language in enumerate(definition.languages):
        yield language, ("languages", at)


def _policies(definition: WidgetDefinition) -> _Placed:
    for at, policy in enumerate(definition.policies):
        yield policy.id, ("policies", at, "id")


def _regions(definition: WidgetDefinition) -> _Placed:
    for at, policy in enumerate(definition.policies):
        for number, region in enumerate(policy.regions):
            yield region, ("policies", at, "regions", number)


def _wrong_consents(service: ServiceDefinition) -> Iterator[Problem]:
    required = service.purpose is not Purpose.NECESSARY
    for name, stated, derived in (
        ("requiredConsent", service.required_consent, required),
        ("defaultConsent", service.default_consent, not required),
    ):
        if stated not in {None, derived}:
            follows = f"it follows from the purpose and is {str(derived).lower()}: leave it out"
            yield Problem((name,), follows)


def _wrong_exemption(service: ServiceDefinition) -> Iterator[Problem]:
    if service.exempt and service.purpose not in {Purpose.PREFERENCE, Purpose.ANALYTICAL}:
        only = "only services of Preference and Analytical can be exempt"
        yield Problem(("exempt",), f"{only}, and this one is {service.purpose.label}")
    advertising = ", ".join(mode for mode in service.consent_modes if mode.startswith("ad_"))
    if service.exempt and advertising:
        yield Problem(("exempt",), f"advertising is never exempt, and consentModes has {advertising}")


def _wrong_texts(definition: WidgetDefinition) -> Iterator[Problem]:
    known = {*definition.languages, *(language.partition("-")[0] for language in definition.languages)}
    for language in sorted(definition.translations.keys() - known):
        place = ("translations", language)
        yield Problem(place, "it is not among the widget's languages", f"translations: {language}: ")


def _foreign_logos(definition: WidgetDefinition) -> Iterator[Problem]:
    foreign = "must lie on one of the widget's own origins, or be a small data:image/ URL"
    if _is_foreign(definition.button_logo_url, definition):
        yield Problem(("buttonLogoUrl",), foreign, "buttonLogoUrl ")
    for at, service in enumerate(definition.services):
        if _is_foreign(service.logo_url, definition):
            yield Problem(("services", at, "logoUrl"), foreign, f"services: {service.slug}: logoUrl ")


def _is_foreign(logo: str | None, definition: WidgetDefinition) -> bool:
    if not logo or logo.startswith("data:"):
        return False
    parts = urlsplit(logo)
    origin = origins.normalise(f"{parts.scheme}://{parts.netloc}")
    if origin is None or not origins.is_plain(origin):
        return True
    return not origins.is_allowed(origin, definition.origins, developer_mode=False)


def _wrong_cookie(definition: WidgetDefinition, stamp: Mapping[str, object]) -> Iterator[Problem]:
    optional = [service.slug for service in definition.services if service.purpose is not Purpose.NECESSARY]
    value = json.dumps({**dict.fromkeys(optional, False), **stamp}, separators=(",", ":"))
    size = len(quote(value, safe="!'()*-._~"))  # the characters that encodeURIComponent keeps
    if size > COOKIE_LIMIT:
        too_large = f"the consent cookie would have {size} bytes, and {COOKIE_LIMIT} fit"
        yield Problem(("services",), f"{too_large}: use fewer services or shorter slugs")
    domain = (definition.consent_cookie_domain or "").removeprefix(".")
    if domain and allow_list.is_public_suffix(domain):
        yield Problem(("consentCookieDomain",), f"browsers refuse cookies for {domain}, a public suffix")
    if domain and definition.consent_cookie_name.startswith(HOST_PREFIX):
        refused = f"browsers refuse a domain with the prefix {HOST_PREFIX} of consentCookieName"
        yield Problem(("consentCookieDomain",), refused)


def _own_entries(definition: WidgetDefinition) -> Iterator[Problem]:
    for at, service in enumerate(definition.services):
        lead = f"services: {service.slug}: storage: "
        for number, name in enumerate(service.storage or ()):
            place = ("services", at, "storage", number)
            if name.startswith(OWN_PREFIX) or _covers(name, OWN_PREFIX):
                yield Problem(place, f"the entry {name} would delete the SDK's own entries, {OWN_PREFIX}*", lead)
            if _covers(name, definition.consent_cookie_name):
                yield Problem(place, f"the entry {name} is the consent cookie, which must stay", lead)


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
        repeated = ", ".join(said for _, said in _repeated("the member ", (name for name, _ in pairs)))
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
    "missing": "it is missing",
    "extra_forbidden": "it is not known: is it a typing error?",
    "string_type": "must be a text",
    "string_unicode": "it holds half a character (a lone surrogate)",
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


def _problems(fault: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what one of pydantic's faults says, or the faults that a check of ours has found in one value."""
    place = tuple(part for part in fault["loc"] if part != "[key]")  # pydantic's mark for the name of a member
    context = fault.get("ctx", {})
    error = context.get("error")
    if isinstance(error, FaultsError):
        yield from (each.under(place, f"{written(place)}: ") for each in error.faults)
        return
    sentence = _KINDS.get(fault["type"])
    said = sentence.format(**context) if sentence else "it is not valid"
    yield Problem(place, said if place else f"The definition: {said}")


def _unreadable(said: str) -> DefinitionError:
    return DefinitionError([Problem((), f"The definition {said}")])
