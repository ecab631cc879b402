"""The window without a mouse: where the focus goes, where it stays, and where it returns to."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part

FOCUSED = """() => {
  let active = document.activeElement;
  while (active?.shadowRoot) active = active.shadowRoot.activeElement;
  return active?.getAttribute('part')?.split(' ')[0] || active?.id || active?.localName;
}"""
INSIDE = "() => document.activeElement?.id === 'dastra-consent-window'"


def focused(page: Page) -> str:
    """The part, or else the id, of what has the focus."""
    return str(page.evaluate(FOCUSED))


def test_the_first_screen_can_be_walked_and_left(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "window").focus()
    walked = []
    for _ in range(4):
        page.keyboard.press("Tab")
        walked.append(focused(page))

    assert walked == ["close", "refuse-all", "accept-all", "settings"]
    page.keyboard.press("Tab")
    assert page.evaluate(INSIDE) is False  # it is not modal: the focus can leave it


def test_every_stop_shows_that_it_has_the_focus(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "window").focus()
    for name in ("close", "refuse-all", "accept-all", "settings"):
        page.keyboard.press("Tab")
        assert part(page, name).evaluate("each => getComputedStyle(each).outline").endswith("solid 3px")


def test_enter_decides(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "refuse-all").focus()
    page.keyboard.press("Enter")

    expect(part(page, "window")).to_be_hidden()
    assert visitor.choices(page) == {"analytics": False, "drift": False, "youtube": False}


def test_the_second_screen_holds_the_focus_and_escape_lets_it_go(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "settings").focus()
    page.keyboard.press("Enter")
    expect(part(page, "save")).to_be_visible()
    assert page.evaluate(INSIDE) is True
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(focused(page))
        assert focused(page) == "body" or page.evaluate(INSIDE)  # the body stands for the browser's own bar

    assert {"close", "purpose-switch", "refuse-all", "save", "accept-all"} <= seen
    page.keyboard.press("Escape")
    expect(part(page, "save")).to_be_hidden()


def test_a_switch_obeys_the_space_bar(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "settings").click()
    switch = page.locator('[part~="purpose-switch"][data-purpose="2"]')
    expect(switch).not_to_be_checked()
    switch.focus()
    page.keyboard.press("Space")

    expect(switch).to_be_checked()
    expect(page.locator('[part~="purpose-switch"][data-purpose="0"]')).to_have_count(0)  # always active


def test_the_focus_returns_to_what_opened_the_settings(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "refuse-all").click()
    page.locator("#privacy-settings").focus()
    page.keyboard.press("Enter")
    expect(part(page, "save")).to_be_visible()
    assert page.evaluate(INSIDE) is True
    page.keyboard.press("Escape")

    expect(part(page, "window")).to_be_hidden()
    assert focused(page) == "privacy-settings"


def test_the_floating_button_is_reached_and_opens_the_settings(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "accept-all").click()
    part(page, "floating-button").focus()
    page.keyboard.press("Enter")
    expect(part(page, "save")).to_be_visible()
    page.keyboard.press("Escape")

    expect(part(page, "floating-button")).to_be_focused()


def test_a_first_window_leaves_the_focus_where_the_visitor_types(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script("""addEventListener('DOMContentLoaded', () => {
      const search = document.createElement('input');
      search.id = 'search';
      document.querySelector('main')?.prepend(search);  // a frame has none
      search.focus();
    })""")
    visitor.opens(publish(timerTrigger=1), page=page)
    expect(part(page, "window")).to_be_visible()

    assert focused(page) == "search"


def test_the_window_and_its_switches_have_accessible_names(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())

    expect(page.get_by_role("dialog", name="Your privacy, your choice")).to_be_visible()
    part(page, "settings").click()
    expect(page.get_by_role("dialog", name="Privacy settings")).to_be_visible()
    expect(page.get_by_role("switch", name="Audience measurement")).to_be_visible()


def test_a_stored_choice_is_announced(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "accept-all").click()

    expect(page.get_by_role("status").filter(has_text="Your choice has been saved")).to_have_count(1)
