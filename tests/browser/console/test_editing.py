"""Forms that are saved as one types: nothing that was typed is lost, and a second author is told of the first."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from consent_core.publishing import drafts
from tests.browser.console.server import ConsoleBrowser, ConsoleServer

LOOK, REGIONS, TEXTS = "/widgets/43/look", "/widgets/43/regions", "/widgets/43/texts/fr"

CARET = "() => [document.activeElement.id, document.activeElement.selectionStart]"


def draft(server: ConsoleServer) -> dict[str, Any]:
    found = server.tables.widgets.draft(43)
    assert found is not None
    return dict(json.loads(found.definition))


def opened(console: ConsoleBrowser, path: str) -> Page:
    page = console.context.new_page()
    page.goto(path)
    return page


def number(page: Page, expected: int) -> None:
    """Wait until the form knows the draft of this number."""
    expect(page.locator("#part > [name=draft]")).to_have_value(str(expected))


def test_a_colour_is_saved_while_it_is_typed_and_the_caret_stays(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, LOOK)
    page.locator("#f-bgColor").fill("#ffffff")
    number(page, 1)
    field = page.locator("#f-colorText")
    field.fill("#99")
    field.press_sequentially("9999")
    field.press("ArrowLeft")
    number(page, 2)

    assert (draft(console_server)["bgColor"], draft(console_server)["colorText"]) == ("#ffffff", "#999999")
    assert page.evaluate(CARET) == ["f-colorText", 6]
    expect(page.get_by_text("Hard to read: 2.84 : 1, needs 4.5.")).to_be_visible()
    expect(page.get_by_text("Saved in the draft")).to_be_visible()


def test_a_colour_without_its_hash_is_saved_and_stays_as_it_is_typed(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, LOOK)
    field = page.locator("#f-colorBtn")
    field.press_sequentially("fe6")
    number(page, 1)
    expect(field).to_have_value("fe6")
    field.press_sequentially("8e1")
    number(page, 2)

    assert draft(console_server)["colorBtn"] == "#fe68e1"
    expect(page.locator("[data-colour-of=f-colorBtn]")).to_have_value("#fe68e1")
    expect(page.get_by_text("It is shown all the same.")).to_be_visible()


def test_a_colour_is_saved_within_a_second(console_browser: ConsoleBrowser, console_server: ConsoleServer) -> None:
    """The pause before a form is sent is the browser's own clock's, which stands still here."""
    page = console_browser.context.new_page()
    page.clock.install()
    page.goto(LOOK)
    page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=4))
    page.locator("#f-bgColor").fill("#abcdef")
    page.clock.run_for(399)
    assert console_server.posted == []
    page.clock.run_for(1)
    number(page, 1)

    assert draft(console_server)["bgColor"] == "#abcdef"


def test_the_nearest_colour_is_taken_at_a_press(console_browser: ConsoleBrowser, console_server: ConsoleServer) -> None:
    page = opened(console_browser, LOOK)
    page.locator("#f-bgColor").fill("#ffffff")
    page.locator("#f-colorText").fill("#999999")
    page.get_by_role("button", name="Use #767676, the nearest that passes").click()
    expect(page.locator("#f-colorText")).to_have_value("#767676")

    assert draft(console_server)["colorText"] == "#767676"


def test_a_fault_is_shown_while_it_is_typed_without_taking_the_focus(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, LOOK)
    field = page.locator("#f-fixedButtonSize")
    field.fill("9")
    expect(page.locator("#f-fixedButtonSize-fault")).to_be_visible()

    assert page.evaluate(CARET) == ["f-fixedButtonSize", 1]
    assert console_server.tables.widgets.draft(43) is None
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#faults")).to_be_focused()
    page.get_by_role("link", name="Size of the floating button").click()
    expect(field).to_be_focused()
    field.fill("64")
    number(page, 1)
    expect(page.locator("#f-fixedButtonSize-fault")).to_have_count(0)
    assert draft(console_server)["fixedButtonSize"] == 64


def test_what_is_typed_while_the_service_answers_is_kept(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, LOOK)
    font, style, size = (page.locator(f"#f-{name}") for name in ("fontFamily", "customCSS", "fixedButtonSize"))
    with console_server.holding():
        font.fill("Georgia")
        page.wait_for_function("() => document.querySelector('#part').classList.contains('htmx-request')")
        font.press_sequentially(", serif")
        page.locator("#f-overlay").check()
        style.fill(".window{color:red}")
        size.fill("7")
    size.press_sequentially("0")
    number(page, 2)

    assert (font.input_value(), style.input_value(), size.input_value()) == (
        "Georgia, serif",
        ".window{color:red}",
        "70",
    )
    expect(page.locator("#f-overlay")).to_be_checked()
    saved = draft(console_server)
    assert (saved["fontFamily"], saved["customCSS"]) == ("Georgia, serif", ".window{color:red}")
    assert (saved["fixedButtonSize"], saved["overlay"]) == (70, True)


COUNTED = """() => {
  window.wanted = 0;
  document.addEventListener('htmx:config:request', () => { window.wanted += 1; });
}"""


def test_a_save_that_waits_for_another_one_is_no_conflict(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, LOOK)
    page.evaluate(COUNTED)
    with console_server.holding():
        page.locator("#f-fontFamily").fill("Georgia")
        page.wait_for_function("() => window.wanted === 1")
        page.locator("#f-fixedButtonSize").fill("70")
        page.wait_for_function("() => window.wanted === 2")
        page.locator("#f-offsetTop").fill("8")
        page.get_by_role("button", name="Save").click()
        page.wait_for_function("() => window.wanted >= 3")
    number(page, 2)

    expect(page.locator("#conflict")).to_have_count(0)
    expect(page.get_by_text("Visitors see it when you publish")).to_be_visible()
    saved = draft(console_server)
    assert (saved["fontFamily"], saved["fixedButtonSize"], saved["offsetTop"]) == ("Georgia", 70, 8)


def test_a_second_tab_overwrites_nothing_and_chooses(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    first, second = opened(console_browser, LOOK), opened(console_browser, LOOK)
    first.locator("#f-bgColor").fill("#111111")
    number(first, 1)
    second.locator("#f-bgColor").fill("#222222")
    expect(second.locator("#conflict")).to_contain_text("You have saved this draft elsewhere")

    expect(second.locator("#f-bgColor")).to_have_value("#222222")
    expect(second.locator("#f-bgColor")).to_be_focused()
    assert draft(console_server)["bgColor"] == "#111111"
    second.get_by_role("button", name="Save mine over it").click()
    number(second, 2)
    assert draft(console_server)["bgColor"] == "#222222"
    expect(second.locator("#conflict")).to_have_count(0)


def test_a_session_that_ends_loses_no_character(console_browser: ConsoleBrowser, console_server: ConsoleServer) -> None:
    page = opened(console_browser, LOOK)
    console_server.end_sessions()
    page.locator("#f-customCSS").press_sequentially(".window{border-radius:0} ")
    expect(page.locator("#session")).to_contain_text("Your session is over")
    page.locator("#f-customCSS").press_sequentially(".title{color:red}")
    page.locator("#f-displayLogo").check()
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Sign in in another tab").click()
    expect(popup.value.get_by_role("heading", name="You are signed in")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    number(page, 1)

    expect(page.locator("#session")).to_be_empty()
    assert draft(console_server)["customCSS"] == ".window{border-radius:0} .title{color:red}"
    assert draft(console_server)["displayLogo"] is True


def test_a_page_is_not_left_with_something_that_is_not_saved(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, LOOK)
    asked: list[str] = []

    def stay(dialog: Any) -> None:  # noqa: ANN401 - Playwright's
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.locator("#f-fixedButtonSize").fill("9")
    page.get_by_role("link", name="Behaviour").click()
    expect(page.locator("#f-fixedButtonSize-fault")).to_be_visible()
    assert asked == ["beforeunload"]

    page.locator("#f-fixedButtonSize").fill("64")
    number(page, 1)
    page.get_by_role("link", name="Behaviour").click()
    expect(page.get_by_role("heading", name="Behaviour")).to_be_visible()
    assert asked == ["beforeunload"]


def test_presets_come_and_go_with_their_switches(
    console_browser: ConsoleBrowser, console_server: ConsoleServer
) -> None:
    page = opened(console_browser, REGIONS)
    page.locator("#f-preset-us").check()
    number(page, 1)
    page.locator("#f-preset-gb").check()
    number(page, 2)
    expect(page.locator("[id='f-policies.1.exempt']")).to_be_checked()
    page.locator("[id='f-policies.0.announce']").check()
    number(page, 3)
    page.locator("#f-preset-us").uncheck()
    number(page, 4)

    assert [(each["id"], each["announce"]) for each in draft(console_server)["policies"]] == [("gb", False)]
    expect(page.locator("[id='f-policies.0.id']")).to_have_value("gb")
    expect(page.locator("[id='f-policies.0.announce']")).not_to_be_checked()
    expect(page.locator("[id='f-policies.0.exempt']")).to_be_checked()


def test_a_text_is_saved_while_it_is_typed(console_browser: ConsoleBrowser, console_server: ConsoleServer) -> None:
    part = {"languages": ["en", "fr"], "translations": {"en": {"startupTitle": "Nope", "innerTitle": "Yep"}}}
    drafts.save_part(console_server.tables.widgets, 43, part, actor="test", now=datetime.now(UTC))
    page = opened(console_browser, f"{TEXTS}?missing=1")
    no, yes = (page.locator(f"[id='f-translations.fr.{name}']") for name in ("startupTitle", "innerTitle"))
    no.press_sequentially("Non ")
    number(page, 2)
    no.press_sequentially("merci")
    number(page, 3)

    assert draft(console_server)["translations"]["fr"] == {"startupTitle": "Non merci"}
    expect(no).to_have_value("Non merci")  # it is missing no more, and stays while it is typed
    no.press_sequentially("<b")
    expect(page.locator("[id='f-translations.fr.startupTitle-fault']")).to_be_visible()
    assert page.evaluate(CARET) == ["f-translations.fr.startupTitle", len("Non merci<b")]
    expect(no).to_have_value("Non merci<b")
    expect(page.get_by_text("Not saved yet.")).to_be_visible()
    no.fill("")
    number(page, 4)
    expect(no).to_be_focused()
    expect(no).to_have_value("")
    assert draft(console_server)["translations"] == part["translations"]

    yes.fill("y" * 79)
    number(page, 5)
    yes.press_sequentially("yyy")  # the field becomes higher
    number(page, 6)
    expect(yes).to_have_attribute("rows", "4")
    assert page.evaluate(CARET) == ["f-translations.fr.innerTitle", 82]
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Visitors see it when you publish")).to_be_visible()
    expect(yes).to_have_count(0)
    expect(no).to_be_visible()


@pytest.mark.parametrize("path", [LOOK, "/widgets/43/behaviour", REGIONS])
def test_a_page_fits_a_narrow_screen(console_browser: ConsoleBrowser, path: str) -> None:
    page = opened(console_browser, path)
    page.set_viewport_size({"width": 320, "height": 640})

    assert page.evaluate("() => document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("path", [LOOK, TEXTS])
@pytest.mark.parametrize("width", [320, 960, 961])
def test_a_link_leads_to_a_preview_that_stands_below(console_browser: ConsoleBrowser, path: str, width: int) -> None:
    page = opened(console_browser, path.replace("/fr", "/en"))
    page.set_viewport_size({"width": width, "height": 640})
    link = page.get_by_role("link", name="Preview", exact=True)
    if width > 960:
        expect(page.locator("#preview")).to_be_in_viewport()
        expect(link).to_be_hidden()
        return
    expect(page.locator("#preview")).not_to_be_in_viewport()
    link.click()
    expect(page.locator("#preview")).to_be_in_viewport()


@pytest.mark.parametrize("path", [LOOK, "/widgets/43/behaviour", REGIONS])
def test_axe_finds_nothing(console_browser: ConsoleBrowser, console_server: ConsoleServer, path: str) -> None:
    policies = [{"id": "all", "regions": ["*"], "optOut": [2]}]  # a fault at its field
    part = {"bgColor": "#ffffff", "colorText": "#999999", "policies": policies}
    drafts.save_part(console_server.tables.widgets, 43, part, actor="test", now=datetime.now(UTC))
    page = opened(console_browser, path)
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        assert Axe().run(page).response["violations"] == []


@pytest.mark.parametrize("name", ["colorBtn", "position", "customCSS"])
def test_a_link_to_a_field_shows_its_label(console_browser: ConsoleBrowser, name: str) -> None:
    page = opened(console_browser, f"{LOOK}#f-{name}")

    label = page.locator(f"label[for=f-{name}], fieldset[id=f-{name}] > legend")
    expect(page.locator(f"#f-{name}")).to_be_focused()
    expect(label).to_be_in_viewport(ratio=1)


def test_a_save_is_seen_beside_its_button(console_browser: ConsoleBrowser, console_server: ConsoleServer) -> None:
    page = opened(console_browser, f"{LOOK}#f-colorBtn")
    said = page.locator(".kept .saved")
    expect(said).to_have_count(0)
    with console_server.holding():
        page.locator("#f-colorBtn").fill("#0b6e4f")
        page.wait_for_function("() => document.querySelector('#part').classList.contains('htmx-request')")
        assert said.count() == 0
    number(page, 1)
    expect(said).to_be_in_viewport(ratio=1)
    assert said.evaluate(MARK) == '"✓ " / ""'
    with console_server.holding():
        page.get_by_role("button", name="Save", exact=True).click()
        page.wait_for_function("() => document.querySelector('#part').classList.contains('htmx-request')")
        assert said.evaluate(MARK) == '"… " / ""'
    number(page, 2)
    assert said.evaluate(MARK) == '"✓ " / ""'
    expect(said).to_be_in_viewport(ratio=1)


MARK = "each => getComputedStyle(each, '::before').content"


def test_a_field_that_has_the_focus_is_in_sight(console_browser: ConsoleBrowser) -> None:
    page = opened(console_browser, "/widgets/43/behaviour")
    page.set_viewport_size({"width": 700, "height": 500})
    for _ in range(30):
        page.keyboard.press("Tab")
        assert page.evaluate(IN_SIGHT)


IN_SIGHT = """() => {
  const {top, bottom, left, width} = document.activeElement.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, (top + bottom) / 2);
  return document.activeElement.contains(seen) || document.activeElement.closest('.kept') !== null;
}"""
