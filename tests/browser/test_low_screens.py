"""On low screens, with large letters and wide spacing, title and buttons stay in sight while the text scrolls."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewVisitor, Publish, part

IN_SIGHT = ("title", "close", "refuse-all", "accept-all")
SPACING = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
"""The spacing of WCAG 2.2, success criterion 1.4.12."""

SIDEWAYS = """() => {
  const dialog = document.getElementById('dastra-consent-window').shadowRoot.querySelector('dialog');
  return [document.documentElement, dialog, ...dialog.querySelectorAll('.text, .body')]
    .filter(each => each.scrollWidth > each.clientWidth + 1)
    .map(each => each.className || each.localName);
}"""


@pytest.mark.parametrize("screen", ["first", "second"])
@pytest.mark.parametrize(
    ("width", "height", "form"),
    [
        *((320, 256, {}), (640, 400, {}), (844, 390, {}), (390, 844, {}), (320, 200, {"languages": ["en"]})),
        (320, 256, {"customCSS": ".root { --dw-space: 32px }"}),
        (844, 390, {"layout": "Bar"}),
        (320, 568, {"customCSS": SPACING}),
        (1280, 800, {"customCSS": ".root { font-size: 1.88em }"}),
    ],
    ids=["400", "200", "landscape", "portrait", "lowest", "space", "bar", "spacing", "letters"],
)
def test_title_and_buttons_stay_in_sight(
    new_visitor: NewVisitor, publish: Publish, width: int, height: int, form: dict[str, object], screen: str
) -> None:
    visitor = new_visitor(viewport={"width": width, "height": height}, reduced_motion="reduce")
    page = visitor.opens(publish(**form))
    expect(part(page, "window")).to_be_visible()
    if screen == "second":
        part(page, "settings").click()
        expect(part(page, "save")).to_be_visible()

    for name in (*IN_SIGHT, "settings" if screen == "first" else "save"):
        expect(part(page, name)).to_be_in_viewport(ratio=0.99)
        assert hits(page, name), name
    assert page.evaluate(SIDEWAYS) == []


def hits(page: Page, name: str) -> bool:
    """Return whether a press on the middle of a part reaches it."""
    return bool(
        part(page, name).evaluate(
            """each => {
              const {x, y, width, height} = each.getBoundingClientRect();
              return each.contains(each.getRootNode().elementFromPoint(x + width / 2, y + height / 2));
            }"""
        )
    )
