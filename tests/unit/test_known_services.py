"""The library of well-known services: what it says is fit to be published, and a definition may refer to it."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from publicsuffixlist import PublicSuffixList

from consent_core.errors import DefinitionError
from consent_core.publishing import known_services, texts
from consent_core.publishing.definitions import WidgetDefinition, members, public_part
from consent_core.publishing.lint import LIMIT_OF_COOKIES, LONGEST_COOKIE, warnings
from tests.factories import definition, service_json

FOLDER = Path(known_services.__file__).with_name("service_library")
LIBRARY = known_services.library()
PHRASES = known_services.phrases("en")
# Known suffixes alone: a domain under an invented one cannot be registered.
SUFFIXES = PublicSuffixList(accept_unknown=False)
PURPOSES = {
    "analytics": {"Analytical"},
    "advertising": {"Marketing"},
    "chat": {"Preference"},
    "video": {"Analytical", "Marketing"},
    "maps": {"Preference"},
    "fonts": {"Preference"},
    "social": {"Marketing"},
    "other": {"Necessary", "Other"},
}
CAREFUL: dict[str, Any] = {
    "origins": ["https://shop.example"],
    "cookieNoticeUrl": "https://shop.example/cookies",
    "controller": {"name": "Shop Ltd"},
    "enableGPC": True,
    "languages": ["en", "fr", "zh-TW"],
}


def written(category: str) -> list[dict[str, Any]]:
    """The entries of a file as they are written."""
    entries: list[dict[str, Any]] = json.loads((FOLDER / f"{category}.json").read_text("utf-8"))
    return entries


def with_services(*services: object) -> WidgetDefinition:
    return definition(**CAREFUL, services=list(services))


def problems(*services: object) -> Sequence[str]:
    with pytest.raises(DefinitionError) as refused:
        with_services(*services)
    return refused.value.problems


def domains(service: Mapping[str, Any]) -> set[str]:
    return {*service["domain"], *(cookie["domain"].lstrip(".") for cookie in service["cookies"] if "domain" in cookie)}


# --- What it holds ----------------------------------------------------------------------------------------------------


def test_it_has_services_of_every_kind_that_sites_use() -> None:
    assert len(LIBRARY) >= 40
    assert {known.category for known in LIBRARY.values()} == set(PURPOSES) == set(known_services.CATEGORIES)
    assert {path.stem for path in FOLDER.iterdir()} == {*PURPOSES, "phrases"}


def test_no_two_entries_have_the_same_slug_or_name() -> None:
    entries = [entry for category in PURPOSES for entry in written(category)]
    assert len(entries) == len(LIBRARY)
    assert len({entry["name"] for entry in entries}) == len(entries)


def faults(check: Callable[[str], object]) -> dict[str, object]:
    """Return what ``check`` finds in the entries of the library, by slug; an entry without a finding is left out."""
    found = {slug: check(slug) for slug in LIBRARY}
    return {slug: finding for slug, finding in found.items() if finding}


def unexpected_warnings(slug: str) -> set[str]:
    """Return what publishing or lint says of an entry and should not say, and the reverse.

    Some cookies live for long because their vendors have chosen so.
    """
    long = {
        f"services: {slug}: cookies: the cookie {cookie['name']} lives for {cookie['expiryDays']} days; "
        + LIMIT_OF_COOKIES
        for cookie in LIBRARY[slug].service["cookies"]
        if cookie.get("expiryDays", 0) > LONGEST_COOKIE
    }
    try:
        return set(map(str, warnings(with_services(slug)))) ^ long
    except DefinitionError as error:
        return set(error.problems)


def unfit_purpose(slug: str) -> list[str]:
    known = LIBRARY[slug]
    purpose = known.service["purpose"]
    modes = {mode.partition("_")[0] for mode in known.service.get("consentModes", ())}
    fitting = {"Analytical": {"analytics"}, "Marketing": {"ad"}}.get(purpose, set())
    return [*({purpose} - PURPOSES[known.category]), *(modes - fitting)]


def bad_sources(slug: str) -> list[str]:
    """Return the addresses that are not links, and a date of checking that cannot be."""
    known = LIBRARY[slug]
    addresses = (*known.sources, known.service["privacyPolicyUrl"])
    bad = [address for address in addresses if not is_link(address)]
    if not known.sources:
        bad.append("no source")
    if (
        known.checked is not None
        and not date(2026, 1, 1) <= date.fromisoformat(known.checked) <= datetime.now(UTC).date()
    ):
        bad.append(known.checked)
    return bad


def is_link(address: str) -> bool:
    try:
        return texts.https_url(address) == address
    except ValueError:
        return False


def unregistered_domains(slug: str) -> list[str]:
    return [domain for domain in domains(LIBRARY[slug].service) if not SUFFIXES.privatesuffix(domain)]


def incomplete_descriptions(slug: str) -> list[dict[str, str]]:
    """Return the descriptions that lack a language, or are not a sentence."""
    service = LIBRARY[slug].described(texts.BUILT_IN_LANGUAGES)
    return [
        description
        for description in (service["description"], *(cookie["description"] for cookie in service["cookies"]))
        if tuple(description) != texts.BUILT_IN_LANGUAGES
        or not all(text.strip() == text and not re.search("[{}]", text) for text in description.values())
        or not all(re.fullmatch(r"[A-ZÀ-Ý].*\.", description[language]) for language in ("en", "fr", "nl", "de"))
    ]


def test_every_entry_can_be_published_without_an_unexpected_warning() -> None:
    assert faults(unexpected_warnings) == {}


def test_every_entry_has_a_purpose_that_fits_its_kind() -> None:
    assert faults(unfit_purpose) == {}


def test_every_entry_states_where_its_facts_come_from() -> None:
    assert faults(bad_sources) == {}


def test_the_domains_of_every_entry_can_be_registered() -> None:
    assert faults(unregistered_domains) == {}


def test_every_entry_describes_itself_in_all_built_in_languages() -> None:
    assert faults(incomplete_descriptions) == {}


def test_a_star_in_the_name_of_a_cookie_is_at_its_end() -> None:
    def stars_before_the_end(slug: str) -> list[str]:
        return [cookie["name"] for cookie in LIBRARY[slug].service["cookies"] if "*" in cookie["name"][:-1]]

    assert faults(stars_before_the_end) == {}


def test_every_phrase_is_used() -> None:
    entries = [entry for category in PURPOSES for entry in written(category)]
    said = [part["description"] for entry in entries for part in (entry, *entry["cookies"])]
    assert {each if isinstance(each, str) else each["phrase"] for each in said} == PHRASES.keys()


@pytest.mark.parametrize("language", texts.BUILT_IN_LANGUAGES)
def test_the_phrases_of_a_language_are_complete_and_speak_of_the_same(language: str) -> None:
    def names(phrases: Mapping[str, str]) -> dict[str, bool]:
        return {phrase: "{name}" in text for phrase, text in phrases.items()}

    assert names(known_services.phrases(language)) == names(PHRASES)


# --- What a definition may say ----------------------------------------------------------------------------------------


def test_a_slug_stands_for_the_whole_service() -> None:
    (service,) = with_services("matomo").services
    assert (service.name, service.slug, service.purpose.label) == ("Matomo", "matomo", "Analytical")
    assert service.domain == ("cdn.matomo.cloud",)
    assert [(cookie.name, cookie.expiry_days) for cookie in service.cookies] == [
        ("_pk_id*", 395),
        ("_pk_ses*", 0),
        ("_pk_ref*", 182),
        ("_pk_cvar*", 0),
        ("_pk_hsr*", 0),
    ]
    assert service.cookies[0].description == {
        "en": "Tells visitors apart.",
        "fr": known_services.phrases("fr")["visitor"],
        "zh-TW": known_services.phrases("zh-TW")["visitor"],
    }


def test_fields_beside_use_override_the_library() -> None:
    own = {"use": "matomo", "slug": "statistics", "domain": "matomo.shop.example", "cookies": []}
    (service,) = with_services(own).services
    assert (service.name, service.slug, service.domain, service.cookies) == (
        "Matomo",
        "statistics",
        ("matomo.shop.example",),
        (),
    )


def test_known_services_stand_beside_others_and_may_appear_twice_under_two_slugs() -> None:
    mixed = with_services("matomo", service_json(slug="own"), {"use": "matomo", "slug": "second"})
    assert [service.slug for service in mixed.services] == ["matomo", "own", "second"]
    assert "services: the slug matomo appears 2 times" in problems("matomo", {"use": "matomo"})


def test_a_reference_is_published_as_the_whole_service() -> None:
    by_slug = public_part(with_services("youtube"))
    in_full = public_part(with_services(LIBRARY["youtube"].described(CAREFUL["languages"])))
    assert by_slug == in_full
    assert '"use"' not in by_slug


def test_a_definition_never_changes_the_library() -> None:
    before = json.dumps(LIBRARY["youtube"].service)
    with_services({"use": "youtube", "purpose": "Other", "cookies": []}, {"use": "vimeo", "name": "Our videos"})
    assert json.dumps(LIBRARY["youtube"].service) == before


@pytest.mark.parametrize(
    ("service", "problem"),
    [
        ("matamo", "services[0]: 'matamo' is not a known service: is it matomo?"),
        ({"use": "utube"}, "services[0]: 'utube' is not a known service: is it youtube?"),
        ("§", "services[0]: '§' is not a known service: `consent-ops services` lists them"),
        ("x" * 100, f"services[0]: '{'x' * 64}' is not a known service: `consent-ops services` lists them"),
        ({"use": 3}, "services[0]: use must be the slug of a known service"),
        ({"use": ["matomo"]}, "services[0]: use must be the slug of a known service"),
        ({"use": "matomo", "purpose": "Fun"}, "services[0].purpose: must be one of"),
        ({"use": "matomo", "colour": "red"}, "services[0].colour: it is not known: is it a typing error?"),
        (7, "services[0]: must be an object"),
    ],
)
def test_an_unusable_reference_is_reported_with_its_place(service: object, problem: str) -> None:
    (said,) = problems(service)
    assert said.startswith(problem)


def test_a_wrong_reference_hides_no_other_fault() -> None:
    with pytest.raises(DefinitionError) as refused:
        definition(keys=[], services=["matamo"])
    assert len(refused.value.problems) == 2


# --- Searching --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "slugs"),
    [
        ("MATOMO", ["matomo"]),
        ("_uetvid", ["microsoft-advertising"]),
        ("player.vimeo", ["vimeo"]),
        ("fonts", ["google-fonts", "adobe-fonts", "bunny-fonts"]),
        (" _uetvid ", ["microsoft-advertising"]),
        ("_pk_id.1.1fff", ["matomo", "piwik-pro"]),
        ("_GA_ABC123", ["google-analytics"]),
        ("_pk_idle", ["matomo"]),
        ("eu.bat.bing.com", ["microsoft-advertising"]),
        ("notbat.bing.com", []),
        ("nothing of the kind", []),
        ("https://nothing.example/youtube", []),
        ("GA4", ["google-analytics"]),
        ("https://www.youtube.com/watch?v=aqz-KE-bpKQ", ["youtube"]),
        ("m.youtube.com/watch", ["youtube"]),
        ("https://youtu.be/aqz-KE-bpKQ", ["youtube"]),
        ('<script async src="https://www.clarity.ms/tag/abc"></script>', ["microsoft-clarity"]),
        ("//player.vimeo.com/video/1", ["vimeo"]),
    ],
)
def test_a_service_is_found_by_name_cookie_or_domain(word: str, slugs: list[str]) -> None:
    assert [known.service["slug"] for known in known_services.search(word)] == slugs


@pytest.mark.parametrize(
    ("word", "category"),
    [
        ("audience", "analytics"),
        ("Audience measurement", "analytics"),
        ("statistics", "analytics"),
        ("ads", "advertising"),
        ("live chat", "chat"),
        ("videos", "video"),
        ("map", "maps"),
        ("social media", "social"),
    ],
)
def test_a_plain_word_finds_all_services_of_its_kind(word: str, category: str) -> None:
    kind = {slug for slug, known in LIBRARY.items() if known.category == category}

    assert kind <= {known.service["slug"] for known in known_services.search(word)} != LIBRARY.keys()


def test_every_other_name_is_that_of_a_service() -> None:
    assert known_services._ALSO_CALLED.keys() <= LIBRARY.keys()
    assert known_services._PLAIN_WORDS.keys() == {*known_services.CATEGORIES}


def test_without_a_word_all_are_found() -> None:
    assert known_services.search("") == list(LIBRARY.values())


# --- Further languages ------------------------------------------------------------------------------------------------


def described(*languages: str) -> list[dict[str, Any]]:
    """Return the library's services as a definition in these languages has them."""
    found: list[dict[str, Any]] = members(definition(languages=[*languages], services=[*LIBRARY]))["services"]
    return found


def test_a_service_is_described_in_a_language_that_is_added_later() -> None:
    later = [dict(known_services.translated(service, ["en", "de"])) for service in described("en")]

    assert json.dumps(later) == json.dumps(described("de", "en"))


def test_a_description_of_the_owner_stays() -> None:
    (matomo,) = (each for each in described("en") if each["slug"] == "matomo")
    own = {**matomo, "description": {"en": "Ours"}, "cookies": [{"name": "ours", "description": {"en": "Ours"}}]}

    assert known_services.translated(own, ["en", "de"]) == own
    assert known_services.translated({"slug": "ours"}, ["en", "de"]) == {"slug": "ours"}
