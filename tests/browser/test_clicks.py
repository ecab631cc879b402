"""Clicks that scripts dispatch: a visitor's click that is given again, and decisions of extensions."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site

DELAYED = """<script>
  const stop = event => {
    event.preventDefault();
    event.stopImmediatePropagation();
    removeEventListener('click', stop, true);
    const again = new MouseEvent('click', {bubbles: true, cancelable: true, composed: true});
    const target = TARGET;
    setTimeout(() => target.dispatchEvent(again), 200);
  };
  addEventListener('click', stop, true);
</script>"""
"""As optimisers do that delay other scripts until the first click."""

TARGETS = {"the host": "event.target", "the button": "event.composedPath()[0]"}


def action(page: Page) -> object:
    """The action of the last proof."""
    settled(page)
    return page.evaluate("JSON.parse(Object.entries(localStorage).find(([key]) => /consents/.test(key))[1]).action")


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
@pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)
def test_one_click_is_enough_where_the_first_is_caught_and_given_again(
    visitor: Visitor, site: Site, publish: Publish, target: str, how: str
) -> None:
    page = site.opens(visitor, publish(services=SERVICES), head=DELAYED.replace("TARGET", target))
    page.wait_for_function("() => document.adoptedStyleSheets.length")  # the second file is there
    button = part(page, "refuse-all")
    if how == "mouse":
        button.click()
    else:
        button.press("Enter")
    expect(part(page, "window")).to_be_hidden()

    assert action(page) == "RefuseAll"


def test_a_script_that_clicks_decides_in_its_own_name(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES))
    part(page, "refuse-all").evaluate("button => button.click()")
    expect(part(page, "window")).to_be_hidden()

    assert action(page) == "Api"


def test_a_press_elsewhere_makes_no_scripts_click_the_visitors(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES))
    page.locator("h1").click()
    part(page, "settings").dispatch_event("pointerdown")
    page.evaluate("document.getElementById('dastra-consent-window').click()")
    expect(part(page, "window")).to_be_visible()
    part(page, "title").click()
    part(page, "accept-all").evaluate("button => button.click()")
    expect(part(page, "window")).to_be_hidden()

    assert action(page) == "Api"
