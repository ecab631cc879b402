"""Warnings about policies, exempt services and signals, a sentence each, and no other warning."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from consent_core.publishing import policies, policy_lint
from consent_core.publishing.lint import warnings
from consent_core.publishing.policies import Preset
from tests.factories import definition, service_json

CHECKED = date(2026, 11, 30)
GOOD: dict[str, Any] = {
    "origins": ["https://shop.example", "https://www.garden.example"],
    "cookieNoticeUrl": "https://shop.example/cookies",
    "enableGPC": True,
    "proveSignals": True,
    "controller": {"name": "Shop Ltd"},
    "translations": {"en": {"startupDisclaimer": "Some services are on by default in some places."}},
}
SERVICE = service_json(
    privacyPolicyUrl="https://matomo.example/privacy",
    description="Counts visits.",
    domain="matomo.shop.example",
    cookies=[{"name": "_pk_id*", "expiryDays": 393}],
)
EXEMPT = {**SERVICE, "exempt": True}

OF_US = [
    "California asks for records of 24 months: let ArchiveRetentionDays be at least 731",
    "requests to opt out that reach you otherwise are yours, as is telling those who have got the data",
    "it is not for sites for people under 16, or with health or other sensitive data: they must ask first",
]
NO_LINK = "without a link, visitors find no way to opt out on the page"


def said(*listed: object, today: date = CHECKED, services: list[object] | None = None, **changes: object) -> list[str]:
    stated = {**GOOD, "services": [SERVICE] if services is None else services, "policies": list(listed), **changes}
    return list(map(str, warnings(definition(**stated), today=today)))


# --- Signals and X ----------------------------------------------------------------------------------------------------


def test_a_widget_that_does_not_hear_signals_is_warned_about() -> None:
    off = (
        "enableGPC: it is off, so an opt-out signal of the browser (Global Privacy Control) is not honoured: "
        "switch it on, or leave it off if only what visitors choose in the window counts"
    )
    assert said(enableGPC=False) == [off]
    assert said("ca", enableGPC=False) == [off]
    assert list(map(str, warnings(definition(**{**GOOD, "services": [SERVICE], "enableGPC": False})))) == [off]
    assert said("ca", enableGPC=True) == []


def test_an_app_has_no_signal_to_hear() -> None:
    assert said(enableGPC=False, origins=[], allowNativeApps=True) == []


@pytest.mark.parametrize(
    ("days", "warning"),
    [
        (
            30,
            [
                "askAgainAfterClose: 30 days after closing the window, visitors are asked again; "
                "Italy's authority wants six months"
            ],
        ),
        (180, []),
        (365, []),
    ],
)
def test_a_window_that_comes_back_early_is_warned_about(days: int, warning: list[str]) -> None:
    assert said(askAgainAfterClose=days) == warning


@pytest.mark.parametrize(("days", "is_warned"), [(180, True), (183, True), (184, False)])
def test_six_months_in_italian_are_counted_by_the_calendar(days: int, is_warned: bool) -> None:
    asked = f"{days} days after closing the window, visitors are asked again"
    early = f"askAgainAfterClose: {asked}; Italy's authority wants six months"
    own = {"it": {"startupDisclaimer": "Alcuni servizi sono attivi."}}
    assert said(askAgainAfterClose=days, languages=["it-CH"], translations=own) == ([early] if is_warned else [])


def test_consent_mode_asks_no_regions_of_its_own_beside_policies() -> None:
    modes: dict[str, Any] = {"consentModeOptions": {"regions": ["FR"]}}
    warning = "consentModeOptions.regions: policies already say what holds where: without regions, all begins as denied"
    assert said("ca", **modes) == [warning]
    assert said(**modes) == []


# --- Policies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("listed", "warning"),
    [
        ({"regions": ["*"]}, ["* is every known place, including those whose laws ask visitors first"]),
        ({"regions": ["CL"], "optOut": [3]}, [NO_LINK]),
        ({"regions": ["CL"], "optOut": [1, 2]}, []),
        ({"regions": ["CL"], "optOut": [3], "link": True}, []),
        ({"regions": ["CL"], "exempt": True}, ["exempt: it has no effect, because no service is exempt"]),
        *(
            (
                {"regions": ["CL", region], "optOut": [2]},
                [f"optOut: it holds in {region}, where the law is said to ask visitors first"],
            )
            for region in ("BR", "CA-QC", "KR", "TR", "IN", "ZA")
        ),
        (
            {"regions": ["ZA", "BR"], "optOut": [2]},
            ["optOut: it holds in BR, ZA, where the law is said to ask visitors first"],
        ),
        ({"regions": ["BR", "KR"], "link": True}, []),
        (
            {"regions": ["CA"], "optOut": [2]},
            ["optOut: it holds in CA-QC, where the law is said to ask visitors first"],
        ),
        ({"regions": ["UK", "CL"], "link": True}, ["no visitor's place is UK: its code is GB"]),
        ({"regions": ["EL"], "link": True}, ["no visitor's place is EL: its code is GR"]),
        (
            {"regions": ["DE-BY", "US-TX"], "link": True},
            ["no visitor's place is DE-BY: parts are known of US and CA alone, and all of DE is strict"],
        ),
    ],
)
def test_a_questionable_policy_is_warned_about(listed: dict[str, Any], warning: list[str]) -> None:
    assert said({"id": "own", **listed}) == [f"policies: own: {each}" for each in warning]


@pytest.mark.parametrize(
    ("policies", "services", "said_of"),
    [
        ([], [SERVICE], None),
        (["us"], [SERVICE], None),  # no window opens
        (["us-ca"], [SERVICE], None),  # all wait
        (["gb"], [SERVICE], None),
        (["ca"], [SERVICE], "ca"),  # it announces
        (["us"], [SERVICE, {**SERVICE, "slug": "odd", "purpose": "Unclassified"}], "us"),
        (["gb", "fr", "us"], [EXEMPT], None),
        (["gb", "fr", "us"], [EXEMPT, {**SERVICE, "slug": "second"}], "gb, fr"),
    ],
)
def test_the_built_in_text_is_not_shown_where_it_is_untrue(
    policies: list[str], services: list[object], said_of: str | None
) -> None:
    untrue = (
        f"startupDisclaimer: in en, fr-CA it says that services wait for a consent, but under {said_of} some do not: "
        "write a text that is true everywhere"
    )
    languages: dict[str, Any] = {"languages": ["en", "fr-CA"], "translations": {}}
    found = said(*policies, services=services, **languages)
    assert [each for each in found if each.startswith("startup")] == ([untrue] if said_of else [])
    languages["translations"] = {each: {"startupDisclaimer": "Some are on."} for each in ("en", "fr")}
    assert not [each for each in said(*policies, services=services, **languages) if each.startswith("startup")]


NONE_KNOWN = "where visitors are asked first: no exemption is known"


@pytest.mark.parametrize(
    ("regions", "countries"),
    [
        (["DE"], "DE"),
        (["NL", "FR", "DE-BY", "CH", "JE"], "CH, DE, JE, NL"),
        (["ES", "FR", "GB", "IT", "GB-SCT", "CL"], None),
    ],
)
def test_an_exemption_where_none_is_known_is_warned_about(regions: list[str], countries: str | None) -> None:
    listed = {"id": "own", "regions": regions, "exempt": True}
    warned = [each for each in said(listed, services=[EXEMPT]) if NONE_KNOWN in each]
    assert warned == ([f"policies: own: exempt: it holds in {countries}, {NONE_KNOWN}"] if countries else [])
    assert not [each for each in said({**listed, "exempt": False}) if NONE_KNOWN in each]


@pytest.mark.parametrize(
    ("changes", "is_warned"),
    [({"announce": False}, True), ({"announce": True}, False), ({"announce": False, "optOut": []}, False)],
)
def test_the_notice_of_canada_is_not_switched_off(changes: dict[str, Any], is_warned: bool) -> None:
    off = "announce: it is off, but the sources of this preset want visitors told before anything is collected"
    assert said({"preset": "ca", **changes}) == ([f"policies: ca: {off}"] if is_warned else [])


def test_quebec_may_be_named_beside_canada() -> None:
    quebec = {"id": "quebec", "regions": ["CA-QC"]}
    assert said({"id": "canada", "regions": ["CA"], "optOut": [2]}, quebec) == []


def test_without_a_floating_button_every_opt_out_needs_a_link() -> None:
    assert said("ca", showFixedButton=False) == [f"policies: ca: {NO_LINK}"]


def test_the_presets_for_statistics_need_an_exempt_service() -> None:
    assert said("gb", "fr") == [
        f"policies: {each}: exempt: it has no effect, because no service is exempt" for each in ("gb", "fr")
    ]
    assert said("gb", "fr", services=[EXEMPT]) == []


# --- The United States ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "more"),
    [
        ({}, []),
        (
            {"enableGPC": False},
            ["enableGPC: it is off, but California and other states want a browser's opt-out signal honoured"],
        ),
        ({"proveSignals": False}, ["proveSignals: it is off, so an opt-out by a signal alone leaves no proof"]),
    ],
)
def test_an_opt_out_in_the_united_states_has_its_duties(changes: dict[str, Any], more: list[str]) -> None:
    assert said("us", **changes) == [f"policies: us: {each}" for each in (*more, *OF_US)]
    assert said("us", "us-ca", **changes) == [*(f"policies: us: {each}" for each in (*more, *OF_US)), AGAIN]


AGAIN = "policies: us-ca: visitors who refuse are asked again after 180 days; California wants twelve months"


@pytest.mark.parametrize(
    ("listed", "is_warned"),
    [
        ([{"preset": "us", "announce": True}], True),
        ([{"id": "us", "regions": ["US-CA"], "optOut": [3], "link": True, "announce": True}], True),
        ([{"preset": "us", "announce": True}, {"preset": "us-ca", "announce": True}], False),
        ([{"preset": "us", "regions": ["US-TX"], "announce": True}], False),
    ],
)
def test_a_window_that_announces_may_ask_again_who_opted_out(listed: list[object], is_warned: bool) -> None:
    forgotten = "it asks again where a browser has forgotten the opt-out"
    again = f"announce: {forgotten}; California wants twelve months without asking"
    assert [each for each in said(*listed) if "announce" in each] == ([f"policies: us: {again}"] if is_warned else [])


def test_so_has_one_that_the_owner_has_written() -> None:
    texas = {"id": "texas", "regions": ["US-TX"], "optOut": [3], "link": True}
    assert said(texas) == [f"policies: texas: {each}" for each in OF_US]


def test_california_is_meant_beside_the_rest_of_the_country() -> None:
    beside = "policies: us-ca belongs beside the preset us: alone, it leaves the rest of the country strict"
    assert said("us-ca") == [AGAIN, beside]
    assert said("us-ca", consentCookieExpiryTime=90) == [AGAIN.replace("180", "90"), beside]


# --- Sources ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("later", "is_old"), [(0, False), (365, False), (366, True), (1_000, True)])
def test_sources_are_read_again_after_a_year(later: int, is_old: bool) -> None:
    old = "the sources of this preset were read on 2026-11-30, more than a year ago: has the law changed?"
    assert said("ca", today=CHECKED + timedelta(later)) == ([f"policies: ca: {old}"] if is_old else [])


def test_the_year_ends_by_itself() -> None:
    stated = {**GOOD, "services": [SERVICE], "policies": ["ca"]}
    expected = datetime.now(UTC).date() - CHECKED > timedelta(365)
    assert bool(list(warnings(definition(**stated)))) is expected


def test_a_preset_without_sources_is_warned_about(monkeypatch: pytest.MonkeyPatch) -> None:
    unread = Preset({"id": "south", "regions": ["CL"]}, "", (), None)
    monkeypatch.setattr("consent_core.publishing.policy_lint.presets", lambda: {**policies.presets(), "south": unread})
    assert said({"id": "south", "regions": ["CL"]}) == ["policies: south: no source was read for this preset"]


# --- Exempt services --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        ({}, []),
        ({"domain": ["shop.example", "stats.garden.example"]}, ["domain"]),
        ({"domain": []}, ["without hosts (domain), it cannot be compared with the widget's sites"]),
        (
            {"domain": ["matomo.shop.example", "cdn.matomo.example"]},
            ["the host cdn.matomo.example is none of the widget's sites: its owner may use the data for itself"],
        ),
        ({"consentModes": ["analytics_storage"]}, []),
    ],
)
def test_an_exempt_service_works_for_the_owner_alone(change: dict[str, Any], warning: list[str]) -> None:
    own = "the host shop.example is the site's own: data-autoblock would block its scripts and frames"
    expected = [
        f"services: matomo: domain: {own}" if each == "domain" else f"services: matomo: exempt: {each}"
        for each in warning
    ]
    assert said("gb", services=[{**EXEMPT, **change}]) == expected


@pytest.mark.parametrize(
    ("listed", "countries"),
    [
        (["fr"], "FR"),
        (["gb", {"id": "south", "regions": ["IT", "ES"], "exempt": True}], "ES, IT"),
        (["gb", {"id": "france", "regions": ["FR"]}], None),
    ],
)
def test_appearance_is_exempt_in_the_united_kingdom_alone(listed: list[object], countries: str | None) -> None:
    narrow = f"its purpose is Preference, but what is known of {countries} exempts audience measurement alone"
    expected = [f"services: matomo: exempt: {narrow}"] if countries else []
    assert said(*listed, services=[{**EXEMPT, "purpose": 1}]) == expected
    assert said(*listed, services=[EXEMPT]) == []


def test_a_wildcard_covers_the_site_of_an_exempt_service() -> None:
    stated = {**GOOD, "services": [EXEMPT], "policies": ["gb"], "origins": ["https://*.shop.example"]}
    assert list(policy_lint.warnings(definition(**stated), CHECKED)) == []


def test_visitors_must_find_the_way_to_object() -> None:
    hidden = "without a link or the floating button, visitors find no way to object on the page"
    assert said("gb", services=[EXEMPT], showFixedButton=False) == [f"policies: gb: {hidden}"]
    assert said({"preset": "gb", "link": True}, services=[EXEMPT], showFixedButton=False) == []


def test_a_service_that_is_exempt_nowhere_is_warned_about() -> None:
    assert said("us-ca", "ca", services=[EXEMPT])[-1:] == [
        "services: matomo: exempt: it has no effect, because no policy is exempt"
    ]
