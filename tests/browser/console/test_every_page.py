"""Every page of the console, with something on it and without: for keyboards, narrow screens, and without scripts."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Response, expect

from consent_core.archive.objects import Archive
from consent_core.archive.objects import connect as archive_client
from consent_core.publishing import drafts, widgets
from local import ROOT
from local.gateway import read_template
from tests.browser.console.server import ConsoleBrowser, ConsoleServer
from tests.functional.console_pages import OPERATOR, OWNER, PRIVACY, VIEWER
from tests.functional.console_widgets import (
    CONSENT,
    DAY,
    REASON,
    SIGHTINGS,
    USER,
    address_of,
    furnished_tables,
    put_archive,
)
from tests.functional.test_console_rights import RIGHTS
from tests.functional.test_console_statistics import ACCEPTED, REFUSED, keep
from tests.matrices import share
from tests.moto_tables import KeptTables

__all__ = ["furnished_tables"]  # a fixture

LARGEST = 100_000
"""Bytes of a page."""

EVERYBODY = (OWNER, PRIVACY, OPERATOR)
NEW = 46
"""A widget that was just made: it has nothing."""

type Open = Callable[[Page], object]


class Case(NamedTuple):
    """A page, the groups of the person who opens it, and how."""

    groups: tuple[str, ...]
    opens: Open


def at(address: str) -> Open:
    return lambda page: page.goto(address)


def pressed(address: str, button: str, **typed: str) -> Open:
    """Open a page, type into fields by their names, and press a button."""

    def opens(page: Page) -> None:
        page.goto(address)
        for name, value in typed.items():
            field = page.locator(f"[name='{name}']:not([type=hidden])").first
            if field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        page.get_by_role("button", name=button, exact=True).first.click()

    return opens


def without_session(page: Page) -> None:
    page.goto("/widgets/43/domains")
    page.context.clear_cookies()
    page.locator("#f-origin").fill("https://late.example")
    page.get_by_role("button", name="Add", exact=True).click()


def erasing(page: Page) -> None:
    LOOK_UP(page)
    page.get_by_role("button", name="Erase").click()


def rolling_back(page: Page) -> None:
    """Open the page Publish of a draft that began from other settings than those that are live."""
    page.goto("/widgets/44/history")
    page.get_by_text("Roll back to this").first.click()
    page.get_by_role("button", name="Roll back", exact=True).click()
    page.goto("/widgets/44/publish")
    page.get_by_role("button", name="Make these changes again").wait_for()


def erased(page: Page) -> None:
    erasing(page)
    page.locator("#f-word").fill("ERASE")
    page.get_by_role("button", name="Erase").click()


GET = [route for route in RIGHTS if route.startswith("GET") and not route.endswith(("/csv", "/texts"))]
"""The routes of pages. A file and the way to the first language are none."""

OF_A_WIDGET = [route for route in GET if "{id}" in route]
READ_ONLY = [route for route in OF_A_WIDGET if RIGHTS[route]["viewer"] == "yes"]
OF_A_NEW_ONE = [route for route in OF_A_WIDGET if "{slug}" not in route and not route.endswith(("/remove", "/compare"))]

LOOK_UP = pressed("/consents", "Look up the consent", reason=REASON, consentId=CONSENT)

PAGES: Mapping[str, Case] = {
    **{f"full {route}": Case(EVERYBODY, at(address_of(route, 43))) for route in GET},
    **{f"read only {route}": Case((VIEWER,), at(address_of(route, 43))) for route in READ_ONLY},
    **{
        f"new {route}": Case(EVERYBODY, at(address_of(route, NEW).replace("/texts/fr", "/texts/en")))
        for route in OF_A_NEW_ONE
    },
    **{f"without a draft {end}": Case(EVERYBODY, at(f"/widgets/45{end}")) for end in ("", "/publish", "/history")},
    **{
        f"install {site}": Case((OWNER,), at(f"/widgets/43/install?site={site}"))
        for site in ("tag-manager", "wordpress", "app")
    },
    "texts ar": Case((OWNER,), at("/widgets/43/texts/ar")),
    "texts missing": Case((OWNER,), at("/widgets/43/texts/pl?missing=1")),
    "texts of a wrong file": Case((OWNER,), pressed("/widgets/43/texts/fr", "Import the texts", pasted="name,fr\nx,")),
    "library": Case((OWNER,), at("/widgets/43/services?q=")),
    "library without a match": Case((OWNER,), at("/widgets/43/services?q=zzz")),
    "no widgets": Case((f"{OWNER}-99",), at("/")),
    "wrong new widget": Case((OWNER,), pressed("/widgets/new", "Make the widget", label="", origins="shop")),
    "wrong domain": Case((OWNER,), pressed("/widgets/43/domains", "Add", origin="shop.example/cart")),
    "wrong service": Case((OWNER,), pressed("/widgets/43/new-service", "Save")),
    "removed domain": Case((OWNER,), pressed("/widgets/43/domains", "Remove https://added.example")),
    "first published": Case((OWNER,), at("/widgets/45/publish?said=first-published")),
    "published": Case((OWNER,), at("/widgets/45/publish?said=published")),
    "draft of other settings": Case((OWNER,), rolling_back),
    "dossier": Case((PRIVACY,), LOOK_UP),
    "wrong look-up": Case((PRIVACY,), pressed("/consents", "Look up the consent", consentId="x")),
    "consent not found": Case(
        (PRIVACY,), pressed("/consents", "Look up the consent", reason=REASON, consentId=CONSENT.replace("8", "9"))
    ),
    "user": Case((PRIVACY,), pressed("/consents", "Find the user’s consents", reason=REASON, userId=USER, widget="45")),
    "user not found": Case(
        (PRIVACY,), pressed("/consents", "Find the user’s consents", reason=REASON, userId="CRM-43", widget="45")
    ),
    "erasure": Case((PRIVACY,), erasing),
    "erased": Case((PRIVACY,), erased),
    "export": Case(
        (PRIVACY,),
        pressed("/consents/export", "List the days", reason=REASON, widget="45", **{"from": DAY, "to": DAY}),
    ),
    "export of days without proofs": Case(
        (PRIVACY,), pressed("/consents/export", "List the days", reason=REASON, widget="44")
    ),
    "wrong period": Case((VIEWER,), at("/widgets/43/statistics?from=2026-02-30")),
    "accesses of another": Case((PRIVACY,), at("/accesses?person=zzz")),
    "forbidden": Case((VIEWER,), at("/widgets/new")),
    "not found": Case((OWNER,), at("/widgets/9999")),
    "session over": Case((OWNER,), without_session),
    "signed in": Case((OWNER,), at("/signed-in")),
}
"""All pages with something on them, for people who may change nothing, without anything, and after a form was sent."""


@pytest.fixture
def with_sightings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the console know which pages were served and refused."""
    monkeypatch.setenv("SIGHTINGS_TABLE", SIGHTINGS)


@pytest.fixture
def every_page(with_sightings: None, console_server: ConsoleServer, furnished_tables: KeptTables) -> ConsoleServer:
    """The console with widgets that have something on each page: 43 with faults, 45 without a draft, 46 new."""
    furnished_tables.put()
    tables, now = console_server.tables, datetime.now(UTC)
    put_archive(tables, read_template(ROOT / "template.yaml")[0].resources)
    by: dict[str, Any] = {"actor": "oidc:login.example:u2 (Ada Author)", "now": now}
    part = {
        "languages": ["en", "fr", "ar", "pl"],
        "colorText": "#999999",
        "bgColor": "#ffffff",
        "buttonLogoUrl": "https://elsewhere.example/logo.png",
        "consentCookieDomain": ".co.uk",
    }
    found = tables.widgets.draft(43)
    assert found is not None
    drafts.save_part(tables.widgets, 43, part, expected=found.number, **by)
    drafts.create(tables.widgets, "New shop", "https://new.example", ["en"], **by)
    archive = Archive(archive_client(), bucket="archivebucket")
    for days in range(1, 8):
        keep(archive, (datetime.now(UTC).date() - timedelta(days=days)).isoformat(), ACCEPTED, REFUSED, ACCEPTED)
    return console_server


@pytest.fixture
def opened(every_page: ConsoleServer, console_browser: ConsoleBrowser) -> Callable[[Case], tuple[Page, Response]]:
    def opens(case: Case) -> tuple[Page, Response]:
        every_page.sign_in(console_browser.context, *case.groups)
        page = console_browser.context.new_page()
        answers: list[Response] = []

        def note(answer: Response) -> None:
            if answer.request.is_navigation_request() and answer.frame == page.main_frame and answer.status != 303:
                answers.append(answer)

        page.on("response", note)
        case.opens(page)
        page.wait_for_load_state("load")
        return page, answers[-1]

    return opens


UNSEEN = """() => [...document.querySelectorAll('a, button, input, select, textarea, summary, [tabindex="0"]')]
  .filter(each => each.checkVisibility() && each.tabIndex >= 0 && !each.disabled && each.type !== 'hidden')
  .filter(each => {
    each.focus({preventScroll: true});
    const {outlineStyle, outlineWidth} = getComputedStyle(each);
    return document.activeElement === each && (outlineStyle === 'none' || parseFloat(outlineWidth) < 2);
  }).map(each => each.outerHTML.slice(0, 120))"""
WIDTH = "() => document.documentElement.scrollWidth"
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.mark.parametrize("case", share(PAGES, 0, of=8))
def test_a_page_is_for_everybody(opened: Callable[[Case], tuple[Page, Response]], case: Case) -> None:
    page, answer = opened(case)

    assert len(answer.body()) < LARGEST
    assert page.locator("h1").count() == 1
    assert page.title().endswith(" · Consent console")
    assert page.title().removesuffix(" · Consent console") != ""
    page.keyboard.press("Tab")
    assert page.evaluate(UNSEEN) == []
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in Axe().run(page).response["violations"]] == []
    for width in (640, 320):  # 1280 pixels at 200 %, and the narrowest
        page.set_viewport_size({"width": width, "height": 640})
        assert page.evaluate(WIDTH) == width


# --- Without scripts --------------------------------------------------------------------------------------------------


@pytest.fixture
def plain(browser: Browser, every_page: ConsoleServer) -> Iterator[Page]:
    """The page of an owner and privacy officer whose browser runs no script."""
    context = browser.new_context(base_url=every_page.address, java_script_enabled=False)
    context.set_default_timeout(30_000)
    every_page.sign_in(context, OWNER, PRIVACY)
    yield context.new_page()
    context.close()


def press(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).first.click()


def test_a_widget_comes_to_life_without_scripts(plain: Page, every_page: ConsoleServer) -> None:
    plain.goto("/widgets/new")
    plain.get_by_label("Name").fill("Plain shop")
    plain.get_by_label("Domain of the site").fill("https://plain.example")
    press(plain, "Make the widget")
    expect(plain.get_by_role("heading", name="Plain shop")).to_be_visible()
    widget = f"/widgets/{NEW + 1}"
    assert plain.url.removeprefix(every_page.address).startswith(widget)

    plain.goto(f"{widget}/look")
    plain.locator("#f-bgColor").fill("#fdf6e3")
    plain.get_by_label("Top right").check()
    press(plain, "Save")
    expect(plain.get_by_text("Visitors see it when you publish.")).to_be_visible()

    plain.goto(f"{widget}/texts/en")
    plain.locator("[id='f-translations.en.startupTitle']").fill("Before you go on")
    press(plain, "Save")
    expect(plain.locator("[id='f-translations.en.startupTitle']")).to_have_value("Before you go on")

    plain.goto(f"{widget}/domains")
    plain.locator("#f-origin").fill("https://www.plain.example")
    press(plain, "Add")
    expect(plain.get_by_role("cell", name="https://www.plain.example", exact=True)).to_be_visible()

    plain.goto(f"{widget}/publish")
    if plain.locator("#f-warned").count():
        plain.locator("#f-warned").check()
    press(plain, "Publish")
    expect(plain.get_by_text("Published.")).to_be_visible()

    live = widgets.find(every_page.tables.widgets, NEW + 1)
    assert live is not None
    assert live.live.origins == ("https://plain.example", "https://www.plain.example")
    assert (live.definition["bgColor"], live.definition["position"]) == ("#fdf6e3", "TopRight")
    assert live.definition["translations"] == {"en": {"startupTitle": "Before you go on"}}


def test_a_consent_is_found_without_scripts(plain: Page) -> None:
    LOOK_UP(plain)

    expect(plain.get_by_role("heading", name="Consent dossier")).to_be_visible()


@pytest.mark.parametrize("route", share({route: route for route in GET}, 0, of=8))
def test_a_page_has_all_its_controls_without_scripts(plain: Page, route: str) -> None:
    plain.goto(address_of(route, 43))

    assert plain.locator("button[data-copies], [data-shows]").locator("visible=true").count() == 0  # of no use
    buttons = plain.locator("form button:not(.hidden)")
    for number in range(buttons.count()):
        button = buttons.nth(number)
        assert button.is_visible() or button.locator("xpath=ancestor::details").count() == 1
