"""Questionable choices in a definition, a sentence each, and no other warning."""

from typing import Any

import pytest

from consent_core.publishing.lint import warnings
from consent_core.publishing.texts import built_in
from tests.factories import definition, service_json

GOOD: dict[str, Any] = {
    "origins": ["https://shop.example"],
    "cookieNoticeUrl": "https://shop.example/cookies",
    "enableGPC": True,
    "languages": ["en", "fr"],
}
SERVICE = service_json(
    privacyPolicyUrl="https://matomo.example/privacy",
    description="Counts visits.",
    domain="matomo.shop.example",
    cookies=[{"name": "_pk_id*", "expiryDays": 393}],
)

# All texts that the window shows in a widget of one purpose, but one.
OWN_TEXTS = {
    name: text
    for name, text in built_in("en").items()
    if name not in {"viewProof", "buttonYes", "buttonNo", "buttonViewMoreLabel", "buttonViewPurposeLabel"}
    and (not name.startswith("category") or name.startswith("categoryAnalytical"))
}


def said(service: dict[str, Any] | None = None, **changes: object) -> list[str]:
    services = [{**SERVICE, **(service or {})}]
    return list(warnings(definition(**{**GOOD, "services": services, **changes})))


def test_a_careful_definition_has_no_warning() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            {"bgColor": "#ffffff", "colorText": "#999999", "colorTitle": "#111"},
            "colorText #999999 on bgColor #ffffff has a contrast of 2.84:1; WCAG asks for 4.5:1: "
            "the window shows a readable one",
        ),
        (
            {"developerMode": True, "origins": []},
            "developerMode is on: every page on localhost is let in, and CloudFront keeps nothing",
        ),
        ({"origins": []}, "origins: without one, no page may use the widget"),
        (
            {"origins": ["https://*.shop.example"]},
            "origins: https://*.shop.example lets every subdomain in, also those that others may run",
        ),
        ({"cookieNoticeUrl": None}, "cookieNoticeUrl: visitors find no cookie notice"),
        ({"cookieNoticeUrl": {"en": "https://shop.example/c"}}, "cookieNoticeUrl has nothing in fr"),
        (
            {"languages": ["en"], "translations": {"en": {"buttonLaterLabel": "Accept all"}}},
            "translations: en: buttonLaterLabel, which refuses, equals buttonAcceptAllLabel",
        ),
        (
            {"customCSS": ".x { display : none }"},
            "customCSS: 'display : none' hides something: refusing must stay as easy as accepting",
        ),
        (
            {"translations": {"en": {"startupTitle": "Cookies?"}}},
            "translations: fr has the built-in text, other languages have one of yours: startupTitle",
        ),
        (
            {"languages": ["en", "eo"], "translations": {"eo": OWN_TEXTS}},
            "translations: eo is not built in: visitors read English until you write viewProof",
        ),
        (
            {"languages": ["en"], "translations": {"en": {"buttonYes": "Sure"}}},
            "translations: the window has no place for buttonYes",
        ),
        ({"services": []}, "services: the list is empty, so there is nothing to consent to"),
        (
            {"languages": ["en"], "translations": {"en": {"categoryMarketingLabel": "Ads"}}},
            "translations: the texts of Marketing are never shown: no service has this purpose",
        ),
        *(
            ({name: True}, f"{name} is on, and no service has consentModes")
            for name in ("enableConsentMode", "enableUET", "enableClarity")
        ),
    ],
)
def test_questionable_choices_of_a_widget_are_warned_about(change: dict[str, Any], warning: str) -> None:
    assert said(**change) == [warning]


@pytest.mark.parametrize(
    ("change", "warning"),
    [
        (
            {"purpose": "Unclassified"},
            "purpose: Unclassified is not shown, so no visitor can consent to it: the service stays held",
        ),
        (
            {"privacyPolicyUrl": None},
            "privacyPolicyUrl: visitors cannot read what the service does with their data",
        ),
        ({"cookies": []}, "cookies: none is declared, so none is shown, nor deleted after a refusal"),
        ({"cookies": [], "domain": []}, "cookies: none is declared, so none is shown, nor deleted after a refusal"),
        ({"description": ""}, "description: visitors are not told what the service is for"),
        ({"description": {"fr": "Compte les visites."}}, "description has nothing in en"),
        ({"cookies": [{"name": "id", "expiryDays": 396}]}, "cookies: id lives for 396 days; the usual limit is 395"),
        (
            {"cookies": [{"name": "id", "description": {"en": "A number."}}]},
            "cookies: id: description has nothing in fr",
        ),
        (
            {"domain": ["matomo.shop.example", "shop.example"]},
            "domain: shop.example is the site's own: data-autoblock holds all of its scripts and frames",
        ),
    ],
)
def test_questionable_choices_of_a_service_are_warned_about(change: dict[str, object], warning: str) -> None:
    assert said(change) == [f"services: matomo: {warning}"]


def test_a_service_that_is_necessary_or_known_to_set_no_cookies_needs_none() -> None:
    assert said({"purpose": "Necessary", "domain": [], "cookies": []}) == []
    assert list(warnings(definition(**{**GOOD, "services": ["plausible"]}))) == []


@pytest.mark.parametrize("style", ["a { opacity: 0.5 }", "a { opacity: 1 }", "a { display: block }"])
def test_a_harmless_style_has_no_warning(style: str) -> None:
    assert said(customCSS=style) == []


def test_a_region_reads_what_its_language_says() -> None:
    french = {"fr": {"startupTitle": "Des cookies ?"}}
    assert said({"description": {"fr": "Compte les visites."}}, languages=["fr-BE"], translations=french) == []
