"""Warnings about questionable choices in a valid definition, each with its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from itertools import combinations, permutations
from urllib.parse import urlsplit

from consent_core import origins
from consent_core.catalogue import Purpose
from consent_core.problems import Place, Problem
from consent_core.publishing import contrast, known_services, policy_lint, texts
from consent_core.publishing.definitions import ServiceDefinition, WidgetDefinition

LONGEST_COOKIE = 395
"""Days: thirteen months, the longest lifetime that data protection authorities accept for an analytics cookie."""

LIMIT_OF_COOKIES = (
    f"the usual limit is {LONGEST_COOKIE} (13 months), that of France's authority (CNIL) for audience measurement: "
    "shorten it in the service's own settings, then here"
)
"""The end of the warning about a cookie that lives for longer. Its source is F1 of docs/compliance.md."""

_FEW = 5
"""The most names in one sentence: a longer one is not read."""

_HIDING = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE)


def warnings(definition: WidgetDefinition, *, today: date | None = None) -> Iterator[Problem]:
    """Yield a warning for each choice that visitors or a privacy officer would object to.

    ``today``: the day on which the sources of presets may be too old; without it, the present one.
    """
    yield from contrast.warnings(definition)
    yield from _where(definition)
    yield from of_texts(definition)
    yield from _refusal(definition)
    yield from _languages(definition)
    yield from _purposes(definition)
    yield from policy_lint.warnings(definition, today or datetime.now(UTC).date())
    for at, service in enumerate(definition.services):
        of_it = _service(definition, service)
        yield from (each.under(("services", at), f"services: {service.slug}: ") for each in of_it)


def shared_cookies(definitions: Sequence[WidgetDefinition]) -> Iterator[Problem]:
    """Yield a warning for each two widgets whose visitors would have one consent cookie for both."""
    for pair in combinations(definitions, 2):
        name = pair[0].consent_cookie_name
        places = sorted({place for one, other in permutations(pair) for place in _common(one, other)})
        if places and pair[0].id != pair[1].id and pair[1].consent_cookie_name == name:
            ids = " and ".join(str(each.id) for each in pair)
            replaced = f"widgets {ids} both have {name} on {places[0]}: one's choice replaces the other's"
            yield Problem(("consentCookieName",), replaced)


def _common(one: WidgetDefinition, other: WidgetDefinition) -> Iterator[str]:
    """Yield the origins of a widget on whose pages the other's cookie is seen."""
    domain = (other.consent_cookie_domain or "").removeprefix(".")
    for origin in one.origins:
        is_allowed = origins.is_allowed(origin, other.origins, developer_mode=False)
        if is_allowed or (domain and f".{urlsplit(origin).hostname}".endswith(f".{domain}")):
            yield origin


def _where(definition: WidgetDefinition) -> Iterator[Problem]:
    if definition.developer_mode:
        let_in = "it is on, so every page on localhost is let in, and CloudFront keeps nothing"
        yield Problem(("developerMode",), let_in)
    elif not definition.origins and not definition.allow_native_apps:
        yield Problem(("origins",), "without one, no page may use the widget")
    for at, origin in enumerate(definition.origins):
        if "*" in origin:
            wide = f"{origin} lets every subdomain in, including those that others may run"
            yield Problem(("origins", at), wide, "origins: ")
    if not definition.cookie_notice_url:
        is_generated = definition.auto_generated_cookie_notice
        missing = "no page with the declaration" if is_generated else "no cookie notice"
        yield Problem(("cookieNoticeUrl",), f"visitors find {missing}")
    if definition.controller is None and (definition.origins or definition.developer_mode):  # apps have own windows
        yield Problem(("controller",), "the window does not say who answers for the site")


def of_texts(definition: WidgetDefinition) -> Iterator[Problem]:
    """Yield the warnings about single texts, each at the place of its text."""
    for language in definition.languages:
        if definition.text(language, "buttonLaterLabel") == definition.text(language, "buttonAcceptAllLabel"):
            yield _of_text(language, "buttonLaterLabel", "it says the same as the button that accepts all")
    for _, language, name in _own_places(definition):
        wrong = texts.wrong_placeholders(name, definition.translations[language][name])
        if wrong and name not in NEVER_SHOWN:
            yield _of_text(language, name, wrong)


def _of_text(language: str, name: str, sentence: str) -> Problem:
    return Problem(("translations", language, name), sentence, f"translations: {language}: {name}: ")


def _refusal(definition: WidgetDefinition) -> Iterator[Problem]:
    if hiding := _HIDING.search(definition.custom_css):
        hidden = f"{hiding[0]!r} hides something: refusing must stay as easy as accepting"
        yield Problem(("customCSS",), hidden)


NEVER_SHOWN = frozenset({"buttonViewPurposeLabel", "buttonViewMoreLabel", "buttonYes", "buttonNo"})
"""Texts of the documented answer that the window has no place for."""

OF_OLD_VERSIONS = "buttonAcceptLabel"
"""Placeholders show it if a version is older than their own texts."""


def missing_texts(definition: WidgetDefinition, language: str) -> list[str]:
    """Return the names of the texts, in order, that visitors read in English or as built in although others are yours.

    In a language that is built in these are the ones that the owner has written in another language alone.
    """
    written = {name for each, own in definition.translations.items() if is_built_in(each) for name in own}
    own = {**_own(definition, language.partition("-")[0]), **_own(definition, language)}
    expected = (written if is_built_in(language) else texts.names() - {OF_OLD_VERSIONS}) - NEVER_SHOWN
    return sorted(name for name in expected - own.keys() if not is_hidden(definition, name))


def _languages(definition: WidgetDefinition) -> Iterator[Problem]:
    for language in definition.languages:
        missing = missing_texts(definition, language)
        names = ", ".join(missing[:_FEW]) + (f" and {len(missing) - _FEW} more" if len(missing) > _FEW else "")
        if missing:
            said = "you wrote these in another language, but not in this one: "
            if not is_built_in(language):
                said = "it is not built in, so visitors read English until you write "
            yield Problem(("translations", language), said + names, f"translations: {language}: ")
    unseen = [place for place in _own_places(definition) if place[2] in NEVER_SHOWN]
    if unseen:
        names = ", ".join(sorted({name for _, _, name in unseen}))
        yield Problem(unseen[0], f"the window has no place for {names}", "translations: ")
    yield from _untranslated(definition, ("cookieNoticeUrl",), "cookieNoticeUrl: ", definition.cookie_notice_url)


def _own_places(definition: WidgetDefinition) -> list[tuple[str, str, str]]:
    """Return the places of all texts that the owner has written."""
    return [("translations", language, name) for language, own in definition.translations.items() for name in own]


def is_built_in(language: str) -> bool:
    """Return whether there are built-in texts in a language, or in one that its readers read."""
    return texts.spoken(language) != "en" or language.partition("-")[0] == "en"


def is_hidden(definition: WidgetDefinition, name: str) -> bool:
    """Return whether a text cannot appear: that of a purpose without a service, or of a field that is not used."""
    if name in texts.OF_SIGNALS:
        return not definition.enable_gpc
    if name in texts.OF_CONTROLLER:
        return definition.controller is None
    used = {service.purpose.label for service in definition.services} - {Purpose.UNCLASSIFIED.label}
    purpose = re.fullmatch(r"category([A-Z][a-zA-Z]+?)(Label|Excerpt|Description)", name)
    return purpose is not None and purpose[1] not in used


def _own(definition: WidgetDefinition, language: str) -> Mapping[str, str]:
    return definition.translations.get(language, {})


def _untranslated(
    definition: WidgetDefinition, place: Place, lead: str, value: str | Mapping[str, str] | None
) -> Iterator[Problem]:
    """Yield a warning about languages without a text, at the place of the first one."""
    if isinstance(value, Mapping):
        missing = [each for each in definition.languages if not {each, each.partition("-")[0]} & value.keys()]
        if missing:
            yield Problem((*place, missing[0]), f"it is missing in {', '.join(missing)}", lead)


def _purposes(definition: WidgetDefinition) -> Iterator[Problem]:
    if not definition.services:
        yield Problem(("services",), "the list is empty, so there is nothing to consent to")
    used = {service.purpose for service in definition.services}
    for purpose in sorted(set(Purpose) - used):
        names = {name for name in texts.names() if name.startswith(f"category{purpose.label}")}
        if unseen := [place for place in _own_places(definition) if place[2] in names]:
            never = f"the texts of {purpose.label} are never shown: no service has this purpose"
            yield Problem(unseen[0], never, "translations: ")
    if not any(service.consent_modes for service in definition.services):
        for name in _channels(definition):
            yield Problem((name,), "it is on, but no service has consent modes (consentModes)")


def _channels(definition: WidgetDefinition) -> Iterator[str]:
    """Return the switches that are on, for other companies' tags that are told the consent."""
    if definition.enable_consent_mode:
        yield "enableConsentMode"
    if definition.enable_uet:
        yield "enableUET"
    if definition.enable_clarity:
        yield "enableClarity"


def _service(definition: WidgetDefinition, service: ServiceDefinition) -> Iterator[Problem]:
    if service.purpose is Purpose.UNCLASSIFIED:
        held = "visitors do not see Unclassified, so they cannot consent to it: the service stays blocked"
        yield Problem(("purpose",), held)
    if service.purpose is not Purpose.NECESSARY and not service.privacy_policy_url:
        yield Problem(("privacyPolicyUrl",), "visitors cannot read what the service does with their data")
    if not service.cookies and _may_set_some(service):
        yield Problem(("cookies",), "none is declared, so visitors see none, and none is deleted after a refusal")
    if not service.description:
        yield Problem(("description",), "visitors are not told what the service is for")
    yield from _untranslated(definition, ("description",), "description: ", service.description)
    for host in sorted(set(service.domain) & {urlsplit(origin).hostname for origin in definition.origins}):
        own = f"the host {host} is the site's own: data-autoblock would block its scripts and frames"
        yield Problem(("domain", service.domain.index(host)), own, "domain: ")
    for at, cookie in enumerate(service.cookies):
        if cookie.expiry_days is not None and cookie.expiry_days > LONGEST_COOKIE:
            long = f"the cookie {cookie.name} lives for {cookie.expiry_days} days; {LIMIT_OF_COOKIES}"
            yield Problem(("cookies", at, "expiryDays"), long, "cookies: ")
        place, lead = ("cookies", at, "description"), f"cookies: {cookie.name}: description: "
        yield from _untranslated(definition, place, lead, cookie.description)


def _may_set_some(service: ServiceDefinition) -> bool:
    """Return whether a service without declared cookies may set some. The library knows services that set none."""
    known = known_services.library().get(service.slug)
    is_known_to_set_none = known is not None and not known.service["cookies"]
    return not is_known_to_set_none and (bool(service.domain) or service.purpose is not Purpose.NECESSARY)
