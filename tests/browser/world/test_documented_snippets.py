"""Integrations as the public documentation of the widget has them, in our words: they work after a change of host."""

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from consent_core.publishing.texts import built_in
from tests.browser.conftest import CHOICES, Publish, Visitor, part, settled
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ThirdParty, ready
from tests.matrices import share

TITLE = built_in("en")["startupTitle"]
TITEL = built_in("fr")["startupTitle"]
NONE = dict.fromkeys(OPTIONAL, False)
QUEUE = "window.dastra = window.dastra || [];"


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES, languages=["en", "fr"])


@pytest.fixture
def opened(visitor: Visitor, site: Site) -> Callable[[str], Page]:
    """Open a page whose body is all that there is: SDK is the address of the script."""

    def opened(body: str) -> Page:
        page = visitor.context.new_page()
        page.goto(
            site.serves("/", f'<!doctype html><html lang="en"><body>{body.replace("SDK", site.sdk)}</body></html>')
        )
        return page

    return opened


def sent(visitor: Visitor) -> list[str | None]:
    """Return the user ids of the proofs that were posted."""
    posted = [request.post_data_json or {} for request in visitor.requests if "/collect/" in request.url]
    return [proof.get("userId") for proof in posted if proof["type"] == "Consents"]


# --- Starting ---------------------------------------------------------------------------------------------------------

STARTS = {
    "an element and a script": """<div id="dastra-cookie-consent" data-widgetid="{id}"></div>
      <script src="SDK" async></script>""",
    "the other element": '<div id="cookie-consent" data-widgetid="{id}"></div><script src="SDK" async></script>',
    "a command behind the script": """<div id="cookie-consent"></div><script src="SDK" async></script>
      <script>{queue} dastra.push(['loadCookieConsent', {{widgetId: {id}, selector: '#cookie-consent'}}])</script>""",
    "a command without an element": """<script>{queue} dastra.push(['loadCookieConsent', {{widgetId: '{id}'}}])</script>
      <script src="SDK" async></script>""",
    "a plug-in that marks its scripts": '<div id="dastra-cookie-consent" data-widgetid="{id}" data-lang="en-us"></div>'
    '<script src="SDK#asyncload"></script>',
    "a tag manager, after everything": """<script>addEventListener('load', () => setTimeout(() => {{
        const tag = document.createElement('div');
        tag.innerHTML = '<div id="dastra-cookie-consent" data-widgetid="{id}"></div>';
        document.body.append(tag);
        document.body.append(Object.assign(document.createElement('script'), {{async: true, src: 'SDK'}}));
      }}))</script>""",
    "an element that comes after the script": """<script src="SDK"></script>
      <script>addEventListener('load', () => setTimeout(() => document.body.insertAdjacentHTML('beforeend',
        '<div id="dastra-cookie-consent" data-widgetid="{id}"></div>'), 100))</script>""",
}


@pytest.mark.parametrize("body", share(STARTS, 0, of=2))
def test_the_widget_starts(opened: Callable[[str], Page], widget: int, body: str) -> None:
    page = opened(body.format(id=widget, queue=QUEUE))

    expect(part(page, "title")).to_have_text(TITLE)


def test_the_file_has_a_second_address(visitor: Visitor, site: Site, widget: int) -> None:
    body = f'<div id="dastra-cookie-consent" data-widgetid="{widget}"></div>'
    page = visitor.context.new_page()
    sdk = site.sdk.replace("/sdk/", "/dist/")
    page.goto(
        site.serves("/", f'<!doctype html><html lang="en"><body>{body}<script src="{sdk}" async></script></body>')
    )

    expect(part(page, "title")).to_have_text(TITLE)


def test_an_element_names_the_language(opened: Callable[[str], Page], widget: int) -> None:
    page = opened(f'<div id="cookie-consent" data-widgetid="{widget}" data-lang="fr"></div><script src="SDK"></script>')

    expect(part(page, "title")).to_have_text(TITEL)


def test_a_command_changes_the_language_of_a_shown_window(visitor: Visitor, site: Site, widget: int) -> None:
    page = site.opens(visitor, widget)
    expect(part(page, "title")).to_have_text(TITLE)
    page.evaluate("dastra.push(['set', 'lang', 'fr'])")

    expect(part(page, "title")).to_have_text(TITEL)


USERS = {
    "with the command": "dastra.push(['loadCookieConsent', {{widgetId: {id}, userId: 'Y3JtLTQy'}}]);",
    "after the command": """dastra.push(['loadCookieConsent', {{widgetId: {id}}}]);
      dastra.push(['set', 'cookie:userId', 'Y3JtLTQy']);""",
}


@pytest.mark.parametrize("commands", USERS.values(), ids=USERS)
def test_a_page_may_name_its_visitor(
    opened: Callable[[str], Page], visitor: Visitor, widget: int, commands: str
) -> None:
    page = opened(f"<script>{QUEUE} {commands.format(id=widget)}</script><script src='SDK' async></script>")
    part(page, "accept-all").click()
    settled(page)

    assert sent(visitor) == ["Y3JtLTQy"]


# --- Consent by program -----------------------------------------------------------------------------------------------


def test_a_link_in_the_footer_opens_the_window_before_the_settings_are_there(
    visitor: Visitor, site: Site, widget: int
) -> None:
    held: list[Route] = []
    page = visitor.context.new_page()
    page.route("**/v1/client/cookie-widget-settings/**", lambda route: held.append(route))
    link = '<a href="#" id="link" onclick="window.dastra.openCookieConsent(); return false">Cookies</a>'
    page.goto(site.page(widget, link, sdk=""))
    page.locator("#link").click()
    page.wait_for_function("() => !!window.dastra.version")
    held[0].continue_()

    expect(part(page, "window")).to_be_visible()
    part(page, "refuse-all").click()
    settled(page)
    page.locator("#link").click()
    expect(part(page, "save")).to_be_visible()


def test_a_service_is_consented_to_by_both_names_of_the_method(visitor: Visitor, site: Site, widget: int) -> None:
    page = site.opens(visitor, widget)
    page.evaluate("""() => {
      const {consent} = dastra.cookieConsent;
      consent.setServicePurpose('films', true);
      consent.setServiceConsent('ads', true);
      consent.setPurposeConsent(2, true);
      consent.save();
    }""")

    assert visitor.choices(page) == {**NONE, "films": True, "ads": True, "counter": True}
    assert page.evaluate("dastra.cookieConsent.consent.getServiceConsent('films')") is True
    assert page.evaluate("dastra.cookieConsent.consent.getPurposeConsent(2)") is True


# --- Events -----------------------------------------------------------------------------------------------------------

HEARD = """<script>
  window.heard = [];
  for (const name of ['consent:ads', 'refused:ads', 'consents:ready', 'consents:updated', 'consents:any_refused',
    'consents:all_accepted']) addEventListener(`dastra:${name}`, () => heard.push(name));
</script>"""


def test_each_event_comes_when_the_documentation_says(visitor: Visitor, site: Site, widget: int) -> None:
    page = site.opens(visitor, widget, HEARD, head="<script>window.dataLayer = [];</script>")
    assert page.evaluate("heard") == ["refused:ads", "consents:ready"]
    part(page, "accept-all").click()
    settled(page)
    assert page.evaluate("heard.splice(0).slice(2)") == ["consent:ads", "consents:updated", "consents:all_accepted"]
    assert [each for each in page.evaluate("dataLayer.map(({event}) => event)") if each.endswith(":ads")] == [
        "dastra:refused:ads",
        "dastra:consent:ads",
    ]

    page.reload()
    ready(page)
    assert page.evaluate("heard") == ["consent:ads", "consents:ready"]


def test_a_page_that_reloads_at_a_refusal_does_so_once(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    loaded = f'<img alt="" src="{third_party.url("basket/loaded.gif")}">'
    script = "<script>addEventListener('dastra:consents:any_refused', () => location.reload())</script>"
    page = site.opens(visitor, widget, script + loaded)
    third_party.has_been_asked_for("basket/loaded.gif")
    third_party.forget()
    with page.expect_event("load"):
        part(page, "refuse-all").click()
    ready(page)

    assert third_party.asked_by(page) == ["basket/loaded.gif"]
    assert visitor.choices(page) == NONE


# --- Films ------------------------------------------------------------------------------------------------------------

BLOCK = """<script>{queue} dastra.push(['iframeBlock', {{
  selector: 'iframe[src*="films.localhost"]',
  service: 'films',
  body: '<p>This film leaves <b>traces</b>.</p><p>You can change your mind at <a href="/privacy">any time</a>:</p>',
  buttonLabel: 'I accept',
  buttonClass: 'btn btn-primary',
}}])</script>"""


@pytest.mark.parametrize("is_before", [True, False], ids=["before the frame", "behind the frame"])
def test_frames_are_blocked_by_their_address(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, is_before: bool
) -> None:
    films = "".join(
        f'<iframe title="Film" width="320" height="180" src="{third_party.url(f"films/{each}.html")}"></iframe>'
        for each in ("one", "two")
    )
    block = BLOCK.format(queue=QUEUE)
    page = site.opens(visitor, widget, block + films if is_before else films + block, sdk="")
    held = page.locator(".datra-blocking-iframe")
    expect(held).to_have_count(2)
    expect(held.first).to_contain_text("This film leaves traces.")
    expect(held.first).not_to_contain_text("<")
    assert held.first.locator("a").evaluate("link => link.pathname") == "/privacy"
    part(page, "refuse-all").click()
    settled(page)
    third_party.asked_by(page)
    third_party.forget()

    held.first.locator("button.btn.btn-primary", has_text="I accept").click()
    third_party.has_been_asked_for("films/one.html", "films/two.html")
    expect(held).to_have_count(0)
    sources = page.locator("iframe").evaluate_all("frames => frames.map(({src}) => new URL(src).pathname)")
    assert sources == ["/one.html", "/two.html"]

    site.opens(visitor, widget, block + films if is_before else films + block, sdk="", page=page)
    expect(page.locator("iframe").first).to_have_attribute("src", third_party.url("films/one.html"))
    expect(held).to_have_count(0)


MANUAL = """
  <iframe title="Film" src="{src}"></iframe>
  <script>
    {queue}
    document.querySelectorAll('iframe[src*="films.localhost"]').forEach(function (frame) {{
      frame.setAttribute('data-blocked-src', frame.getAttribute('src'));
      frame.setAttribute('src', 'about:blank');
      frame.insertAdjacentHTML('afterend', '<button id="own" onclick="consentTo(\\'films\\')">Accept</button>');
    }});
    addEventListener('dastra:consent:films', function () {{
      document.querySelectorAll('iframe[data-blocked-src*="films.localhost"]').forEach(function (frame) {{
        frame.setAttribute('src', frame.getAttribute('data-blocked-src'));
        frame.removeAttribute('data-blocked-src');
      }});
      document.getElementById('own').style.display = 'none';
    }});
    function consentTo(service) {{
      dastra.cookieConsent.consent.setServiceConsent(service, true);
      dastra.cookieConsent.consent.save();
    }}
  </script>"""


@pytest.mark.parametrize("sdk", ["", "async"], ids=["at once", "async"])
def test_a_page_may_block_frames_by_itself(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, sdk: str
) -> None:
    page = site.opens(visitor, widget, MANUAL.format(src=third_party.url("films/one.html"), queue=QUEUE), sdk=sdk)
    third_party.asked_by(page)
    third_party.forget()
    page.locator("#own").click()
    third_party.has_been_asked_for("films/one.html")

    expect(page.locator("#own")).to_be_hidden()
    expect(page.locator("iframe[title=Film]")).to_have_attribute("src", third_party.url("films/one.html"))
    assert page.evaluate(CHOICES) is not None


# --- Design -----------------------------------------------------------------------------------------------------------

PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()
DESIGN = f"""
  .dastra-cw-trigger-button {{ background-image: url('{PNG}') }}
  .dastra-cw-trigger-button svg {{ display: none }}
  .dastra-cw-container {{ border-radius: 0; box-shadow: 0 0 50px rgba(0,0,0,.3) }}
  .dastra-cw-button {{ font-weight: bold }}
  .dastra-cw-viewmore-button {{ color: red }}
  .dastra-cw-collection-title {{ letter-spacing: 1px }}
"""

STYLES = """([name, style]) => getComputedStyle(document.querySelector('#dastra-consent-window').shadowRoot
  .querySelector(`[part~="${name}"]`))[style]"""


def test_the_documented_names_are_known_to_the_owners_style_sheet(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    page = site.opens(visitor, publish(services=SERVICES, customCSS=DESIGN, showFixedButton=True))
    expect(part(page, "window")).to_be_visible()
    assert page.evaluate(STYLES, ["window", "borderTopLeftRadius"]) == "0px"
    assert page.evaluate(STYLES, ["refuse-all", "fontWeight"]) == "700"
    part(page, "settings").click()
    expect(part(page, "view-services").first).to_have_css("color", "rgb(255, 0, 0)")
    part(page, "save").click()
    expect(part(page, "floating-button")).to_be_visible()

    assert page.evaluate(STYLES, ["floating-button", "backgroundImage"]).startswith('url("data:image/png')
    assert (
        page.evaluate("""() => {
      const {shadowRoot} = document.querySelector('#dastra-consent-window');
      return getComputedStyle(shadowRoot.querySelector('[part~="floating-button"] svg')).display;
    }""")
        == "none"
    )
