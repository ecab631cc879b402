"""The window belongs to no body and no layout: it stays, works and is in sight whatever the page does."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewVisitor, Publish, Visitor, part
from tests.matrices import matrix

NEW_BODY = "document.body.replaceWith(document.createElement('body'))"
NEW_CONTENT = "document.documentElement.replaceChildren(document.createElement('body'))"
NEW_DOCUMENT = """() => {
  const root = document.createElement('html');
  root.append(document.createElement('body'));
  document.documentElement.replaceWith(root);
}"""
REWRITTEN = "document.open(); document.write('<!doctype html><title>A test</title><h1>New</h1>'); document.close()"
"""That ends all listeners of the window, the document and the elements that were in it."""

REPLACEMENTS = {"body": NEW_BODY, "content": NEW_CONTENT, "document": NEW_DOCUMENT, "all of it": REWRITTEN}

IS_WATCHED = "() => document.getElementById('dastra-consent-window')?.shadowRoot.querySelector('.status')"
"""The second file has loaded: it has put in what it announces with."""

IN_REACH = """name => {
  const host = document.getElementById('dastra-consent-window');
  const {x, y, width, height} = host.shadowRoot.querySelector('.' + name).getBoundingClientRect();
  return document.elementFromPoint(x + width / 2, y + height / 2) === host;
}"""

WRAP = """() => {
  window.heard = 0;
  addEventListener('dastra:window:hidden', () => heard++);
  window.wrapper = document.body.appendChild(document.createElement('div'));
  wrapper.append(document.getElementById('dastra-consent-window'));
}"""
"""No style of the page can hide the window itself. A content blocker can, and this does what it does."""


def bare(visitor: Visitor) -> Visitor:
    """Leave the shop's own script out: it needs the shop's elements."""
    visitor.context.route("**/assets/panel.js", lambda route: route.abort())
    return visitor


def watched(page: Page) -> Page:
    """Wait until the second file watches over the window."""
    page.wait_for_function(IS_WATCHED)
    return page


@pytest.mark.parametrize("replacement", REPLACEMENTS)
def test_the_window_stays_when_the_page_is_replaced(visitor: Visitor, publish: Publish, replacement: str) -> None:
    page = bare(visitor).opens(publish())
    expect(part(page, "accept-all")).to_be_visible()
    page.evaluate(REPLACEMENTS[replacement])
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    page.evaluate(REPLACEMENTS[replacement])
    expect(part(page, "window")).to_be_visible()
    assert part(page, "window").evaluate("dialog => dialog.matches(':modal')") is True
    part(page, "save").click()
    expect(part(page, "status")).to_have_text("Your choice has been saved")
    page.evaluate(REPLACEMENTS[replacement])
    part(page, "floating-button").click()

    expect(part(page, "save")).to_be_visible()
    assert page.locator("#dastra-consent-window").count() == 1


@pytest.mark.parametrize(
    "style",
    ["filter: grayscale(1)", "transform: translateZ(0)", "contain: paint", "perspective: 500px", "display: grid"],
)
def test_no_style_of_the_body_moves_the_window(new_visitor: NewVisitor, publish: Publish, style: str) -> None:
    page = new_visitor(reduced_motion="reduce").opens(publish())
    expect(part(page, "accept-all")).to_be_visible()
    before = part(page, "accept-all").bounding_box()
    page.evaluate("style => document.body.style = style + '; min-height: 4000px'", style)

    assert part(page, "accept-all").bounding_box() == before
    assert page.evaluate(IN_REACH, "accept-all") is True


def test_the_window_moves_nothing_of_a_page_that_lays_its_children_out(visitor: Visitor, publish: Publish) -> None:
    page = bare(visitor).opens(publish())
    expect(part(page, "accept-all")).to_be_visible()
    page.evaluate("""() => {
      for (const each of [document.documentElement, document.body])
        each.style = 'display: flex; flex-flow: column; justify-content: space-between; gap: 40px; min-height: 100vh';
    }""")
    beside, without = page.evaluate("""() => {
      const places = () => [...document.querySelectorAll('body, body *')].map(each => each.getBoundingClientRect().top);
      const beside = places();
      document.getElementById('dastra-consent-window').style.setProperty('display', 'none', 'important');
      return [beside, places()];
    }""")

    assert without == beside


def test_what_makes_the_body_dead_leaves_the_window_alive(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "accept-all")).to_be_visible()
    page.evaluate("() => { document.body.inert = true; document.body.ariaHidden = 'true'; }")
    page.get_by_role("button", name="Refuse all").click()

    expect(part(page, "window")).to_be_hidden()


# --- Dialogs of the page ----------------------------------------------------------------------------------------------

DIALOG = """() => {
  window.dialog = document.createElement('dialog');
  dialog.innerHTML = '<button>Subscribe</button>';
  document.body.append(dialog);
}"""
IN_A_SHADOW = """() => {
  const box = document.createElement('div');
  box.innerHTML = '<button>Subscribe</button>';
  box.attachShadow({mode: 'open'}).innerHTML = '<dialog><slot></slot></dialog>';
  document.body.append(box);
  window.dialog = box.shadowRoot.firstElementChild;
}"""


@pytest.mark.parametrize("make", [DIALOG, IN_A_SHADOW], ids=["in the page", "in a shadow root"])
def test_the_window_goes_into_a_modal_dialog_and_back(visitor: Visitor, publish: Publish, make: str) -> None:
    page = watched(visitor.opens(publish()))
    page.evaluate(make)
    page.evaluate("dialog.showModal()")
    page.wait_for_function("() => dialog.querySelector('#dastra-consent-window')")
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    page.evaluate("dialog.close()")
    page.wait_for_function("() => document.querySelector('html > #dastra-consent-window')")
    part(page, "save").click()

    expect(part(page, "window")).to_be_hidden()


@pytest.mark.parametrize("make", [DIALOG, IN_A_SHADOW], ids=["in the page", "in a shadow root"])
def test_the_window_returns_when_its_dialog_is_removed(visitor: Visitor, publish: Publish, make: str) -> None:
    page = watched(visitor.opens(publish()))
    page.evaluate(make)
    page.evaluate("dialog.showModal()")
    page.wait_for_function("() => dialog.querySelector('#dastra-consent-window')")
    page.evaluate("dialog.remove()")
    part(page, "refuse-all").click()

    expect(part(page, "window")).to_be_hidden()


def test_the_settings_open_above_the_dialog_that_asks_for_them(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "refuse-all").click()
    page.evaluate(DIALOG)
    page.evaluate("dialog.showModal()")
    page.evaluate("dastra.cookieConsent.consent.open()")
    part(page, "accept-all").click()

    expect(part(page, "window")).to_be_hidden()
    assert visitor.choices(page) == {"analytics": True, "drift": True, "youtube": True}


def test_settings_that_are_open_rise_above_a_later_dialog(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    page.locator('[part~="purpose-switch"][data-purpose="2"]').click()
    page.evaluate(DIALOG)
    page.evaluate("dialog.showModal()")
    page.wait_for_function("() => dialog.querySelector('#dastra-consent-window')")
    part(page, "save").click()

    assert visitor.choices(page) == {"analytics": True, "drift": False, "youtube": False}


# --- Content blockers -------------------------------------------------------------------------------------------------


def test_a_window_that_cannot_be_seen_does_not_freeze_the_page(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "refuse-all").click()
    page.evaluate(WRAP)
    page.evaluate("wrapper.hidden = true")
    page.evaluate("dastra.cookieConsent.consent.open()")
    page.wait_for_function("() => heard === 1")

    page.locator("h1").click()
    page.evaluate("wrapper.hidden = false")
    page.evaluate("dastra.cookieConsent.consent.open()")
    expect(part(page, "save")).to_be_visible()


def test_settings_that_are_hidden_later_let_the_page_go(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "settings")).to_be_visible()
    page.evaluate(WRAP)
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    page.evaluate("wrapper.hidden = true")
    page.wait_for_function("() => heard === 1")

    page.locator("h1").click()


# --- The focus --------------------------------------------------------------------------------------------------------

LINKS = """() => {
  document.body.replaceChildren(...Array.from({length: 40}, (_, number) => {
    const line = document.createElement('p');
    line.innerHTML = `<a href="#x" id="link${number}">A link</a>`;
    return line;
  }));
  document.body.insertAdjacentHTML('beforeend',
    `<div id="component"></div>
    <iframe id="frame" srcdoc="<button>In a frame</button>"
      style="position: fixed; top: 40px; left: 200px; width: 60px; height: 30px; border: 0"></iframe>
    <p style="position: fixed; bottom: 20px; left: 200px; margin: 0"><a href="#x" id="link40">In a bar</a></p>`);
  component.attachShadow({mode: 'open'}).innerHTML = `<div style="height: 600px"></div>
    <p style="position: fixed; bottom: 20px; left: 200px; margin: 0"><a href="#x">In a component</a></p>`;
}"""
IS_BEHIND = """() => {
  const host = document.getElementById('dastra-consent-window');
  const own = host.shadowRoot.querySelector('dialog').getBoundingClientRect();
  const active = document.activeElement.shadowRoot?.activeElement ?? document.activeElement;
  const {left, right, top, bottom} = active.getBoundingClientRect();
  return left >= own.left && right <= own.right && top >= own.top && bottom <= own.bottom;
}"""
SCROLL_PADDING = "() => getComputedStyle(document.documentElement).scrollPadding"


@pytest.mark.parametrize(
    ("position", "width", "height"),
    matrix(
        {each: (each,) for each in ("BottomLeft", "TopLeft", "Center")},
        {"desktop": (1280, 720), "zoomed": (320, 256)},
    ),
)
def test_what_has_the_focus_is_never_hidden_behind_the_window(
    new_visitor: NewVisitor, publish: Publish, position: str, width: int, height: int
) -> None:
    visitor = new_visitor(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = watched(bare(visitor).opens(publish(position=position)))
    page.evaluate(LINKS)
    page.evaluate("document.getElementById('link0').focus()")
    hidden = []
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(IS_BEHIND):
            hidden.append(page.evaluate("document.activeElement.id"))

    assert hidden == []
    assert page.evaluate("document.activeElement.id") == "component"
    for last in ("frame", "link40"):
        page.keyboard.press("Tab")
        page.wait_for_function(f"last => document.activeElement.id === last && !({IS_BEHIND})()", arg=last)
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()
    page.wait_for_function(f"() => ({SCROLL_PADDING})() === 'auto'")


TRAP = """() => {
  const inside = document.body.appendChild(document.createElement('button'));
  for (const type of ['mousedown', 'touchstart', 'click', 'focusin']) document.addEventListener(type, event => {
    if (event.target === inside) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    inside.focus();
  }, {capture: true, passive: false});
  document.addEventListener('focusout', () => setTimeout(() => inside.focus()), true);
  inside.focus();
}"""


def test_a_focus_trap_of_the_page_leaves_the_window_alone(new_visitor: NewVisitor, publish: Publish) -> None:
    visitor = new_visitor(has_touch=True)
    page = watched(visitor.opens(publish()))
    page.evaluate(TRAP)
    part(page, "settings").tap()
    part(page, "view-services").first.click()
    expect(page.locator('#dastra-consent-window [part~="service"]').first).to_be_visible()
    page.keyboard.press("Escape")
    expect(part(page, "settings")).to_be_visible()
    part(page, "refuse-all").focus()
    page.keyboard.press("Enter")

    expect(part(page, "window")).to_be_hidden()
    assert visitor.choices(page) == {"analytics": False, "drift": False, "youtube": False}


PRESSES = [
    *("pointerdown", "pointerup", "mousedown", "mouseup", "touchstart", "touchend"),
    *("click", "auxclick", "dblclick", "contextmenu"),
]


def test_no_press_in_the_window_reaches_the_page_but_one_that_began_there_ends_there(
    new_visitor: NewVisitor, publish: Publish
) -> None:
    """A dialog of the page closes when the visitor presses beside it; a slider stops when the visitor lets it go."""
    page = watched(new_visitor(has_touch=True).opens(publish()))
    page.evaluate(
        """types => {
          window.heard = [];
          for (const type of types) document.addEventListener(type, ({type}) => heard.push(type), true);
        }""",
        PRESSES,
    )
    part(page, "title").tap()
    part(page, "title").dblclick()
    part(page, "title").click(button="middle")
    part(page, "title").click(button="right")
    assert page.evaluate("heard") == []

    page.locator("h1").hover()
    page.mouse.down()
    part(page, "title").hover()
    page.mouse.up()
    assert page.evaluate("heard.filter(type => type !== 'click')") == [
        "pointerdown",
        "mousedown",
        "pointerup",
        "mouseup",
    ]
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()


@pytest.mark.parametrize(
    "script",
    ["", "addEventListener('wheel', event => event.preventDefault(), {passive: false})"],
    ids=["on a plain page", "beside a smooth scroller of the page"],
)
def test_the_wheel_scrolls_the_window_on_a_low_screen(new_visitor: NewVisitor, publish: Publish, script: str) -> None:
    visitor = new_visitor(viewport={"width": 390, "height": 400})
    page = watched(visitor.opens(publish()))
    page.evaluate(script)
    part(page, "settings").click()
    part(page, "view-services").first.hover()
    page.mouse.wheel(0, 200)

    page.wait_for_function(
        "() => [...document.querySelector('#dastra-consent-window').shadowRoot.querySelectorAll('*')]"
        ".some(({scrollTop}) => scrollTop > 0)"
    )


def test_a_click_that_a_script_has_kept_back_finds_its_button(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script("""addEventListener('click', event => {
      event.stopImmediatePropagation();
      setTimeout(() => event.target.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true})));
    }, {capture: true, once: true})""")
    visitor.opens(publish(), page=page)
    part(watched(page), "refuse-all").click()

    expect(part(page, "window")).to_be_hidden()
    assert visitor.choices(page) == {"analytics": False, "drift": False, "youtube": False}
