"""The differences between two definitions, and which of them need a confirmation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic.alias_generators import to_camel

from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, members
from consent_core.publishing.differences import Difference, differences
from tests.factories import definition_json, service_json

OPERATED = ("enabled", "developerMode")
LOGO = "data:image/png;base64,iVBORw0KGgo="
TEXTS = {"en": {"startupTitle": "Hello"}}
MATOMO = service_json()
OTHER = service_json(slug="other")
BRAZIL = {"id": "brazil", "regions": ["BR"]}
LAX = {**BRAZIL, "optOut": [2]}


SWITCHES = [
    alias
    for name, field in WidgetDefinition.model_fields.items()
    if isinstance(field.default, bool) and (alias := field.alias or to_camel(name)) not in {*OPERATED, "enableIAB"}
]
A_COOKIE, ANOTHER = (
    {"name": name, "description": "Counts.", "path": "/", "domain": ".shop.example"} for name in ("a", "b")
)
BEGUN, OTHERWISE = "584ffef3-251c-4e9a-bfb8-08d7fbfbee92", "6f65cb1d-85eb-4a64-976d-519679189f8d"
# Name, before, as stated afterwards, as it then is, and whether that takes something away.
SERVICE_PARTS: list[tuple[str, Any, Any, Any, bool]] = [
    ("cookies", [A_COOKIE, ANOTHER], [A_COOKIE], [A_COOKIE], True),
    ("cookies", [A_COOKIE, ANOTHER], [ANOTHER, A_COOKIE], [ANOTHER, A_COOKIE], False),
    ("cookies", [A_COOKIE], [A_COOKIE, ANOTHER], [A_COOKIE, ANOTHER], False),
    ("cookies", [A_COOKIE], [A_COOKIE | {"path": "/shop"}], [A_COOKIE | {"path": "/shop"}], True),
    ("cookies", [A_COOKIE], [A_COOKIE | {"description": "Else."}], [A_COOKIE | {"description": "Else."}], False),
    ("cookies", [A_COOKIE], [A_COOKIE | {"description": ""}], [A_COOKIE | {"description": ""}], True),
    ("domain", ["a.example", "b.example"], ["b.example"], ["b.example"], True),
    ("domain", ["a.example"], ["b.example", "a.example"], ["b.example", "a.example"], False),
    ("consentModes", ["ad_storage"], [], [], True),
    ("consentModes", ["ad_storage"], ["ad_user_data", "ad_storage"], ["ad_user_data", "ad_storage"], False),
    ("description", "Counts visits.", None, "", True),
    ("description", "Counts visits.", "Else.", "Else.", False),
    ("description", "Counts visits.", {"en": "Counts."}, {"en": "Counts."}, True),
    ("description", {"en": "Counts."}, "Counts visits.", "Counts visits.", False),
    ("privacyPolicyUrl", "https://a.example/p", None, None, True),
    ("privacyPolicyUrl", "https://a.example/p", "https://b.example/p", "https://b.example/p", False),
    ("logoUrl", LOGO, None, None, True),
    ("id", BEGUN, OTHERWISE, OTHERWISE, True),
    ("id", BEGUN, None, None, True),
    ("version", BEGUN, OTHERWISE, OTHERWISE, False),
    ("version", BEGUN, None, None, False),
    ("exempt", None, True, True, True),
    ("exempt", True, None, None, False),
]
# A policy of the id brazil before and after, the member that differs with its values, and whether the change is
# asked about: one that is stricter takes something away, and one that has more on releases what was asked for.
POLICY_PARTS: list[tuple[dict[str, Any], dict[str, Any], str, Any, Any, bool]] = [
    (BRAZIL, LAX, "optOut", [], [2], True),
    (LAX, BRAZIL, "optOut", [2], [], True),
    (LAX, {**LAX, "optOut": [2, 3]}, "optOut", [2], [2, 3], True),
    (BRAZIL, {**BRAZIL, "exempt": True}, "exempt", False, True, True),
    ({**BRAZIL, "exempt": True}, BRAZIL, "exempt", True, False, True),
    (BRAZIL, {**BRAZIL, "link": True}, "link", False, True, False),
    (LAX, {**LAX, "link": True}, "link", False, True, False),
    (LAX, {**LAX, "announce": True}, "announce", False, True, False),
    ({**BRAZIL, "announce": True}, BRAZIL, "announce", True, False, True),
    (BRAZIL, {**BRAZIL, "regions": ["BR", "CL"]}, "regions", ["BR"], ["BR", "CL"], False),
    (LAX, {**LAX, "regions": ["BR", "CL"]}, "regions", ["BR"], ["BR", "CL"], True),
    (LAX, {**LAX, "regions": ["CL"]}, "regions", ["BR"], ["CL"], True),
    ({**LAX, "regions": ["CL", "BR"]}, {**LAX, "regions": ["BR", "CL"]}, "regions", ["CL", "BR"], ["BR", "CL"], False),
]
WIDGET_PARTS: list[tuple[str, Any, Any, bool]] = [
    ("cookieNoticeUrl", "https://a.example/c", None, True),
    ("cookieNoticeUrl", "https://a.example/c", "https://b.example/c", False),
    ("bgColor", "#ffffff", None, True),
    ("customCSS", "a{top:0}", "", True),
    ("customCSS", "a{top:0}", "a{top:1px}", False),
]


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
            taken("languages", ["en", "fr"], ["fr", "en"]),
        ),
        (
            {"languages": ["en", "fr", "nl"]},
            {"languages": ["en", "nl", "fr"]},
            taken("languages", ["en", "fr", "nl"], ["en", "nl", "fr"], takes_away=False),
        ),
        (
            {"services": [MATOMO, OTHER]},
            {"services": [OTHER, MATOMO]},
            taken("services", ["matomo", "other"], ["other", "matomo"], takes_away=False),
        ),
        # The two switches that operators set by a command, in both directions.
        *(
            ({name: value}, {name: not value}, taken(name, value, not value))
            for name in OPERATED
            for value in (True, False)
        ),
        # Switches of which only one direction takes something away.
        *(
            ({name: value}, {name: not value}, taken(name, value, not value, takes_away=value))
            for name in SWITCHES
            for value in (True, False)
        ),
        *(
            (
                {"consentModeOptions": {name: value}},
                {"consentModeOptions": {name: not value}},
                taken(f"consentModeOptions.{name}", value, not value, takes_away=value),
            )
            for name in ("adsDataRedaction", "urlPassthrough")
            for value in (True, False)
        ),
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
        # Asking again: one more is meant, much more is a slip that can never be undone.
        ({"renewal": 3}, {"renewal": 4}, taken("renewal", 3, 4, takes_away=False)),
        ({"renewal": 3}, {"renewal": 5}, taken("renewal", 3, 5)),
        ({}, {"renewal": 1_000_000}, taken("renewal", 0, 1_000_000)),
        # Parts of a service.
        *(
            (
                {"services": [service_json(**{name: before})]},
                {"services": [service_json(**({} if after is None else {name: after}))]},
                taken(f"services.matomo.{name}", before, left, takes_away=takes_away),
            )
            for name, before, after, left, takes_away in SERVICE_PARTS
        ),
        # Policies.
        ({"policies": [BRAZIL], "enableGPC": False}, {}, entries("policies", ["brazil"], [])),
        ({}, {"policies": [BRAZIL], "enableGPC": False}, entries("policies", [], ["brazil"])),
        (
            {},
            {"policies": ["us"], "enableGPC": False},
            Difference("policies", [], ["us"], is_list=True, takes_away=True),
        ),
        (
            {"policies": ["us", BRAZIL]},
            {"policies": [BRAZIL, "us"]},
            taken("policies", ["us", "brazil"], ["brazil", "us"], takes_away=False),
        ),
        *(
            (
                {"policies": [before], "enableGPC": False},
                {"policies": [after], "enableGPC": False},
                taken(f"policies.brazil.{name}", old, new, takes_away=takes_away),
            )
            for before, after, name, old, new, takes_away in POLICY_PARTS
        ),
        ({}, {"askAgainAfterClose": 30}, taken("askAgainAfterClose", 180, 30, takes_away=False)),
        (
            {"controller": {"name": "A", "contact": "x"}},
            {"controller": {"name": "A"}},
            taken("controller.contact", "x", None),
        ),
        # Texts and links.
        *(
            ({name: before}, {name: after}, taken(name, before, after, takes_away=takes_away))
            for name, before, after, takes_away in WIDGET_PARTS
        ),
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
        *(
            (
                {"consentModeOptions": {"regions": before}},
                {"consentModeOptions": {"regions": after}},
                taken("consentModeOptions.regions", before, after, takes_away=bool(before)),
            )
            for before, after in (([], ["FR"]), (["FR", "BE"], ["FR"]))
        ),
        (
            {"cookieNoticeUrl": {"en": "https://a.example/c", "fr": "https://a.example/f"}},
            {"cookieNoticeUrl": {"en": "https://a.example/c"}},
            taken("cookieNoticeUrl.fr", "https://a.example/f", None),
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


@pytest.mark.parametrize(
    ("before", "after", "asked"),
    [
        ([MATOMO], [MATOMO, service_json(slug="again", purpose=0)], {"services.again.purpose": (None, 0)}),
        ([MATOMO], [service_json(slug="again", purpose=0)], {"services": (["matomo"], ["again"])}),
        ([service_json(purpose=0)], [service_json(purpose=0), service_json(slug="again", purpose=0)], {}),
        ([MATOMO], [MATOMO, OTHER], {}),
    ],
)
def test_a_new_service_that_needs_no_consent_is_asked_about_if_others_need_one(
    before: list[object], after: list[object], asked: dict[str, object]
) -> None:
    listed = found({"services": before}, {"services": after})
    expected = {**asked, "services.again.purpose": (None, 0)} if asked else {}
    assert {each.member: (each.before, each.after) for each in listed if each.takes_away} == expected


@pytest.mark.parametrize(
    ("listed", "before", "after", "asked"),
    [
        (["ca"], [service_json(purpose=3)], [service_json(purpose=2)], {"services.matomo.purpose": (3, 2)}),
        (["us"], [service_json(purpose=5)], [service_json(purpose=3)], {"services.matomo.purpose": (5, 3)}),
        (["ca", "us"], [service_json(purpose=3)], [service_json(purpose=2)], {"services.matomo.purpose": (3, 2)}),
        (["fr"], [MATOMO], [MATOMO, {**OTHER, "exempt": True}], {"services.other.exempt": (None, True)}),
        (
            ["fr"],
            [MATOMO],
            [{**OTHER, "exempt": True}],
            {"services": (["matomo"], ["other"]), "services.other.exempt": (None, True)},
        ),
        (["ca"], [MATOMO], [MATOMO, OTHER], {"services.other.purpose": (None, 2)}),
        # Not more than before, or in no policy, or on because it was necessary, or on a site that asked for nothing.
        (["ca"], [service_json(purpose=1)], [service_json(purpose=2)], {}),
        (["ca"], [service_json(purpose=2)], [service_json(purpose=3)], {}),
        (["fr"], [service_json(purpose=3)], [service_json(purpose=2)], {}),
        (["us-ca", "fr"], [MATOMO], [MATOMO, OTHER], {}),
        (["ca"], [service_json(purpose=0)], [service_json(purpose=2)], {}),
        (["fr"], [], [{**OTHER, "exempt": True}], {}),
    ],
)
def test_a_service_that_is_on_in_more_places_without_a_consent_is_asked_about(
    listed: list[str], before: list[object], after: list[object], asked: dict[str, object]
) -> None:
    changes = found({"policies": listed, "services": before}, {"policies": listed, "services": after})
    assert {each.member: (each.before, each.after) for each in changes if each.takes_away} == asked


def test_a_new_default_language_takes_the_former_one_away() -> None:
    assert found({}, {"languages": ["fr", "en"]}) == [
        entries("languages", [], ["fr"]),
        taken("languages", ["en"], ["fr", "en"]),
    ]


def test_a_field_that_an_older_release_did_not_know_is_not_a_difference_of_a_list() -> None:
    new = members(definition_from_json(definition_json(origins=["https://a.example"])))
    old = {name: value for name, value in new.items() if name not in {"origins", "services", "languages"}}

    assert differences(old, new) == [entries("languages", [], ["en"]), entries("origins", [], ["https://a.example"])]


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
        "policies": st.lists(st.sampled_from(["us", "gb", "ca", BRAZIL, LAX]), unique_by=str).filter(
            lambda listed: not (BRAZIL in listed and LAX in listed)
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
        each.member: each.before for each in listed if each.is_list and each.before and each.member in gone
    }
