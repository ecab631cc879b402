"""People at the console, from beginning to end, with the whole stack of ``make run``: its sign-in and its shop.

No page that anybody opens breaks a policy, has an error, or keeps anything in the browser's storage.
"""

import re
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import unquote

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Frame,
    Locator,
    Page,
    Request,
    Response,
    Route,
    expect,
)

from local.sign_in import PEOPLE
from local.tables import Tables
from tests.browser.conftest import HTTPS_SHOP, TIMEOUT, NewVisitor, Publish, Visitor, part, settled
from tests.local_process import LocalStack

MOST_INTERACTIONS = 25
MOST_TABS = 200
SOON = 10_000  # milliseconds: a domain that was added counts within this time

VIOLATIONS = """addEventListener('securitypolicyviolation', ({effectiveDirective, blockedURI}) =>
  console.error('violation', effectiveDirective, blockedURI))"""

_NOT_SERVED = "Failed to load resource: the server responded with a status of"
"""Chromium's message about each answer that is an error, such as a page that a person may not see (403)."""


@dataclass
class Colleague:
    """A person at the console, in a browser of their own: what it has asked for, shown and complained of."""

    context: BrowserContext
    page: Page
    requests: list[Request] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def opens(self, path: str, heading: str) -> Page:
        self.page.goto(path)
        self.sees(heading)
        return self.page

    def goes(self, link: str, heading: str) -> None:
        self.page.get_by_role("link", name=link, exact=True).click()
        self.sees(heading)

    def sees(self, heading: str) -> None:
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        self.titles.append(self.page.title())

    def stored(self) -> list[object]:
        """The content of the storages of the pages that are open."""
        found: list[object] = [self.context.storage_state()["origins"]]
        return found + [page.evaluate("() => ({...localStorage, ...sessionStorage})") for page in self.context.pages]


def _faults(message: ConsoleMessage, console: str) -> list[str]:
    """Return the message if it is a fault of the console."""
    is_refusal = message.text.startswith(f"{_NOT_SERVED} 403")
    is_elsewhere = message.text.startswith(_NOT_SERVED) and not message.location["url"].startswith(console)
    return [message.text] if message.type == "error" and not is_refusal and not is_elsewhere else []


type SignedIn = Callable[[str], Colleague]


@pytest.fixture
def at_the_sign_in(browser: Browser, local_stack: LocalStack) -> Iterator[Callable[[], Colleague]]:
    """Open the console for a person who has not signed in yet."""
    colleagues: list[Colleague] = []

    def opened() -> Colleague:
        context = browser.new_context(
            base_url=local_stack.console,
            viewport={"width": 1280, "height": 900},
            locale="en-GB",
            color_scheme="light",
            reduced_motion="reduce",
            permissions=["clipboard-read", "clipboard-write"],
        )
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(VIOLATIONS)
        colleague = Colleague(context, context.new_page())
        colleagues.append(colleague)
        context.on("request", lambda request: colleague.requests.append(request))
        context.on("weberror", lambda error: colleague.faults.append(str(error.error)))
        context.on("console", lambda message: colleague.faults.extend(_faults(message, local_stack.console)))
        colleague.opens("/", "Sign in to the console as")
        return colleague

    yield opened
    for colleague in colleagues:
        stored, faults = colleague.stored(), colleague.faults
        colleague.context.close()
        assert stored == [[], {}]
        assert faults == []


@pytest.fixture
def signed_in(at_the_sign_in: Callable[[], Colleague]) -> SignedIn:
    """Sign a person of ``local/sign_in.py`` in, such as ``olga``."""

    def opened(subject: str) -> Colleague:
        colleague = at_the_sign_in()
        (name,) = [each.name for each in PEOPLE if each.subject == subject]
        colleague.page.get_by_role("button", name=name).click()
        colleague.sees("Widgets")
        return colleague

    return opened


@dataclass
class Keyboard:
    """A person without a mouse.

    An interaction is a control that is activated, or a field that is typed into. The presses of Tab that lead there
    belong to it.
    """

    page: Page
    interactions: int = 0

    def activates(self, control: Locator, key: str = "Enter") -> None:
        self._reaches(control)
        self.page.keyboard.press(key)

    def types(self, control: Locator, text: str) -> None:
        """Replace what is in a field: the Tab key selects it."""
        self._reaches(control)
        self.page.keyboard.type(text)

    def _reaches(self, control: Locator) -> None:
        self.interactions += 1
        for _ in range(MOST_TABS):
            if control.evaluate("each => each === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{MOST_TABS} presses of Tab do not lead to {control}.")


def proofs_of(tables: Tables, widget: int) -> int:
    return len([*tables.consents.proofs_since("0", now=int(time.time()), widget_id=widget)])


# --- From the sign-in to a window -------------------------------------------------------------------------------------


def test_keys_alone_lead_from_the_sign_in_to_a_window_in_the_shop(
    at_the_sign_in: Callable[[], Colleague], visitor: Visitor
) -> None:
    olga = at_the_sign_in()
    page, keyboard = olga.page, Keyboard(olga.page)

    keyboard.activates(page.get_by_role("button", name="Olga Owner"))
    olga.sees("Widgets")
    keyboard.activates(page.get_by_role("link", name="New widget"))
    olga.sees("New widget")
    keyboard.types(page.get_by_label("Name"), "Halm & Clay")
    keyboard.types(page.get_by_label("Domain of the site"), HTTPS_SHOP)
    keyboard.types(page.get_by_label("Languages"), "en fr")
    keyboard.activates(page.get_by_role("button", name="Make the widget"))
    olga.sees("Halm & Clay")
    keyboard.activates(page.get_by_role("link", name="List the services that your site uses"))
    olga.sees("Services")
    for service in ("Matomo", "YouTube"):
        keyboard.types(page.get_by_role("searchbox"), service)
        keyboard.activates(page.get_by_role("button", name=f"Add {service}"))
        expect(page.get_by_role("link", name=f"Edit {service}")).to_be_visible()
    keyboard.activates(page.get_by_role("link", name="Publish"))
    olga.sees("Publish")
    keyboard.activates(page.get_by_label("I have read the warnings, and want to publish anyway"), "Space")
    keyboard.activates(page.get_by_role("button", name="Publish"))
    expect(page.get_by_text("Published. Pages of your domains can use the widget")).to_be_visible()
    keyboard.activates(page.get_by_role("link", name="Get the lines for your page"))
    olga.sees("Install")
    keyboard.activates(page.get_by_role("button", name="Copy").first)
    expect(page.get_by_text("Copied", exact=True)).to_be_visible()
    lines = page.evaluate("() => navigator.clipboard.readText()")
    shop = with_lines(visitor, lines)
    keyboard.interactions += 2  # the lines are put into the page, and it is opened

    expect(part(shop, "accept-all")).to_be_visible()
    assert keyboard.interactions <= MOST_INTERACTIONS


def test_a_browser_that_forbids_to_copy_is_no_dead_end(signed_in: SignedIn) -> None:
    olga = signed_in("olga")
    olga.context.clear_permissions()
    olga.context.grant_permissions(["clipboard-read"])  # and no other one
    page = olga.opens("/widgets/43/install", "Install")
    page.get_by_role("button", name="Copy").first.click()
    expect(page.get_by_text("Your browser does not allow it: select the text and copy it")).to_be_visible()


def with_lines(visitor: Visitor, lines: str) -> Page:
    """Open the shop with these lines in the place of its own."""

    def edited(route: Route) -> None:
        answer = route.fetch(url=route.request.url.replace(HTTPS_SHOP, visitor.stack.shop))
        if route.request.resource_type != "document":
            route.fulfill(response=answer)
            return
        body, places = re.subn(r'<div id="dastra-cookie-consent"[^>]*></div>', "", answer.text())
        body, scripts = re.subn(r'<script src="[^"]*/sdk/dastra\.js[^"]*" async></script>', lambda _: lines, body)
        assert (places, scripts) == (1, 1)
        route.fulfill(response=answer, body=body)

    visitor.context.route(f"{HTTPS_SHOP}/**", edited)
    page = visitor.context.new_page()
    page.goto(HTTPS_SHOP)
    return page


def test_a_missing_domain_is_added_at_one_press(signed_in: SignedIn, visitor: Visitor, publish: Publish) -> None:
    widget = publish(developerMode=False, origins=["https://www.shop.example"])
    page = visitor.context.new_page()
    with page.expect_response(is_settings) as refused:
        visitor.opens(widget, site=HTTPS_SHOP, page=page)
    assert refused.value.status == 403
    page.wait_for_function("() => window.dastra?.push !== Array.prototype.push")
    expect(page.locator("#dastra-consent-window")).to_have_count(0)

    olga = signed_in("olga")
    console = olga.opens(f"/widgets/{widget}", "Demo shop")
    expect(console.get_by_role("heading", name="A page was refused in the last day")).to_be_visible()
    console.get_by_role("button", name=f"Add this domain: {HTTPS_SHOP}").click()
    expect(console.get_by_text("Added. Pages of this domain may use the widget from now on.")).to_be_visible()
    page.reload()
    expect(part(page, "accept-all")).to_be_visible(timeout=SOON)


def is_settings(response: Response) -> bool:
    return "/cookie-widget-settings/" in response.url and response.request.method == "GET"


# --- The preview ------------------------------------------------------------------------------------------------------

WIDE, HIGH = 1280, 640
"""The size of the preview's frame for desktops."""

LOOK = {"bgColor": "#fff4e0", "colorText": "#40220f", "fontFamily": "Georgia, serif"}

ALONE = """() => {
  for (const each of document.body.children) if (each.id !== 'dastra-consent-window') each.style.visibility = 'hidden';
  for (const each of [document.documentElement, document.body]) each.style.background = '#fff';
}"""
"""Take away what is behind the window, which its round corners show."""

IN_THE_CORNER = """frame => {
  Object.assign(frame.style, {position: 'fixed', inset: 0, margin: 0, transform: 'none', zIndex: 1});
}"""
"""Show the whole frame in its own size, from a whole pixel on."""

APART = """async ([one, other]) => {
  const pixelsOf = async (png) => {
    const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const {width, height} = picture;
    const drawn = new OffscreenCanvas(width, height).getContext('2d');
    drawn.drawImage(picture, 0, 0);
    return {size: [width, height], colours: new Uint32Array(drawn.getImageData(0, 0, width, height).data.buffer)};
  };
  const [first, second] = [await pixelsOf(one), await pixelsOf(other)];
  const apart = first.colours.filter((colour, at) => colour !== second.colours[at]).length;
  return {sizes: [first.size, second.size], apart, colours: new Set(first.colours).size};
}"""


def test_the_preview_and_the_live_window_are_the_same_picture(
    signed_in: SignedIn, new_visitor: NewVisitor, publish: Publish
) -> None:
    widget = publish(developerMode=False, origins=[HTTPS_SHOP])
    olga = signed_in("olga")
    page = olga.opens(f"/widgets/{widget}/look", "Look")
    page.set_viewport_size({"width": WIDE, "height": HIGH})
    page.get_by_label("Desktop").check()
    for number, (name, value) in enumerate(LOOK.items(), start=1):
        page.locator(f"#f-{name}").fill(value)
        expect(page.locator("#part > [name=draft]")).to_have_value(str(number))
    holder = page.locator(f"#preview-of-{len(LOOK)}")
    holder.evaluate(IN_THE_CORNER)
    frame = holder.element_handle().content_frame()
    assert frame is not None
    drawn = picture(frame)
    olga.opens(f"/widgets/{widget}/publish", "Publish")
    page.get_by_label("I have read the warnings, and want to publish anyway").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Published. Visitors get the new version")).to_be_visible()
    visitor = new_visitor(viewport={"width": WIDE, "height": HIGH}, color_scheme="light")
    live = picture(visitor.opens(widget, site=HTTPS_SHOP).main_frame)

    compared = visitor.context.new_page().evaluate(APART, [drawn, live])
    assert compared["sizes"][0] == compared["sizes"][1]
    assert compared["apart"] == 0
    assert compared["colours"] > 100  # it is no blank picture


def picture(frame: Frame) -> str:
    """Return the window's picture, without what is behind it, as PNG in Base64."""
    window = frame.locator("#dastra-consent-window dialog:not(.second)")
    expect(window).to_be_visible()
    frame.evaluate(ALONE)
    return b64encode(window.screenshot(animations="disabled")).decode()


def test_a_decision_in_the_preview_is_neither_sent_nor_kept(
    signed_in: SignedIn, publish: Publish, tables: Tables
) -> None:
    widget = publish()
    olga = signed_in("olga")
    page = olga.opens(f"/widgets/{widget}/look", "Look")
    cookies = olga.context.cookies()
    olga.requests.clear()
    frame = page.frame_locator("#preview iframe")
    part(frame, "accept-all").click()
    expect(part(frame, "floating-button")).to_be_visible()
    page.wait_for_load_state("networkidle")

    assert [each.url for each in olga.requests if each.method != "GET"] == []
    assert proofs_of(tables, widget) == 0
    assert olga.context.cookies() == cookies


# --- The privacy desk -------------------------------------------------------------------------------------------------

REASON = "Request for access, case 4711"
USER = "CRM-4711-privacy"


def test_a_visitors_consent_is_looked_up_handed_on_and_erased(
    signed_in: SignedIn, visitor: Visitor, publish: Publish, tables: Tables, local_stack: LocalStack
) -> None:
    then, now = (
        {"en": {"startupTitle": f"The question of {each}", "innerTitle": f"The choices of {each}"}}
        for each in ("then", "now")
    )
    widget = publish(developerMode=False, origins=[HTTPS_SHOP], translations=then)
    shop = visitor.opens(widget, site=HTTPS_SHOP)
    shop.evaluate("user => dastra.push(['set', 'cookie:userId', user])", USER)
    part(shop, "accept-all").click()
    settled(shop)
    consent = visitor.proof(shop)["consentId"]
    assert proofs_of(tables, widget) == 1
    publish(widget, developerMode=False, origins=[HTTPS_SHOP], translations=now)

    priya = signed_in("priya")
    searched(priya, widget, REASON)
    expect(priya.page.get_by_text(f"1 consent of widget {widget}.")).to_be_visible()
    page = looked_up(priya, consent)
    expect(page.get_by_role("heading", level=2).filter(has_text="Decision 1")).to_be_visible()
    for number, (screen, title) in enumerate(
        ((":not(.second)", "The question of then"), (".second", "The choices of then"))
    ):
        frame = page.locator(".frame iframe").nth(number)
        frame.scroll_into_view_if_needed()
        window = frame.content_frame.locator(f"#dastra-consent-window dialog{screen} [part~=title]")
        expect(window).to_have_text(title)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as a file").click()
    assert re.fullmatch(r"consent-dossier-\d{4}-\d\d-\d\d-\d{6}\.html", download.value.suggested_filename)
    assert consent in download.value.path().read_text("utf-8")

    page.get_by_role("button", name="Erase the visitor’s data …").click()
    priya.sees("Erase the visitor’s data?")
    expect(page.get_by_text("1 of 1 proof is changed. This cannot be undone.")).to_be_visible()
    page.get_by_label("Type ERASE to go on").fill("ERASE")
    page.get_by_role("button", name="Erase").click()
    priya.sees("Erased")
    expect(page.get_by_role("status")).to_contain_text("were removed from 1 of 1 proof.")
    page.get_by_role("button", name="Back to the dossier").click()
    priya.sees("Consent dossier")

    searched(priya, widget, REASON)
    expect(page.get_by_role("heading", name="No proof names this user")).to_be_visible()
    page = looked_up(priya, consent)
    expect(page.get_by_text("not given, or erased on")).not_to_have_count(0)

    ids = re.compile(f"{consent}|{USER}", re.IGNORECASE)
    assert [each.url for each in priya.requests if ids.search(unquote(each.url))] == []
    assert [each for each in priya.titles if ids.search(each)] == []
    assert ids.search(local_stack.log) is None


def searched(priya: Colleague, widget: int, reason: str) -> None:
    page = priya.opens("/consents", "Look up a consent")
    page.get_by_label("Reason").fill(reason)
    page.get_by_label("Widget").select_option(str(widget))
    page.get_by_label("User id", exact=True).fill(USER)
    page.get_by_role("button", name="Find the user’s consents").click()
    priya.sees("Consents of a user")


def looked_up(priya: Colleague, consent: str) -> Page:
    page = priya.opens("/consents", "Look up a consent")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("Consent id").fill(consent)
    page.get_by_role("button", name="Look up the consent").click()
    priya.sees("Consent dossier")
    return page


# --- The others -------------------------------------------------------------------------------------------------------

PAGES_OF_A_WIDGET = {
    "": "Demo shop",
    "/look": "Look",
    "/behaviour": "Behaviour",
    "/services": "Services",
    "/regions": "Regions",
    "/languages": "Languages",
    "/texts": "Texts in English",
    "/domains": "Domains",
    "/publish": "Publish",
    "/history": "History",
    "/install": "Install",
    "/keys": "Public keys",
    "/statistics": "Statistics",
}

EDITABLE = "main :is(input, textarea, select):not([readonly], [data-shows], form[method=get] *)"
"""Fields, other than those of the preview and of a question."""


def test_an_owner_opens_every_page_of_a_widget(signed_in: SignedIn) -> None:
    olga = signed_in("olga")
    for path, heading in PAGES_OF_A_WIDGET.items():
        olga.opens(f"/widgets/43{path}", heading)


def test_a_viewer_sees_every_page_of_a_widget_and_can_change_nothing(signed_in: SignedIn) -> None:
    vera = signed_in("vera")
    expect(vera.page.get_by_role("link", name="New widget")).to_have_count(0)
    for path, heading in PAGES_OF_A_WIDGET.items():
        page = vera.opens(f"/widgets/43{path}", heading)
        expect(page.locator("main form[method=post]")).to_have_count(0)
        expect(page.locator(EDITABLE)).to_have_count(0)


def test_an_owner_of_one_widget_sees_that_one_alone(signed_in: SignedIn) -> None:
    otis = signed_in("otis")
    page = otis.page
    assert [each.rstrip() for each in page.locator("main tbody .id").all_text_contents()] == ["43"]
    expect(page.get_by_role("link", name="New widget")).to_have_count(0)
    otis.goes("Demo shop", "Demo shop")
    otis.goes("Look", "Look")
    expect(page.locator("#f-bgColor")).to_be_editable()
    otis.opens("/widgets/44", "You do not have access to this")
    otis.opens("/consents", "You do not have access to this")


def test_an_operator_sees_who_did_what(signed_in: SignedIn, publish: Publish) -> None:
    widget = publish()
    olga = signed_in("olga").opens(f"/widgets/{widget}/domains", "Domains")
    olga.get_by_label("Another domain").fill("https://www.halm.example")
    olga.get_by_role("button", name="Add", exact=True).click()
    expect(olga.get_by_text("Added. Pages of this domain")).to_be_visible()
    searched(signed_in("priya"), widget, f"Question about widget {widget}")

    omar = signed_in("omar")
    omar.goes("Who did what", "Who did what")
    rows = omar.page.locator("tbody tr").filter(has_text=str(widget))
    assert [told(row) for row in rows.all()] == [
        ("Priya Privacy", "Searched by user", str(widget), f"Question about widget {widget}"),
        ("Olga Owner", "Added a domain", str(widget), "https://www.halm.example"),
        ("test", "Published", str(widget), ""),
    ]


def told(row: Locator) -> tuple[str, ...]:
    """Return a row of the audit without its time and the identity below the name."""
    _, actor, *others = row.locator("td").all_inner_texts()
    return (actor.partition("\n")[0], *others)


def test_signing_out_ends_the_session(signed_in: SignedIn, local_stack: LocalStack) -> None:
    olga = signed_in("olga")
    page = olga.opens("/widgets/43", "Demo shop")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: not url.startswith(local_stack.console))
    for _ in range(2):  # the page of the widget, and the list before it
        page.go_back()
        olga.sees("Sign in to the console as")
    olga.opens("/widgets/43", "Sign in to the console as")
