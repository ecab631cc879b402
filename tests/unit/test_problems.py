"""Each fault and each warning has the place at which an owner can mend it."""

import json
from dataclasses import replace
from datetime import date
from functools import reduce
from operator import getitem
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from consent_core.errors import DefinitionError
from consent_core.problems import Place, Problem
from consent_core.publishing import lint, policies
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from tests.factories import definition, definition_json, service_json

UUID = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
TODAY = date(2026, 11, 30)


def faults(text: str) -> list[Problem]:
    with pytest.raises(DefinitionError) as refused:
        definition_from_json(text)
    return list(refused.value.errors)


# --- One problem ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "printed"),
    [
        (Problem(("bgColor",), "must be a colour"), "bgColor: must be a colour"),
        (Problem(("services", 0, "cookies", 12, "name"), "is missing"), "services[0].cookies[12].name: is missing"),
        (Problem((), "The definition is empty"), "The definition is empty"),
        (Problem(("developerMode",), "is on", "developerMode "), "developerMode is on"),
        (Problem(("exempt",), "no").under(("services", 3), "services: a: "), "services: a: exempt: no"),
        (Problem(("services", 3), "no", "").under((), "here: "), "here: no"),
    ],
)
def test_a_problem_is_printed_with_what_it_is_about(problem: Problem, printed: str) -> None:
    assert str(problem) == printed


def test_the_problem_of_a_part_is_one_of_the_whole() -> None:
    assert Problem(("exempt",), "no").under(("services", 3), "services: a: ").place == ("services", 3, "exempt")


@given(st.lists(st.text() | st.integers(0, 1_000)), st.text())
def test_a_problem_as_json_has_an_end(place: list[str | int], sentence: str) -> None:
    cut = [part[:200] if isinstance(part, str) else part for part in place]
    assert Problem(tuple(place), sentence * 3_000).as_json() == {"loc": cut, "detail": (sentence * 3_000)[:2_000]}


# --- All faulty texts at once -----------------------------------------------------------------------------------------


def test_all_faulty_texts_of_all_languages_are_named_at_once() -> None:
    stated = {
        "languages": ["en", "fr"],
        "bgColor": "red",
        "translations": {
            "en": {"startupTitle": "<b>x", "buttonAcceptAllLabel": " ", "startupDisclaimer": "<script>"},
            "fr": {"startupTitle": "<i>", "buttonYess": "Oui", "buttonNo": "Non"},
        },
    }
    found = faults(definition_json(**stated))
    tags = "only links, <b>, <strong>, <i>, <em>, <br>, <p>, <ul>, <ol> and <li>; write &lt; for <"
    assert [(fault.place, fault.sentence) for fault in found] == [
        (("bgColor",), "must be a colour such as #1a2b3c"),
        (("translations", "en", "startupTitle"), "must be a plain label, without markup"),
        (("translations", "en", "buttonAcceptAllLabel"), "must not be empty"),
        (("translations", "en", "startupDisclaimer"), f"<script> is not allowed: {tags}"),
        (("translations", "fr", "startupTitle"), "must be a plain label, without markup"),
        (("translations", "fr", "buttonYess"), "the widget has no text of this name: is it buttonYes?"),
    ]
    assert [str(fault) for fault in found[:3]] == [
        "bgColor: must be a colour such as #1a2b3c",
        "translations: en.startupTitle: must be a plain label, without markup",
        "translations: en.buttonAcceptAllLabel: must not be empty",
    ]


def test_a_description_names_the_faults_of_all_its_languages() -> None:
    described = {"en": "<b>x", "fr": "fine", "german": "fine", "de": "x</b>"}
    found = faults(definition_json(services=[service_json(description=described)]))
    place = ("services", 0, "description")
    assert [(fault.place, str(fault)) for fault in found] == [
        ((*place, "en"), "services[0].description: <b> is not closed"),
        ((*place, "german"), "services[0].description: 'german' is not a language such as fr or fr-BE"),
        ((*place, "de"), "services[0].description: </b> closes nothing"),
    ]


def test_of_a_thousand_unknown_texts_the_first_hundred_get_a_hint() -> None:
    found = faults(definition_json(translations={"en": {f"buttonYes{number}": "x" for number in range(1_000)}}))
    assert len(found) == 1_000
    assert sum(fault.sentence.endswith(": is it buttonYes?") for fault in found) == 100


# --- Every kind of fault ----------------------------------------------------------------------------------------------

LOGO = "https://elsewhere.example/logo.png"
MATOMO = {**service_json(), "slug": "matomo"}

FAULTS: dict[str, tuple[dict[str, Any], Place]] = {
    "a colour": ({"bgColor": "red"}, ("bgColor",)),
    "a dark colour": ({"darkColors": {"bgColor": "red"}}, ("darkColors", "bgColor")),
    "a style sheet": ({"customCSS": "@import 'x'"}, ("customCSS",)),
    "a long style sheet": ({"customCSS": "x" * 20_001}, ("customCSS",)),
    "a logo that is no link": ({"buttonLogoUrl": "http://x"}, ("buttonLogoUrl",)),
    "a logo of another kind": ({"buttonLogoUrl": "data:image/gif;base64,x"}, ("buttonLogoUrl",)),
    "a logo that is not base64": ({"buttonLogoUrl": "data:image/png;base64,iVBO="}, ("buttonLogoUrl",)),
    "a logo of another content": ({"buttonLogoUrl": "data:image/png;base64,AAAA"}, ("buttonLogoUrl",)),
    "an unsupported framework": ({"enableIAB": True}, ("enableIAB",)),
    "a share in pixels": ({"scrollTrigger": 101}, ("scrollTrigger",)),
    "a number that is too large": ({"tenantId": 10**15}, ("tenantId",)),
    "a font": ({"fontFamily": "url(x)"}, ("fontFamily",)),
    "a typing error": ({"typo": 1}, ("typo",)),
    "a member that is missing": ({"services": [{"name": "A", "slug": "a"}]}, ("services", 0, "purpose")),
    "a number": ({"timerTrigger": 3_601}, ("timerTrigger",)),
    "a switch": ({"enabled": 1}, ("enabled",)),
    "a key": ({"keys": ["a-public-key", "no"]}, ("keys", 1)),
    "an origin": ({"origins": ["https://a.example", "http://b.example"]}, ("origins", 1)),
    "a wildcard of a public suffix": ({"origins": ["https://*.co.uk"]}, ("origins", 0)),
    "too few entries": ({"keys": []}, ("keys",)),
    "too many entries": ({"keys": ["a-public-key"] * 21}, ("keys",)),
    "a controller": ({"controller": {"name": ""}}, ("controller", "name")),
    "a language": ({"languages": ["en", "english"]}, ("languages", 1)),
    "a language of texts": ({"translations": {"english": {}}}, ("translations", "english")),
    "a text": ({"translations": {"en": {"buttonYes": " "}}}, ("translations", "en", "buttonYes")),
    "a text that is no text": ({"translations": {"en": {"buttonYes": 1}}}, ("translations", "en", "buttonYes")),
    "the name of a text": ({"translations": {"en": {"buttonYess": "x"}}}, ("translations", "en", "buttonYess")),
    "texts of another language": ({"translations": {"fr": {"buttonYes": "Oui"}}}, ("translations", "fr")),
    "a language twice": ({"languages": ["en", "fr", "en"]}, ("languages", 2)),
    "a notice": ({"cookieNoticeUrl": {"en": "http://x"}}, ("cookieNoticeUrl", "en")),
    "a notice that is no text": ({"cookieNoticeUrl": 1}, ("cookieNoticeUrl",)),
    "a notice of a strange language": (
        {"cookieNoticeUrl": {"english": "https://x.example"}},
        ("cookieNoticeUrl", "english"),
    ),
    "a purpose": ({"services": [service_json(purpose=9)]}, ("services", 0, "purpose")),
    "a known service": ({"services": ["matamo"]}, ("services", 0)),
    "a slug": ({"services": [service_json(slug="A")]}, ("services", 0, "slug")),
    "a slug twice": ({"services": [MATOMO, "plausible", {**MATOMO, "id": UUID}]}, ("services", 2, "slug")),
    "a derived id twice": (
        {"services": [service_json(id=UUID), service_json(slug="other", id=UUID)]},
        ("services", 1, "id"),
    ),
    "a cookie's name": ({"services": [service_json(cookies=[{"name": "a;b"}])]}, ("services", 0, "cookies", 0, "name")),
    "a description": (
        {"services": [service_json(description={"en": "<b>"})]},
        ("services", 0, "description", "en"),
    ),
    "a required consent": ({"services": [service_json(requiredConsent=False)]}, ("services", 0, "requiredConsent")),
    "a default consent": ({"services": [service_json(defaultConsent=True)]}, ("services", 0, "defaultConsent")),
    "an exempt purpose": ({"services": [service_json(purpose=3, exempt=True)]}, ("services", 0, "exempt")),
    "exempt advertising": (
        {"services": [service_json(exempt=True, consentModes=["ad_storage"])]},
        ("services", 0, "exempt"),
    ),
    "a foreign logo": ({"buttonLogoUrl": LOGO}, ("buttonLogoUrl",)),
    "a foreign logo of a service": (
        {"services": ["plausible", service_json(logoUrl=LOGO)]},
        ("services", 1, "logoUrl"),
    ),
    "the SDK's own entries": ({"services": [service_json(storage=["a", "dastra-x"])]}, ("services", 0, "storage", 1)),
    "the consent cookie": ({"services": [service_json(storage=["euconsent"])]}, ("services", 0, "storage", 0)),
    "a cookie that is too large": (
        {"services": [service_json(slug=f"{number:064}") for number in range(60)]},
        ("services",),
    ),
    "a cookie of a public suffix": ({"consentCookieDomain": "co.uk"}, ("consentCookieDomain",)),
    "a cookie of one host": (
        {"consentCookieName": "__Host-c", "consentCookieDomain": ".shop.example"},
        ("consentCookieDomain",),
    ),
    "a preset": ({"policies": ["zz"]}, ("policies", 0)),
    "a preset that is no text": ({"policies": [{"preset": 7}]}, ("policies", 0)),
    "a preset with an id": ({"policies": [{"preset": "us", "id": "a"}]}, ("policies", 0)),
    "an id that is taken": ({"policies": [{"id": "strict", "regions": ["BR"]}]}, ("policies", 0, "id")),
    "a purpose of a policy": (
        {"policies": [{"id": "a", "regions": ["BR"], "optOut": [2, 0]}]},
        ("policies", 0, "optOut", 1),
    ),
    "a policy twice": (
        {"policies": [{"id": "a", "regions": ["BR"]}, {"id": "a", "regions": ["IN"]}]},
        ("policies", 1, "id"),
    ),
    "a region twice": (
        {"policies": [{"id": "a", "regions": ["BR"]}, {"id": "b", "regions": ["IN", "BR"]}]},
        ("policies", 1, "regions", 1),
    ),
    "an opt-out where the law asks first": (
        {"policies": [{"id": "a", "regions": ["FR"], "optOut": [2]}]},
        ("policies", 0, "optOut"),
    ),
    "an opt-out everywhere": ({"policies": [{"id": "a", "regions": ["*"], "optOut": [2]}]}, ("policies", 0, "regions")),
    "everywhere and more": ({"policies": [{"id": "a", "regions": ["*", "US"]}]}, ("policies", 0, "regions")),
    "everywhere before the last": (
        {"policies": [{"id": "a", "regions": ["*"]}, {"id": "b", "regions": ["US"]}]},
        ("policies", 0),
    ),
}


def fields(model: type[BaseModel]) -> dict[str, Any]:
    return {str(field.alias): field.annotation for field in model.model_fields.values()}


def named(place: Place, found: Any) -> bool:  # noqa: ANN401 - an annotation
    """Return whether the models of a definition know each name on the way to a place."""
    models = [each for each in parts_of(found) if isinstance(each, type) and issubclass(each, BaseModel)]
    if not place or not models:
        return True
    if isinstance(place[0], int):
        return named(place[1:], found)
    members = fields(models[0])
    return place[0] in members and named(place[1:], members[place[0]])


def parts_of(annotation: Any) -> list[Any]:  # noqa: ANN401 - an annotation
    """Return an annotation and all that it is made of; a ``type`` is what it stands for."""
    inner = getattr(annotation, "__value__", annotation)
    return [inner, *(part for each in get_args(inner) for part in parts_of(each))]


def exists(place: Place, stated: Any) -> bool:  # noqa: ANN401 - the definition's JSON
    """Return whether a definition has the object or list at whose member or entry the place ends."""
    holder, last = reduce(getitem, place[:-1], stated), place[-1]
    return isinstance(holder, dict) if isinstance(last, str) else last < len(holder)


@pytest.mark.parametrize(("stated", "place"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_has_the_place_at_which_it_can_be_mended(stated: dict[str, Any], place: Place) -> None:
    (fault, *others) = faults(definition_json(**stated))
    assert (fault.place, others) == (place, [])
    assert exists(place, json.loads(definition_json(**stated)))
    assert named(place, WidgetDefinition) or place == ("typo",)
    assert str(fault).endswith(fault.sentence)


def test_the_whole_definition_is_a_place() -> None:
    assert [fault.place for text in ("", "[]", "{", '{"id": 1, "id": 2}') for fault in faults(text)] == [()] * 4


# --- Every kind of warning --------------------------------------------------------------------------------------------

GOOD: dict[str, Any] = {
    "origins": ["https://shop.example"],
    "cookieNoticeUrl": "https://shop.example/cookies",
    "enableGPC": True,
    "proveSignals": True,
    "controller": {"name": "Shop Ltd"},
}
COOKIE = {"name": "_pk_id*", "expiryDays": 393}
SERVICE = service_json(
    privacyPolicyUrl="https://matomo.example/privacy",
    description="Counts visits.",
    domain=["matomo.shop.example"],
    cookies=[COOKIE],
)
EXEMPT = {**SERVICE, "exempt": True}
TRUE = {"en": {"startupDisclaimer": "Some services are on by default in some places."}}
OPT_OUT = {"id": "a", "regions": ["AU"], "optOut": [2], "link": True}


def own(**changes: object) -> dict[str, Any]:
    return {"services": ["plausible", {**SERVICE, **changes}]}


def policy(**changes: object) -> dict[str, Any]:
    return {"policies": [{**OPT_OUT, **changes}], "translations": TRUE}


WARNINGS: dict[str, tuple[dict[str, Any], set[Place]]] = {
    "contrast": ({"bgColor": "#fff", "colorText": "#999"}, {("colorText",)}),
    "contrast of the dark scheme": ({"darkColors": {"colorText": "#222"}}, {("darkColors", "colorText")}),
    "a dark scheme that is never shown": ({"colorScheme": "light", "darkColors": {}}, {("darkColors",)}),
    "a colour that is never shown": ({"colorScheme": "dark", "bgColor": "#fff"}, {("bgColor",)}),
    "developer mode": ({"developerMode": True}, {("developerMode",)}),
    "no origin": ({"origins": [], "allowNativeApps": False}, {("origins",)}),
    "a wildcard": ({"origins": ["https://shop.example", "https://*.b.example"]}, {("origins", 1)}),
    "no notice": ({"cookieNoticeUrl": None}, {("cookieNoticeUrl",)}),
    "a notice in some languages": (
        {"languages": ["en", "fr"], "cookieNoticeUrl": {"en": "https://shop.example/c"}},
        {("cookieNoticeUrl", "fr")},
    ),
    "no controller": ({"controller": None}, {("controller",)}),
    "a refusal like a consent": (
        {"translations": {"en": {"buttonLaterLabel": "Accept all"}}},
        {("translations", "en", "buttonLaterLabel")},
    ),
    "a text without its placeholder": (
        {"translations": {"en": {"frameTitle": "Content"}}},
        {("translations", "en", "frameTitle")},
    ),
    "a style that hides": ({"customCSS": ".x { display: none }"}, {("customCSS",)}),
    "texts in some languages": (
        {"languages": ["en", "fr"], "translations": {"en": {"startupTitle": "Cookies?"}}},
        {("translations", "fr")},
    ),
    "a language that is not built in": ({"languages": ["en", "eo"]}, {("translations", "eo")}),
    "a text without a place": ({"translations": {"en": {"buttonYes": "Sure"}}}, {("translations", "en", "buttonYes")}),
    "a text of a purpose without services": (
        {"translations": {"en": {"categoryMarketingLabel": "Ads"}}},
        {("translations", "en", "categoryMarketingLabel")},
    ),
    "no service": ({"services": []}, {("services",)}),
    "signals without services": ({"enableUET": True}, {("enableUET",)}),
    "a purpose that is not shown": (own(purpose="Unclassified"), {("services", 1, "purpose")}),
    "no privacy policy": (own(privacyPolicyUrl=None), {("services", 1, "privacyPolicyUrl")}),
    "no cookies": (own(cookies=[]), {("services", 1, "cookies")}),
    "no description": (own(description=""), {("services", 1, "description")}),
    "a description in another language": (own(description={"fr": "x"}), {("services", 1, "description", "en")}),
    "the site's own host": (
        own(domain=["matomo.shop.example", "shop.example"]),
        {("services", 1, "domain", 1)},
    ),
    "a cookie that lives for long": (
        own(cookies=[COOKIE, {"name": "id", "expiryDays": 396}]),
        {("services", 1, "cookies", 1, "expiryDays")},
    ),
    "a cookie in another language": (
        own(cookies=[{"name": "id", "description": {"fr": "x"}}]),
        {("services", 1, "cookies", 0, "description", "en")},
    ),
    "an early question": ({"askAgainAfterClose": 30}, {("askAgainAfterClose",)}),
    "deaf to signals": ({"enableGPC": False}, {("enableGPC",)}),
    "regions beside policies": (
        {**policy(), "consentModeOptions": {"regions": ["FR"]}},
        {("consentModeOptions", "regions")},
    ),
    "an opt-out without a link": (policy(link=False, optOut=[3]), {("policies", 0, "link")}),
    "an opt-out where the law may ask": (policy(regions=["BR"]), {("policies", 0, "optOut")}),
    "an opt-out in California": (
        {**policy(regions=["US-CA"], announce=True), "enableGPC": False, "proveSignals": False},
        {("enableGPC",), ("proveSignals",), ("policies", 0), ("policies", 0, "announce")},
    ),
    "refusals in California": (
        {"policies": [{"id": "a", "regions": ["US-CA"]}], "consentCookieExpiryTime": 90},
        {("consentCookieExpiryTime",)},
    ),
    "us-ca alone": ({"policies": ["us-ca"]}, {("policies", 0), ("consentCookieExpiryTime",)}),
    "everywhere": ({"policies": [{"id": "a", "regions": ["*"]}]}, {("policies", 0, "regions")}),
    "a code that no place has": ({"policies": [{"id": "a", "regions": ["AU", "UK"]}]}, {("policies", 0, "regions", 1)}),
    "a part that no place has": ({"policies": [{"id": "a", "regions": ["AU-NSW"]}]}, {("policies", 0, "regions", 0)}),
    "an exemption that is not known": (
        {"services": [EXEMPT], "policies": [{"id": "a", "regions": ["DE"], "exempt": True}], "translations": TRUE},
        {("policies", 0, "exempt")},
    ),
    "an exemption of none": (
        {"policies": [{"id": "a", "regions": ["FR"], "exempt": True}]},
        {("policies", 0, "exempt")},
    ),
    "an exemption without a link": (
        {
            "services": [EXEMPT],
            "policies": [{"id": "a", "regions": ["FR"], "exempt": True}],
            "translations": TRUE,
            "showFixedButton": False,
        },
        {("policies", 0, "link")},
    ),
    "a first screen that would be untrue": (
        {"languages": ["en", "fr"], "policies": [{**OPT_OUT, "announce": True}]},
        {("translations", "en", "startupDisclaimer")},
    ),
    "exempt without a policy": ({"services": [EXEMPT]}, {("services", 0, "exempt")}),
    "an exempt preference": (
        {
            "services": [{**EXEMPT, "purpose": "Preference"}],
            "policies": [{"id": "a", "regions": ["FR"], "exempt": True}],
            "translations": TRUE,
        },
        {("services", 0, "exempt")},
    ),
    "exempt for others": (
        {
            "services": [{**EXEMPT, "domain": ["matomo.shop.example", "other.example"]}],
            "policies": [{"id": "a", "regions": ["FR"], "exempt": True}],
            "translations": TRUE,
        },
        {("services", 0, "domain", 1)},
    ),
    "exempt without hosts": (
        {
            "services": [{**EXEMPT, "domain": []}],
            "policies": [{"id": "a", "regions": ["FR"], "exempt": True}],
            "translations": TRUE,
        },
        {("services", 0, "domain")},
    ),
}


@pytest.mark.parametrize(("changes", "places"), WARNINGS.values(), ids=WARNINGS.keys())
def test_a_warning_has_the_place_at_which_it_can_be_mended(changes: dict[str, Any], places: set[Place]) -> None:
    stated = {**GOOD, "services": [SERVICE], **changes}
    found = list(lint.warnings(definition(**stated), today=TODAY))
    assert {warning.place for warning in found} == places
    for place in places:
        assert named(place, WidgetDefinition)
    assert all(str(warning).endswith(warning.sentence) for warning in found)


def test_an_old_preset_and_a_silent_one_have_places() -> None:
    stated = {**GOOD, "services": [SERVICE], "policies": [{"preset": "ca", "announce": False, "link": True}]}
    found = list(lint.warnings(definition(**stated, translations=TRUE), today=date(2028, 1, 1)))
    assert [warning.place for warning in found] == [("policies", 0), ("policies", 0, "announce")]


def test_a_preset_without_a_source_has_a_place(monkeypatch: pytest.MonkeyPatch) -> None:
    unread = {name: replace(preset, checked=None) for name, preset in policies.presets().items()}
    monkeypatch.setattr("consent_core.publishing.policy_lint.presets", lambda: unread)
    found = list(lint.warnings(definition(**GOOD, services=[SERVICE], policies=["fr"]), today=TODAY))
    assert [warning.place for warning in found] == [("policies", 0), ("policies", 0, "exempt")]


def test_a_cookie_that_two_widgets_share_is_mended_at_its_name() -> None:
    pair = [definition(id=number, origins=["https://shop.example"]) for number in (43, 44)]
    assert [warning.place for warning in lint.shared_cookies(pair)] == [("consentCookieName",)]
