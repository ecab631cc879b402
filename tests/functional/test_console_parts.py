"""The pages that edit a widget by fields: each member, each fault, two authors, and sessions that end."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from consent_console import forms
from consent_console.editor import parts, regions, services
from consent_console.labels import CHOICES, LABELS
from consent_console.serving import COOKIE, cookie
from consent_core.catalogue import Purpose
from consent_core.publishing import widgets
from consent_core.publishing.definitions import (
    Colours,
    ConsentModeOptions,
    Controller,
    WidgetDefinition,
    definition_from_json,
)
from consent_core.publishing.fields import Part
from consent_core.publishing.policies import PolicyDefinition, presets
from consent_core.publishing.theme import theme_of
from tests.functional.console_pages import HOST, OPERATOR, OWNER, PRIVACY, VIEWER, Browser, Console, Element, Shown
from tests.matrices import share

type Json = dict[str, Any]

LOOK, BEHAVIOUR, REGIONS = (f"/widgets/43/{name}" for name in ("look", "behaviour", "regions"))
PAGES = {name: f"/widgets/43/{page}" for page in parts.PARTS for name in parts.names_of(page)}

ELSEWHERE = {
    "$schema": "for editors of files: never stored",
    "id": "made by the server",
    "tenantId": "a number of a platform before this one: for files and programs",
    "workSpaceId": "as tenantId",
    "keys": "the page of keys",
    "origins": "the page of domains",
    "renewal": "the page that publishes",
    "hideCopyright": "it has no effect",
    "enableIAB": "it must be false",
    "languages": "the page of languages",
    "translations": "the page of texts",
    "services": "the page of services",
}
"""The members without a field on these pages, each with a reason."""

NESTED: Mapping[str, type[Part]] = {
    "controller": Controller,
    "consentModeOptions": ConsentModeOptions,
    "darkColors": Colours,
}


def members(model: type[Part], before: str = "") -> Iterator[str]:
    for name, field in model.model_fields.items():
        path = before + str(field.alias or name)
        if path in NESTED:
            yield from members(NESTED[path], f"{path}.")
        elif path != "policies":
            yield path


GOOD: Mapping[str, Sequence[str]] = {
    "label": ["A garden shop"],
    "customCSS": [".window{border-radius:0}\n.title{color:red}"],
    "buttonLogoUrl": ["https://garden.example/logo.png"],
    "fontFamily": ["Georgia, serif"],
    "consentCookieName": ["__Host-consent"],
    "consentCookieDomain": [".garden.example"],
    "consentModeOptions.regions": ["FR\nUS-CA"],
    "cookieNoticeUrl": ["en https://garden.example/cookies\nfr https://garden.example/fr"],
}
"""Values of the members whose kind has no value that fits all."""

BAD: Mapping[str, Sequence[str]] = {
    "label": ["<b>Shop</b>"],
    "customCSS": ["@import 'x'"],
    "buttonLogoUrl": ["http://garden.example/logo.png"],
    "fontFamily": ["url(x)"],
    "consentCookieName": ["a b"],
    "consentCookieDomain": ["-"],
    "consentModeOptions.regions": ["FR\nFrance"],
    "cookieNoticeUrl": ["javascript:alert(1)"],
}


def good(name: str) -> Sequence[str]:
    """A value that differs from the default and from what the demo widget has."""
    match forms.kind_of(name):
        case "colour":
            return ["#12ab34"]
        case "number":
            return ["77"]
        case "choice":
            return [[*CHOICES[name]][-1]]
    return GOOD.get(name, ["Ada Green, 1 Green Lane"])


def bad(name: str) -> Sequence[str]:
    match forms.kind_of(name):
        case "colour":
            return ["red"]
        case "number":
            return ["a few"]
        case "choice":
            return ["Elsewhere"]
    return BAD.get(name, ["<b>Ada</b>"])


def needed_for(name: str) -> Mapping[str, str]:
    """The fields without which a member cannot be stated."""
    return {"controller.name": "Garden Ltd"} if name.startswith("controller.") else {}


FIELDS = [name for name in PAGES if forms.kind_of(name) != "switch"]
SWITCHES = [name for name in PAGES if forms.kind_of(name) == "switch"]


@pytest.fixture
def owner(console: Console) -> Browser:
    return console.person(OWNER)


def draft(console: Console) -> Json:
    found = console.tables.widgets.draft(43)
    assert found is not None
    return dict(json.loads(found.definition))


def member(definition: Json, name: str) -> Any:  # noqa: ANN401 - a member of a definition
    for each in name.split("."):
        definition = definition.get(each, {})
    return definition


def fault_at(shown: Shown, name: str) -> str:
    """The sentence at a field; each of its controls must be marked as faulty and name the sentence."""
    box = shown.html.one(id=f"f-{name}")
    controls = [each for each in box if each.tag in {"input", "select", "textarea"}]
    assert {each.attributes.get("aria-invalid") for each in controls} == {"true"}
    sentence = shown.html.one(id=f"f-{name}-fault")
    assert any(sentence["id"] in each.attributes.get("aria-describedby", "").split() for each in (box, *controls))
    return sentence.text


def labels(page: Element) -> set[str]:
    return {each["for"] for each in page.all("label") if "for" in each}


# --- Every member -----------------------------------------------------------------------------------------------------


def test_every_member_has_a_field() -> None:
    assert {*members(WidgetDefinition)} == PAGES.keys() | ELSEWHERE.keys()
    assert not PAGES.keys() & ELSEWHERE.keys()
    assert [field.alias or name for name, field in PolicyDefinition.model_fields.items()] == [*regions.MEMBERS]


def test_every_label_is_used() -> None:
    entries = {
        "policies": regions.MEMBERS,
        "services": {*services.SERVICE},
        "services.cookies": {*services.COOKIE},
    }
    of_entries = {f"{place}.{name}" for place, names in entries.items() for name in names}
    assert {name.removeprefix("darkColors.") for name in PAGES} | of_entries == LABELS.keys()


@pytest.mark.parametrize("name", share({name: name for name in FIELDS}, 1, of=2))
def test_what_is_typed_is_in_the_draft_and_shown_again(owner: Browser, console: Console, name: str) -> None:
    saved = owner.saves(PAGES[name], {**needed_for(name), name: good(name)})

    assert (saved.status, saved.location) == (303, f"{PAGES[name]}?said=saved")
    assert forms.fields([name], draft(console))[name].value == good(name)[0]
    assert owner.get(PAGES[name]).html.one(id="part").fields[name] == [*good(name)]


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_in_the_draft_and_shown_again(owner: Browser, console: Console, name: str) -> None:
    was_on = name in owner.get(PAGES[name]).html.one(id="part").fields
    owner.saves(PAGES[name], {name: [] if was_on else ["on"]})

    assert member(draft(console), name) is not was_on
    assert (name in owner.get(PAGES[name]).html.one(id="part").fields) is not was_on


@pytest.mark.parametrize("name", share({name: name for name in FIELDS}, 0, of=2))
def test_a_fault_is_at_its_field(owner: Browser, console: Console, name: str) -> None:
    shown = owner.saves(PAGES[name], {**needed_for(name), name: bad(name)})

    assert shown.status == 422
    assert fault_at(shown, name)
    if forms.kind_of(name) != "choice":  # a browser cannot choose what is not offered
        assert shown.html.one(id="part").fields[name] == [*bad(name)]
    (link,) = shown.html.one(id="faults").all("a")
    assert link["href"] == f"#f-{name}"
    assert console.tables.widgets.draft(43) is None


@pytest.mark.parametrize("page", [LOOK, BEHAVIOUR, REGIONS])
def test_saving_a_page_as_it_stands_changes_nothing(owner: Browser, console: Console, page: str) -> None:
    found = widgets.find(console.tables.widgets, 43)
    assert found is not None
    owner.saves(page, {})

    assert draft(console) == dict(found.definition)


@pytest.mark.parametrize("page", [LOOK, BEHAVIOUR, REGIONS])
def test_each_field_has_a_label(owner: Browser, page: str) -> None:
    shown = owner.get(page).html
    for control in shown.one(id="part"):
        if control.tag in {"select", "textarea"} or (control.tag == "input" and "type" not in control):
            assert control["id"] in labels(shown)


def test_an_empty_field_leaves_its_member_out(owner: Browser, console: Console) -> None:
    owner.saves(LOOK, {"bgColor": "#ffffff", "darkColors.bgColor": "#101010"})
    owner.saves(LOOK, {"bgColor": "", "darkColors.bgColor": " "})

    assert "bgColor" not in draft(console)
    assert "darkColors" not in draft(console)


def test_a_fault_of_the_whole_is_shown_at_its_field_although_it_is_saved(owner: Browser, console: Console) -> None:
    owner.saves(LOOK, {"buttonLogoUrl": "https://elsewhere.example/logo.png"})
    shown = owner.get(LOOK)

    assert shown.status == 200
    assert draft(console)["buttonLogoUrl"] == "https://elsewhere.example/logo.png"
    assert "Must lie on one of the widget's own origins" in fault_at(shown, "buttonLogoUrl")
    assert shown.html.one(id="faults").one("h2").text == "One thing needs to be corrected before publishing"


# --- Colours ----------------------------------------------------------------------------------------------------------


def test_a_colour_with_little_contrast_can_be_mended_at_a_press(owner: Browser, console: Console) -> None:
    owner.saves(LOOK, {"bgColor": "#ffffff", "colorText": "#999999"})
    shown = owner.get(LOOK).html
    (button,) = shown.all("button", name="fix")

    assert button["value"] == "colorText=#767676"
    assert "Hard to read: 2.84 : 1, needs 4.5. The window shows #414b5a instead." in shown.text
    owner.saves(LOOK, {"fix": button["value"], "colorTitle": "#111111"})
    assert (draft(console)["colorText"], draft(console)["colorTitle"]) == ("#767676", "#111111")
    assert owner.get(LOOK).html.all("button", name="fix") == []


def test_a_button_with_little_contrast_is_shown_and_the_page_says_so(owner: Browser, console: Console) -> None:
    owner.saves(LOOK, {"bgColor": "#ffffff", "colorBtn": "#ffe066", "colorPrimary": "#ffe066"})
    button, switch = (each.text for each in owner.get(LOOK).html.all("p", class_="low"))

    assert "Hard to see: 1.30 : 1, needs 3.0. It is shown all the same." in button
    assert "Hard to see: 1.30 : 1, needs 3.0. The window shows #0b7268 instead." in switch
    light = theme_of(definition_from_json(json.dumps(draft(console)), parts_only=True), "en")["light"]
    assert "--dw-btn:#ffe066;" in light
    assert "--dw-primary:#0b7268;" in light


@pytest.mark.parametrize("digits", ["ffe066", "FFE066", "fe6", "fe68", "ffe06680"])
def test_a_colour_may_be_typed_without_its_hash(owner: Browser, console: Console, digits: str) -> None:
    owner.saves(LOOK, {"colorBtn": digits, "darkColors.colorBtn": digits})

    assert draft(console)["colorBtn"] == draft(console)["darkColors"]["colorBtn"] == f"#{digits}"


@pytest.mark.parametrize("text", ["ff", "ffe06", "ffe0667", "gge066", "##ffe066", "ffe066 ffe066"])
def test_what_is_no_colour_stays_as_it_was_typed(owner: Browser, text: str) -> None:
    shown = owner.saves(LOOK, {"colorBtn": text})

    assert fault_at(shown, "colorBtn") == "Must be a colour such as #1a2b3c."
    assert shown.html.one(id="f-colorBtn")["value"] == text


def test_only_a_field_of_the_page_can_be_mended(owner: Browser, console: Console) -> None:
    before = owner.get(LOOK).html.one(id="part").fields
    owner.saves(LOOK, {"fix": "label=Stolen"})

    assert draft(console)["label"] != "Stolen"
    assert owner.get(LOOK).html.one(id="part").fields == {**before, "draft": ["1"]}


def test_an_empty_colour_says_what_it_becomes(owner: Browser) -> None:
    owner.saves(LOOK, {"colorBtn": "#0b6e4f", "colorPrimary": ""})

    field = owner.get(LOOK).html.one(id="f-colorPrimary")
    assert (field["value"], field["placeholder"]) == ("", "#0b6e4f")


# --- Regions ----------------------------------------------------------------------------------------------------------


def test_a_preset_is_ticked_on_and_off(owner: Browser, console: Console) -> None:
    for name, preset in presets().items():
        owner.saves(REGIONS, {"preset": [name]})
        assert [each["id"] for each in draft(console)["policies"]] == [name]
        stored = PolicyDefinition.model_validate(draft(console)["policies"][0])
        assert stored == PolicyDefinition.model_validate(preset.policy)
    owner.saves(REGIONS, {"preset": []})
    assert draft(console)["policies"] == []


def test_the_first_policy_switches_signals_on(owner: Browser, console: Console) -> None:
    owner.saves(BEHAVIOUR, {"enableGPC": []})
    owner.saves(REGIONS, {"preset": ["us"]})
    assert draft(console)["enableGPC"] is True

    owner.saves(BEHAVIOUR, {"enableGPC": []})
    owner.saves(REGIONS, {"preset": ["us", "ca"]})
    assert draft(console)["enableGPC"] is False


OWN = {
    "policies.0.id": "brazil",
    "policies.0.regions": "BR\nUS-TX",
    "policies.0.optOut": ["2", "4"],
    "policies.0.exempt": "on",
    "policies.0.link": "on",
    "policies.0.announce": "on",
}


def test_a_policy_of_ones_own_round_trips(owner: Browser, console: Console) -> None:
    owner.saves(REGIONS, {"preset": [], **OWN})

    assert draft(console)["policies"] == [
        {
            "id": "brazil",
            "regions": ["BR", "US-TX"],
            "optOut": [Purpose.ANALYTICAL, Purpose.OTHER],
            "exempt": True,
            "link": True,
            "announce": True,
        }
    ]
    again = owner.get(REGIONS).html.one(id="part").fields
    assert {name: again[name] for name in OWN} == {
        name: [value] if isinstance(value, str) else value for name, value in OWN.items()
    }


def test_the_order_of_policies_stays_and_one_for_everywhere_is_last(owner: Browser, console: Console) -> None:
    owner.saves(REGIONS, {"preset": ["gb"]})
    owner.saves(REGIONS, {"policies.1.id": "all", "policies.1.regions": "*", "policies.1.exempt": "on"})
    owner.saves(REGIONS, {"preset": ["gb", "fr"], "policies.2.id": "brazil", "policies.2.regions": "BR"})

    assert [each["id"] for each in draft(console)["policies"]] == ["gb", "brazil", "fr", "all"]


def test_a_policy_is_removed_by_its_button(owner: Browser, console: Console) -> None:
    owner.saves(REGIONS, {"preset": ["gb", "fr", "us"]})
    owner.saves(REGIONS, {"remove": "1"})

    assert [each["id"] for each in draft(console)["policies"]] == ["gb", "us"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"policies.0.id": "strict", "policies.0.regions": "BR"}, "policies.0.id"),
        ({"policies.0.id": "Brazil !", "policies.0.regions": "BR"}, "policies.0.id"),
        ({"policies.0.regions": "BR"}, "policies.0.id"),
        ({"policies.0.id": "brazil"}, "policies.0.regions"),
        ({"policies.0.id": "brazil", "policies.0.regions": "BR\nBrazil"}, "policies.0.regions"),
        ({"policies.0.id": "brazil", "policies.0.regions": "BR", "policies.0.optOut": ["0"]}, "policies.0.optOut"),
        ({"policies.0.id": "brazil", "policies.0.regions": "BR", "policies.0.optOut": ["x"]}, "policies.0.optOut"),
    ],
)
def test_a_fault_of_a_policy_is_at_its_field(owner: Browser, changes: Mapping[str, str], field: str) -> None:
    shown = owner.saves(REGIONS, changes)

    assert shown.status == 422
    assert fault_at(shown, field)


def test_a_fault_stays_at_its_policy_when_one_before_it_is_taken_away(owner: Browser) -> None:
    owner.saves(REGIONS, {"preset": ["gb", "fr"]})
    shown = owner.saves(REGIONS, {"preset": ["fr"], "policies.1.regions": "France"})

    assert shown.status == 422
    assert fault_at(shown, "policies.1.regions")
    assert shown.html.all(id="f-policies.0.regions-fault") == []


@pytest.mark.parametrize(("regions_of_it", "field"), [("FR", "policies.0.optOut"), ("*", "policies.0.regions")])
def test_an_opt_out_that_the_law_excludes_is_at_its_field(owner: Browser, regions_of_it: str, field: str) -> None:
    owner.saves(REGIONS, {**OWN, "policies.0.regions": regions_of_it})

    assert "asks visitors first" in fault_at(owner.get(REGIONS), field)


# --- Two authors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_first_draft", [True, False])
def test_a_second_author_overwrites_nothing(console: Console, is_first_draft: bool) -> None:
    ada, ben = console.person(OWNER, name="Ada"), console.person(OPERATOR, subject="u2", name="Ben")
    if not is_first_draft:
        ada.saves(LOOK, {})
    seen = ben.get(LOOK).html.one(id="part").fields
    ada.saves(LOOK, {"bgColor": "#111111"})

    refused = ben.post(LOOK, {**seen, "bgColor": "#222222", "save": "yes"})

    assert refused.status == 409
    assert draft(console)["bgColor"] == "#111111"
    assert "Ada has saved this draft" in refused.html.one(id="conflict").text
    form = refused.html.one(id="part").fields
    assert form["bgColor"] == ["#222222"]
    assert form["draft"] == seen["draft"]
    assert ben.post(LOOK, {**form, "save": "yes"}).status == 409
    assert draft(console)["bgColor"] == "#111111"


def test_a_second_author_can_save_over_the_first_whose_other_pages_stay(console: Console) -> None:
    ada, ben = console.person(OWNER, name="Ada"), console.person(OPERATOR, subject="u2", name="Ben")
    seen = ben.get(LOOK).html.one(id="part").fields
    ada.saves(LOOK, {"bgColor": "#111111"})
    ada.saves(BEHAVIOUR, {"label": "Renamed"})

    refused = ben.post(LOOK, {**seen, "bgColor": "#222222"})
    button = refused.html.one("button", name="over")
    saved = ben.post(LOOK, {**refused.html.one(id="part").fields, "over": button["value"]})

    assert saved.status == 303
    assert (draft(console)["bgColor"], draft(console)["label"]) == ("#222222", "Renamed")


def test_saving_over_fails_when_the_first_author_was_faster_again(console: Console) -> None:
    ada, ben = console.person(OWNER, name="Ada"), console.person(OPERATOR, subject="u2", name="Ben")
    seen = ben.get(LOOK).html.one(id="part").fields
    ada.saves(LOOK, {"bgColor": "#111111"})
    over = ben.post(LOOK, seen).html.one("button", name="over")["value"]
    ada.saves(LOOK, {"bgColor": "#333333"})

    assert ben.post(LOOK, {**seen, "bgColor": "#222222", "over": over}).status == 409
    assert draft(console)["bgColor"] == "#333333"


def test_a_person_with_two_tabs_is_told_so(owner: Browser) -> None:
    seen = owner.get(LOOK).html.one(id="part").fields
    owner.saves(LOOK, {"bgColor": "#111111"})

    assert "You have saved this draft elsewhere" in owner.post(LOOK, seen).text


# --- Saved as one types -----------------------------------------------------------------------------------------------


def test_a_form_without_a_button_says_nothing_at_the_top(owner: Browser) -> None:
    seen = owner.get(LOOK).html.one(id="part").fields
    saved = owner.post(LOOK, {**seen, "bgColor": "#111111"})
    assert saved.location == LOOK

    refused = owner.post(LOOK, {**seen, "draft": "1", "bgColor": "#1"})
    assert refused.status == 422
    assert refused.html.all(id="faults") == []
    assert fault_at(refused, "bgColor") == "Must be a colour such as #1a2b3c."
    assert "Not saved yet." in refused.text


@pytest.mark.parametrize("number", ["", "x", "0", "-1", "²", "9" * 5_000])
def test_a_number_of_no_draft_overwrites_nothing(owner: Browser, console: Console, number: str) -> None:
    owner.saves(LOOK, {"bgColor": "#111111"})
    seen = owner.get(LOOK).html.one(id="part").fields

    assert owner.post(LOOK, {**seen, "bgColor": "#222222", "draft": number}).status == 409
    assert draft(console)["bgColor"] == "#111111"


# --- Sessions that end ------------------------------------------------------------------------------------------------


def ago(seconds: int) -> int:
    return int(datetime.now(UTC).timestamp()) - seconds


@pytest.mark.parametrize(("age", "way"), [(20 * 60, "/login/renew"), (2 * 60 * 60, "/login"), (None, "/login")])
def test_a_form_of_a_session_that_is_over_is_kept(console: Console, age: int | None, way: str) -> None:
    seen = console.person(OWNER).get(LOOK).html.one(id="part").fields
    late = console.stranger() if age is None else console.person(OWNER, now=ago(age))
    typed = {**seen, "customCSS": ".window{color:red}\n", "darkColors.bgColor": '"><b>'}

    over = late.post(LOOK, typed)

    assert over.status == 401
    (form,) = [each for each in over.html.all("form") if each["action"] == LOOK]
    assert form.fields == {name: [value] if isinstance(value, str) else value for name, value in typed.items()}
    assert over.html.one("a", target="_blank")["href"] == f"{way}?to=/signed-in"
    assert console.tables.widgets.draft(43) is None


def test_a_form_that_no_page_can_keep_is_said_to_be_lost_here(console: Console) -> None:
    fits, over = (
        console.stranger().post(LOOK, {"customCSS": "x" * size}) for size in (200_000 - len("customCSS="), 200_000)
    )

    assert fits.html.one("input", name="customCSS")["value"] == "x" * (200_000 - len("customCSS="))
    assert over.status == 401
    assert over.html.all("form", action=LOOK) == []
    assert "What you sent is too large for this page." in over.text
    assert "is still here" not in over.text


@pytest.mark.parametrize("header", ["hx-request", "Hx-Request"])  # as API Gateway and a local router write it
def test_htmx_puts_a_refusal_beside_the_form(console: Console, header: str) -> None:
    asked = {"sec-fetch-site": "same-origin", header: "true"}
    late, viewer = console.stranger(), console.person(VIEWER)
    for refused in (late.send("POST", LOOK, {}, asked), viewer.send("POST", LOOK, {}, asked)):
        assert refused.status in {401, 403}
        assert refused.headers["hx-retarget"] == refused.headers["hx-reselect"] == "#session"
        assert refused.html.one(id="session").text
    assert "hx-retarget" not in late.post(LOOK).headers


def test_a_person_who_has_signed_in_again_is_led_back(owner: Browser) -> None:
    shown = owner.get("/signed-in")

    assert (shown.status, shown.html.one("h1").text) == (200, "You are signed in")


# --- Rights and origins -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [VIEWER, PRIVACY, "consent-owner-43"])
@pytest.mark.parametrize("page", [LOOK, BEHAVIOUR, REGIONS])
def test_only_those_who_may_edit_have_a_form(console: Console, group: str, page: str) -> None:
    person = console.person(group)
    may_edit = group == "consent-owner-43"

    shown = person.get(page)
    assert shown.status == 200
    assert bool(shown.html.all(id="part")) is may_edit
    assert bool(shown.html.all("section", class_="sheet")) is not may_edit
    assert person.post(page, console.person(OWNER).get(page).html.one(id="part").fields).status == (
        303 if may_edit else 403
    )
    assert (console.tables.widgets.draft(43) is not None) is may_edit


def test_an_owner_of_another_widget_sees_nothing_of_this_one(console: Console) -> None:
    other = console.person("consent-owner-44")

    assert [other.get(page).status for page in (LOOK, BEHAVIOUR, REGIONS)] == [403, 403, 403]
    assert other.post(LOOK).status == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "cross-site", "origin": f"https://{HOST}"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "none"}, 403),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"http://{HOST}"}, 403),
        ({"origin": "https://["}, 403),
        ({}, 403),
        ({"origin": f"https://{HOST}"}, 303),
        ({"sec-fetch-site": "same-origin"}, 303),
    ],
)
@pytest.mark.parametrize("page", [LOOK, BEHAVIOUR, REGIONS])
def test_only_a_page_of_the_console_changes_something(
    owner: Browser, console: Console, page: str, headers: Mapping[str, str], status: int
) -> None:
    fields = owner.get(page).html.one(id="part").fields

    assert owner.send("POST", page, fields, headers).status == status
    assert (console.tables.widgets.draft(43) is not None) is (status == 303)


@pytest.mark.parametrize("space", ["\u2000", "\u00a0", "\u0085", "\u3000", "\x1c", "\t"])
def test_only_the_very_name_of_a_cookie_counts(space: str) -> None:
    """Browsers keep names that begin with the prefix to this host, and no other name."""
    sent = {"cookies": [f"{space}{COOKIE}=planted", f"{COOKIE}{space}=planted", f" {COOKIE}=own"]}
    assert cookie(sent, COOKIE) == "own"
    assert cookie({"cookies": sent["cookies"][:2]}, COOKIE) is None


@pytest.mark.parametrize("said", ["", "?said=saved"])
def test_the_time_of_a_save_stands_beside_its_button(owner: Browser, console: Console, said: str) -> None:
    owner.saves(LOOK, {"bgColor": "#111111"})
    kept = console.tables.widgets.draft(43)
    assert kept is not None

    moment = kept.changed_at[:19].replace("T", " ")
    assert (
        owner.get(f"{LOOK}{said}").html.one("div", class_="kept").one("span").text
        == f"Saved in the draft, {moment} UTC."
    )


@pytest.mark.parametrize(("site", "said"), [("cross-site", 0), ("same-site", 0), ("none", 0), ("same-origin", 1)])
def test_a_link_on_another_site_says_nothing_in_the_consoles_name(owner: Browser, site: str, said: int) -> None:
    shown = owner.send("GET", f"{LOOK}?said=saved", None, {"sec-fetch-site": site})
    assert shown.text.count("Saved in the draft") == said
