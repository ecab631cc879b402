"""One widget in many places: what is asked for, released and remembered, by the policy of the place and by signals.

CloudFront tells the place in a header, which a route of the browser adds here. The table says what is released.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from playwright.sync_api import Page, Route, expect

from local.tables import Tables
from tests.browser.conftest import Json, Publish, Visitor, part, settled
from tests.browser.test_privacy_signals import DNT, GPC
from tests.browser.third_party import SERVICES, Site, ThirdParty, ready
from tests.matrices import matrix, rows, share

SETTINGS = re.compile("/v1/client/cookie-widget-settings/")
ALL = ["ads", "chat", "counter", "films"]

WIDGET: Json = {
    "services": [{**each, **({"exempt": True} if each["slug"] == "counter" else {})} for each in SERVICES],
    "policies": ["us", "gb", "fr", "ca"],
    "proveSignals": True,
}

PLACES: dict[str | None, tuple[list[str], list[str], bool]] = {
    "FR": (["counter"], [], True),
    "DE": ([], [], True),
    "CH": ([], [], True),
    "GB": (["counter"], [], True),
    "BR": ([], [], True),
    "JP": ([], [], True),
    "US": (ALL, ["chat"], False),
    "US-CA": (ALL, ["chat"], False),
    "US-TX": (ALL, ["chat"], False),
    "CA-ON": (["chat", "counter"], ["chat"], True),
    "CA-QC": ([], [], True),
    None: ([], [], True),
}
"""Twelve places: what runs at the first visit, what runs with a signal, and whether the window asks."""


class Traveller:
    """A visitor of a site with trackers, whose place and signals can change."""

    def __init__(self, visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
        self.visitor = visitor
        self.third_party = third_party
        self.place: str | None = None
        self.age = timedelta()
        self.address = site.page(widget, trackers(third_party))
        visitor.context.route(SETTINGS, self._told)

    def opens(self, place: str | None, signal: str = "") -> Page:
        """Open the page in a new session, as another tab of the same browser does."""
        self.place = place
        self.third_party.forget()
        page = self.visitor.context.new_page()
        if signal:
            page.add_init_script(signal)
        page.goto(self.address)
        ready(page)
        return page

    def releases(self, page: Page, expected: list[str]) -> None:
        """Wait until the page asks for these services, and see that it asks for no other."""
        self.third_party.has_been_asked_for(
            *(f"{slug}/{what}" for slug in expected for what in ("one.js", "frame.html"))
        )
        assert sorted({each.partition("/")[0] for each in self.third_party.asked_by(page)}) == expected

    def _told(self, route: Route) -> None:
        answer = route.fetch()
        made = format_datetime(datetime.now(UTC) - self.age, usegmt=True)
        told = {"x-dastra-location": self.place, "access-control-expose-headers": "x-dastra-location, date, age"}
        headers = {**answer.headers, "date": made, **(told if self.place else {})}
        route.fulfill(response=answer, headers=headers)  # type: ignore[arg-type]


def trackers(third_party: ThirdParty) -> str:
    return "".join(
        f'<script type="dastra/script" data-consent="{slug}" data-src="{third_party.url(f"{slug}/one.js")}"></script>'
        f'<iframe data-consent="{slug}" data-src="{third_party.url(f"{slug}/frame.html")}" title="{slug}"></iframe>'
        for slug in ALL
    )


@pytest.fixture
def travels(visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish) -> Callable[..., Traveller]:
    def made(**changes: object) -> Traveller:
        return Traveller(visitor, site, third_party, publish(**{**WIDGET, **changes}))

    return made


@pytest.mark.parametrize("place", share({f"{place}": place for place in PLACES}, 0, of=4))
def test_each_place_releases_what_the_table_says(travels: Callable[..., Traveller], place: str | None) -> None:
    off, _, asks = PLACES[place]
    traveller = travels()
    page = traveller.opens(place)
    traveller.releases(page, off)
    expect(part(page, "window")).to_be_visible(visible=asks)

    page.evaluate("dastra.cookieConsent.consent.open()")
    part(page, "accept-all").click()
    settled(page)
    traveller.releases(page, ALL)

    later = traveller.opens(place, GPC)
    traveller.releases(later, ["chat"])  # the consent to it stands, the signal beats the others
    expect(part(later, "window")).to_be_hidden()
    traveller.releases(traveller.opens(place), ["chat"])  # switching it off gives nothing back


@pytest.mark.parametrize(
    ("place", "on", "signal"),
    matrix({f"{place}": (place, on) for place, (_, on, _) in PLACES.items()}, rows({"GPC": GPC, "DNT": DNT}), sample=6),
)
def test_each_place_hears_a_signal_at_the_first_visit(
    travels: Callable[..., Traveller], place: str | None, on: list[str], signal: str
) -> None:
    traveller = travels()
    traveller.releases(traveller.opens(place, signal), on)
    traveller.releases(traveller.opens(place), on)  # also when it is off again


def test_a_traveller_is_asked_where_it_must_be_asked_and_keeps_every_refusal(travels: Callable[..., Traveller]) -> None:
    traveller = travels()
    page = traveller.opens("US-TX")
    page.evaluate("dastra.cookieConsent.consent.open()")
    page.locator('[part~="purpose-switch"][data-purpose="3"]').click()
    part(page, "save").click()
    settled(page)
    assert traveller.visitor.choices(page) == {"ads": False, "films": False}, "what was left on is no consent"

    page = traveller.opens("FR")
    traveller.releases(page, ["counter"])
    expect(part(page, "window")).to_be_visible()
    part(page, "settings").click()
    switches = page.locator('[part~="purpose-switch"]')
    assert switches.evaluate_all(
        "all => all.map(each => [each.dataset.purpose, each.getAttribute('aria-checked')])"
    ) == [
        ["1", "false"],
        ["2", "true"],
        ["3", "false"],
    ]
    part(page, "refuse-all").click()
    settled(page)
    for place in ("GB", "US-CA", None):
        page = traveller.opens(place)
        traveller.releases(page, [])
        expect(part(page, "window")).to_be_hidden()


def test_a_place_that_is_older_than_ten_minutes_is_unknown(travels: Callable[..., Traveller]) -> None:
    traveller = travels()
    traveller.age = timedelta(minutes=9)
    traveller.releases(traveller.opens("US-CA"), ALL)
    traveller.age = timedelta(minutes=11)
    page = traveller.opens("US-CA")
    traveller.releases(page, [])
    expect(part(page, "window")).to_be_visible()


def test_a_developer_states_the_place_in_the_page(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(**WIDGET, developerMode=True)
    site.opens(visitor, widget, f'{trackers(third_party)}<i data-widgetid="{widget}" data-place="US-CA"></i>')
    third_party.has_been_asked_for(*(f"{slug}/frame.html" for slug in ALL))


def test_links_to_the_choices_are_shown_where_the_law_wants_them_and_open_the_settings(
    travels: Callable[..., Traveller], site: Site, publish: Publish
) -> None:
    traveller = travels()
    link = '<footer><a href="#" data-dastra-choices hidden>Your Privacy Choices</a></footer>'
    traveller.address = site.page(publish(**WIDGET), link)
    page = traveller.opens("US-CA")
    page.get_by_text("Your Privacy Choices").click()
    expect(page.locator("dialog.second")).to_be_visible()
    assert page.url == traveller.address, "a link goes nowhere"
    page = traveller.opens("FR")
    expect(page.get_by_text("Your Privacy Choices")).to_be_hidden()


def test_a_link_that_comes_later_is_served_too(travels: Callable[..., Traveller]) -> None:
    page = travels().opens("US-CA")
    page.evaluate(
        """() => document.body.insertAdjacentHTML('beforeend',
          '<footer><button data-dastra-choices hidden><b>Choices</b></button></footer>')"""
    )
    page.get_by_text("Choices", exact=True).click()
    expect(page.locator("dialog.second")).to_be_visible()


def test_a_proof_names_the_policy_and_the_signals(travels: Callable[..., Traveller], tables: Tables) -> None:
    traveller = travels()
    page = traveller.opens("US-CA", GPC)
    settled(page)
    proof = traveller.visitor.proof(page)
    assert proof["action"] == "Signal"
    assert proof["consents"]["policy"] == "us"
    assert proof["consents"]["signals"] == {"gpc": True, "dnt": False}
    (stored,) = tables.consents.history(proof["consentId"], now=0)
    assert stored.proof["consents"]["policy"] == "us"
    assert stored.proof["consents"]["signals"] == {"gpc": True, "dnt": False}
    entries = {each["slug"]: each for each in stored.proof["consents"]["cookieConsents"]}
    assert {slug: (each["consent"], each.get("notRefused")) for slug, each in entries.items()} == {
        "basket": (True, None),
        "chat": (True, True),
        "counter": (False, None),
        "ads": (False, None),
        "films": (False, None),
    }


def test_consent_mode_speaks_in_order_where_all_is_on_by_default(travels: Callable[..., Traveller]) -> None:
    services = [{**each, "consentModes": ["ad_storage"]} if each["slug"] == "ads" else each for each in SERVICES]
    page = travels(services=services, enableConsentMode=True).opens("US-CA")
    page.wait_for_function("count => dataLayer.length === count", arg=2 + len(ALL))  # the services follow in a frame
    told = page.evaluate("dataLayer.map(each => each.event ?? [each[1], each[2].ad_storage].join())")
    assert told[:2] == ["default,denied", "update,granted"]
    assert sorted(told[2:]) == [f"dastra:consent:{slug}" for slug in ALL]
    assert page.evaluate("dastra.cookieConsent.consent.hasConsented()") is False


def test_without_its_rules_a_widget_with_policies_holds_all(
    travels: Callable[..., Traveller], third_party: ThirdParty
) -> None:
    traveller = travels()
    traveller.visitor.context.route(re.compile(r"/sdk/[0-9a-f]{16}/optional\.js$"), lambda route: route.abort())
    traveller.place = "US-CA"
    page = traveller.visitor.context.new_page()
    page.goto(traveller.address)
    page.evaluate("() => new Promise(done => dastra.push(['cookieReady', (_, problem) => done(problem)]))")
    traveller.releases(page, [])
    assert [text for text in traveller.visitor.said("warning") if "optional.js" in text] != []


def test_the_preset_for_california_asks_first_and_its_link_is_shown(
    travels: Callable[..., Traveller], site: Site, publish: Publish
) -> None:
    traveller = travels()
    link = '<footer><a href="#" data-dastra-choices hidden>Your Privacy Choices</a></footer>'
    widget = publish(**{**WIDGET, "policies": ["us", "us-ca"]})
    traveller.address = site.page(widget, trackers(traveller.third_party) + link)
    page = traveller.opens("US-CA")
    traveller.releases(page, [])
    expect(part(page, "window")).to_be_visible()
    expect(page.get_by_text("Your Privacy Choices")).to_be_visible()
    traveller.releases(traveller.opens("US-TX"), ALL)
    traveller.releases(traveller.opens("US"), [])  # it may be California


def test_a_widget_that_only_announces_does_so_until_the_visitor_decides(travels: Callable[..., Traveller]) -> None:
    traveller = travels(policies=[{"preset": "us", "announce": True}])
    page = traveller.opens("US-TX")
    traveller.releases(page, ALL)
    expect(part(page, "window")).to_be_visible()
    part(page, "refuse-all").click()
    settled(page)
    page = traveller.opens("US-TX")
    traveller.releases(page, [])
    expect(part(page, "window")).to_be_hidden()


def test_a_placeholder_gives_back_nothing_else_that_a_signal_took_away(travels: Callable[..., Traveller]) -> None:
    traveller = travels()
    page = traveller.opens("FR")
    part(page, "accept-all").click()
    settled(page)
    page = traveller.opens("FR", GPC)
    traveller.releases(page, ["chat"])
    page.locator(".dastra-blocking-iframe").filter(has_text="Films").get_by_text("Always allow Films").click()
    traveller.third_party.has_been_asked_for("films/frame.html")
    traveller.releases(page, ["chat", "films"])
    traveller.releases(traveller.opens("FR", GPC), ["chat", "films"])
