"""Everything else that loads: held in each of its forms, whoever sets the address and wherever it stands."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty

RELEASED = """<script>
  window.released = [];
  const loads = ['src', 'srcset', 'srcdoc', 'href', 'data', 'poster', 'style'];
  addEventListener('dastra:released', event => {
    const [element] = event.composedPath();
    released.push(`${element.id} ${loads.some(name => element.getAttribute(name))}`);
  });
</script>"""
SHADOW = """<div id="host"></div><script>
  document.getElementById('host').attachShadow({mode: 'open'}).append(document.getElementById('inner').content);
</script>"""


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES)


def forms(third_party: ThirdParty) -> dict[str, str]:
    """Each kind of element in its held form, by what it asks for."""

    def address(name: str) -> str:
        return third_party.url(f"films/{name}")

    held = 'data-consent="films"'
    return {
        "link.html": f'<link id="link" rel="stylesheet" {held} data-href="{address("link.html")}">',
        "video.gif": f'<video id="video" {held} data-src="{address("video.gif")}" preload="auto"></video>',
        "poster.gif": f'<video id="poster" {held} data-poster="{address("poster.gif")}"></video>',
        "audio.gif": f'<audio {held} preload="auto"><source id="audio" data-src="{address("audio.gif")}"></audio>',
        "picture.gif": f"""<picture {held}><source id="source" data-srcset="{address("picture.gif")}"><img id="picture"
          alt="" data-src="{address("other.gif")}"></picture>""",
        "object.html": f'<object id="object" {held} data-data="{address("object.html")}" type="text/html"></object>',
        "embed.html": f'<embed id="embed" {held} data-src="{address("embed.html")}" type="text/html">',
        "srcdoc.gif": f'<iframe id="srcdoc" {held} srcdoc="<img src={address("srcdoc.gif")}>"></iframe>',
        "frame.html": f'<iframe id="frame" {held} data-src="{address("frame.html")}"></iframe>',
        "image.gif": f'<img id="image" alt="" {held} data-blocked-src="{address("image.gif")}">',
        "style.gif": f"""<div id="style" {held}
          data-style="background: url({address("style.gif")}); position: fixed">x</div>""",
        "shadow.html": f"""<template id="inner"><iframe id="shadow" {held}
          data-blocked-src="{address("shadow.html")}"></iframe></template>{SHADOW}""",
    }


def test_every_kind_is_asked_for_with_consent_only_and_the_page_is_told_of_each(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    held = forms(third_party)
    page = site.opens(visitor, widget, "".join(held.values()), head=RELEASED, sdk="")
    expect(part(page, "window")).to_be_visible()
    assert third_party.asked_by(page) == []
    part(page, "accept-all").click()
    third_party.has_been_asked_for(*(f"films/{name}" for name in held))

    assert sorted(page.evaluate("released")) == sorted(
        f"{name} true"
        for name in (
            *("link", "video", "poster", "audio", "source", "picture", "object", "embed", "srcdoc", "frame"),
            *("image", "style", "shadow"),
        )
    )
    assert page.locator("#style").evaluate("each => getComputedStyle(each).position") == "static"


SETTERS = {
    "property": "(element, url) => { element.src = url; }",
    "attribute": "(element, url) => { element.setAttribute('SRC', url); }",
    "srcset": "(element, url) => { element.srcset = `${url} 1x`; }",
    "srcset attribute": "(element, url) => { element.setAttribute('srcset', `${url} 2x`); }",
    "srcdoc": "(element, url) => { element.srcdoc = `<img src=${url}>`; }",
    "srcdoc attribute": "(element, url) => { element.setAttribute('srcdoc', `<img src=${url}>`); }",
    "href": "(element, url) => { element.href = url; }",
    "href attribute": "(element, url) => { element.setAttribute('href', url); }",
    "data": "(element, url) => { element.data = url; }",
    "data attribute": "(element, url) => { element.setAttribute('data', url); }",
    "poster": "(element, url) => { element.poster = url; }",
}


def test_a_marked_element_waits_whoever_gives_it_an_address(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    """A light box or a lazy loader does. The page's own element loads its attribute when it gets one."""
    tags = ("iframe", "img", "video", "embed", "link rel=stylesheet", "object", "film-player")
    marked = [f"<{tag} data-consent=films>" for tag in tags]
    head = f"""<script>
      window.dastra = [['iframeBlock', {json.dumps({"selector": ".film", "service": "films"})}]];
      customElements.define('film-player', class extends HTMLElement {{
        static observedAttributes = ['src'];
        attributeChangedCallback(name, before, address) {{
          if (address) fetch(address, {{mode: 'no-cors'}}).catch(() => {{}}); // the test may end first
        }}
      }});
    </script>"""
    ruled = "<div id=box><iframe class=film></iframe></div>"
    page = site.opens(visitor, widget, ruled, head=head)
    part(page, "refuse-all").click()
    page.evaluate(
        f"""([marked, url]) => {{
          const ways = [{",".join(SETTERS.values())}];
          for (const [number, way] of ways.entries()) {{
            way(document.querySelector('.film'), `${{url}}?rule`);
            for (const html of marked) {{
              const template = document.createElement('template');
              template.innerHTML = html;
              const element = document.importNode(template.content.firstChild, true);
              box.append(element);
              way(element, `${{url}}?${{number}}`);
            }}
          }}
        }}""",
        [marked, third_party.url("films/late.gif")],
    )
    assert third_party.asked_by(page) == []
    page.evaluate("""() => {
      dastra.cookieConsent.consent.setServiceConsent('films', true);
      dastra.cookieConsent.consent.save();
      document.querySelector('img').src = document.querySelector('img').src;
    }""")
    third_party.has_been_asked_for("films/late.gif")

    assert (
        page.evaluate(
            "document.querySelectorAll('#box :is([data-blocked-src], [data-blocked-href], [data-blocked-data])').length"
        )
        == 0
    )


@pytest.mark.parametrize(
    "make",
    [
        "frame.src = url; box.append(frame)",
        "box.append(frame); frame.src = url",
        "box.append(frame); frame.setAttribute('src', url)",
    ],
    ids=["before it is in the page", "after", "by the attribute"],
)
def test_a_rule_knows_a_frame_that_a_script_makes(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, make: str
) -> None:
    rule = json.dumps({"selector": ".film", "service": "films"})
    head = f"<script>window.dastra = [['iframeBlock', {rule}]]</script>"
    page = site.opens(visitor, widget, '<div id="box"></div>', head=head)
    page.evaluate(
        f"""url => {{
          const frame = Object.assign(document.createElement('iframe'), {{className: 'film'}});
          {make};
        }}""",
        third_party.url("films/page.html"),
    )
    expect(page.locator(".dastra-blocking-iframe")).to_be_visible()
    assert third_party.asked_by(page) == []


@pytest.mark.parametrize("address", ["", 'data-blocked-src="/"'], ids=["without an address", "with one"])
def test_links_do_not_lead_into_a_held_frame(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, address: str
) -> None:
    """A list of films that play in one frame: a link has the frame's name for a target, or a form has."""
    url = third_party.url("films/page.html")
    body = f"""<iframe name="player" data-consent="films" data-name="mine" {address}></iframe>
      <a id="film" href="{url}" target="player">A film</a>"""
    page = site.opens(visitor, widget, body)
    part(page, "refuse-all").click()
    with page.expect_popup() as opened:
        page.locator("#film").click()
    opened.value.close()
    assert [frame.url for frame in page.frames[1:]] == ["about:blank"]

    page.evaluate("""() => {
      dastra.cookieConsent.consent.setServiceConsent('films', true);
      dastra.cookieConsent.consent.save();
    }""")
    expect(page.locator("iframe")).to_have_attribute("name", "player")
    page.locator("#film").click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    expect(page.locator("iframe")).to_have_attribute("data-name", "mine")


def test_a_rule_by_the_address_belongs_to_the_frame(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    """`iframe[src*="youtube.com"]`: the attribute that the selector needs is held."""
    rule = {
        "selector": 'iframe[src*="films.localhost"]',
        "service": "films",
        "body": '<p class="x">Films <b>learn</b>.</p><ul><li>a<li><a href="/privacy">b</a></ul><script>harm</script>',
    }
    frame = f'<div id="box"><iframe src="{third_party.url("films/page.html")}" title="A film"></iframe></div>'
    head = f"<script>window.dastra = [['iframeBlock', {json.dumps(rule).replace('</', '<\\/')}]]</script>"
    page = site.opens(visitor, widget, frame, head=head, sdk="")
    placeholder = page.locator(".dastra-blocking-iframe")
    expect(placeholder).to_be_visible()
    assert placeholder.locator("div").first.evaluate("each => each.innerHTML") == (
        '<p>Films <b>learn</b>.</p><ul><li>a</li><li><a href="/privacy" target="_blank">b</a></li></ul>harm'
    )
    page.evaluate("box.innerHTML += ''")  # a router shows a copy, whose button would be dead
    expect(placeholder).to_have_count(1)
    third_party.forget()
    placeholder.get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    settled(page)
    page.reload()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    expect(placeholder).to_have_count(0)


REMOVED_OFTEN = """async () => {
  for (let count = 0; count < 60; count++) {
    document.querySelector('.dastra-blocking-iframe')?.remove();
    await new Promise(done => setTimeout(done));
  }
}"""
"""As a page does that fetches its text anew from time to time, and makes the old one like it."""


def test_a_placeholder_goes_with_its_frame_and_comes_back_while_the_frame_is_there(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    frame = f'<iframe data-consent="films" data-blocked-src="{third_party.url("films/page.html")}"></iframe>'
    page = site.opens(visitor, widget, f'<div id="slide">{frame}</div><div id="other"></div>')
    placeholder = page.locator(".dastra-blocking-iframe")
    expect(placeholder).to_have_count(1)
    placeholder.evaluate("each => each.remove()")
    expect(page.locator("#slide .dastra-blocking-iframe")).to_have_count(1)
    page.evaluate(REMOVED_OFTEN)
    expect(placeholder).to_have_count(1)
    page.evaluate("document.adoptedStyleSheets = []; other.append(document.querySelector('iframe'))")
    expect(page.locator("#other .dastra-blocking-iframe")).to_have_count(1)
    assert placeholder.evaluate("each => getComputedStyle(each).textAlign") == "center"
    page.evaluate("document.querySelector('iframe').remove()")

    expect(placeholder).to_have_count(0)


def test_shadow_roots_are_looked_into_whenever_they_come(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, "<div id=host></div>")
    part(page, "refuse-all").click()
    page.evaluate(
        """url => {
          const inner = document.createElement('div');
          inner.attachShadow({mode: 'open'});
          host.attachShadow({mode: 'open'}).append(inner);
          setTimeout(() => {
            inner.shadowRoot.innerHTML = `<iframe data-consent=films></iframe>
              <script type="dastra/script" data-consent="films">window.inShadow = 1</` + 'script>';
            inner.shadowRoot.querySelector('iframe').src = url;
          });
        }""",
        third_party.url("films/page.html"),
    )
    placeholder = page.locator(".dastra-blocking-iframe")
    expect(placeholder).to_be_visible()
    assert placeholder.evaluate("each => getComputedStyle(each).textAlign") == "center"
    assert third_party.asked_by(page) == []
    placeholder.get_by_role("button").last.click()
    third_party.has_been_asked_for("films/page.html")
    page.wait_for_function("() => window.inShadow === 1")  # scripts come by a file of their own


def frame_of_a_snapshot(page: Page, event: str) -> object:
    """Copy the page as a router does, some time after it has said so; show the copy after a withdrawal."""
    return page.evaluate(
        """event => new Promise(done => {
          dispatchEvent(new Event(event));
          setTimeout(() => {
            const copy = document.getElementById('box').cloneNode(true);
            const {consent} = dastra.cookieConsent;
            setTimeout(() => {
              consent.setServiceConsent('films', false);
              consent.save();
              document.getElementById('box').replaceWith(copy);
              done(document.querySelector('#kept iframe').hasAttribute('src'));
            }, 100);
          });
        })""",
        event,
    )


@pytest.mark.parametrize("event", ["turbo:before-cache", "htmx:beforeHistorySave"])
def test_a_routers_copy_of_the_page_is_held(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, event: str
) -> None:
    url = third_party.url("films/page.html")
    body = f"""<div id="box"><iframe data-consent="films" data-blocked-src="{url}"></iframe>
      <img alt="" data-consent="films" data-src="{third_party.url("films/pixel.gif")}"></div>
      <div id="kept" data-turbo-permanent><iframe data-consent="chat" data-blocked-src="{url}"></iframe></div>"""
    page = site.opens(visitor, widget, body)
    part(page, "accept-all").click()
    expect(page.frame_locator("#box iframe").locator("p")).to_have_text("Hello")
    third_party.has_been_asked_for("films/pixel.gif")
    settled(page)
    page.wait_for_function("() => document.querySelector('#kept iframe').src")
    third_party.forget()

    assert frame_of_a_snapshot(page, event) is True
    expect(page.locator("#box .dastra-blocking-iframe")).to_be_visible()
    expect(page.locator("#box iframe[src]")).to_have_count(0)


# --- Without settings -------------------------------------------------------------------------------------------------


def test_without_settings_words_and_a_link_stand_for_the_frame_and_the_page_is_told(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = visitor.context.new_page()
    page.route("**/v1/client/cookie-widget-settings/**", lambda route: route.abort())
    head = """<script>
      window.told = [];
      addEventListener('dastra:unavailable', event => told.push(event.detail));
      window.dastra = [['cookieReady', (manager, problem) => told.push([problem, manager.consent.getAllConsents()])]];
    </script>"""
    url = third_party.url("films/page.html")
    body = f'<iframe data-consent="films" data-blocked-src="{url}" title="A film"></iframe>'
    page.goto(site.page(widget, body, head=head))
    held = page.get_by_role("group", name="A film")
    expect(held).to_contain_text("The settings did not load.")
    expect(held.get_by_role("link", name="A film")).to_have_attribute("href", url)
    expect(held.get_by_role("button")).to_have_count(0)
    page.evaluate("dastra.push(['cookieReady', (_, problem) => told.push(problem)])")

    assert page.evaluate("told") == [["unavailable", []], {"status": 0}, "unavailable"]
    assert third_party.asked_by(page) == []


def test_without_settings_a_returning_visitor_has_what_was_consented_to(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    url = third_party.url("films/page.html")
    frames = "".join(f'<iframe data-consent="{slug}" data-blocked-src="{url}"></iframe>' for slug in ("films", "ads"))
    page = site.opens(visitor, widget, frames)
    page.locator(".dastra-blocking-iframe").first.get_by_role("button").last.click()
    settled(page)
    page.route("**/v1/client/cookie-widget-settings/**", lambda route: route.abort())
    page.reload()
    expect(page.locator(".dastra-blocking-iframe")).to_have_count(1)

    expect(page.frame_locator("iframe >> nth=0").locator("p")).to_have_text("Hello")
