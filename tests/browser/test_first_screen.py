"""The first screen that a page's server includes: the same as the SDK's, seen without it, and followed by it."""

from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import KEY, NewVisitor, Publish, Visitor, part, settled
from tests.browser.languages import LANGUAGES, SAMPLE
from tests.browser.test_accessibility import RULES, violations
from tests.browser.third_party import Site, ready
from tests.local_process import LocalStack
from tests.matrices import matrix, rows

HOST = "#dastra-first-screen"

# Without empty classes, and the tabindex of a text, which the SDK's second file sets.
OUTLINE = """selector => {
  const isSaid = ({name, value, ownerElement}) =>
    value && (name !== 'tabindex' || ownerElement.localName === 'dialog');
  const outline = node => node.nodeType === 3 ? node.data : [
    node.localName,
    Object.fromEntries([...node.attributes].filter(isSaid).map(({name, value}) => [name, value]).sort()),
    ...[...node.childNodes].filter(each => each.nodeType === 1 || each.data).map(outline),
  ];
  const dialog = document.querySelector(selector).shadowRoot.querySelector('dialog');
  const {lang, dir, id, className} = dialog.parentNode;
  const {x, y, width, height} = dialog.getBoundingClientRect();
  const copy = dialog.cloneNode(true);
  copy.normalize(); // the SDK appends each entity of a text by itself
  return {root: {lang, dir, id, className}, dialog: outline(copy), box: {x, y, width, height}};
}"""

FORMS = {
    "box": {},
    "bar": {"layout": "Bar"},
    "top": {"position": "TopRight", "offsetTop": 40},
    "centre": {"position": "Center", "colorBtn": "#0b6e4f", "customCSS": ".window{border-radius:0}"},
    "logo": {
        "displayLogo": True,
        "buttonLogoUrl": "data:image/png;base64,iVBORw0KGgo=",
        "cookieNoticeUrl": "https://shop.example/cookies?a=1&b=2",
        "translations": {
            "en": {"startupDisclaimer": 'Some <b>bold</b> & <a href="/more">more</a><p>One</p><p>Two</p>'}
        },
    },
}


def screen(stack: LocalStack, site: Site, widget: int, culture: str = "en") -> str:
    """Ask for the screen as the server of the site does."""
    url = f"{stack.api}/v1/client/first-screen/{widget}?key={KEY}&culture={culture}"
    with urlopen(Request(url, headers={"Origin": site.origin}), timeout=20) as answer:  # noqa: S310 - of this machine
        return str(answer.read().decode())


def included(site: Site, fragment: str, *, sdk: str = "", policy: str = "", path: str = "/included") -> str:
    html = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>A page</title>
      <meta name="viewport" content="width=device-width"><body><h1>A page</h1>{fragment}{sdk}</body></html>"""
    return site.serves(path, html, policy=policy)


def tags(site: Site, widget: int, language: str = "en", nonce: str = "") -> str:
    return f"""<div id="dastra-cookie-consent" data-widgetid="{widget}" data-lang="{language}"></div>
      <script src="{site.sdk}"{f' nonce="{nonce}"' if nonce else ""} async></script>"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize(
    ("form", "language"), matrix(rows(FORMS), rows({language: language for language in LANGUAGES}), sample=len(SAMPLE))
)
def test_it_is_the_screen_of_the_sdk(
    new_visitor: NewVisitor,
    site: Site,
    local_stack: LocalStack,
    publish: Publish,
    form: dict[str, object],
    language: str,
    width: int,
) -> None:
    own = {key: value for key, value in form.items() if key != "translations" or language == "en"}
    widget = publish(**{"translations": {}, **own, "languages": [language]})
    fragment = screen(local_stack, site, widget, language)
    page = new_visitor(viewport={"width": width, "height": 844}, reduced_motion="reduce").context.new_page()
    page.goto(included(site, fragment))
    seen = page.evaluate(OUTLINE, HOST)
    page.goto(included(site, "", sdk=tags(site, widget, language), path="/sdk"))
    expect(part(page, "window")).to_be_visible()

    assert page.evaluate(OUTLINE, "#dastra-consent-window") == seen
    assert seen["box"]["height"] > 100


def test_it_is_seen_without_the_sdk_and_can_be_closed(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, publish())))
    expect(page.locator(f"{HOST} .refuse-all")).to_be_in_viewport(ratio=1)
    page.locator(f"{HOST} .close").click()

    expect(page.locator(HOST)).to_have_count(0)


@pytest.mark.parametrize(
    ("button", "action", "choice"), [("refuse-all", "RefuseAll", False), ("accept-all", "AcceptAll", True)]
)
def test_a_press_before_the_sdk_is_the_visitors(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish, button: str, action: str, choice: bool
) -> None:
    widget = publish()
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, widget)))
    page.locator(f"{HOST} .{button}").click()
    expect(page.locator(f"{HOST} dialog")).to_be_hidden()
    add_sdk(page, site, widget)
    settled(page)

    assert set((visitor.choices(page) or {}).values()) == {choice}
    assert visitor.proof(page)["action"] == action
    expect(page.locator(HOST)).to_have_count(0)


@pytest.mark.parametrize(
    "style",
    [
        "div:empty, body > div { display: none }",
        "body { transform: rotate(1deg); filter: grayscale(1) }",
        "* { letter-spacing: 9px; text-transform: uppercase; font-size: 30px }",
        "body > * { opacity: 0; transition: all 9s }",
    ],
)
def test_no_rule_of_the_page_reaches_it(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish, style: str
) -> None:
    fragment = screen(local_stack, site, publish())
    page = visitor.context.new_page()
    page.goto(included(site, fragment))
    before = page.evaluate(OUTLINE, HOST)
    page.goto(included(site, f"<style>{style}</style>{fragment}", path="/styled"))

    assert page.evaluate(OUTLINE, HOST) == before
    expect(page.locator(f"{HOST} .refuse-all")).to_be_in_viewport(ratio=1)
    page.locator(f"{HOST} .close").click()  # it is on top


def test_axe_finds_nothing_in_it(visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, publish())))
    expect(page.locator(f"{HOST} dialog")).to_be_visible()

    assert violations(page, {"type": "tag", "values": RULES[:-1]}, HOST) == []


def test_a_press_is_not_cut_off_by_the_sdk(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    """The SDK arrives while the visitor holds a button down."""
    widget = publish()
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, widget)))
    page.locator(f"{HOST} .refuse-all").hover()
    page.mouse.down()
    with page.expect_response("**/cookie-widget-settings/**"):
        add_sdk(page, site, widget)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator(f"{HOST} dialog")).to_be_visible()
    page.mouse.up()
    settled(page)

    assert visitor.proof(page)["action"] == "RefuseAll"
    expect(page.locator(HOST)).to_have_count(0)


@pytest.mark.parametrize("form", [{"timerTrigger": 3600}, {"scrollTrigger": 100}, {"overlay": True}])
def test_what_delays_the_window_does_not_delay_what_is_there(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish, form: dict[str, object]
) -> None:
    widget = publish(**form)
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, widget)))
    page.locator(f"{HOST} .accept-all").click()
    add_sdk(page, site, widget)
    settled(page)

    assert visitor.proof(page)["action"] == "AcceptAll"


def test_a_press_on_settings_opens_the_settings(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    widget = publish()
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, widget)))
    page.locator(f"{HOST} .settings").click()
    add_sdk(page, site, widget)

    expect(part(page, "save")).to_be_visible()


def test_a_press_that_the_page_has_made_up_is_no_visitors(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    widget = publish()
    page = visitor.context.new_page()
    page.goto(included(site, screen(local_stack, site, widget)))
    page.evaluate(f"() => document.querySelector('{HOST}').shadowRoot.querySelector('.accept-all').click()")
    add_sdk(page, site, widget)
    settled(page)

    assert visitor.proof(page)["action"] == "Api"


def add_sdk(page: Page, site: Site, widget: int) -> None:
    page.evaluate(
        "html => document.body.append(document.createRange().createContextualFragment(html))", tags(site, widget)
    )


def test_the_window_takes_its_place_without_a_movement(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    widget = publish()
    page = visitor.context.new_page()
    page.add_init_script("""
      window.shifts = [];
      const shifted = list => shifts.push(...list.getEntries());
      new PerformanceObserver(shifted).observe({type: 'layout-shift', buffered: true});
      const look = () => {
        const hosts = ['dastra-first-screen', 'dastra-consent-window'].map(id => document.getElementById(id));
        const isSeen = hosts.some(host => host?.shadowRoot?.querySelector('dialog')?.offsetHeight);
        window.gaps = (window.gaps ?? 0) + Number(Boolean(window.wasSeen) && !isSeen);
        window.wasSeen ||= isSeen;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    """)
    page.goto(included(site, screen(local_stack, site, widget), sdk=tags(site, widget)))
    expect(part(page, "window")).to_be_visible()
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    assert page.evaluate("[shifts.length, gaps]") == [0, 0]


FLASH = """
  const look = () => {
    const dialog = document.getElementById('dastra-first-screen')?.shadowRoot?.querySelector('dialog');
    if (dialog?.offsetHeight) sessionStorage.flash = 'seen';
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""


@pytest.mark.parametrize("end", ["refuse-all", "close"])
@pytest.mark.parametrize("loads", [5, pytest.param(50, marks=pytest.mark.full)])
def test_a_visitor_who_has_answered_never_sees_it(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish, end: str, loads: int
) -> None:
    widget = publish()
    address = included(site, screen(local_stack, site, widget), sdk=tags(site, widget))
    page = visitor.context.new_page()
    page.goto(address)
    part(page, end).click()
    page.evaluate("() => new Promise(done => setTimeout(done))")
    page.add_init_script(FLASH)
    for _ in range(loads):
        page.reload()
        ready(page)
        expect(page.locator(HOST)).to_have_count(0)

    assert page.evaluate("sessionStorage.flash") is None


def test_a_browser_without_scripts_shows_nothing_of_it(
    new_visitor: NewVisitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    page = new_visitor(java_script_enabled=False).context.new_page()
    page.goto(included(site, screen(local_stack, site, publish())))
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(f"{HOST} dialog")).to_be_hidden()


@pytest.mark.parametrize("kind", ["nonce", "hash"])
def test_a_strict_policy_lets_it_work(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish, kind: str
) -> None:
    widget = publish()
    fragment = screen(local_stack, site, widget).replace("DASTRA_NONCE", "abc123")
    documented = "'sha256-3pikm5SDJw5eHr6yNpZe5mm/csvqQYq06gIXQNKZI5k='"
    scripts, styles = {"nonce": ("'nonce-abc123'", "'nonce-abc123'"), "hash": (documented, "'unsafe-inline'")}[kind]
    policy = (
        f"default-src 'none'; script-src {scripts} {local_stack.api}; style-src {styles}; connect-src {local_stack.api}"
    )
    page = visitor.context.new_page()
    page.goto(included(site, fragment, sdk=tags(site, widget, nonce="abc123"), policy=policy))
    expect(part(page, "window")).to_be_visible()
    part(page, "refuse-all").click()
    settled(page)

    assert [text for text in visitor.said("error") if "favicon" not in text] == []


COUNT_FETCHES = """
  window.fetched = [];
  const real = fetch;
  window.fetch = (...all) => {
    fetched.push(String(all[0]));
    return real(...all);
  };
"""


def test_the_settings_of_a_preload_are_not_loaded_twice_and_used_on_each_page(
    visitor: Visitor, site: Site, local_stack: LocalStack, publish: Publish
) -> None:
    """A browser warns of a preload that no script takes, also on pages that have the session's copy."""
    widget = publish()
    url = f"{local_stack.api}/v1/client/cookie-widget-settings/{widget}?key={KEY}&amp;culture=en"
    page = visitor.context.new_page()
    page.add_init_script(COUNT_FETCHES)
    preload = f'<link rel="preload" as="fetch" href="{url}" crossorigin>'
    page.goto(included(site, preload, sdk=tags(site, widget), path="/pre"))
    for _ in range(2):
        expect(part(page, "window")).to_be_visible()
        loaded: list[str] = page.evaluate("performance.getEntriesByType('resource').map(({name}) => name)")
        taken: list[str] = page.evaluate("fetched")
        for names in (loaded, taken):
            assert len([name for name in names if "cookie-widget-settings" in name]) == 1
        page.reload()
