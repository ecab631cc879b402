"""The differences between two definitions, and which of them need a confirmation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.publishing.definitions import definition_from_json, members
from consent_core.publishing.differences import Difference, differences
from tests.factories import definition_json, service_json

TEXTS = {"en": {"startupTitle": "Hello"}}
MATOMO = service_json()
OTHER = service_json(slug="other")


def found(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    """Return the differences between two definitions that state these members besides the required ones."""
    old, new = (members(definition_from_json(definition_json(**stated))) for stated in (before, after))
    return differences(old, new)


def taken(member: str, before: object, after: object, *, takes_away: bool = True) -> Difference:
    return Difference(member, before, after, takes_away=takes_away)


def entries(member: str, removed: list[str], added: list[str]) -> Difference:
    return Difference(member, removed, added, is_list=True, takes_away=bool(removed))


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        # Lists: an entry that goes takes something away, one that comes does not.
        ({"origins": ["https://a.example"]}, {}, entries("origins", ["https://a.example"], [])),
        ({}, {"origins": ["https://a.example"]}, entries("origins", [], ["https://a.example"])),
        ({}, {"keys": ["another-key"]}, entries("keys", ["a-public-key"], ["another-key"])),
        ({"languages": ["en", "fr"]}, {"languages": ["fr"]}, entries("languages", ["en"], [])),
        ({"services": [MATOMO]}, {"services": [OTHER]}, entries("services", ["matomo"], ["other"])),
        (
            {"languages": ["en", "fr"]},
            {"languages": ["fr", "en"]},
            taken("languages", ["en", "fr"], ["fr", "en"], takes_away=False),
        ),
        (
            {"services": [MATOMO, OTHER]},
            {"services": [OTHER, MATOMO]},
            taken("services", ["matomo", "other"], ["other", "matomo"], takes_away=False),
        ),
        # The two switches that operators set by a command, in both directions.
        *(
            ({name: value}, {name: not value}, taken(name, value, not value))
            for name in ("enabled", "developerMode")
            for value in (True, False)
        ),
        # Switches of which only one direction takes something away.
        *(
            ({name: value}, {name: not value}, taken(name, value, not value, takes_away=value))
            for name in ("allowNativeApps", "saveConsentProof", "enableGPC", "proveSignals")
            for value in (True, False)
        ),
        ({"hideCopyright": True}, {"hideCopyright": False}, taken("hideCopyright", True, False, takes_away=False)),
        # Visitors' choices.
        ({}, {"consentCookieExpiryTime": 179}, taken("consentCookieExpiryTime", 180, 179)),
        (
            {"consentCookieExpiryTime": 179},
            {"consentCookieExpiryTime": 180},
            taken("consentCookieExpiryTime", 179, 180, takes_away=False),
        ),
        ({}, {"consentCookieName": "other"}, taken("consentCookieName", "euconsent", "other")),
        ({}, {"consentCookieDomain": ".shop.example"}, taken("consentCookieDomain", None, ".shop.example")),
        ({"services": [MATOMO]}, {"services": [service_json(purpose=0)]}, taken("services.matomo.purpose", 2, 0)),
        (
            {"services": [MATOMO]},
            {"services": [service_json(purpose=3)]},
            taken("services.matomo.purpose", 2, 3, takes_away=False),
        ),
        # Texts.
        ({"translations": TEXTS}, {}, taken("translations.en.startupTitle", "Hello", None)),
        (
            {},
            {"translations": TEXTS},
            taken("translations.en.startupTitle", None, "Hello", takes_away=False),
        ),
        (
            {"translations": TEXTS},
            {"translations": {"en": {"startupTitle": "Welcome"}}},
            taken("translations.en.startupTitle", "Hello", "Welcome", takes_away=False),
        ),
        ({}, {"label": "Renamed"}, taken("label", "Shop", "Renamed", takes_away=False)),
        (
            {},
            {"consentModeOptions": {"regions": ["FR"]}},
            taken("consentModeOptions.regions", [], ["FR"], takes_away=False),
        ),
    ],
)
def test_a_difference_says_what_it_takes_away(
    before: dict[str, Any], after: dict[str, Any], difference: Difference
) -> None:
    assert found(before, after) == [difference]


def test_a_service_that_is_changed_and_a_language_without_texts_take_nothing_away() -> None:
    before = {"services": [MATOMO, OTHER], "translations": {"en": {}}}
    after = {"services": [service_json(description="Counts visits."), OTHER], "translations": {}}

    assert [(each.member, each.takes_away) for each in found(before, after)] == [
        ("services.matomo.description", False),
        ("translations.en", False),
    ]


def test_a_field_that_an_older_release_did_not_know_is_not_a_difference_of_a_list() -> None:
    new = members(definition_from_json(definition_json(origins=["https://a.example"])))
    old = {name: value for name, value in new.items() if name not in {"origins", "services"}}

    assert differences(old, new) == [entries("origins", [], ["https://a.example"])]


STATED = st.fixed_dictionaries(
    {},
    optional={
        "keys": st.lists(st.sampled_from(["key-number-1", "key-number-2", "key-number-3"]), min_size=1, unique=True),
        "origins": st.lists(st.sampled_from(["https://a.example", "https://b.example"]), unique=True),
        "languages": st.lists(st.sampled_from(["fr", "nl"]), unique=True).map(lambda others: ["en", *others]),
        "services": st.lists(
            st.builds(service_json, slug=st.sampled_from("abc"), purpose=st.integers(0, 3)),
            unique_by=lambda service: service["slug"],
        ),
        "enabled": st.booleans(),
        "developerMode": st.booleans(),
        "translations": st.dictionaries(
            st.just("en"), st.dictionaries(st.just("startupTitle"), st.sampled_from(["A", "B"]))
        ),
    },
)


@given(STATED, STATED)
def test_definitions_differ_if_and_only_if_there_is_a_difference(before: dict[str, Any], after: dict[str, Any]) -> None:
    old, new = (members(definition_from_json(definition_json(**stated))) for stated in (before, after))
    listed = differences(old, new)

    assert bool(listed) == (old != new)
    assert [Difference.from_json(each.as_json()) for each in listed] == listed
    gone = {name: [each for each in old[name] if each not in new[name]] for name in ("keys", "origins", "languages")}
    assert {name: values for name, values in gone.items() if values} == {
        each.member: each.before for each in listed if each.is_list and each.before and each.member != "services"
    }
