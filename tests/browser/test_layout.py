"""The window's position and size, and that it moves nothing on the page."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Json, NewVisitor, Publish, Visitor, part, settled
from tests.browser.third_party import Site

OBSERVE = """
  window.shifts = [];
  new PerformanceObserver(list => shifts.push(...list.getEntries().map(each => each.value)))
    .observe({type: 'layout-shift', buffered: true});
"""
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def box(page: Page, name: str) -> Json:
    found = part(page, name).bounding_box()
    assert found is not None
    return dict(found)


def fits(page: Page) -> bool:
    """Nothing in the window, nor the page because of it, is wider than the screen."""
    return bool(
        page.evaluate("""() => {
          const root = document.getElementById('dastra-consent-window').shadowRoot;
          const seen = [...root.querySelectorAll('*')].filter(each => each.checkVisibility());
          const inside = seen.every(each => {
            const {left, right} = each.getBoundingClientRect();
            return left >= -1 && right <= innerWidth + 1;
          });
          return inside && document.documentElement.scrollWidth <= innerWidth;
        }""")
    )


@pytest.mark.parametrize("lang", ["en", "de"])
def test_both_screens_fit_a_screen_of_320_pixels(new_visitor: NewVisitor, publish: Publish, lang: str) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 568}, reduced_motion="reduce")
    page = visitor.opens(publish(), lang=lang)
    expect(part(page, "window")).to_be_visible()
    assert fits(page)
    window = box(page, "window")
    assert window["y"] >= 0
    assert window["y"] + window["height"] <= 568
    part(page, "settings").click()
    expect(part(page, "save")).to_be_in_viewport(ratio=1)

    assert fits(page)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (390, 700)], ids=["desktop", "phone"])
def test_a_page_that_enlarges_itself_pushes_no_button_out(
    new_visitor: NewVisitor, publish: Publish, width: int, height: int
) -> None:
    visitor = new_visitor(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = visitor.opens(publish())
    page.add_style_tag(content="html { zoom: 1.5 }")
    for button in ("refuse-all", "accept-all"):
        part(page, button).evaluate("button => button.scrollIntoView({block: 'center'})")
        expect(part(page, button)).to_be_in_viewport(ratio=1)
    part(page, "settings").click()
    for button in ("close", "refuse-all", "accept-all", "save"):
        expect(part(page, button)).to_be_in_viewport(ratio=1)


def test_custom_properties_that_the_page_registers_do_not_reach_the_window(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    registered = "".join(
        f"@property --{name} {{ syntax: '<color>'; inherits: false; initial-value: red }}"
        for name in ("bg", "text", "title", "btn", "primary", "line")
    )
    colours = "button => { const {color, backgroundColor} = getComputedStyle(button); return color + backgroundColor }"
    before = part(page, "accept-all").evaluate(colours)
    page.add_style_tag(content=registered)

    assert part(page, "accept-all").evaluate(colours) == before


def test_a_low_screen_can_scroll_to_every_button(new_visitor: NewVisitor, publish: Publish) -> None:
    """200 % zoom on a laptop, or a phone held across, is a screen of this height."""
    visitor = new_visitor(viewport={"width": 640, "height": 320}, reduced_motion="reduce")
    page = visitor.opens(publish(), lang="de")
    part(page, "accept-all").evaluate("button => button.scrollIntoView({block: 'center'})")
    expect(part(page, "accept-all")).to_be_in_viewport(ratio=1)
    part(page, "settings").click()
    expect(part(page, "save")).to_be_in_viewport(ratio=1)
    last = page.locator('#dastra-consent-window [part~="card"]').last
    last.scroll_into_view_if_needed()

    expect(last).to_be_in_viewport()
    assert fits(page)


@pytest.mark.parametrize("position", ["TopLeft", "TopRight", "BottomLeft", "BottomRight", "Center"])
def test_the_window_is_at_the_configured_position(new_visitor: NewVisitor, publish: Publish, position: str) -> None:
    page = new_visitor(reduced_motion="reduce").opens(publish(position=position))
    expect(part(page, "window")).to_be_visible()
    window = box(page, "window")
    across, down = window["x"] + window["width"] / 2, window["y"] + window["height"] / 2

    if position == "Center":
        assert (abs(across - 640) < 20, abs(down - 400) < 20) == (True, True)
    else:
        assert (across < 640, down < 400) == ("Left" in position, "Top" in position)


def test_the_owners_colours_and_font_are_used(new_visitor: NewVisitor, publish: Publish) -> None:
    colours = {"bgColor": "#102030", "colorText": "#e0e8f0", "colorTitle": "#ffffff", "colorBtn": "#f4b942"}
    page = new_visitor(color_scheme="dark").opens(publish(**colours, fontFamily="Georgia, serif"))
    expect(part(page, "window")).to_be_visible()

    assert looks(page, "window", "backgroundColor") == "rgb(16, 32, 48)"
    assert looks(page, "text", "color") == "rgb(224, 232, 240)"
    assert looks(page, "title", "color") == "rgb(255, 255, 255)"
    for name in ("accept-all", "refuse-all"):
        assert looks(page, name, "backgroundColor") == "rgb(244, 185, 66)"
        assert looks(page, name, "color") == "rgb(0, 0, 0)"
    assert looks(page, "text", "fontFamily") == "Georgia, serif"


def test_the_names_of_the_documented_style_sheet_are_those_of_the_window(visitor: Visitor, publish: Publish) -> None:
    names = ["container", "button", "viewmore-button", "collection-title", "trigger-button"]
    css = "".join(f"#dastra-widget .dastra-cw-{name}{{letter-spacing:{at}px}}" for at, name in enumerate(names, 1))
    picture = ".dastra-cw-trigger-button{background-image:url('data:image/png;base64,iVBORw0KGgo=')}"
    page = visitor.opens(publish(customCSS=css + picture))
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    parts = ["window", "save", "view-services", "card-title"]
    assert [looks(page, name, "letterSpacing") for name in parts] == ["1px", "2px", "3px", "4px"]
    part(page, "save").click()

    assert looks(page, "floating-button", "letterSpacing") == "5px"
    assert looks(page, "floating-button", "backgroundImage") == 'url("data:image/png;base64,iVBORw0KGgo=")'


def test_a_refusal_never_has_the_owners_second_colour(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish(bgColor="#ffffff", colorPrimary="#1b6ac9", colorSecondary="#48ba61"))
    part(page, "settings").click()
    off = page.locator('[part~="purpose-switch"][data-purpose="2"]')

    assert off.evaluate("each => getComputedStyle(each).borderColor") == "rgb(127, 137, 150)"
    assert looks(page, "card", "borderTopColor") == "rgb(72, 186, 97)"


def looks(page: Page, name: str, style: str) -> str:
    return str(part(page, name).first.evaluate("(each, style) => getComputedStyle(each)[style]", style))


def test_without_colours_the_window_follows_the_visitors_scheme(new_visitor: NewVisitor, publish: Publish) -> None:
    widget = publish()
    pages = {scheme: new_visitor(color_scheme=scheme).opens(widget) for scheme in ("light", "dark")}
    for page in pages.values():
        expect(part(page, "window")).to_be_visible()

    assert looks(pages["light"], "window", "backgroundColor") == "rgb(255, 255, 255)"
    assert looks(pages["dark"], "window", "backgroundColor") != "rgb(255, 255, 255)"


def test_reduced_motion_is_respected(new_visitor: NewVisitor, publish: Publish) -> None:
    page = new_visitor(reduced_motion="reduce").opens(publish())
    expect(part(page, "window")).to_be_visible()

    assert page.evaluate("document.getElementById('dastra-consent-window').shadowRoot.getAnimations().length") == 0
    assert looks(page, "window", "transitionProperty") == "all"
    assert looks(page, "window", "transitionDuration") == "0s"


def test_the_window_moves_in_but_is_there_in_its_first_frame(new_visitor: NewVisitor, publish: Publish) -> None:
    visitor = new_visitor(reduced_motion="no-preference")
    page = visitor.context.new_page()
    page.add_init_script("""
      const look = () => {
        const dialog = document.getElementById('dastra-consent-window')?.shadowRoot?.querySelector('dialog');
        if (!dialog) return requestAnimationFrame(look);
        window.first = getComputedStyle(dialog).opacity;
      };
      requestAnimationFrame(look);
    """)
    visitor.opens(publish(), page=page)
    page.wait_for_function("() => window.first")

    assert page.evaluate("window.first") == "1"


def test_the_window_is_not_printed(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    page.emulate_media(media="print")

    expect(part(page, "window")).to_be_hidden()


def test_the_window_may_wait_until_a_share_of_the_page_has_been_scrolled(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script("addEventListener('DOMContentLoaded', () => { document.body.style.height = '4000px'; })")
    visitor.opens(publish(scrollTrigger=50), page=page)
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")
    page.evaluate("scrollTo(0, 0.4 * (document.documentElement.scrollHeight - innerHeight))")
    page.evaluate(TWO_FRAMES)
    assert part(page, "window").count() == 0
    page.evaluate("scrollTo(0, 0.6 * (document.documentElement.scrollHeight - innerHeight))")

    expect(part(page, "window")).to_be_visible()


def test_a_page_that_cannot_scroll_asks_at_once(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(scrollTrigger=50))

    expect(part(page, "window")).to_be_visible()


def test_the_floating_button_is_there_if_it_is_wanted(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish(showFixedButton=False))
    part(page, "accept-all").click()
    expect(part(page, "window")).to_be_hidden()

    expect(part(page, "floating-button")).to_be_hidden()


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_of_the_page_moves(new_visitor: NewVisitor, publish: Publish, width: int) -> None:
    visitor = new_visitor(viewport={"width": width, "height": 800})
    page = visitor.context.new_page()
    page.add_init_script(OBSERVE)
    visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    part(page, "accept-all").click()
    expect(part(page, "floating-button")).to_be_visible()
    page.evaluate(TWO_FRAMES)

    assert page.evaluate("shifts") == []


def test_a_shift_would_have_been_noticed(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script(OBSERVE)
    visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()
    page.evaluate("document.body.style.paddingTop = '300px'")

    page.wait_for_function("() => shifts.length > 0")


@pytest.mark.parametrize("screen", ["first", "second"])
def test_the_second_click_on_a_button_does_not_press_what_lies_behind_the_window(
    visitor: Visitor, site: Site, publish: Publish, screen: str
) -> None:
    behind = '<button style="position: fixed; inset: 0" onclick="document.title = \'pressed\'">Buy</button>'
    clock = visitor.context.clock
    clock.install()
    page = site.opens(visitor, publish(), behind)
    expect(part(page, "window")).to_be_visible()
    if screen == "second":
        part(page, "settings").click()
        expect(part(page, "save")).to_be_visible()
    accept = box(page, "accept-all")
    with page.expect_request(lambda request: '"Consents"' in (request.post_data or "")) as posted:
        # Both clicks come at once, however busy the machine is.
        clock.pause_at(datetime.now(UTC) + timedelta(seconds=9))
        page.mouse.dblclick(accept["x"] + accept["width"] / 2, accept["y"] + accept["height"] / 2)
        clock.resume()
    expect(part(page, "window")).to_have_count(0)

    assert page.title() != "pressed"
    assert visitor.proof(page)["action"] == "AcceptAll"
    assert [each for each in visitor.requests if '"Consents"' in (each.post_data or "")] == [posted.value]
    page.locator("button", has_text="Buy").click()
    assert page.title() == "pressed"


def test_the_first_of_two_answers_at_once_counts(visitor: Visitor, site: Site, publish: Publish) -> None:
    """A visitor presses both while a script of the page holds up the browser."""
    page = site.opens(visitor, publish())
    expect(part(page, "window")).to_be_visible()
    page.evaluate("""() => {
      const {shadowRoot} = document.getElementById('dastra-consent-window');
      for (const name of ['refuse-all', 'accept-all', 'settings']) shadowRoot.querySelector(`.${name}`).click();
    }""")
    settled(page)
    expect(part(page, "window")).to_have_count(0)

    assert set((visitor.choices(page) or {}).values()) == {False}
    assert len([each for each in visitor.requests if '"Consents"' in (each.post_data or "")]) == 1


@pytest.mark.parametrize("is_late", [False, True], ids=["quick", "late"])
@pytest.mark.parametrize("position", ["TopRight", "BottomLeft"])
def test_the_second_click_on_the_x_does_not_open_the_window_again(
    visitor: Visitor, site: Site, publish: Publish, position: str, is_late: bool
) -> None:
    """The floating button takes the place of the window, in some positions under the pointer."""
    page = site.opens(visitor, publish(position=position, showFixedButton=True))
    expect(part(page, "window")).to_be_visible()
    close = box(page, "close")
    at = (close["x"] + close["width"] / 2, close["y"] + close["height"] / 2)
    page.mouse.click(*at)
    if is_late:  # the browser was busy, or the visitor is slow
        expect(part(page, "floating-button")).to_be_visible()
    page.mouse.down(click_count=2)
    page.mouse.up(click_count=2)
    page.evaluate(TWO_FRAMES)

    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()
