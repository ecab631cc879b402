"""Both ways of starting, the command queue, and what a page may ask the widget."""

import json
import tomllib

from playwright.sync_api import Page, expect

from local import ROOT
from tests.browser.conftest import KEY, Json, Publish, Visitor, part, settled

SDK = "**/sdk/dastra.js*"


def page_with(visitor: Visitor, body: str, **query: object) -> Page:
    """Open a page of the shop's origin that has this body and nothing else."""
    page = visitor.context.new_page()
    html = f"<!doctype html><html lang=en><title>A page</title><body>{body}</body></html>"
    page.route("**/own-page*", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.goto(f"{visitor.stack.shop}/own-page")
    return page


def sdk(visitor: Visitor) -> str:
    return f'<script src="{visitor.stack.api}/sdk/dastra.js?key={KEY}" async></script>'


def test_commands_given_before_and_after_the_script_run_in_order(visitor: Visitor, publish: Publish) -> None:
    commands = f"""<script>
      window.ran = [];
      window.dastra = window.dastra || [];
      dastra.push(() => ran.push('first'));
      dastra.push(['cookieReady', manager => ran.push(`ready ${{manager === dastra.cookieConsent}}`)]);
      dastra.push(['loadCookieConsent', {{widgetId: {publish()}}}], () => ran.push('second'));
    </script>"""
    page = page_with(visitor, commands + sdk(visitor))
    expect(part(page, "window")).to_be_visible()
    page.evaluate("dastra.push(() => ran.push('third'), ['cookieReady', () => ran.push('at once')])")

    assert page.evaluate("ran") == ["first", "second", "ready true", "third", "at once"]


def test_the_page_can_read_the_version_before_a_widget_is_started(visitor: Visitor) -> None:
    page = page_with(visitor, sdk(visitor))
    page.wait_for_function("() => window.dastra?.version")

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert page.evaluate("dastra.version") == project["version"]


def test_a_command_that_is_none_is_a_warning_and_the_next_one_runs(visitor: Visitor, publish: Publish) -> None:
    commands = f"""<script>
      window.dastra = [null, 7, [], ['constructor'], ['noSuchThing', 1], ['loadCookieConsent'],
        () => {{ throw new Error('a bug of the page'); }},
        ['cookieReady', () => {{ throw new Error('another bug of the page'); }}],
        ['loadCookieConsent', {{widgetId: {publish()}}}]];
    </script>"""
    page = page_with(visitor, commands + sdk(visitor))

    expect(part(page, "window")).to_be_visible()
    assert len(visitor.said("warning")) >= 6
    assert len(visitor.said("error")) == 2


def test_an_element_anywhere_in_the_page_starts_the_widget(visitor: Visitor, publish: Publish) -> None:
    mark = f'<div id="dastra-cookie-consent" data-widgetid="{publish()}" data-lang="nl"></div>'
    page = page_with(visitor, sdk(visitor) + "<p>text</p>" * 50 + mark)

    expect(part(page, "title")).to_have_text("Uw privacy, uw keuze")


def test_an_element_that_a_command_names_gives_the_widget(visitor: Visitor, publish: Publish) -> None:
    mark = f'<div id="cookie-consent" data-widgetid="{publish()}"></div>'
    command = "<script>window.dastra = [['loadCookieConsent', {selector: '#cookie-consent'}]];</script>"
    page = page_with(visitor, mark + command + sdk(visitor))

    expect(part(page, "window")).to_be_visible()


def test_the_script_twice_is_one_widget(visitor: Visitor, publish: Publish) -> None:
    mark = f'<div id="dastra-cookie-consent" data-widgetid="{publish()}"></div>'
    page = page_with(visitor, mark + sdk(visitor) + sdk(visitor))
    expect(part(page, "window")).to_be_visible()
    page.wait_for_load_state()

    assert page.locator("#dastra-consent-window").count() == 1
    assert visitor.asked.count("GET settings") == 1


def test_the_only_global_is_dastra(visitor: Visitor, publish: Publish) -> None:
    before = page_with(visitor, "").evaluate("Object.keys(window)")
    page = page_with(visitor, f'<div id="dastra-cookie-consent" data-widgetid="{publish()}"></div>{sdk(visitor)}')
    expect(part(page, "window")).to_be_visible()

    assert set(page.evaluate("Object.keys(window)")) - set(before) == {"dastra", "dataLayer"}


def test_a_page_may_ask_what_holds(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    ask = """() => {
      const {consent} = dastra.cookieConsent;
      return {
        consented: consent.hasConsented(),
        drift: consent.getServiceConsent('drift'),
        unknown: consent.getServiceConsent('nobody'),
        necessary: consent.getServiceConsent('session'),
        marketing: consent.getPurposeConsent('Marketing'),
        all: Object.fromEntries(consent.getAllConsents().map(({slug, consent}) => [slug, consent])),
      };
    }"""
    before: Json = page.evaluate(ask)
    part(page, "accept-all").click()
    settled(page)
    after: Json = page.evaluate(ask)

    refused = {"session": True, "analytics": False, "drift": False, "youtube": False}
    assert before == {
        "consented": False,
        "drift": False,
        "unknown": False,
        "necessary": True,
        "marketing": False,
        "all": refused,
    }
    assert after == {
        "consented": True,
        "drift": True,
        "unknown": False,
        "necessary": True,
        "marketing": True,
        "all": dict.fromkeys(refused, True),
    }


def test_a_page_may_open_and_close_the_window(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "window")).to_be_visible()
    page.evaluate("dastra.cookieConsent.consent.close()")
    expect(part(page, "window")).to_be_hidden()
    page.evaluate("dastra.cookieConsent.consent.open()")

    expect(part(page, "window")).to_be_visible()


def test_nothing_of_the_visitor_is_told_to_the_data_layer(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    part(page, "accept-all").click()
    settled(page)
    stored = visitor.proof(page)
    told = json.dumps(page.evaluate("dataLayer"))

    assert stored["id"] not in told
    assert stored["consentId"] not in told
