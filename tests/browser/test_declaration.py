"""The cookie declaration in a page: filled by the SDK, with what is in effect for the visitor."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.test_accessibility import findings
from tests.browser.test_privacy_signals import GPC
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ready

CONTROLLER = {"name": "Garden Ltd", "address": "1 Lane", "contact": "privacy@garden.example"}
EMPTY = "<main><h2>Cookies</h2><div data-dastra-declaration></div></main>"


def states(page: Page) -> dict[str, str]:
    found = page.locator("[data-dastra-state]")
    expect(found.first).to_be_visible()
    pairs = found.evaluate_all("all => all.map(each => [each.dataset.dastraState, each.textContent])")
    return dict(pairs)


def test_it_is_filled_and_says_what_is_in_effect(visitor: Visitor, site: Site, publish: Publish) -> None:
    widget = publish(services=SERVICES, controller=CONTROLLER)
    page = site.opens(visitor, widget, EMPTY)
    refused = dict.fromkeys(OPTIONAL, "Your choice: Refused")
    assert states(page) == refused
    expect(page.locator(".dastra-declaration")).to_contain_text("Garden Ltd")

    part(page, "accept-all").click()
    settled(page)
    expect(page.locator("[data-dastra-state=ads]")).to_have_text("Your choice: Accepted")
    assert states(page) == dict.fromkeys(refused, "Your choice: Accepted")


def test_its_button_opens_the_settings(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES), EMPTY)
    part(page, "refuse-all").click()
    settled(page)
    page.locator(".dastra-declaration [data-dastra-choices]").click()
    expect(page.locator("dialog.second")).to_be_visible()


def test_one_that_comes_later_is_filled_too_and_asked_for_once(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES))
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", EMPTY)
    assert len(states(page)) == 4
    page.evaluate("dastra.push(['iframeBlock', {selector: 'iframe', service: 'films'}])")
    assert sum("/v1/client/declaration/" in request.url for request in visitor.requests) == 1


def test_it_follows_the_language(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES, languages=["en", "fr"]), EMPTY)
    assert states(page)["ads"] == "Your choice: Refused"
    page.evaluate("dastra.push(['set', 'lang', 'fr'])")
    expect(page.locator("[data-dastra-state=ads]")).to_have_text("Votre choix: Refusé")


def test_one_that_the_server_has_included_is_kept_and_said_the_state_of(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    included = """<div data-dastra-declaration><div class="dastra-declaration">
      <span data-dastra-state="ads" data-on="On" data-off="Off" hidden></span>
      <button type="button" data-dastra-choices hidden>Change</button></div></div>"""
    page = site.opens(visitor, publish(services=SERVICES), included)
    assert states(page) == {"ads": "Off"}
    expect(page.get_by_text("Change")).to_be_visible()
    assert [request for request in visitor.requests if "/v1/client/declaration/" in request.url] == []


def test_a_service_that_is_down_leaves_the_page_as_it_is(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.route("**/v1/client/declaration/**", lambda route: route.abort())
    with page.expect_console_message(lambda message: "declaration" in message.text):
        page.goto(site.page(publish(services=SERVICES), EMPTY))
    ready(page)
    expect(part(page, "window")).to_be_visible()
    expect(page.locator("[data-dastra-declaration]")).to_have_text("")


def test_it_works_under_trusted_types(visitor: Visitor, site: Site, publish: Publish) -> None:
    policy = "require-trusted-types-for 'script'; trusted-types dastra"
    page = site.opens(visitor, publish(services=SERVICES), EMPTY, policy=policy)
    assert len(states(page)) == 4


def test_axe_finds_nothing_with_a_declaration_a_status_line_and_a_controller(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    page = visitor.context.new_page()
    page.add_init_script(GPC)
    site.opens(visitor, publish(services=SERVICES, controller=CONTROLLER, enableGPC=True), EMPTY, page=page)
    states(page)
    page.evaluate("document.querySelector('h1').remove()")  # it stands in no landmark
    assert findings(page) == []
    part(page, "settings").click()
    expect(part(page, "signal")).to_be_visible()
    expect(part(page, "controller")).to_contain_text("1 Lane")
    assert findings(page) == []
