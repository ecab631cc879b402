"""From a new widget to a window on a page: the overview, the domains, and the pages that were refused."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from consent_core.dynamodb import connect
from consent_core.sightings import MOST_ORIGINS, Outcome, Sightings
from tests.functional.conftest import Call, at_widget, caller, event, with_headers
from tests.functional.console_pages import OWNER, VIEWER, Console, Shown

SIGHTINGS = "ConsoleSightingsTable"
FOREIGN = "https://new.example"
INSTALL = "Paste the snippet, and hold the scripts of your services"


@pytest.fixture(autouse=True)
def sightings(tables: object, monkeypatch: pytest.MonkeyPatch) -> Sightings:
    """The table of sightings, which the functions know while they start."""
    client = boto3.client("dynamodb")
    if SIGHTINGS not in client.list_tables()["TableNames"]:
        client.create_table(
            TableName=SIGHTINGS,
            AttributeDefinitions=[
                {"AttributeName": "widgetId", "AttributeType": "N"},
                {"AttributeName": "seen", "AttributeType": "S"},
            ],
            KeySchema=[{"AttributeName": "widgetId", "KeyType": "HASH"}, {"AttributeName": "seen", "KeyType": "RANGE"}],
            BillingMode="PAY_PER_REQUEST",
        )
    monkeypatch.setenv("SIGHTINGS_TABLE", SIGHTINGS)
    return Sightings(connect(), SIGHTINGS)


@pytest.fixture
def get_settings(sightings: Sightings) -> Call:
    return caller("widget_settings")


def settings_for(origin: str, widget: int = 44) -> dict[str, object]:
    return at_widget(with_headers(event("settings"), origin=origin), str(widget), f"demo-public-key-{widget}")


def steps_of(shown: Shown) -> list[str]:
    return [each.text for each in shown.html.one("ol", class_="steps").all("li")]


NEW = {"label": "Shop", "origins": "https://shop.example", "languages": "en"}


def test_a_new_widget_has_five_steps_before_it(console: Console) -> None:
    owner = console.person(OWNER)
    made = owner.post("/widgets", NEW)

    shown = owner.get(made.location)

    assert steps_of(shown) == [
        "Name the domains of your site Done",
        "List the services that your site uses",
        "Say who answers for the site",
        "Publish",
        INSTALL,
    ]
    assert "Never published: no page can use it yet." in shown.text


def test_languages_of_a_new_widget_are_named_in_english_in_themselves_or_by_codes(console: Console) -> None:
    owner = console.person(OWNER)

    made = owner.post("/widgets", {**NEW, "languages": "English, français; Scottish Gaelic\nDE pt-BR"})

    draft = console.tables.widgets.draft(int(made.location.removeprefix("/widgets/").partition("?")[0]))
    assert draft is not None
    assert json.loads(draft.definition)["languages"] == ["en", "fr", "gd", "de", "pt-BR"]


def test_each_word_that_is_no_language_is_named_once(console: Console) -> None:
    typed = "English, Frensh, fr x"

    answer = console.person(OWNER).post("/widgets", {**NEW, "languages": typed})

    assert answer.status == 422
    assert answer.html.one(id="f-languages-fault").text == (
        "“Frensh” is not known: write a name such as French, or a code such as fr. "
        "“x” is not known: write a name such as French, or a code such as fr."
    )
    assert answer.html.one(id="f-languages").value == typed


def test_the_last_step_is_done_when_a_page_of_the_site_was_served(console: Console, get_settings: Call) -> None:
    owner = console.person(OWNER)
    assert steps_of(owner.get("/widgets/44"))[-1] == INSTALL

    assert get_settings(settings_for("https://shop.example")).status == 200

    assert steps_of(owner.get("/widgets/44"))[-1] == f"{INSTALL} Snippet seen"
    row = owner.get("/widgets/44/install").html.one("table").one("tbody").all("tr")[0]
    assert [cell.text.partition(",")[0] for cell in row.all("td")] == [
        "https://shop.example",
        datetime.now(UTC).strftime("%d %b"),
    ]


def test_a_refused_domain_is_added_by_one_press_and_its_pages_are_served(console: Console, get_settings: Call) -> None:
    owner = console.person(OWNER)
    assert get_settings(settings_for(FOREIGN)).status == 403

    overview = owner.get("/widgets/44")
    button = overview.html.one("button", aria_label=f"Add this domain: {FOREIGN}")
    assert button.text == "Add this domain"
    (form,) = [each for each in overview.html.all("form") if button in list(each)]
    added = owner.post(form["action"], form.fields)

    assert (added.status, added.location) == (303, "/widgets/44/domains?said=domain-added")
    assert get_settings(settings_for(FOREIGN)).status == 200
    assert "were refused" not in owner.get("/widgets/44").text
    assert "was refused" not in owner.get("/widgets/44").text


def test_a_page_that_no_press_can_help_has_no_button(console: Console, get_settings: Call) -> None:
    get_settings(settings_for("http://old.example"))

    shown = console.person(OWNER).get("/widgets/44/domains")

    assert "http://old.example" in shown.text
    assert "Only pages over https can use a widget." in shown.text
    assert shown.html.all("button", aria_label="Add http://old.example") == []


def test_a_page_on_localhost_is_helped_by_developer_mode(console: Console, get_settings: Call) -> None:
    owner = console.person(OWNER)
    get_settings(settings_for("http://localhost:8000"))

    shown = owner.get("/widgets/44")
    form = shown.html.one("form", action="/widgets/44/developer-mode")
    switched = owner.post(form["action"], form.fields)

    assert switched.location == "/widgets/44/domains?said=developer-mode-on"
    assert get_settings(settings_for("http://localhost:8000")).status == 200


def test_a_viewer_sees_what_was_refused_and_cannot_add_it(console: Console, get_settings: Call) -> None:
    get_settings(settings_for(FOREIGN))

    shown = console.person(VIEWER).get("/widgets/44")

    assert FOREIGN in shown.text
    assert shown.html.all("button", aria_label=f"Add this domain: {FOREIGN}") == []


def test_a_page_with_a_wrong_key_is_not_noted(get_settings: Call, sightings: Sightings) -> None:
    sent = at_widget(with_headers(event("settings"), origin=FOREIGN), "44", "another-key-of-some-length")
    assert get_settings(sent).status == 404

    assert sightings.since(44, datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_a_page_is_answered_although_nothing_can_be_noted(
    sightings: Sightings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGHTINGS_TABLE", "NoSuchTable")
    get_settings = caller("widget_settings")

    assert get_settings(settings_for("https://shop.example")).status == 200
    assert get_settings(settings_for(FOREIGN)).problem == "origin-not-allowed"


def test_what_is_noted_is_the_origin_as_browsers_write_it(get_settings: Call, sightings: Sightings) -> None:
    for origin in ("https://NEW.example:443", "null", "https://new.example/path", "https://a b.example"):
        get_settings(settings_for(origin))

    found = sightings.since(44, datetime(2020, 1, 1, tzinfo=UTC))
    assert [(each.origin, each.outcome) for each in found] == [("https://new.example", Outcome.REFUSED)]


def test_an_open_draft_is_counted_and_stays_publishable_when_a_domain_is_added(console: Console) -> None:
    owner = console.person(OWNER)
    owner.saves("/widgets/44/look", {"position": "TopLeft"})
    assert "1 change in the draft." in owner.get("/widgets/44").text

    owner.post("/widgets/44/domains", origin=FOREIGN)

    assert "1 change in the draft." in owner.get("/widgets/44").text
    assert FOREIGN in owner.get("/widgets/44/domains").text
    live = console.tables.widgets.live(44)
    assert live is not None
    assert FOREIGN in live.origins


# --- Domains ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("www.shop.example", "https://www.shop.example"),
        ("HTTP://New.Example/cart?x=1", "https://new.example"),
        ("https://new.example/", "https://new.example"),
        ("https://ada@new.example:8443#top", "https://new.example:8443"),
        ("*.shop.example", "https://*.shop.example"),
    ],
)
def test_a_domain_in_other_words_is_understood(console: Console, typed: str, meant: str) -> None:
    owner = console.person(OWNER)
    shown = owner.post("/widgets/44/domains", origin=typed)

    assert shown.status == 422
    assert f"Did you mean {meant} ?" in shown.text
    assert shown.html.one(id="f-origin").value == typed
    (form,) = [each for each in shown.html.all("form") if each.fields == {"origin": [meant]}]
    assert owner.post(form["action"], form.fields).status == 303


def test_a_domain_that_is_there_already_is_not_proposed(console: Console) -> None:
    shown = console.person(OWNER).post("/widgets/44/domains", origin="shop.example/cart")

    assert shown.status == 422
    assert "https://shop.example is on the list already." in shown.text
    assert "Did you mean" not in shown.text


def test_words_that_are_no_domain_are_refused_without_a_proposal(console: Console) -> None:
    shown = console.person(OWNER).post("/widgets/44/domains", origin="my shop")

    assert shown.status == 422
    assert shown.html.one(id="f-origin-fault").text == "'my shop' must start with https://."
    assert "Did you mean" not in shown.text


def test_a_new_widget_gets_the_domain_that_was_meant_into_its_field(console: Console) -> None:
    owner = console.person(OWNER)
    shown = owner.post("/widgets", {**NEW, "origins": "www.shop.example/cart"})

    assert shown.status == 422
    assert shown.html.one(id="f-origins").value == "https://www.shop.example"
    form = shown.html.one("form", action="/widgets")
    assert owner.post("/widgets", form.fields).status == 303


def test_a_removed_domain_is_brought_back_by_one_press(console: Console) -> None:
    owner = console.person(OWNER)
    before = console.tables.widgets.live(44)
    assert before is not None
    removed = owner.post("/widgets/44/domains/remove", origin=before.origins[0])

    shown = owner.get(removed.location)
    (form,) = shown.html.all(class_="message")
    said = "was removed. A browser that has just asked uses the widget for five minutes at most."
    assert form.text == f"{before.origins[0]} {said} Undo"
    owner.post(form["action"], form.fields)

    after = console.tables.widgets.live(44)
    assert after is not None
    assert sorted(after.origins) == sorted(before.origins)


def test_a_link_on_another_site_offers_no_domain(console: Console) -> None:
    owner = console.person(OWNER)
    address = "/widgets/44/domains?removed=https%3A%2F%2Fevil.example"

    assert "https://evil.example" in owner.get(address).text
    for site in ("cross-site", "same-site", "none"):
        assert "evil.example" not in owner.get(address, sec_fetch_site=site).text


def test_pages_of_ones_own_sites_come_before_made_up_ones(console: Console, sightings: Sightings) -> None:
    now = datetime.now(UTC)
    for number in range(MOST_ORIGINS + 9):
        sightings.note(44, f"https://{number}.example", Outcome.REFUSED, now=now)
    sightings.note(44, "https://new.shop.example", Outcome.REFUSED, now=now - timedelta(hours=2))

    shown = console.person(OWNER).get("/widgets/44/domains")

    added = [each["aria-label"] for each in shown.html.all("button") if each.text == "Add this domain"]
    assert added[0] == "Add this domain: https://new.shop.example"
    assert len(added) == MOST_ORIGINS
    assert "So many were refused that not all of them were kept" in shown.text
    assert "So many were refused" not in console.person(OWNER).get("/widgets/43/domains").text


# --- Sightings --------------------------------------------------------------------------------------------------------

NOON = datetime(2026, 11, 30, 12, 10, tzinfo=UTC)


def test_an_hour_takes_fifty_refused_origins_and_those_that_it_has(sightings: Sightings) -> None:
    for number in range(60):
        sightings.note(44, f"https://{number}.example", Outcome.REFUSED, now=NOON)
    sightings.note(44, "https://shop.example", Outcome.SERVED, now=NOON)

    found = sightings.since(44, NOON)
    assert {each.origin for each in found if each.outcome is Outcome.REFUSED} == {
        f"https://{number}.example" for number in range(50)
    }
    assert [each.origin for each in found if each.outcome is Outcome.SERVED] == ["https://shop.example"]


class _Counting:
    """A client that counts its calls, and fails while it is broken."""

    def __init__(self) -> None:
        self.calls = 0
        self.is_broken = False

    def update_item(self, **_: object) -> None:
        self.calls += 1
        if self.is_broken:
            raise OSError


def test_a_process_writes_an_origin_once_an_hour() -> None:
    client = _Counting()
    noted = Sightings(client, SIGHTINGS)  # type: ignore[arg-type]
    for minute in (10, 11, 59):
        noted.note(44, FOREIGN, Outcome.REFUSED, now=NOON.replace(minute=minute))
    assert client.calls == 1

    noted.note(44, FOREIGN, Outcome.REFUSED, now=NOON.replace(hour=13))
    assert client.calls == 2


def test_a_failed_write_raises_nothing_and_is_tried_again_after_a_minute() -> None:
    client = _Counting()
    client.is_broken = True
    noted = Sightings(client, SIGHTINGS)  # type: ignore[arg-type]
    for second in (0, 30, 59):
        noted.note(44, FOREIGN, Outcome.REFUSED, now=NOON.replace(second=second))
    assert client.calls == 1

    noted.note(44, FOREIGN, Outcome.REFUSED, now=NOON.replace(minute=11))
    assert client.calls == 2


def test_without_a_table_nothing_is_written_or_known() -> None:
    client = _Counting()
    noted = Sightings(client, "")  # type: ignore[arg-type]

    noted.note(44, FOREIGN, Outcome.REFUSED, now=NOON)

    assert client.calls == 0
    assert noted.since(44, NOON) == []
