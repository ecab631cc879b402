"""Publishing in the console: what is shown before, what is asked, and what is live afterwards."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from consent_console.editor import places
from consent_console.labels import label_of
from consent_console.pages import asset_path
from consent_core.problems import Place
from consent_core.publishing import changes, drafts, widgets
from consent_core.publishing.definitions import WidgetDefinition
from tests.functional.console_pages import OWNER, VIEWER, Browser, Console, Element, Shown

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def live_definition(console: Console) -> dict[str, Any]:
    live = console.tables.widgets.live(44)
    assert live is not None
    return json.loads(console.tables.widgets.definition(44, live.version_key) or "{}")  # type: ignore[no-any-return]


def save(console: Console, **part: object) -> None:
    """Change members of the draft, which begins if there is none."""
    table = console.tables.widgets
    draft = table.draft(44)
    number = draft.number if draft and not draft.is_over else None
    drafts.save_part(table, 44, part, actor="test", now=NOW, expected=number)


def publish(owner: Browser, **ticks: str) -> Shown:
    """Open the page and publish what it shows."""
    form = owner.get("/widgets/44/publish").html.one("form", action="/widgets/44/publish")
    return owner.post(form["action"], {**form.fields, **ticks})


def said(member: str) -> str:
    return label_of(member).text


def rows(shown: Shown) -> list[list[str]]:
    return [
        [cell.text for cell in row if cell.tag in {"th", "td"}]
        for table in shown.html.all("table", class_="changes")
        for row in table.one("tbody").all("tr")
    ]


# --- Before -----------------------------------------------------------------------------------------------------------


def test_the_difference_has_old_and_new_of_each_member(console: Console) -> None:
    owner = console.person(OWNER)
    save(
        console,
        position="TopLeft",
        askAgainAfterClose=30,
        translations={"en": {"startupTitle": "Before you go on"}},
        origins=["https://new.example"],
    )

    shown = owner.get("/widgets/44/publish")

    before = live_definition(console)
    assert [each.text for each in shown.html.all("h2") if "Warn" not in each.text][:4] == [
        "Domains and keys 1",
        "Look 1",
        "Behaviour 1",
        "Texts in English 1",
    ]
    assert rows(shown) == [
        ["Domains To confirm", "https://shop.example", "https://new.example"],
        [said("position"), "Bottom left", "Top left"],
        [said("askAgainAfterClose"), str(before["askAgainAfterClose"]), "30"],
        ["Title", "built in: Your privacy, your choice", "Before you go on"],
    ]


def test_an_empty_value_is_shown_as_what_visitors_get(console: Console) -> None:
    owner = console.person(OWNER)
    own = {"fr": {"buttonNo": "Non !"}, "fr-BE": {"buttonNo": "Non", "buttonYes": "Si"}, "sq": {"buttonNo": "Jo"}}
    save(console, languages=["en", "fr-BE", "sq"], translations=own, bgColor="#fe6")
    shown = owner.get("/widgets/44/publish")

    found = [row[1:] for row in rows(shown) if row[0] in {"Background", "No", "Yes"}]
    assert found == [
        ["built in", "#fe6"],
        ["in English: No", "Jo"],
        ["built in: Non", "Non !"],
        ["empty", "Non"],
        ["built in: Oui", "Si"],
    ]
    assert [each["fill"] for table in shown.html.all("table") for each in table.all("rect")] == ["#ffee66"]


def test_a_description_that_has_changed_leads_to_its_language(console: Console) -> None:
    owner = console.person(OWNER)
    service = {"name": "Ads", "slug": "ads", "purpose": "Other", "description": {"en": "A"}}
    save(console, languages=["en", "fr"], services=[service])
    publish(owner, warned="on", taken="on")
    save(console, services=[{**service, "description": {"en": "A", "fr": "B"}}])

    (row,) = owner.get("/widgets/44/publish").html.one("table", class_="changes").one("tbody").all("tr")

    assert row.one("a").text == "Ads: Description in French"
    assert row.one("a")["href"] == "/widgets/44/services/ads?language=fr#f-services.0.description"


def test_without_a_draft_there_is_nothing_to_publish(console: Console) -> None:
    shown = console.person(OWNER).get("/widgets/44/publish")

    assert "There is no draft" in shown.text
    assert shown.html.all("form", action="/widgets/44/publish") == []


def test_a_viewer_sees_the_difference_without_forms(console: Console) -> None:
    save(console, position="TopLeft")

    shown = console.person(VIEWER).get("/widgets/44/publish")

    assert rows(shown) == [[said("position"), "Bottom left", "Top left"]]
    assert [each["action"] for each in shown.html.all("form")] == ["/logout"]


FAULTY: dict[str, object] = {
    "translations": {"en": {"startupTitle": "Hello"}, "xx": {"startupTitle": "Hello"}},
    "buttonLogoUrl": "https://elsewhere.example/logo.png",
    "consentCookieDomain": ".co.uk",
}


def test_every_problem_leads_to_a_field(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, **FAULTY)

    shown = owner.get("/widgets/44/publish")

    links = {each.text: each["href"] for each in shown.html.one(id="faults").all("a")}
    assert links == {
        "xx": "/widgets/44/texts/xx",
        said("buttonLogoUrl"): "/widgets/44/look#f-buttonLogoUrl",
        said("consentCookieDomain"): "/widgets/44/behaviour#f-consentCookieDomain",
    }
    assert shown.html.all("button") != []
    assert "Publish" not in [each.text for each in shown.html.all("button")]


def test_warnings_name_texts_by_the_labels_of_their_fields(console: Console) -> None:
    save(console, languages=["en", "fr"], translations={"fr": {"activeCountLabel": "{count}", "startupTitle": "Nous"}})

    listed = console.person(OWNER).get("/widgets/44/publish").html.one("form", action="/widgets/44/publish").all("li")

    assert [each.text for each in listed if each.all("a")[0]["href"].startswith("/widgets/44/texts/")] == [
        "French: How many services of a purpose are on {total} is missing.",
        "English You wrote these in another language, but not in this one: “How many services of a purpose are on”, "
        "“Title”.",
    ]


def test_warnings_about_a_language_lead_to_the_field_in_it(console: Console) -> None:
    service = {"name": "Ads", "slug": "ads", "purpose": "Other", "description": {"en": "A"}}
    save(console, languages=["en", "fr"], services=[service], cookieNoticeUrl={"en": "https://shop.example/c"})

    listed = console.person(OWNER).get("/widgets/44/publish").html.one("form", action="/widgets/44/publish").all("li")

    assert [(each.one("a").text, each.one("a")["href"]) for each in listed if "It is missing in fr." in each.text] == [
        (said("cookieNoticeUrl"), "/widgets/44/behaviour#f-cookieNoticeUrl"),
        ("Ads: Description", "/widgets/44/services/ads?language=fr#f-services.0.description"),
    ]


def test_a_faulty_draft_is_not_published(console: Console) -> None:
    owner, before = console.person(OWNER), console.tables.widgets.live(44)
    save(console, **FAULTY)
    draft = console.tables.widgets.draft(44)
    assert draft is not None

    answer = owner.post("/widgets/44/publish", draft=str(draft.number), warned="on", taken="on")

    assert answer.status == 422
    assert "3 problems prevent publishing" in answer.text
    assert console.tables.widgets.live(44) == before


@pytest.mark.parametrize("member", [each.alias or name for name, each in WidgetDefinition.model_fields.items()])
def test_every_member_has_an_address_that_exists(console: Console, member: str) -> None:
    address = places.address_of(44, (member,), {})

    assert_exists(console, address)


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ((), "/widgets/44"),
        (("id",), "/widgets/44"),
        (("bgColor",), "/widgets/44/look#f-bgColor"),
        (("darkColors", "bgColor"), "/widgets/44/look#f-darkColors.bgColor"),
        (("darkColors",), "/widgets/44/look#f-darkColors.bgColor"),
        (("controller",), "/widgets/44/behaviour#f-controller.name"),
        (("consentModeOptions", "regions", 2), "/widgets/44/behaviour#f-consentModeOptions.regions"),
        (("origins", 3), "/widgets/44/domains#f-origin"),
        (("keys", 0), "/widgets/44/keys"),
        (("renewal",), "/widgets/44/publish#f-renew"),
        (("languages", 0), "/widgets/44/languages"),
        (("translations",), "/widgets/44/languages"),
        (("translations", "fr"), "/widgets/44/texts/fr"),
        (("translations", "fr", "startupTitle"), "/widgets/44/texts/fr#f-translations.fr.startupTitle"),
        (("services",), "/widgets/44/services"),
        (("services", 0), "/widgets/44/services/ads"),
        (("services", 0, "domain", 1), "/widgets/44/services/ads#f-services.0.domain"),
        (("services", 0, "description"), "/widgets/44/services/ads#f-services.0.description"),
        (("services", 0, "description", "fr"), "/widgets/44/services/ads?language=fr#f-services.0.description"),
        (
            ("services", 0, "cookies", 1, "description", "fr"),
            "/widgets/44/services/ads?language=fr#f-services.0.cookies.1.description",
        ),
        (("services", 0, "requiredConsent"), "/widgets/44/services/ads"),
        (("services", 0, "cookies"), "/widgets/44/services/ads"),
        (("services", 0, "cookies", 1, "name"), "/widgets/44/services/ads#f-services.0.cookies.1.name"),
        (("services", 7, "name"), "/widgets/44/services"),
        (("policies",), "/widgets/44/regions"),
        (("policies", 0), "/widgets/44/regions#f-policies.0"),
        (("policies", 0, "regions", 1), "/widgets/44/regions#f-policies.0.regions"),
        (("policies", 0, "optOut", 1), "/widgets/44/regions#f-policies.0.optOut"),
    ],
)
def test_a_place_has_the_address_of_its_field(console: Console, place: Place, address: str) -> None:
    cookies = [{"name": "first"}, {"name": "second"}]
    service = {"slug": "ads", "name": "Ads", "purpose": "Marketing", "domain": ["ads.example"], "cookies": cookies}
    save(console, languages=["en", "fr"], services=[service])

    assert places.address_of(44, place, {"services": [service]}) == address
    assert_exists(console, address)


def assert_exists(console: Console, address: str) -> None:
    """The page of an address is served, and has the field if it names one."""
    parted = urlsplit(address)
    shown = console.person(OWNER).get(parted.path)
    assert shown.status == 200
    if parted.fragment:
        assert shown.html.one(id=parted.fragment)


# --- Publishing -------------------------------------------------------------------------------------------------------


def test_what_was_shown_is_live_and_the_draft_is_over(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")

    answer = publish(owner, warned="on")

    assert (answer.status, answer.location) == (303, "/widgets/44/publish?said=published")
    assert live_definition(console)["position"] == "TopLeft"
    shown = owner.get(answer.location)
    assert "A browser that has just asked keeps the old one for five minutes at most." in shown.text
    assert "All changes are live." in shown.text
    assert shown.html.all("a", class_="button", href="/widgets/44/install") == []
    (entry, *_) = console.tables.widgets.changes(44)
    assert entry.change.actor == "oidc:login.example:u1 (Olga Owner)"


def test_a_draft_that_has_changed_since_it_was_shown_is_not_published(console: Console) -> None:
    owner, before = console.person(OWNER), console.tables.widgets.live(44)
    save(console, position="TopLeft")
    form = owner.get("/widgets/44/publish").html.one("form", action="/widgets/44/publish")
    save(console, position="TopRight")

    answer = owner.post(form["action"], {**form.fields, "warned": "on"})

    assert answer.status == 409
    assert "Nothing was published" in answer.text
    assert rows(answer) == [[said("position"), "Bottom left", "Top right"]]
    assert console.tables.widgets.live(44) == before


def test_other_settings_that_are_live_since_prevent_it(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    publish_otherwise(console, overlay=True)

    shown = owner.get("/widgets/44/publish")

    assert "This draft cannot be published as it is" in shown.text
    assert shown.html.all("form", action="/widgets/44/publish") == []
    assert "Other settings were published since the draft was started." in owner.get("/widgets/44").text


def publish_otherwise(console: Console, **changed: object) -> None:
    """Make other settings live, past the draft."""
    table = console.tables.widgets
    definition = WidgetDefinition.model_validate({**widgets.read(table, 44).definition, **changed})
    changes.publish(table, definition, actor="another", now=NOW)


def test_the_changes_of_such_a_draft_are_shown_and_made_again_on_what_is_live(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft", askAgainAfterClose=30)
    publish_otherwise(console, overlay=True, position="TopRight")

    shown = owner.get("/widgets/44/publish")
    again = str(live_definition(console)["askAgainAfterClose"])
    changed = [[said("position"), "Top right", "Top left"], [said("askAgainAfterClose"), again, "30"]]
    assert rows(shown) == changed
    form = shown.html.one("form", action="/widgets/44/rebase")
    assert f"Changed in the draft and also in what is live: “{said('position')}”. The draft's are kept." in form.text
    answer = owner.post(form["action"], form.fields)

    assert (answer.status, answer.location) == (303, "/widgets/44/publish?said=rebased")
    after = owner.get(answer.location)
    assert "The draft has its changes and what is live now." in after.text
    assert rows(after) == changed
    assert publish(owner, warned="on", taken="on").status == 303
    definition = live_definition(console)
    assert (definition["overlay"], definition["position"], definition["askAgainAfterClose"]) == (True, "TopLeft", 30)


def test_a_draft_that_was_saved_meanwhile_is_not_rebased(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    publish_otherwise(console, overlay=True)
    form = owner.get("/widgets/44/publish").html.one("form", action="/widgets/44/rebase")
    save(console, position="Center")
    draft = console.tables.widgets.draft(44)

    assert owner.post(form["action"], form.fields).status == 409
    assert owner.post(form["action"], draft="x").status == 409
    assert console.tables.widgets.draft(44) == draft


def test_a_viewer_sees_the_changes_of_such_a_draft_without_a_form(console: Console) -> None:
    save(console, position="TopLeft")
    publish_otherwise(console, overlay=True)

    shown = console.person(VIEWER).get("/widgets/44/publish")

    assert rows(shown) == [[said("position"), "Bottom left", "Top left"]]
    assert [each["action"] for each in shown.html.all("form")] == ["/logout"]


def test_a_draft_whose_beginning_is_not_known_can_only_be_discarded(console: Console) -> None:
    owner, table = console.person(OWNER), console.tables.widgets
    draft = drafts.create(table, "Shop", "https://shop.example", ["en"], actor="test", now=NOW)
    stated = {**widgets.read(table, 44).definition, "id": draft.widget_id}
    changes.publish(table, WidgetDefinition.model_validate(stated), actor="another", now=NOW)

    shown = owner.get(f"/widgets/{draft.widget_id}/publish")

    assert "It is not known what it was started from: discard it" in shown.text
    assert [each["action"] for each in shown.html.all("form")] == ["/logout", f"/widgets/{draft.widget_id}/discard"]


@pytest.mark.parametrize("at_once", ["developer mode", "renewal", "domain"])
def test_what_is_changed_at_once_meanwhile_prevents_nothing(console: Console, at_once: str) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    if at_once == "developer mode":
        owner.post("/widgets/44/developer-mode", on="yes")
    elif at_once == "renewal":
        owner.post("/widgets/44/renewal")
    else:
        owner.post("/widgets/44/domains", origin="https://new.example")
    changed = console.tables.widgets.live(44)
    assert changed is not None

    shown = owner.get("/widgets/44/publish")
    assert rows(shown) == [[said("position"), "Bottom left", "Top left"]]
    assert publish(owner, warned="on").status == 303

    after, definition = console.tables.widgets.live(44), live_definition(console)
    assert after is not None
    assert (after.developer_mode, after.origins) == (changed.developer_mode, changed.origins)
    assert definition["position"] == "TopLeft"
    assert definition["renewal"] == (1 if at_once == "renewal" else 0)


def test_warnings_and_what_is_taken_away_need_a_tick_each(console: Console) -> None:
    owner, before = console.person(OWNER), console.tables.widgets.live(44)
    save(console, enableGPC=False)

    shown = publish(owner)

    assert shown.status == 422
    assert [each["href"] for each in shown.html.one(id="faults").all("a")] == ["#f-warned", "#f-taken"]
    for name in ("warned", "taken"):
        assert shown.html.one(id=f"f-{name}")["aria-invalid"] == "true"
    assert console.tables.widgets.live(44) == before

    only_one = publish(owner, warned="on")
    assert only_one.status == 422
    assert only_one.html.one(id="f-warned").value == "on"
    assert publish(owner, warned="on", taken="on").status == 303


def test_everybody_is_asked_again_if_the_tick_says_so(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    assert publish(owner, warned="on", renew="on").status == 303
    assert live_definition(console)["renewal"] == 1

    save(console, position="TopRight", renewal=2)
    page = owner.get("/widgets/44/publish")
    assert page.html.one(id="f-renew").value == "on"
    form = page.html.one("form", action="/widgets/44/publish")
    without = {name: value for name, value in form.fields.items() if name != "renew"}
    assert owner.post(form["action"], {**without, "warned": "on"}).status == 303
    assert live_definition(console)["renewal"] == 1


def test_a_draft_is_discarded_and_what_is_live_stays(console: Console) -> None:
    owner, before = console.person(OWNER), console.tables.widgets.live(44)
    save(console, position="TopLeft")
    form = owner.get("/widgets/44/publish").html.one("form", action="/widgets/44/discard")

    answer = owner.post(form["action"], form.fields)

    assert answer.location == "/widgets/44?said=discarded"
    assert "no changes in the draft" in owner.get(answer.location).text
    assert console.tables.widgets.live(44) == before


# --- History ----------------------------------------------------------------------------------------------------------


def test_the_history_is_one_line_of_versions_and_changes(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    publish(owner, warned="on")
    owner.post("/widgets/44/domains", origin="https://new.example")

    shown = owner.get("/widgets/44/history")

    headings = [each.text for each in shown.html.one("ol", class_="line").all("h2")]
    assert headings[:2] == ["Added a domain: https://new.example", f"Published: “{said('position')}” Live"]
    lines = [each.text for each in shown.html.one("ol", class_="line").all("p", class_="soft")]
    assert lines[0].endswith("UTC · Olga Owner · revision 3")
    assert "oidc:" not in shown.text

    form = shown.html.all("form", action="/widgets/44/history/rollback")[0]
    owner.post(form["action"], form.fields)
    first = console.tables.widgets.changes(44)[-1].change.at
    made = f"{first[:10]} {first[11:16]} UTC"
    newest = owner.get("/widgets/44/history").html.one("ol", class_="line").all("h2")[0]
    assert newest.text == f"Rolled back to an older version: that of {made} Live"


def test_two_versions_are_compared(console: Console) -> None:
    owner, older = console.person(OWNER), console.tables.widgets.live(44)
    assert older is not None
    save(console, position="TopLeft")
    publish(owner, warned="on")
    newer = console.tables.widgets.live(44)
    assert newer is not None

    shown = owner.get(f"/widgets/44/history/compare?from={older.version_key}&to={newer.version_key}")

    assert rows(shown) == [[said("position"), "Bottom left", "Top left"]]
    assert shown.html.one(id="f-from").value == older.version_key
    assert owner.get("/widgets/44/history/compare?from=nothing").status == 404


def test_an_older_version_comes_back_and_domains_stay(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    publish(owner, warned="on")
    owner.post("/widgets/44/domains", origin="https://new.example")

    form = owner.get("/widgets/44/history").html.all("form", action="/widgets/44/history/rollback")[0]
    answer = owner.post(form["action"], form.fields)

    assert answer.location == "/widgets/44/history?said=rolled-back"
    assert live_definition(console)["position"] == "BottomLeft"
    live = console.tables.widgets.live(44)
    assert live is not None
    assert "https://new.example" in live.origins


def roll_backs(owner: Browser) -> list[str]:
    """The revisions to which the history offers to roll back, the newest first."""
    forms = owner.get("/widgets/44/history").html.all("form", action="/widgets/44/history/rollback")
    return [each.fields["revision"][0] for each in forms]


def sentences_of_sameness(owner: Browser) -> int:
    return owner.get("/widgets/44/history").text.count("Its settings are the same as those that are live.")


def test_no_roll_back_is_offered_to_the_settings_that_are_live(console: Console) -> None:
    owner = console.person(OWNER)
    owner.post("/widgets/44/renewal")
    owner.post("/widgets/44/developer-mode", on="yes")
    assert (roll_backs(owner), sentences_of_sameness(owner)) == ([], 2)

    save(console, position="TopLeft")
    publish(owner, warned="on")
    assert (roll_backs(owner), sentences_of_sameness(owner)) == (["3", "2", "1"], 0)

    form = owner.get("/widgets/44/history").html.all("form", action="/widgets/44/history/rollback")[1]
    assert owner.post(form["action"], form.fields).location == "/widgets/44/history?said=rolled-back"
    assert (roll_backs(owner), sentences_of_sameness(owner)) == (["4"], 3)


@pytest.mark.parametrize(("domains", "said"), [("", "rolled-back-nothing"), ("on", "rolled-back-domains")])
def test_a_roll_back_that_makes_no_version_says_what_it_did(console: Console, domains: str, said: str) -> None:
    """The history offers none to such a version unless its settings were published anew."""
    owner = console.person(OWNER)
    for position in ("TopLeft", "BottomLeft"):
        save(console, position=position)
        publish(owner, warned="on")
    owner.post("/widgets/44/domains", origin="https://new.example")
    before = console.tables.widgets.live(44)
    form = owner.get("/widgets/44/history").html.all("form", action="/widgets/44/history/rollback")[-1]

    answer = owner.post(form["action"], {**form.fields, **({"domains": domains} if domains else {})})

    assert answer.location == f"/widgets/44/history?said={said}"
    after = console.tables.widgets.live(44)
    assert before is not None
    assert after is not None
    assert after.version_key == before.version_key
    assert (after == before, "https://new.example" in after.origins) == (not domains, not domains)
    sentence = {
        "rolled-back-nothing": "Nothing was changed: that version is the same as what is live.",
        "rolled-back-domains": "The domains, keys and switches of that time are back.",
    }
    assert sentence[said] in owner.get(answer.location).text


def test_a_roll_back_warns_of_a_draft_that_began_from_other_settings(console: Console) -> None:
    owner, warning = console.person(OWNER), "There is a draft, which was started from other settings than these."
    save(console, overlay=True)
    publish(owner, warned="on")
    save(console, position="TopLeft")
    assert warning in owner.get("/widgets/44/history").text
    drafts.discard(console.tables.widgets, 44)
    owner.post("/widgets/44/renewal")
    assert warning not in owner.get("/widgets/44/history").text

    save(console, position="TopLeft")
    form = owner.get("/widgets/44/history").html.all("form", action="/widgets/44/history/rollback")[-1]
    owner.post(form["action"], form.fields)
    shown = owner.get("/widgets/44/history")
    assert roll_backs(owner) == ["3", "2"]  # the draft began from these settings
    assert warning not in shown.text
    assert "This draft cannot be published" in owner.get("/widgets/44/publish").text


def test_a_roll_back_from_an_old_page_is_refused(console: Console) -> None:
    owner = console.person(OWNER)
    save(console, position="TopLeft")
    publish(owner, warned="on")
    form = owner.get("/widgets/44/history").html.all("form", action="/widgets/44/history/rollback")[0]
    owner.post("/widgets/44/domains", origin="https://new.example")

    assert owner.post(form["action"], form.fields).status == 409
    assert live_definition(console)["position"] == "TopLeft"


def test_after_the_first_publication_the_next_step_is_the_page(console: Console) -> None:
    owner = console.person(OWNER)
    new = {"label": "Shop", "origins": "https://new.example", "languages": "en"}
    made = owner.post("/widgets", new).location.partition("?")[0]
    owner.post(f"{made}/services", {"draft": "1", "slug": "stripe"})
    form = owner.get(f"{made}/publish").html.one("form", action=f"{made}/publish")

    answer = owner.post(form["action"], {**form.fields, "warned": "on", "taken": "on"})

    assert (answer.status, answer.location) == (303, f"{made}/publish?said=first-published")
    shown = owner.get(answer.location)
    assert shown.html.one("a", class_="button", href=f"{made}/install").text == "Get the lines for your page"
    assert "CloudFront" not in shown.text


# --- Install and keys -------------------------------------------------------------------------------------------------


def test_the_lines_of_a_page_name_widget_key_and_service(console: Console) -> None:
    shown = console.person(OWNER).get("/widgets/44/install")

    assert "".join(map(str, shown.html.one(id="snippet").parts)).splitlines() == [
        '<div id="dastra-cookie-consent" data-widgetid="44"></div>',
        '<script src="https://consent.example.org/sdk/dastra.js?key=demo-public-key-44" async></script>',
    ]
    assert "This console does not know the address of the service." in shown.text


@pytest.mark.parametrize("site", ["html", "tag-manager", "wordpress", "app"])
def test_each_kind_of_site_has_what_it_needs(console: Console, site: str) -> None:
    shown = console.person(OWNER).get(f"/widgets/44/install?site={site}")

    assert shown.status == 200
    assert "demo-public-key-44" in shown.body
    assert shown.html.one("a", aria_current="page", href=f"/widgets/44/install?site={site}")


def copied(shown: Element, name: str) -> str:
    """Return what the button beside a text copies."""
    return "".join(map(str, shown.one("textarea", id=name).parts))


HOLDS = {
    "html": {
        "hold-google-analytics": [
            '<script type="dastra/script" data-consent="google-analytics" data-src="…"></script>',
            '<script type="dastra/script" data-consent="google-analytics">…</script>',
        ],
        "hold-youtube": ['<iframe data-blocked-src="…" data-consent="youtube"></iframe>'],
        "hold-google-fonts": ['<link rel="stylesheet" data-href="…" data-consent="google-fonts">'],
        "hold-reviews": [
            '<script type="dastra/script" data-consent="reviews" data-src="…"></script>',
            '<script type="dastra/script" data-consent="reviews">…</script>',
            '<iframe data-blocked-src="…" data-consent="reviews"></iframe>',
        ],
    },
    "tag-manager": {f"hold-{slug}": [f"dastra:consent:{slug}"] for slug in ("google-analytics", "youtube", "reviews")},
    "wordpress": {
        "frames": [
            "www.googletagmanager.com = google-analytics",
            "www.google-analytics.com = google-analytics",
            "region1.google-analytics.com = google-analytics",
            "www.youtube.com = youtube reviews",
            "www.youtube-nocookie.com = youtube",
            "fonts.googleapis.com = google-fonts",
            "fonts.gstatic.com = google-fonts",
        ],
        "scripts": [f"handle = {slug}" for slug in ("google-analytics", "youtube", "google-fonts", "reviews")],
    },
}


@pytest.mark.parametrize("site", HOLDS)
def test_each_service_that_needs_consent_has_the_lines_that_hold_it(console: Console, site: str) -> None:
    reviews = {"name": "Reviews", "slug": "reviews", "purpose": "Marketing", "domain": ["www.youtube.com"]}
    known = [{"use": slug} for slug in ("google-analytics", "youtube", "google-fonts", "stripe")]
    save(console, services=[*known, reviews])
    owner = console.person(OWNER)
    publish(owner, warned="on", taken="on")

    shown = owner.get(f"/widgets/44/install?site={site}").html

    for name, lines in HOLDS[site].items():
        assert copied(shown, name).splitlines() == lines
    assert shown.all(id="hold-stripe") == []
    assert "Strictly necessary, so these start without consent: Stripe." in shown.text


@pytest.mark.parametrize(
    ("site", "name"), [("tag-manager", "consent-platform.tpl"), ("wordpress", "consent-platform.php")]
)
def test_what_a_site_installs_is_downloaded_from_the_console(console: Console, site: str, name: str) -> None:
    shown = console.person(OWNER).get(f"/widgets/44/install?site={site}").html

    assert "download" in shown.one("a", href=asset_path(name))


def test_a_new_service_of_the_draft_is_not_among_those_that_pages_can_hold(console: Console) -> None:
    save(console, services=[{"use": "youtube"}])

    shown = console.person(OWNER).get("/widgets/44/install").html

    assert shown.all(id="hold-youtube") == []


def test_a_page_can_hold_by_hosts_with_one_script(console: Console) -> None:
    shown = console.person(OWNER).get("/widgets/44/install").html

    tag = '<script src="https://consent.example.org/sdk/dastra.js?key=demo-public-key-44" data-autoblock></script>'
    assert copied(shown, "automatic") == tag


def test_what_else_a_page_needs_can_be_copied(console: Console) -> None:
    shown = console.person(OWNER).get("/widgets/44/install").html

    buttons = shown.one("section", aria_labelledby="besides").all("button")
    assert [copied(shown, each["data-copies"]) for each in buttons] == [
        '<a href="#" data-dastra-choices>Your privacy choices</a>',
        "<div data-dastra-declaration></div>",
    ]


def test_a_key_is_added_and_the_old_one_retired(console: Console) -> None:
    owner = console.person(OWNER)
    assert owner.get("/widgets/44/keys").html.all("form", action="/widgets/44/keys/retire") == []

    assert owner.post("/widgets/44/keys").location == "/widgets/44/keys?said=key-added"
    form = owner.get("/widgets/44/keys").html.all("form", action="/widgets/44/keys/retire")[0]
    assert form.fields == {"key": ["demo-public-key-44"]}
    owner.post(form["action"], form.fields)

    live = console.tables.widgets.live(44)
    assert live is not None
    (key,) = live.keys
    assert key != "demo-public-key-44"
    refused = owner.post("/widgets/44/keys/retire", key=key)
    assert refused.status == 422
    assert "The last key cannot be retired." in refused.text


def test_a_widget_is_switched_off_and_on(console: Console) -> None:
    owner = console.person(OWNER)
    for is_on, word in ((False, "switched-off"), (True, "switched-on")):
        form = owner.get("/widgets/44").html.one("form", action="/widgets/44/enabled")
        assert owner.post(form["action"], form.fields).location == f"/widgets/44?said={word}"
        live = console.tables.widgets.live(44)
        assert live is not None
        assert live.enabled is is_on
