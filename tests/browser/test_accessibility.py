"""Axe finds no fault on either screen, in any built-in language, light or dark, on desktop or phone."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Json, NewVisitor, Publish, part
from tests.browser.languages import LANGUAGES, SAMPLE
from tests.matrices import matrix, rows

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DESKTOP: Json = {}
SCREENS = {
    "desktop-light": (DESKTOP, "light"),
    "phone-dark": (PHONE, "dark"),
    "phone-light": (PHONE, "light"),
    "desktop-dark": (DESKTOP, "dark"),
}


PLACED = ["color-contrast", "target-size"]
"""Rules that look at places on the screen. Axe knows those of the body alone, and gives a text up that lies on several
elements, even behind an opaque window."""

INTO = """(into) => {
  const host = document.getElementById('dastra-consent-window');
  const modal = host.shadowRoot.querySelector('dialog:modal');
  for (const child of document.body.children) child.style.visibility = into === 'body' ? 'hidden' : '';
  host.style.visibility = '';
  document[into].append(host);
  if (modal) modal.open = false;
  modal?.showModal();
}"""


def findings(page: Page) -> list[str]:
    """Return axe's findings in the whole page."""
    found = violations(page, {"type": "tag", "values": RULES})
    page.evaluate(INTO, "body")
    found += violations(page, {"type": "rule", "values": PLACED})
    page.evaluate(INTO, "documentElement")
    return found


def violations(page: Page, rules: Json, host: str = "#dastra-consent-window") -> list[str]:
    """Return what breaks one of these rules once the window's animations have ended."""
    page.wait_for_function(
        """host => document.querySelector(host).shadowRoot.getAnimations()
          .every(animation => animation.playState === 'finished')""",
        arg=host,
    )
    found = Axe().run(page, options={"runOnly": rules}).response["violations"]
    return [f"{fault['id']}: {node['target']} {node['html'][:120]}" for fault in found for node in fault["nodes"]]


@pytest.mark.parametrize(
    ("lang", "device", "scheme"), matrix(rows({lang: lang for lang in LANGUAGES}), SCREENS, sample=len(SAMPLE))
)
def test_axe_finds_nothing_on_either_screen(
    new_visitor: NewVisitor, publish: Publish, lang: str, device: Json, scheme: str
) -> None:
    visitor = new_visitor(color_scheme=scheme, **device)
    page = visitor.opens(publish(languages=[lang], translations={}), lang=lang)
    expect(part(page, "window")).to_be_visible()
    assert findings(page) == []

    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    for summary in page.locator("#dastra-consent-window summary").all():
        if summary.is_visible():
            summary.click()
    assert findings(page) == []

    part(page, "save").click()
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    part(page, "view-json").click()
    assert findings(page) == []


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("form", [{"layout": "Bar"}, {"position": "Center", "overlay": True}], ids=["bar", "overlay"])
def test_axe_finds_nothing_in_other_layouts(
    new_visitor: NewVisitor, publish: Publish, form: Json, device: Json
) -> None:
    page = new_visitor(**device).opens(publish(**form))
    expect(part(page, "window")).to_be_visible()

    assert findings(page) == []


def test_axe_would_find_what_is_hard_to_read(new_visitor: NewVisitor, publish: Publish) -> None:
    page = new_visitor().opens(publish(customCSS=".text { color: #bbbbbb }"))
    expect(part(page, "window")).to_be_visible()

    assert any(finding.startswith("color-contrast") for finding in findings(page))


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_every_target_is_large_enough_for_a_finger(new_visitor: NewVisitor, publish: Publish, device: Json) -> None:
    page = new_visitor(**device).opens(publish())
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()

    for button in page.locator("#dastra-consent-window button:visible").all():
        box = button.bounding_box()
        assert box is not None
        assert box["width"] >= 24, button
        assert box["height"] >= 24, button
