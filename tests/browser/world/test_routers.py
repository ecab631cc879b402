"""Routers of other people show the next page without loading one: the question, the button and what is held survive."""

from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ThirdParty, ran, ready
from tests.browser.world.libraries import library
from tests.matrices import share

NEXT_PAGE = """
  const next = new DOMParser().parseFromString(await (await fetch(path)).text(), 'text/html');
  history.pushState({}, '', path);
"""


@dataclass(frozen=True, slots=True)
class Router:
    """``go`` is the body of an asynchronous function that shows ``path``; ``body`` are the attributes of ``<body>``."""

    go: str
    libraries: tuple[str, ...] = ()
    body: str = ""
    is_morph: bool = False
    """Elements stay and change: a script that stays does not run again, held or not."""


ROUTERS = {
    "Turbo": Router("Turbo.visit(path);", ("turbo",)),
    "Turbo, refreshing": Router("Turbo.visit(path, {action: 'replace'});", ("turbo",)),
    "htmx": Router(
        """document.body.insertAdjacentHTML('beforeend', `<a id="boosted" href="${path}">x</a>`);
        htmx.process(boosted); boosted.click();""",
        ("htmx",),
        'hx-boost="true"',
    ),
    "idiomorph": Router(
        f"{NEXT_PAGE} Idiomorph.morph(document.body, next.body.innerHTML, {{morphStyle: 'innerHTML'}});",
        ("idiomorph",),
        is_morph=True,
    ),
    "Alpine's morph": Router(f"{NEXT_PAGE} Alpine.morph(document.body, next.body);", ("alpine",), is_morph=True),
    "a new body": Router(f"{NEXT_PAGE} document.body.replaceWith(next.body);"),
    "new children of the body": Router(f"{NEXT_PAGE} document.body.replaceChildren(...next.body.childNodes);"),
    "new text of the body": Router(f"{NEXT_PAGE} document.body.innerHTML = next.body.innerHTML;"),
    "a new head and body": Router(f"{NEXT_PAGE} document.documentElement.replaceChildren(next.head, next.body);"),
}


def each_router(number: int) -> pytest.MarkDecorator:
    """Run a test with each router, in the sample with a third of them."""
    return pytest.mark.parametrize("router", share(ROUTERS, number, of=3))


class Routed:
    """Two pages, ``/a`` and ``/b``, and a visitor on the first."""

    def __init__(self, visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, router: Router) -> None:
        url = third_party.url
        self._go = router.go
        widget = publish(services=SERVICES, showFixedButton=True)
        scripts = "".join(f'<script src="/{name}.js"></script>' for name in router.libraries)
        for name in router.libraries:
            site.serves(f"/{name}.js", library(name), content_type="text/javascript")
        for path in ("/a", "/b"):
            site.serves(
                path,
                f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{path}</title>
                  <meta name="turbo-refresh-method" content="morph">
                  {scripts}<script src="{site.sdk}" async></script>
                  <script data-src="{url("ads/head.js")}" defer="defer" type="dastra/script" data-consent="ads"
                    data-turbo-track="reload"></script>
                  <script data-turbo-track="reload" type="dastra/script" data-consent="ads">window.it = 1</script>
                </head>
                <body {router.body}><h1>{path}</h1>
                  <script type="dastra/script" data-consent="ads">(window.ran ??= []).push('body')</script>
                  <script type="dastra/script" data-consent="ads" data-consent-every-visit
                    >(window.visits ??= []).push('{path}')</script>
                  <iframe title="Film" data-consent="films" data-blocked-src="{url(f"films{path}.html")}"></iframe>
                  <div id="dastra-cookie-consent" data-widgetid="{widget}"></div></body></html>""",
            )
        self.page = visitor.context.new_page()
        self.page.goto(f"{site.origin}/a")
        ready(self.page)

    def goes(self, path: str) -> None:
        self.page.evaluate(f"async path => {{ {self._go} }}", path)
        expect(self.page.locator("h1")).to_have_text(path)

    def goes_back(self, path: str) -> None:
        self.page.go_back()
        expect(self.page.locator("h1")).to_have_text(path)


@pytest.fixture
def routed(visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, router: Router) -> Routed:
    return Routed(visitor, site, third_party, publish, router)


def answer(page: Page, button: str) -> None:
    page.evaluate("dastra.cookieConsent.consent.open()")
    part(page, button).and_(page.locator(":visible")).click()
    expect(part(page, "window")).to_be_hidden()
    settled(page)


@each_router(0)
def test_the_question_and_then_the_button_are_on_every_page(routed: Routed, visitor: Visitor) -> None:
    page = routed.page
    expect(part(page, "window")).to_be_visible()
    routed.goes("/b")
    expect(part(page, "window")).to_be_visible()
    part(page, "refuse-all").click()
    settled(page)
    assert visitor.choices(page) is not None

    routed.goes("/a")
    expect(part(page, "window")).to_be_hidden()
    part(page, "floating-button").click()
    expect(part(page, "save")).to_be_visible()


@each_router(1)
def test_an_opened_window_stays_open_and_can_be_opened_on_every_page(routed: Routed) -> None:
    page = routed.page
    answer(page, "refuse-all")
    routed.goes("/b")
    page.evaluate("dastra.cookieConsent.consent.open()")
    expect(part(page, "save")).to_be_visible()
    routed.goes("/a")
    expect(part(page, "save")).to_be_visible()
    part(page, "accept-all").click()
    expect(part(page, "window")).to_be_hidden()


@each_router(2)
def test_a_script_runs_once_although_its_held_form_comes_again(
    routed: Routed, third_party: ThirdParty, router: Router
) -> None:
    page = routed.page
    answer(page, "accept-all")
    page.wait_for_function("() => window.ran?.length === 2")
    third_party.has_been_asked_for("films/a.html")
    routed.goes("/b")
    third_party.has_been_asked_for("films/b.html")
    if not router.is_morph:
        page.wait_for_function("() => visits.at(-1) === '/b'")
    routed.goes("/a")
    if not router.is_morph:
        page.wait_for_function("() => visits.at(-1) === '/a'")

    assert [each for each in third_party.asked_by(page) if each.startswith("ads/")] == ["ads/head.js"]
    assert ran(page) == ["ads/head.js", "body"]


@each_router(0)
def test_no_refused_service_is_asked_on_any_page(routed: Routed, third_party: ThirdParty) -> None:
    page = routed.page
    routed.goes("/b")
    answer(page, "refuse-all")
    for path in ("/a", "/b"):
        routed.goes(path)
        expect(page.locator(".dastra-blocking-iframe")).to_have_count(1)

    assert third_party.asked_by(page) == []
    assert ran(page) == []


@pytest.mark.parametrize("router", [ROUTERS["Turbo"], ROUTERS["htmx"]], ids=["Turbo", "htmx"])
def test_a_snapshot_of_a_page_does_not_bring_a_withdrawn_service_back(
    routed: Routed, third_party: ThirdParty, visitor: Visitor
) -> None:
    page = routed.page
    answer(page, "accept-all")
    page.wait_for_function("() => window.ran?.length === 2")
    third_party.has_been_asked_for("films/a.html")
    routed.goes("/b")
    third_party.has_been_asked_for("films/b.html")
    assert third_party.requests.count("ads/head.js") == 1  # a router that finds a tracked script changed loads the page
    answer(page, "refuse-all")
    assert visitor.choices(page) is not None
    third_party.asked_by(page)
    third_party.forget()
    routed.goes_back("/a")
    expect(page.locator(".dastra-blocking-iframe")).to_have_count(1)

    assert third_party.asked_by(page) == []
    assert page.locator('script[type^="dastra/"][data-consent="ads"]').count() >= 1


# --- React ------------------------------------------------------------------------------------------------------------

APP = """
  const {createElement: e, useEffect, useState} = React;
  function App() {
    const [count, setCount] = useState(0);
    useEffect(() => { window.isHydrated = true; }, []);
    return e('html', {lang: 'en'},
      e('head', null, e('meta', {charSet: 'utf-8'}), e('title', null, 'A page'),
        e('script', {src: '%(sdk)s', async: true})),
      e('body', null,
        e('h1', null, '%(title)s'),
        e('button', {id: 'count', onClick: () => setCount(count + 1)}, `Count ${count}`),
        e('div', {id: 'dastra-cookie-consent', 'data-widgetid': '%(widget)s'})));
  }
  window.hydrate = () => hydrateRoot(document, e(App), {onRecoverableError: () => { window.isRedrawn = true; }});
"""
SERVED = """<!doctype html><html lang="en"><head><meta charset="utf-8"/><title>A page</title>
  <script src="%(sdk)s" async=""></script></head><body><h1>Served</h1><button id="count">Count <!-- -->0</button>
  <div id="dastra-cookie-consent" data-widgetid="%(widget)s"></div>
  <script src="/react.js"></script><script src="/app.js"></script></body></html>"""


@pytest.mark.parametrize("title", ["Served", "Drawn anew"])
@pytest.mark.parametrize("react", ["react18", "react19"])
def test_react_may_hydrate_the_whole_document(
    visitor: Visitor, site: Site, publish: Publish, react: str, title: str
) -> None:
    values = {"sdk": site.sdk, "widget": publish(services=SERVICES, showFixedButton=True), "title": title}
    site.serves("/react.js", library(react), content_type="text/javascript")
    site.serves("/app.js", APP % values, content_type="text/javascript")
    page = visitor.context.new_page()
    page.goto(site.serves("/", SERVED % values))
    expect(part(page, "window")).to_be_visible()
    page.evaluate("hydrate()")
    page.wait_for_function("() => window.isHydrated")
    page.locator("#count").click()
    expect(page.locator("#count")).to_contain_text("Count 1")

    expect(part(page, "window")).to_be_visible()
    part(page, "accept-all").click()
    settled(page)
    assert visitor.choices(page) == dict.fromkeys(OPTIONAL, True)
    part(page, "floating-button").click()
    expect(part(page, "save")).to_be_visible()
