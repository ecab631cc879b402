"""The second file of the SDK: when it comes, what is told without it, and who may hand it over."""

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.browser.conftest import DETAILS, Publish, Visitor, part, settled
from tests.browser.third_party import Site, ready

IDLE = "() => new Promise(done => requestAnimationFrame(() => requestIdleCallback(() => setTimeout(done))))"
OUTBOX = "() => JSON.parse(localStorage.getItem('dastra-outbox')).map(entry => entry.isSent)"
WATCH_POLICY = """window.violations = [];
  document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));"""
FAILURES = {
    "en": "The settings did not load.",
    "fr": "Les paramètres ne se sont pas chargés.",
    "nl": "De instellingen zijn niet geladen.",
    "de": "Die Einstellungen wurden nicht geladen.",
}


def is_details(request: Request) -> bool:
    return DETAILS.search(request.url) is not None


def loads(visitor: Visitor) -> int:
    """Return how often the browser has asked for the second file."""
    return sum(map(is_details, visitor.requests))


def second_screen(page: Page) -> None:
    expect(part(page, "save")).to_be_visible()


def decided(visitor: Visitor, site: Site, widget: int) -> Page:
    """Open a page for a visitor who has decided on an earlier one."""
    page = site.opens(visitor, widget)
    part(page, "refuse-all").click()
    settled(page)
    visitor.requests.clear()
    page.reload()
    ready(page)
    return page


def test_it_comes_on_a_page_that_is_never_idle(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script("requestIdleCallback = (work, {timeout} = {}) => timeout && setTimeout(work, timeout / 20)")
    with page.expect_request(is_details):
        site.opens(visitor, publish(), page=page)


def test_it_comes_once_the_window_is_visible(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = visitor.context.new_page()
    with page.expect_request(is_details):
        site.opens(visitor, publish(), page=page)
    requests = [is_details(request) for request in visitor.requests if request.method != "POST"]  # it counts the visit
    assert requests == [False] * (len(requests) - 1) + [True]
    assert part(page, "window").is_visible()

    part(page, "settings").click()
    second_screen(page)
    part(page, "back").click()
    part(page, "settings").click()
    second_screen(page)
    assert loads(visitor) == 1


def test_a_press_is_seen_while_it_loads(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = visitor.context.new_page()
    waiting: list[Route] = []
    page.route("**/details.js", lambda route: waiting.append(route))
    with page.expect_request(is_details):
        site.opens(visitor, publish(), page=page)
    settings = part(page, "settings")
    expect(settings).to_have_css("opacity", "1")
    settings.click()
    expect(settings).to_have_css("opacity", "0.5")
    waiting[0].continue_()
    second_screen(page)
    part(page, "back").click()
    page.mouse.move(0, 0)

    expect(settings).to_have_css("opacity", "1")


@pytest.mark.parametrize("touch", ["hover", "focus", "click", "open"])
def test_a_visitor_who_has_decided_loads_it_only_for_the_button(
    visitor: Visitor, site: Site, publish: Publish, touch: str
) -> None:
    page = decided(visitor, site, publish())
    page.evaluate(IDLE)
    assert loads(visitor) == 0

    with page.expect_request(is_details):
        if touch == "open":
            page.evaluate("dastra.cookieConsent.consent.open()")
        else:
            getattr(part(page, "floating-button"), touch)()
    if touch in {"click", "open"}:
        second_screen(page)


@pytest.mark.parametrize("lang", FAILURES)
def test_without_it_the_window_says_so_and_a_later_click_tries_again(
    visitor: Visitor, publish: Publish, lang: str
) -> None:
    visitor.context.route(DETAILS, lambda route: route.abort())
    page = visitor.opens(publish(languages=["en", "fr", "nl", "de"]), lang=lang)
    part(page, "settings").click()
    expect(part(page, "failure")).to_have_text(FAILURES[lang])
    expect(part(page, "failure")).to_have_attribute("role", "status")

    visitor.context.unroute(DETAILS)
    part(page, "settings").click()
    second_screen(page)


@pytest.mark.parametrize("choice", ["refuse-all", "accept-all"])
def test_without_it_refusing_and_accepting_work_for_those_who_have_decided_too(
    visitor: Visitor, site: Site, publish: Publish, choice: str
) -> None:
    page = decided(visitor, site, publish())
    visitor.context.route(DETAILS, lambda route: route.abort())
    part(page, "floating-button").click()
    expect(part(page, "failure")).to_have_text(FAILURES["en"])

    part(page, choice).click()
    assert set((visitor.choices(page) or {}).values()) == {choice == "accept-all"}
    assert page.evaluate(OUTBOX) == [False]

    address = page.url
    page.goto("about:blank")  # it would try again, and post, as soon as the file can be had
    visitor.context.unroute(DETAILS)
    page.goto(address)
    settled(page)
    assert visitor.asked.count("POST Consents") == 1


def test_a_changed_file_does_not_run(visitor: Visitor, site: Site, publish: Publish) -> None:
    def changed(route: Route) -> None:
        route.fulfill(response=route.fetch(), body="window.harmed = 1;")

    visitor.context.route(DETAILS, changed)
    page = site.opens(visitor, publish())
    part(page, "settings").click()

    expect(part(page, "failure")).to_have_text(FAILURES["en"])
    assert page.evaluate("window.harmed") is None


def test_a_screen_that_comes_after_the_decision_stays_away(visitor: Visitor, site: Site, publish: Publish) -> None:
    held: list[Route] = []
    visitor.context.route(DETAILS, lambda route: held.append(route))
    page = site.opens(visitor, publish())
    part(page, "settings").click()
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_have_count(0)

    held[0].continue_()
    settled(page)
    page.evaluate(IDLE)
    expect(part(page, "window")).to_have_count(0)


def test_a_file_that_does_not_answer_holds_up_no_other(visitor: Visitor, site: Site, publish: Publish) -> None:
    visitor.context.route(DETAILS, lambda _: None)
    body = '<script type="dastra/script" data-consent="analytics">window.released = true;</script>'
    page = visitor.context.new_page()
    with page.expect_request(is_details):
        page.goto(site.page(publish(), body), wait_until="commit")  # the load waits for the file
    part(page, "accept-all").click()

    page.wait_for_function("() => window.released")


COPY = """() => {
  const loading = [...document.scripts].find(each => each.src.endsWith('/details.js'));
  const copy = document.createElement('script');
  for (const {name, value} of loading.attributes) copy.setAttribute(name, value);
  copy.onload = () => { window.copied = true; };
  document.head.append(copy);
}"""
"""As Turbo does with a script that it finds in the head of the next page."""


def test_a_router_may_copy_the_element_that_loads_it(visitor: Visitor, site: Site, publish: Publish) -> None:
    waiting: list[Route] = []
    visitor.context.route(DETAILS, lambda route: waiting.append(route))
    page = visitor.context.new_page()
    with page.expect_request(is_details):
        page.goto(site.page(publish()), wait_until="commit")
    page.evaluate(COPY)
    for route in waiting:
        route.continue_()
    visitor.context.unroute(DETAILS)
    page.wait_for_function("() => window.copied")
    part(page, "settings").click()

    second_screen(page)
    assert visitor.errors == []


def test_a_policy_with_a_nonce_and_trusted_types_needs_no_more_for_it(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    policy = "script-src 'nonce-once'; require-trusted-types-for 'script'; trusted-types dastra; object-src 'none'"
    page = visitor.context.new_page()
    page.add_init_script(WATCH_POLICY)
    site.opens(visitor, publish(), sdk='async nonce="once"', policy=policy, page=page)
    part(page, "settings").click()

    second_screen(page)
    assert page.evaluate("violations") == []


def test_a_policy_that_forbids_it_is_told_like_an_outage(visitor: Visitor, site: Site, publish: Publish) -> None:
    policy = "require-trusted-types-for 'script'; trusted-types 'none'"
    page = site.opens(visitor, publish(), policy=policy)
    part(page, "settings").click()

    expect(part(page, "failure")).to_have_text(FAILURES["en"])


def test_nothing_of_the_page_can_pass_for_it(visitor: Visitor, site: Site, publish: Publish) -> None:
    """The page sees the element that loads it, and stands in the way of what the file reads."""
    page = visitor.context.new_page()
    page.add_init_script("""window.given = 0;
      const harm = () => [(...all) => { window.given += 1; return document.createElement('dialog'); }, ''];
      new MutationObserver(() => document.querySelectorAll('script').forEach(each => each.dastra?.(harm)))
        .observe(document, {childList: true, subtree: true});""")
    site.opens(visitor, publish(), '<img name="currentScript" alt="">', sdk="", page=page)
    part(page, "settings").click()

    second_screen(page)
    assert page.evaluate("window.given") == 0
