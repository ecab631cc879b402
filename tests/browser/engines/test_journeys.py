"""The journeys that every visitor may make, in each of three engines. ``make test`` runs a sample of them."""

from collections.abc import Callable

import pytest

from consent_core.publishing.texts import built_in
from tests.browser.conftest import Publish
from tests.browser.engines.visitor import WATCH, EngineVisitor
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ThirdParty
from tests.browser.world.libraries import library
from tests.matrices import matrix

ENGINES = ("chromium", "firefox", "webkit")
NONE = dict.fromkeys(OPTIONAL, False)
ALL = dict.fromkeys(OPTIONAL, True)


class Journey:
    """The surroundings of a journey: a visitor, a site, the services that it embeds, and a way to publish widgets."""

    def __init__(self, visitor: EngineVisitor, site: Site, third_party: ThirdParty, publish: Publish) -> None:
        self.visitor = visitor
        self.site = site
        self.third_party = third_party
        self._publish = publish

    def widget(self, **changes: object) -> int:
        return self._publish(**{"services": SERVICES, **changes})

    def page(self, widget: int, body: str = "", *, head: str = "", name: str = "") -> str:
        return self.site.page(widget, body, head=WATCH + head, name=name)

    def starts(self, widget: int, body: str = "", *, head: str = "") -> str:
        """Open a page and return its address."""
        url = self.page(widget, body, head=head)
        self.visitor.opens(url)
        self.visitor.is_ready()
        return url

    def held(self) -> str:
        """Every form of a held element."""
        url = self.third_party.url
        return f"""
          <script type="dastra/script" data-consent="ads" data-src="{url("ads/one.js")}"></script>
          <script type="dastra/script" data-consent="ads">(window.ran ??= []).push('inline')</script>
          <img alt="" data-consent="ads" data-src="{url("ads/one.gif")}">
          <iframe title="Film" data-consent="films" data-blocked-src="{url("films/one.html")}" width="300" height="150"
            ></iframe>"""

    def has_run(self, *names: str) -> None:
        self.visitor.until("return given[0].every(name => window.ran?.includes(name));", names)


# --- The question -----------------------------------------------------------------------------------------------------


def first_visit(journey: Journey) -> None:
    """The window asks, and nothing is kept or requested before there is an answer."""
    visitor = journey.visitor
    journey.starts(journey.widget(), journey.held())
    for name in ("::window", "::title", "::refuse-all", "::settings", "::accept-all", "::close"):
        visitor.sees(name)

    assert visitor.choices is None
    assert visitor.run("return Object.keys(localStorage);") == []
    assert visitor.run("return getComputedStyle(document.body).overflow;") == "visible"
    assert journey.third_party.requests == []


LEADS_TO = {"::settings": "::save", "::back": "::settings"}
"""Buttons that show the other screen, by what that one alone has. Some buttons are on both, in different places."""


def answered(*buttons: str, choices: dict[str, bool] | None) -> Callable[[Journey], None]:
    """Return the journey of a visitor who presses these buttons, and then sees another page."""

    def journey_of(journey: Journey) -> None:
        visitor = journey.visitor
        widget = journey.widget()
        journey.starts(widget)
        for button in buttons:
            visitor.clicks(button)
            if button in LEADS_TO:
                visitor.sees(LEADS_TO[button])
        visitor.sees_no("::window")
        assert visitor.choices == choices

        journey.starts(widget)
        assert visitor.choices == choices
        visitor.sees_no("::window")

    return journey_of


def keyboard(journey: Journey) -> None:
    """All of the window can be reached and left without a pointer."""
    visitor = journey.visitor
    journey.starts(journey.widget())
    visitor.sees("::window")
    focused = "return document.activeElement?.shadowRoot?.activeElement?.part[0];"
    reached: set[str] = set()
    while visitor.run(focused) != "settings":
        assert len(reached) < 9
        visitor.engine.press("Tab")
        reached.add(visitor.run(focused))
    assert "refuse-all" in reached
    visitor.engine.press("Enter")
    visitor.sees("::save")
    visitor.engine.press("Escape")
    visitor.sees("::settings")
    visitor.engine.press("Escape")
    visitor.sees_no("::window")
    assert visitor.choices is None


def right_to_left(journey: Journey) -> None:
    """The window is laid out from the right, and its X is at the left."""
    visitor = journey.visitor
    texts = {"ar": {**built_in("en"), "startupTitle": "خصوصيتك، قرارك"}}
    widget = journey.widget(languages=["ar"], translations=texts, position="BottomLeft")
    journey.starts(widget)
    x, _ = visitor.sees("::title")
    close, _ = visitor.sees("::close")
    assert close < x
    visitor.clicks("::refuse-all")
    visitor.sees_no("::window")
    assert visitor.choices == NONE


# --- Held elements ----------------------------------------------------------------------------------------------------


def blocking(journey: Journey) -> None:
    """Each service is asked after consent alone; a placeholder gives it to one of them."""
    visitor, third_party = journey.visitor, journey.third_party
    widget = journey.widget()
    journey.starts(widget, journey.held())
    visitor.clicks("::close")
    visitor.clicks(".dastra-blocking-iframe button:last-child")
    third_party.has_been_asked_for("films/one.html")
    visitor.sees_no(".dastra-blocking-iframe")
    assert visitor.choices == {**NONE, "films": True}
    assert set(third_party.requests) == {"films/one.html"}

    visitor.run("const {consent} = dastra.cookieConsent; consent.setServiceConsent('ads', true); consent.save();")
    journey.has_run("ads/one.js", "inline")
    third_party.has_been_asked_for("ads/one.js", "ads/one.gif")
    assert visitor.run("return ran;") == ["ads/one.js", "inline"]
    journey.starts(widget, journey.held())
    journey.has_run("ads/one.js", "inline")


def withdrawal(journey: Journey) -> None:
    """A service ends with its consent: its cookie goes, and the page is loaded again without it."""
    visitor = journey.visitor
    services = [{**each, "cookies": [{"name": "cookie"}] if each["slug"] == "ads" else []} for each in SERVICES]
    widget = journey.widget(services=services, reloadOnWithdrawal=True)
    script = (
        f'<script type="dastra/script" data-consent="ads" src="{journey.third_party.url("ads/cookie.js")}"></script>'
    )
    loaded = f'<img alt="" src="{journey.third_party.url("basket/loaded.gif")}">'
    journey.starts(widget, script + loaded)
    visitor.clicks("::accept-all")
    journey.has_run("ads/cookie.js")
    assert "cookie=1" in visitor.run("return document.cookie.split('; ');")
    journey.third_party.forget()

    visitor.run("dastra.cookieConsent.consent.open();")
    visitor.clicks("::refuse-all")
    journey.third_party.has_been_asked_for("basket/loaded.gif")
    visitor.is_ready()
    assert visitor.choices == NONE
    assert "cookie=1" not in visitor.run("return document.cookie.split('; ');")
    assert visitor.run("return window.ran ?? [];") == []


def back_and_forward(journey: Journey) -> None:
    """A page that comes back from the browser's memory does not go on with what was refused meanwhile."""
    visitor = journey.visitor
    widget = journey.widget()
    first = journey.starts(widget, journey.held())
    visitor.clicks("::accept-all")
    journey.has_run("ads/one.js", "inline")
    journey.starts(widget)
    visitor.run("dastra.cookieConsent.consent.open();")
    visitor.clicks("::refuse-all")
    visitor.sees_no("::window")

    visitor.goes_back()
    visitor.until("return location.href === given[0] && !window.ran;", first)
    visitor.is_ready()
    assert visitor.choices == NONE


# --- The page around it -----------------------------------------------------------------------------------------------


def router(journey: Journey) -> None:
    """A router replaces the body: the question stays, is answered there, and a script runs once."""
    visitor, site = journey.visitor, journey.site
    site.serves("/turbo.js", library("turbo"), content_type="text/javascript")
    widget = journey.widget(showFixedButton=True)
    head = '<script src="/turbo.js"></script>' + journey.held().partition("<img")[0]
    journey.page(widget, '<p id="there"></p>', head=head, name="/there")
    journey.starts(widget, '<a id="go" href="/there">There</a>', head=head)
    visitor.sees("::window")
    visitor.clicks("#go")
    visitor.until("return document.getElementById('there') && true;")
    visitor.clicks("::accept-all")
    journey.has_run("ads/one.js", "inline")
    visitor.goes_back()
    visitor.until("return document.getElementById('go') && true;")
    visitor.sees("::floating-button")
    visitor.clicks("#go")
    visitor.until("return document.getElementById('there') && true;")
    visitor.sees("::floating-button")
    assert visitor.run("return ran;") == ["ads/one.js", "inline"]


def dialogs(journey: Journey) -> None:
    """The page's own modal dialog has an entry that opens the window; it can be used there, and afterwards."""
    visitor = journey.visitor
    menu = """<dialog id="menu"><button id="cookies" onclick="dastra.cookieConsent.consent.open()">Cookies</button>
      <button id="shut" onclick="menu.close()">Shut</button></dialog>"""
    journey.starts(journey.widget(), menu)
    visitor.clicks("::close")
    visitor.run("document.getElementById('menu').showModal();")
    visitor.clicks("#cookies")
    visitor.clicks("::refuse-all")
    visitor.sees_no("::window")
    assert visitor.choices == NONE
    visitor.clicks("#shut")
    visitor.sees_no("#menu")
    visitor.run("dastra.cookieConsent.consent.open();")
    visitor.clicks("::accept-all")
    visitor.sees_no("::window")
    assert visitor.choices == ALL


def layout(journey: Journey) -> None:
    """A body that makes a containing block, and lays out its children, neither moves the window nor is moved."""
    visitor = journey.visitor
    style = "transform: translateZ(0); display: grid; gap: 40px; height: 3000px; align-content: space-between"
    head = f"<style>body {{ {style} }}</style>"
    bottom = "return document.getElementById('last').getBoundingClientRect().bottom;"
    plain = f"<!doctype html><head>{WATCH}{head}</head><body><h1>A page</h1><p id='last'>x</p><div></div></body>"
    visitor.opens(journey.site.serves("/plain", plain))
    before = visitor.run(bottom)
    journey.starts(journey.widget(), '<p id="last">x</p>', head=head)
    visitor.sees("::accept-all")
    assert visitor.run(bottom) == before
    visitor.clicks("::refuse-all")
    visitor.sees_no("::window")
    assert visitor.choices == NONE


DENIED = """<script>
  for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, {get() { throw new DOMException('denied', 'SecurityError'); }});
</script>"""


def storage_denied(journey: Journey) -> None:
    """The browser denies its storages: the cookie alone keeps the decision."""
    visitor = journey.visitor
    widget = journey.widget()
    journey.starts(widget, journey.held(), head=DENIED)
    visitor.clicks("::accept-all")
    visitor.sees_no("::window")
    journey.has_run("ads/one.js", "inline")
    journey.starts(widget, journey.held(), head=DENIED)
    journey.has_run("ads/one.js", "inline")
    visitor.sees_no("::window")
    assert visitor.choices == ALL


def started_by(tag: str) -> Callable[[Journey], None]:
    """Return the journey of a visitor whose page loads the SDK by this tag, and another script of that name before."""

    def journey_of(journey: Journey) -> None:
        mark = f'<div id="cookie-consent" data-widgetid="{journey.widget()}"></div>'
        other = '<script type="module">import("./dastra.js?key=another-key").catch(() => {})</script>'
        html = f"<!doctype html><title>A page</title>{WATCH}{other}{mark}{tag.format(journey.site.sdk)}"
        journey.visitor.opens(journey.site.serves("/start", html))
        journey.visitor.sees("::window")

    return journey_of


JOURNEYS: dict[str, tuple[Callable[[Journey], None]]] = {
    "a module": (started_by('<script type="module" src="{}#asyncload"></script>'),),
    "an import": (started_by('<script>import("{}")</script>'),),
    "first visit": (first_visit,),
    "accept": (answered("::accept-all", choices=ALL),),
    "refuse": (answered("::refuse-all", choices=NONE),),
    "close": (answered("::close", choices=None),),
    "choose": (answered("::settings", "::save", choices=NONE),),
    "go back and refuse": (answered("::settings", "::back", "::refuse-all", choices=NONE),),
    "settings and accept": (answered("::settings", "::accept-all", choices=ALL),),
    "keyboard": (keyboard,),
    "right to left": (right_to_left,),
    "blocking": (blocking,),
    "withdrawal": (withdrawal,),
    "back and forward": (back_and_forward,),
    "router": (router,),
    "dialogs": (dialogs,),
    "layout": (layout,),
    "storage denied": (storage_denied,),
}


@pytest.mark.parametrize(("go", "engine"), matrix(JOURNEYS, {each: (each,) for each in ENGINES}))
def test_a_journey_ends_well_in_each_engine(
    go: Callable[[Journey], None], visitor: EngineVisitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    go(Journey(visitor, site, third_party, publish))
    visitor.notes_errors()
