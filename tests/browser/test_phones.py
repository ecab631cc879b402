"""The first screen leaves room on a phone, with the built-in texts of every language, and shows all of them."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewVisitor, Publish, part
from tests.browser.languages import LANGUAGES, SAMPLE
from tests.matrices import sampled

MEASURE = """() => {
  const dialog = document.getElementById('dastra-consent-window').shadowRoot.querySelector('dialog');
  const text = dialog.querySelector('.text');
  return {
    share: dialog.offsetWidth * dialog.offsetHeight / (innerWidth * innerHeight),
    hidden: text.scrollHeight - text.clientHeight,
    cut: [...dialog.querySelectorAll('button, h2')].filter(each => each.scrollWidth > each.clientWidth + 1).length,
  };
}"""


@pytest.mark.parametrize(("width", "height", "most"), [(390, 844, 0.40), (320, 568, 0.65)], ids=["390", "320"])
@pytest.mark.parametrize("language", sampled(LANGUAGES, sample=len(SAMPLE)))
def test_the_first_screen_leaves_room(
    new_visitor: NewVisitor, publish: Publish, language: str, width: int, height: int, most: float
) -> None:
    visitor = new_visitor(viewport={"width": width, "height": height}, is_mobile=True, has_touch=True)
    page = visitor.opens(publish(translations={}, languages=[language], cookieNoticeUrl=None))
    expect(part(page, "window")).to_be_visible()
    page.evaluate("document.fonts.ready")
    measured = page.evaluate(MEASURE)

    assert measured["share"] <= most
    assert (measured["hidden"], measured["cut"]) == (0, 0)
