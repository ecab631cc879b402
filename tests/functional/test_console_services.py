"""The pages of a widget's services: the library, and services that the owner describes."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from consent_console.editor import services
from consent_core.publishing import drafts, known_services
from consent_core.publishing.definitions import CookieDefinition, ServiceDefinition, definition_from_json, members
from tests.functional.console_pages import OWNER, VIEWER, Browser, Console, Element
from tests.matrices import sampled

NOW = datetime(2026, 11, 30, 10, tzinfo=UTC)
SERVICES = "/widgets/43/services"
OWN = {
    "name": "Our shop",
    "slug": "our.shop",
    "id": "584ffef3-251c-4e9a-bfb8-08d7fbfbee92",
    "version": "6f65cb1d-85eb-4a64-976d-519679189f8d",
    "purpose": "Analytical",
    "description": {"fr": "Compte.", "en": "Counts <b>visits</b>."},
    "domain": ["js.shop.example", "cdn.shop.example"],
    "privacyPolicyUrl": "https://shop.example/privacy",
    "logoUrl": "https://shop.example/logo.png",
    "requiredConsent": True,
    "defaultConsent": False,
    "consentModes": ["security_storage", "analytics_storage"],
    "storage": ["shop*", "cart"],
    "exempt": True,
    "cookies": [
        {"name": "a", "description": "All", "path": "/shop", "domain": ".shop.example", "expiryDays": 0},
        {"name": "a", "description": {"en": "Two", "de": "Zwei"}, "id": "684ffef3-251c-4e9a-bfb8-08d7fbfbee92"},
        {"name": "b*", "expiryDays": 30},
    ],
}


def put(
    console: Console, *listed: object, languages: tuple[str, ...] = ("en", "fr", "de"), widget_id: int = 43
) -> None:
    """Begin a draft of the widget with these services."""
    part = {"services": [*listed], "languages": [*languages], "translations": {}}
    drafts.save_part(console.tables.widgets, widget_id, part, actor="test", now=NOW)


def kept(console: Console, widget_id: int = 43) -> list[dict[str, Any]]:
    """Return the services of the draft."""
    draft = drafts.read(console.tables.widgets, widget_id)
    found: list[dict[str, Any]] = json.loads(draft.definition)["services"]
    return found


@pytest.fixture
def owner(console: Console) -> Browser:
    return console.person(OWNER)


# --- The list ---------------------------------------------------------------------------------------------------------


def test_an_empty_list_says_what_to_do(console: Console, owner: Browser) -> None:
    put(console)

    shown = owner.get(SERVICES)

    assert shown.html.one("div", class_="empty").one("h2").text == "No services yet"


def test_services_are_listed_by_purpose(console: Console, owner: Browser) -> None:
    put(console, "youtube", "matomo", OWN)

    shown = owner.get(SERVICES)

    purposes = [each.text for each in shown.html.all("h2")]
    assert purposes == ["Add from the library", "Audience measurement 2", "Marketing 1"]
    assert [each.text for each in shown.html.all("h3")] == ["Matomo", "Our shop", "YouTube"]
    matomo = shown.html.one("li", id="service-matomo")
    assert "_pk_id*" in matomo.text
    assert "checked on 2026-11-26" in matomo.text
    assert matomo.all("a")[0]["href"] == "https://matomo.org/matomo-cloud-privacy-policy/"
    assert "library" not in shown.html.one("li", id="service-our.shop").text


def test_a_viewer_sees_services_without_forms(console: Console) -> None:
    put(console, "matomo")
    viewer = console.person(VIEWER)

    shown = viewer.get(SERVICES)

    assert [each["action"] for each in shown.html.one("main").all("form")] == []
    assert viewer.get(f"{SERVICES}/matomo").html.all(id="part") == []
    assert viewer.post(SERVICES, slug="youtube").status == 403


# --- The library ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sought", "name"),
    [("_uetvid", "Microsoft Advertising"), ("Matomo", "Matomo"), ("eu.bat.bing.com", "Microsoft Advertising")],
)
def test_the_library_is_searched_by_name_domain_and_cookie(
    console: Console, owner: Browser, sought: str, name: str
) -> None:
    put(console)

    found = owner.get(f"{SERVICES}?q={sought}").html.one(id="found")

    assert name in [each.text for each in found.all("h3")]


def test_a_search_without_a_hit_leads_to_an_own_service(console: Console, owner: Browser) -> None:
    put(console)

    found = owner.get(f"{SERVICES}?q=%3Cscript%3E").html.one(id="found")

    assert "The library has no service with “<script>”" in found.text
    assert found.one("a")["href"] == "/widgets/43/new-service"


def test_a_service_of_the_library_is_added_with_its_cookies_in_all_languages(console: Console, owner: Browser) -> None:
    put(console, OWN)
    form = owner.get(f"{SERVICES}?q=matomo").html.one(id="found").one("form")

    answer = owner.post(form["action"], form.fields)

    assert (answer.status, answer.location) == (303, f"{SERVICES}?said=service-added&q=matomo#known-matomo")
    assert [each["slug"] for each in kept(console)] == ["our.shop", "matomo"]
    stated = {"id": 1, "label": "x", "keys": ["abcdefgh"], "languages": ["en", "fr", "de"], "services": ["matomo"]}
    expected = definition_from_json(json.dumps(stated))
    assert kept(console)[1] == members(expected)["services"][0]
    assert "In the widget" in owner.get(f"{SERVICES}?q=matomo").html.one(id="found").text


@pytest.mark.parametrize("sought", ["", "é & <b>"])
def test_the_same_search_is_shown_after_a_service_was_added(console: Console, owner: Browser, sought: str) -> None:
    put(console)

    answer = owner.post(SERVICES, slug="matomo", draft="1", q=sought)

    assert answer.location == f"{SERVICES}?said=service-added&{urlencode({'q': sought})}#known-matomo"
    shown = owner.get(answer.location.partition("#")[0]).html
    assert shown.one(id="f-q")["value"] == sought
    assert len(shown.one(id="found").all("li")) == (0 if sought else len(known_services.library()))


def test_an_endless_search_is_cut_off(console: Console, owner: Browser) -> None:
    put(console)

    assert owner.post(SERVICES, slug="matomo", draft="1", q="x" * 9_999).location.count("x") == 200


def test_a_purpose_has_the_name_that_visitors_read(console: Console, owner: Browser) -> None:
    put(console)
    cards = owner.get(f"{SERVICES}?q=").html.one(id="found").all("li")

    said = {each["id"].removeprefix("known-"): each.all("p")[0].text for each in cards}
    assert said["piwik-pro"] == "Audience measurement"
    assert said["bunny-fonts"] == "Preferences · fonts.bunny.net"
    choices = owner.get("/widgets/43/new-service").html.one(id="f-services.0.purpose").all("option")
    assert "Audience measurement" in [each.text for each in choices]


def test_a_service_is_not_added_twice(console: Console, owner: Browser) -> None:
    put(console, "matomo")

    answer = owner.post(SERVICES, slug="matomo", draft="1")

    assert answer.location == f"{SERVICES}?said=service-there"
    assert len(kept(console)) == 1


def test_an_unknown_service_is_refused(console: Console, owner: Browser) -> None:
    put(console)

    answer = owner.post(SERVICES, slug="matomoo", draft="1")

    assert answer.status == 422
    assert "is it matomo?" in answer.html.one(id="faults").text


# --- Editing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr", "de"])
@pytest.mark.parametrize("slug", ["our.shop", "google-analytics", "hotjar", "facebook", "plain"])
def test_saving_without_a_change_changes_nothing(console: Console, owner: Browser, slug: str, language: str) -> None:
    plain = {"name": "Plain", "slug": "plain", "purpose": 0, "description": "One text", "cookies": [{"name": "c"}]}
    put(console, OWN, "google-analytics", plain, "hotjar", "facebook")
    before = kept(console)

    answer = owner.saves(f"{SERVICES}/{slug}?language={language}", {})

    assert answer.location == f"{SERVICES}?said=saved"
    assert kept(console) == before


def test_a_description_is_changed_in_one_language_alone(console: Console, owner: Browser) -> None:
    put(console, OWN)

    typed = {"services.0.description": "Zählt.", "services.0.cookies.0.description": "Alle"}
    owner.saves(f"{SERVICES}/our.shop?language=de", typed)

    service = kept(console)[0]
    assert service["description"] == {"fr": "Compte.", "en": "Counts <b>visits</b>.", "de": "Zählt."}
    assert [each["description"] for each in service["cookies"]] == [
        {"en": "All", "de": "Alle"},
        {"en": "Two", "de": "Zwei"},
        "",
    ]


def test_a_translator_reads_the_descriptions_of_the_first_language(console: Console, owner: Browser) -> None:
    put(console, OWN)

    def references(language: str) -> list[str]:
        shown = owner.get(f"{SERVICES}/our.shop?language={language}").html
        return [each.text for each in shown.all("p", class_="reference")]

    assert references("de") == ["Counts <b>visits</b>.", "All", "Two"]
    assert references("en") == []


def test_cookies_are_closed_but_for_the_new_one_a_faulty_one_and_those_to_translate(
    console: Console, owner: Browser
) -> None:
    put(console, OWN)

    def opened(page: Element) -> list[str]:
        return [each.one("fieldset")["aria-label"] for each in page.all("details", class_="cookie") if "open" in each]

    every = ["Cookie a", "Cookie a", "Cookie b*", "Another cookie"]
    assert opened(owner.get(f"{SERVICES}/our.shop").html) == every[3:]
    assert opened(owner.get(f"{SERVICES}/our.shop?language=de").html) == every
    refused = owner.saves(f"{SERVICES}/our.shop", {"services.0.cookies.2.expiryDays": "soon"})
    assert opened(refused.html) == every[2:]


def test_a_description_that_is_emptied_leaves_the_others(console: Console, owner: Browser) -> None:
    put(console, OWN)

    owner.saves(f"{SERVICES}/our.shop?language=fr", {"services.0.description": " "})

    assert kept(console)[0]["description"] == {"en": "Counts <b>visits</b>."}


def test_a_cookie_is_removed_by_its_name_and_another_one_is_added(console: Console, owner: Browser) -> None:
    put(console, OWN)

    row = "services.0.cookies.3"
    owner.saves(
        f"{SERVICES}/our.shop", {"services.0.cookies.0.name": "", f"{row}.name": "new", f"{row}.expiryDays": "9"}
    )

    cookies = kept(console)[0]["cookies"]
    assert [each["name"] for each in cookies] == ["a", "b*", "new"]
    assert cookies[0]["description"] == {"en": "Two", "de": "Zwei"}
    assert cookies[2] == {"name": "new", "description": "", "path": "/", "expiryDays": 9}


def test_an_own_service_gets_a_short_name_and_stands_at_the_end(console: Console, owner: Browser) -> None:
    put(console, "matomo")
    form = owner.get("/widgets/43/new-service").html.one(id="part")

    typed = {"services.1.name": "Café Nº 1", "services.1.purpose": "Necessary", "services.1.cookies.0.name": "cup"}
    answer = owner.post(form["action"], {**form.fields, **typed, "more": "1"})

    assert answer.location == f"{SERVICES}/cafe-no-1?said=saved&language=en"
    assert [each["slug"] for each in kept(console)] == ["matomo", "cafe-no-1"]
    assert len(owner.get(answer.location).html.all("fieldset", class_="row")) == 2


def test_a_changed_purpose_takes_what_followed_from_it(console: Console, owner: Browser) -> None:
    put(console, OWN)

    owner.saves(f"{SERVICES}/our.shop", {"services.0.purpose": "Necessary", "services.0.exempt": []})

    assert not kept(console)[0].keys() & {"requiredConsent", "defaultConsent", "exempt"}


# --- Faults -----------------------------------------------------------------------------------------------------------

_FAULTS = {
    "name": " ",
    "description": "<script>",
    "privacyPolicyUrl": "http://a.example",
    "domain": "no host",
    "storage": "é",
    "logoUrl": "javascript:",
    "slug": "A B",
    "id": "1",
    "version": "1",
    "purpose": "Spying",
    "consentModes": "all",
    "cookies.1.name": "a b",
    "cookies.1.domain": "-",
    "cookies.1.path": "shop",
    "cookies.1.expiryDays": "soon",
    "cookies.1.description": "<p>",
    "cookies.1.id": "x",
}


@pytest.mark.parametrize("member", _FAULTS)
def test_a_fault_stands_at_its_field_with_what_was_typed(console: Console, owner: Browser, member: str) -> None:
    """The first cookie is removed at the same time: the numbers of cookies and rows differ."""
    put(console, "matomo", OWN)
    name = f"services.1.{member}"

    typed = {name: _FAULTS[member], "services.1.cookies.0.name": ""}
    answer = owner.saves(f"{SERVICES}/our.shop", typed)

    assert answer.status == 422
    page = answer.html
    assert {each["name"] for each in page if each.attributes.get("aria-invalid") == "true"} == {name}
    assert page.one(id=f"f-{name}-fault").text
    assert [each["href"] for each in page.one(id="faults").all("a")] == [f"#f-{name}"]
    if member not in {"purpose", "consentModes"}:  # browsers offer no other choices
        assert page.one(id="part").fields[name] == [_FAULTS[member]]
    assert page.one(id="part").fields["services.1.cookies.0.name"] == [""]
    assert len(kept(console)[1]["cookies"]) == 3


def test_the_short_name_of_another_service_is_refused(console: Console, owner: Browser) -> None:
    put(console, "matomo", OWN)

    answer = owner.saves(f"{SERVICES}/our.shop", {"services.1.slug": "matomo"})

    assert answer.status == 422
    assert answer.html.one(id="f-services.1.slug-fault").text == "It is the short name of another service."


def test_what_cannot_be_published_is_said_at_its_field(console: Console, owner: Browser) -> None:
    put(console, "matomo", {**OWN, "purpose": "Marketing"})

    assert owner.get(SERVICES).html.one("li", id="service-our.shop").all("span", class_="bad")
    shown = owner.get(f"{SERVICES}/our.shop")
    assert shown.status == 200
    assert "Only services of Preference" in shown.html.one(id="f-services.1.exempt-fault").text


# --- Two authors ------------------------------------------------------------------------------------------------------


def test_what_was_typed_survives_another_author_who_has_removed_the_service(console: Console, owner: Browser) -> None:
    put(console, "matomo", OWN)
    form = owner.get(f"{SERVICES}/our.shop").html.one(id="part")
    owner.post(f"{SERVICES}/our.shop/remove", draft="1")

    answer = owner.post(form["action"], {**form.fields, "services.1.name": "Mine"})

    assert answer.status == 409
    again = answer.html.one(id="part")
    assert again.fields["services.1.name"] == ["Mine"]
    assert [each["slug"] for each in kept(console)] == ["matomo"]
    assert owner.post(again["action"], again.fields).status == 409
    assert owner.post(again["action"], {**again.fields, "over": "2"}).status == 303
    assert [each["name"] for each in kept(console)] == ["Matomo", "Mine"]


def test_a_service_that_moved_is_not_written_over_another_one(console: Console, owner: Browser) -> None:
    put(console, "matomo", "youtube", OWN)
    form = owner.get(f"{SERVICES}/youtube").html.one(id="part")
    owner.post(f"{SERVICES}/matomo/remove", draft="1")

    conflict = owner.post(form["action"], {**form.fields, "services.1.name": "Videos"})
    again = conflict.html.one(id="part")

    assert conflict.status == 409
    assert owner.post(again["action"], again.fields).status == 409
    assert owner.post(again["action"], {**again.fields, "over": "2"}).status == 303
    assert [each["name"] for each in kept(console)] == ["Videos", "Our shop"]


# --- Removing ---------------------------------------------------------------------------------------------------------


def test_a_service_is_removed_after_a_question(console: Console, owner: Browser) -> None:
    put(console, "matomo", OWN)

    asked = owner.get(f"{SERVICES}/matomo/remove")
    form = asked.html.one("main").one("form")
    answer = owner.post(form["action"], form.fields)

    assert asked.html.one("h1").text == "Remove Matomo?"
    assert answer.location == f"{SERVICES}?said=service-removed"
    assert [each["slug"] for each in kept(console)] == ["our.shop"]


def test_a_service_that_is_not_there_is_not_found(console: Console, owner: Browser) -> None:
    put(console)

    assert owner.get(f"{SERVICES}/matomo").status == 404
    assert owner.post(f"{SERVICES}/matomo/remove", draft="1").status == 404


# --- The whole contract -----------------------------------------------------------------------------------------------


def test_every_member_of_a_service_has_a_field_or_a_reason() -> None:
    def aliases(model: type[ServiceDefinition | CookieDefinition]) -> set[str]:
        return {str(each.alias) for each in model.model_fields.values()}

    assert {*services.SERVICE} | services.WITHOUT_FIELD.keys() == aliases(ServiceDefinition)
    assert not {*services.SERVICE} & services.WITHOUT_FIELD.keys()
    assert {*services.COOKIE} == aliases(CookieDefinition)


@pytest.mark.parametrize("slug", sampled(known_services.library(), sample=6))
def test_a_service_of_the_library_can_be_saved_unchanged(console: Console, owner: Browser, slug: str) -> None:
    put(console, slug, languages=("en", "ar"))
    before = kept(console)

    answer = owner.saves(f"{SERVICES}/{slug}?language=ar", {})

    assert (answer.status, kept(console)) == (303, before)
