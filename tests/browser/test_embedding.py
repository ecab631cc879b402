"""Pages in frames: one question, and a choice that is remembered there."""

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.conftest import HTTPS_SHOP, Publish, Visitor, part, post_of
from tests.browser.third_party import SERVICES, Site, ready

PORTAL = "https://portal.example"
NO_COOKIES = "Object.defineProperty(Document.prototype, 'cookie', {configurable: true, get: () => '', set() {}});"


def framed(site: Site, address: str, sdk: str = "") -> str:
    """Serve a page that shows another one in a frame. It has no SDK of its own unless ``sdk`` is given."""
    return site.serves("/around", f'<!doctype html><title>Around</title>{sdk}<iframe src="{address}"></iframe>')


def frame_of(page: Page) -> Frame:
    (frame,) = page.main_frame.child_frames
    return frame


def is_asked(frame: Frame) -> bool:
    """Return whether the frame's page asks, once its settings are there."""
    frame.wait_for_function("() => window.dastra?.cookieConsent?.consent.getAllConsents().length")
    frame.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")
    return frame.locator('#dastra-consent-window [part~="window"]').is_visible()


def test_a_frame_of_the_same_origin_leaves_the_question_to_the_page_around(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    widget = publish(services=SERVICES)
    page = visitor.context.new_page()
    with page.expect_request(post_of("Visit")):
        site.opens(visitor, widget, f'<iframe src="{site.page(widget)}"></iframe>', page=page)
    expect(part(page, "window")).to_be_visible()
    page.wait_for_load_state("load")

    assert is_asked(frame_of(page)) is False
    assert visitor.asked.count("POST Visit") == 1
    part(page, "accept-all").click()
    frame_of(page).wait_for_function("() => dastra.cookieConsent.consent.getServiceConsent('counter')")


@pytest.mark.parametrize("has_another", [False, True])
def test_a_frame_asks_if_no_page_around_it_does(
    visitor: Visitor, site: Site, publish: Publish, has_another: bool
) -> None:
    widget, another = publish(services=SERVICES), publish(services=SERVICES, consentCookieName="another")
    inner = site.page(widget)
    page = visitor.context.new_page()
    page.goto(site.page(another, f'<iframe src="{inner}"></iframe>') if has_another else framed(site, inner))
    frame_of(page).locator('#dastra-consent-window [part~="accept-all"]').wait_for()

    assert is_asked(frame_of(page)) is True


@pytest.mark.parametrize("script", ["", NO_COOKIES], ids=["partitioned", "proof alone"])
def test_a_choice_in_a_page_of_another_site_is_remembered(
    visitor: Visitor, site: Site, publish: Publish, script: str
) -> None:
    widget = publish(services=SERVICES, developerMode=False, origins=[HTTPS_SHOP])
    local = site.page(widget)
    visitor.context.route(f"{HTTPS_SHOP}/**", lambda route: route.fulfill(response=route.fetch(url=local)))
    around = f'<!doctype html><title>Portal</title><iframe src="{HTTPS_SHOP}/" width="900" height="600"></iframe>'
    visitor.context.route(f"{PORTAL}/**", lambda route: route.fulfill(body=around, content_type="text/html"))
    page = visitor.context.new_page()
    page.add_init_script(script)
    page.goto(f"{PORTAL}/")
    assert is_asked(frame_of(page)) is True
    frame_of(page).locator('#dastra-consent-window [part~="refuse-all"]').click()
    frame_of(page).wait_for_function("() => !localStorage.getItem('dastra-outbox')")
    page.goto(f"{PORTAL}/")

    assert is_asked(frame_of(page)) is False
    assert frame_of(page).evaluate("dastra.cookieConsent.consent.hasConsented()") is True
    cookies = [] if script else [("euconsent", "None", True)]
    assert [(each["name"], each["sameSite"], each["secure"]) for each in visitor.context.cookies()] == cookies
    page.goto(HTTPS_SHOP)
    ready(page)
    expect(part(page, "window")).to_be_visible()  # what is kept in the frame is the frame's
