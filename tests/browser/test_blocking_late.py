"""A script that is released late finds a page that has loaded, and routers that show it again."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, ran

START = """<script>
  window.ran = [];
  addEventListener('load', () => ran.push('page load'));
  document.addEventListener('DOMContentLoaded', () => ran.push('page start'));
</script>"""
AS_SOLD = """
  (function (name) {
    document.addEventListener('DOMContentLoaded', function () { ran.push(name + ' start'); }, false);
    window.addEventListener('load', {handleEvent: function () { ran.push(name + ' load'); }});
    window.onload = function () { ran.push(name + ' onload'); };
    document.addEventListener('load', function () { ran.push('never'); });
    document.write('<p>harm</p>');
    document.writeln('<p>harm</p>');
  })"""


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES)


def held(text: str, more: str = "", *, service: str = "ads") -> str:
    return f'<script type="dastra/script" data-consent="{service}" {more}>{text}</script>'


def accept(page: Page) -> None:
    part(page, "accept-all").click()
    settled(page)


def test_what_it_waits_for_at_the_start_of_a_page_comes_once_and_what_it_writes_is_a_warning(
    visitor: Visitor, site: Site, widget: int
) -> None:
    address = site.serves("/sold.js", f"{AS_SOLD}('file')")
    module = "data:text/javascript,addEventListener('load',()=>ran.push('module load'))"
    files = held("", f'src="{address}"') + held("", f'data-type="module" src="{module}"')
    body = held(f"{AS_SOLD}('inline')", "id=inline") + files
    page = site.opens(visitor, widget, body, head=START)
    page.wait_for_function("() => ran.length === 2")
    accept(page)
    page.wait_for_function("() => ran.length === 9")
    page.evaluate("addEventListener('load', () => ran.push('too late, as ever'))")

    assert ran(page)[:5] == ["page start", "page load", "inline start", "inline load", "inline onload"]
    assert sorted(ran(page)[5:]) == ["file load", "file onload", "file start", "module load"]
    expect(page.locator("h1")).to_have_text("A page")
    expect(page.get_by_text("harm")).to_have_count(0)
    warnings = [text for text in visitor.said("warning") if "Not written" in text]
    assert len(warnings) == 4
    assert sum(address in text for text in warnings) == 2


AS_BEFORE = """
  const tell = function ({type, target}) { ran.push(`${type} ${this === target}`); };
  const gone = () => ran.push('never');
  document.addEventListener('DOMContentLoaded', function (event) {
    tell.call(this, event);
    addEventListener('load', () => ran.push('load of the start'));
    document.write('<p>harm</p>');
  });
  document.addEventListener('readystatechange', tell, {capture: true});
  addEventListener('load', tell);
  for (const target of [window, document])
    for (const type of ['load', 'DOMContentLoaded']) {
      target.addEventListener(type, gone);
      target.removeEventListener(type, gone);
    }"""


def test_its_listeners_are_called_as_the_browser_calls_them(visitor: Visitor, site: Site, widget: int) -> None:
    body = held(AS_BEFORE) + held("ran.push('next')")
    page = site.opens(visitor, widget, body, head="<script>window.ran = []</script>")
    accept(page)
    page.wait_for_function("() => ran.includes('next')")

    heard = ["DOMContentLoaded true", "readystatechange true", "load true", "load of the start"]
    assert ran(page) == [*heard, "next"]
    expect(page.locator("h1")).to_have_text("A page")


LATER = """() => {
  const {addEventListener} = EventTarget.prototype;
  window.seen = [];
  EventTarget.prototype.addEventListener = function (type, ...rest) {
    seen.push(type);
    return addEventListener.call(this, type, ...rest);
  };
  for (const target of [window, document]) target.addEventListener('mine', () => seen.push('heard'));
  document.dispatchEvent(new Event('mine', {bubbles: true}));
}"""
"""As zone.js does, and other libraries that watch all listeners."""


def test_a_framework_that_comes_later_sees_the_pages_listeners(visitor: Visitor, site: Site, widget: int) -> None:
    page = site.opens(visitor, widget, held("ran.push('held')"), head=START)
    accept(page)
    page.wait_for_function("() => ran.includes('held')")
    page.evaluate(LATER)

    assert page.evaluate("seen") == ["mine", "mine", "heard", "heard"]


def test_the_page_may_still_write_and_a_script_in_time_waits_as_any_other(
    visitor: Visitor, site: Site, widget: int
) -> None:
    page = site.opens(visitor, widget, held("ran.push('one')"), head=START)
    accept(page)
    page.evaluate("frames.length; document.body.append(document.createElement('iframe'))")
    page.evaluate("frames[0].document.write('<p>the page wrote</p>')")
    expect(page.frame_locator("iframe").locator("p")).to_have_text("the page wrote")
    page.evaluate("document.write('<p>the page wrote</p>')")

    assert page.evaluate("document.body.innerText") == "the page wrote"


def test_listeners_of_the_held_form_hear_of_the_end(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    loader = """<script>
      window.heard = [];
      addEventListener('dastra:released', event => heard.push(`${event.target.id} released`));
      const make = (id, src) => {
        const script = Object.assign(document.createElement('script'), {id, src, type: 'dastra/script'});
        script.dataset.consent = 'ads';
        script.onload = event => heard.push(`${id} property ${event.target === script}`);
        script.addEventListener('load', () => heard.push(`${id} listener`));
        script.addEventListener('error', () => heard.push(`${id} error`));
        document.head.append(script);
        return script;
      };
      make('one', 'ONE').setAttribute('onload', 'heard.push("one attribute")');
      make('two', 'TWO');
      make('three', 'THREE');
    </script>"""
    for name, what in (("ONE", "one.js"), ("TWO", "two.js"), ("THREE", "missing.js")):
        loader = loader.replace(name, third_party.url(f"ads/{what}"))
    page = site.opens(visitor, widget, loader)
    accept(page)
    page.wait_for_function("() => heard.length === 8")

    assert page.evaluate("heard") == [
        *("one released", "two released", "three released"),
        *("one attribute", "one listener", "two property true", "two listener", "three error"),
    ]


# --- Routers ----------------------------------------------------------------------------------------------------------

REPLACED = "html => document.body.replaceChildren(document.createRange().createContextualFragment(html))"
BOOSTED = "html => { document.body.innerHTML = html; }"
COPIED = """() => {
  const copy = document.body.cloneNode(true);
  for (const script of copy.querySelectorAll('script')) {
    const made = document.createElement('script');
    for (const {name, value} of script.attributes) made.setAttribute(name, value);
    made.textContent = script.textContent;
    script.replaceWith(made);
  }
  document.documentElement.replaceChild(copy, document.body);
}"""
MORPHED = """html => {
  const next = new DOMParser().parseFromString(html, 'text/html').querySelectorAll('script');
  for (const [number, script] of [...document.body.querySelectorAll('script')].slice(0, next.length).entries())
    for (const {name, value} of next[number].attributes) script.setAttribute(name, value);
}"""
STORED = "() => { document.body.innerHTML = `${document.body.innerHTML}`; }"
APPENDED = "html => document.body.insertAdjacentHTML('beforeend', html)"
ROUTERS = {
    "replaceChildren": REPLACED,
    "innerHTML": BOOSTED,
    "a copy whose scripts are made anew": COPIED,
    "attributes": MORPHED,
    "stored text": STORED,
}


@pytest.mark.parametrize("router", ROUTERS.values(), ids=ROUTERS)
def test_a_script_that_has_run_does_not_run_when_a_router_shows_it_again(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, router: str
) -> None:
    """Twins of the first document run twice, as they would without the platform."""
    twin = held("(window.ran ??= []).push('twin')", 'nonce="1"')
    visit = held("(window.ran ??= []).push('visit')", "data-consent-every-visit")
    outside = held("", f'data-src="{third_party.url("ads/one.js")}" data-astro-exec')
    html = twin + twin + outside + visit
    page = site.opens(visitor, widget, html)
    accept(page)
    page.wait_for_function("() => window.ran?.length === 4")
    anew = html.replace('nonce="1"', 'nonce="2"').replace("data-astro-exec", "")
    page.evaluate(router, anew)
    page.evaluate(router, anew)
    page.evaluate(APPENDED, held("ran.push('new')"))
    page.wait_for_function("() => ran.includes('new')")
    visits = ["visit"] * (0 if router == MORPHED else 2)

    assert ran(page) == ["twin", "twin", "ads/one.js", "visit", *visits, "new"]
    assert third_party.asked_by(page) == ["ads/one.js"]


def test_a_router_shows_a_script_before_the_consent_and_it_runs_once(visitor: Visitor, site: Site, widget: int) -> None:
    html = held("(window.ran ??= []).push('one')")
    page = site.opens(visitor, widget, html)
    page.evaluate(BOOSTED, html)
    page.evaluate(BOOSTED, html)
    page.evaluate("dastra.cookieConsent.consent.setServiceConsent('ads', true); dastra.cookieConsent.consent.save()")
    page.wait_for_function("window.ran")  # the file that releases scripts is there
    page.evaluate(BOOSTED, html)
    page.evaluate("dastra.cookieConsent.consent.save()")

    assert ran(page) == ["one"]


def test_types_of_other_runners_and_old_browsers_scripts_stay_what_they_are(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    body = (
        held("", f'id="worker" data-type="text/partytown" src="{third_party.url("ads/one.js")}"')
        + held('{"imports": {}}', 'id="map" data-type="importmap"')
        + held("", f'nomodule src="{third_party.url("ads/old.js")}"')
        + held("(window.ran ??= []).push('last')")
    )
    page = site.opens(visitor, widget, body)
    accept(page)
    page.wait_for_function("() => window.ran?.length")

    assert page.evaluate("['worker', 'map'].map(id => document.getElementById(id).type)") == [
        "text/partytown",
        "importmap",
    ]
    assert third_party.asked_by(page) == []
