"""Both ways of starting, the command queue, and what a page may ask the widget."""

import json
import tomllib

import pytest
from playwright.sync_api import Page, expect

from local import ROOT
from tests.browser.conftest import KEY, Json, Publish, Visitor, part, settled
from tests.matrices import share

SDK = "**/sdk/dastra.js*"
COPY = ROOT / "functions" / "widget_sdk" / "dastra.js"
MARK = '<div id="dastra-cookie-consent" data-widgetid="{id}"></div>'
CONFIGURE = "(window.dastra ??= []).push(['configure', {{host: '{host}', key: '{key}'}}])"
INSERTED = "Object.assign(document.createElement('script'), {{src: '{sdk}'}})"

# Ways in which sites load a script. "/copy.js" is the SDK on the site's own host: a bundle, or another CDN.
WAYS = {
    "a module": '<script type="module" src="{sdk}"></script>',
    "an import": "<script>import('{sdk}')</script>",
    "with a fragment": '<script src="{sdk}#asyncload"></script>',
    "a module with a fragment": '<script type="module" src="{sdk}#asyncload"></script>',
    "with a version": '<script src="{sdk}?ver=6.4" async></script>',
    "inserted": f"<script>document.head.append({INSERTED})</script>",
    "in a shadow root": f"""<p></p><script>
      document.querySelector('p').attachShadow({{{{mode: 'open'}}}}).append({INSERTED})</script>""",
    "a copy with attributes": '<script src="/copy.js" data-host="{host}" data-key="{key}"></script>',
    "a module's copy": '<script type="module" src="/copy.js" data-host="{host}/" data-key="{key}"></script>',
    "a copy, configured before": f'<script>{CONFIGURE}</script><script src="/copy.js"></script>',
    "a copy, configured after": f'<script src="/copy.js"></script><script>{CONFIGURE}</script>',
    "an imported copy": f"<script>import('/copy.js').then(() => {CONFIGURE})</script>",
    "a copy, configured as in tag managers": """<script>window.dastra = [];
      (function () {{ dastra.push(arguments) }})('configure', {{host: '{host}', key: '{key}'}})</script>
      <script src="/copy.js"></script>""",
    "a blob": f"""<script>{CONFIGURE}; fetch('/copy.js').then(answer => answer.blob()).then(blob =>
      document.head.append(Object.assign(document.createElement('script'), {{{{src: URL.createObjectURL(blob)}}}})))
    </script>""",
}

# A page does this after the script has run. `mount` adds an element with these attributes.
LATE = {
    "an element": "mount({id: 'dastra-cookie-consent', 'data-widgetid': id})",
    "an element of the documented command": "mount({id: 'cookie-consent', 'data-widgetid': id})",
    "an attribute": "mount({id: 'cookie-consent'}).dataset.widgetid = id",
    "a form with a field of that name": """
      mount({id: 'cookie-consent', 'data-widgetid': id}, 'form').innerHTML = '<input name="dataset">'""",
    "an id": "mount({'data-widgetid': id}).id = 'cookie-consent'",
    "an element that a command waits for": """
      dastra.push(['loadCookieConsent', {selector: '.mine'}]);
      mount({class: 'mine', 'data-widgetid': id});""",
    "a number that a template fills in": """
      const mark = mount({id: 'dastra-cookie-consent', 'data-widgetid': '{{ id }}'});
      mark.dataset.widgetid = id;""",
    "an element after a heading of that id": """
      mount({id: 'cookie-consent'}, 'h2');
      mount({id: 'cookie-consent', 'data-widgetid': id});""",
    "an element after one whose number is none": """
      mount({id: 'dastra-cookie-consent', 'data-widgetid': 'no'});
      mount({id: 'dastra-cookie-consent', 'data-widgetid': id});""",
}
MOUNT = """id => {
  const mount = (attributes, kind = 'div') => {
    const made = document.createElement(kind);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    document.body.append(made);
    return made;
  };
  %s
}"""


def page_with(visitor: Visitor, body: str, **query: object) -> Page:
    """Open a page of the shop's origin that has this body and nothing else."""
    page = visitor.context.new_page()
    html = f"<!doctype html><html lang=en><title>A page</title><body>{body}</body></html>"
    page.route("**/own-page*", lambda route: route.fulfill(body=html, content_type="text/html"))
    page.route("**/copy.js", lambda route: route.fulfill(path=COPY, content_type="text/javascript"))
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


@pytest.mark.parametrize("way", share(WAYS, 0, of=2))
def test_the_script_may_be_loaded_in_any_way(visitor: Visitor, publish: Publish, way: str) -> None:
    names = {"host": visitor.stack.api, "key": KEY, "sdk": f"{visitor.stack.api}/sdk/dastra.js?key={KEY}"}
    page = page_with(visitor, MARK.format(id=publish()) + way.format(**names))

    expect(part(page, "window")).to_be_visible()
    assert visitor.asked.count("GET settings") == 1
    assert [text for text in visitor.said("warning") if "Unknown service" not in text] == []


@pytest.mark.parametrize("late", share(LATE, 1, of=2))
def test_what_names_the_widget_may_come_late(visitor: Visitor, publish: Publish, late: str) -> None:
    page = page_with(visitor, sdk(visitor))
    page.wait_for_load_state()
    page.wait_for_function("() => window.dastra?.version")
    page.evaluate(MOUNT % late, publish())

    expect(part(page, "window")).to_be_visible()


@pytest.mark.parametrize(
    "host",
    ["http://evil.example", "https://evil.example/path", "https://shop.example@evil.example", "evil.example", ""],
)
def test_a_host_that_is_no_safe_origin_starts_nothing(visitor: Visitor, publish: Publish, host: str) -> None:
    page = page_with(
        visitor, f'{MARK.format(id=publish())}<script src="/copy.js" data-host="{host}" data-key="{KEY}"></script>'
    )
    page.evaluate("([host, key]) => dastra.push(['configure', {host, key}])", [host, KEY])

    assert visitor.said("warning") == ["[dastra] Unknown service: the script has no ?key="] * 2
    assert [request.url for request in visitor.requests if "/v1/" in request.url] == []


def test_elements_of_a_comment_do_not_say_where_decisions_go(visitor: Visitor, publish: Publish) -> None:
    evil = 'data-host="https://evil.example" data-key="evil-public-key"'
    injected = f"""<div {evil}></div><svg><script {evil}></script></svg><img name="dastra" {evil}>
      <div id="cookie-consent" data-widgetid="{publish()}" {evil}></div>"""
    page = page_with(visitor, injected + sdk(visitor))
    part(page, "refuse-all").click()
    settled(page)

    assert [request.url for request in visitor.requests if "evil.example" in request.url] == []


def test_the_window_may_be_opened_from_the_first_moment(visitor: Visitor, publish: Publish) -> None:
    stub = "<script>window.dastra = []; dastra.openCookieConsent = () => dastra.push(['openCookieConsent'])</script>"
    widget = publish(timerTrigger=3600)
    page = page_with(
        visitor, stub + "<script>dastra.openCookieConsent()</script>" + sdk(visitor) + MARK.format(id=widget)
    )
    expect(part(page, "window")).to_be_visible()
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()
    page.evaluate("dastra.openCookieConsent()")

    expect(part(page, "window")).to_be_visible()


def test_the_window_opens_once_the_settings_have_come(visitor: Visitor, publish: Publish) -> None:
    page = page_with(visitor, sdk(visitor))
    page.wait_for_function("() => window.dastra?.version")
    page.evaluate("dastra.openCookieConsent()")
    page.evaluate("id => dastra.push(['loadCookieConsent', {widgetId: id}])", publish(timerTrigger=3600))

    expect(part(page, "window")).to_be_visible()


def test_the_same_widget_again_is_no_fault_and_another_one_is(visitor: Visitor, publish: Publish) -> None:
    widget, other = publish(), publish()
    page = page_with(visitor, MARK.format(id=widget) + sdk(visitor))
    expect(part(page, "window")).to_be_visible()
    page.evaluate("id => dastra.push(['loadCookieConsent', {widgetId: id}])", widget)
    assert visitor.said("warning") == []
    page.evaluate("id => dastra.push(['loadCookieConsent', {widgetId: id}])", other)

    assert visitor.said("warning") == [f"[dastra] Already started: {widget}"]
    assert visitor.asked.count("GET settings") == 1


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
