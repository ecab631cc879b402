"""Light boxes, lazy loaders, sliders and focus traps of other people, around held elements and the window."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ThirdParty
from tests.browser.world.libraries import library
from tests.matrices import matrix, rows

PLACEHOLDER = ".dastra-blocking-iframe"


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES)


def script(site: Site, name: str) -> str:
    site.serves(f"/{name}.js", library(name), content_type="text/javascript")
    return f'<script src="/{name}.js"></script>'


def answer(page: Page, button: str) -> None:
    page.evaluate("dastra.cookieConsent.consent.open()")
    part(page, button).and_(page.locator(":visible")).click()
    expect(part(page, "window")).to_be_hidden()
    settled(page)


# --- Lazy loaders -----------------------------------------------------------------------------------------------------

LAZY = {
    "picture": '<img class="lazyload" alt="" data-consent="films" data-src="{address}" width="20" height="20">',
    "picture with sizes": '<img class="lazyload" alt="" data-consent="films" data-srcset="{address} 1x" width="20">',
    "frame": '<iframe class="lazyload" title="Film" data-consent="films" data-src="{address}"></iframe>',
    "frame in blocked form": '<iframe class="lazyload" title="Film" data-consent="films" data-blocked-src="{address}">'
    "</iframe>",
}


@pytest.mark.parametrize("form", LAZY.values(), ids=LAZY)
def test_a_lazy_loader_loads_nothing_that_is_held(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, form: str
) -> None:
    what = "films/one.gif" if "<img" in form else "films/one.html"
    body = form.format(address=third_party.url(what))
    page = site.opens(visitor, widget, body, head=script(site, "lazysizes"), sdk="")
    answer(page, "refuse-all")
    page.evaluate("lazySizes.autoSizer.checkElems(); lazySizes.loader.checkElems();")
    page.locator(".lazyload, .lazyloading, .lazyloaded").first.evaluate("each => lazySizes.loader.unveil(each)")
    assert third_party.asked_by(page) == []

    answer(page, "accept-all")
    third_party.has_been_asked_for(what)


WAYS = {
    "src": "element.src = address",
    "an attribute": "element.setAttribute('src', address)",
    "an attribute in a namespace": "element.setAttributeNS(null, 'src', address)",
    "an attribute as a node": """const node = document.createAttribute('src');
      node.value = address;
      element.setAttributeNode(node)""",
    "the map of attributes": """const node = document.createAttribute('src');
      node.value = address;
      element.attributes.setNamedItem(node)""",
    "srcdoc": "element.srcdoc = `<img src=${address}>`",
    "the prototype's method": "Element.prototype.setAttribute.call(element, 'SRC', address)",
}


@pytest.mark.parametrize(("way", "is_removed"), matrix(rows(WAYS), rows({"in the page": False, "put back": True})))
def test_a_marked_frame_is_held_whoever_gives_it_an_address(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, way: str, is_removed: bool
) -> None:
    page = site.opens(visitor, widget, '<p><iframe id="film" title="Film" data-consent="films"></iframe></p>')
    answer(page, "refuse-all")
    page.evaluate(
        f"""([address, isRemoved]) => {{
          const element = document.getElementById('film');
          const {{parentNode}} = element;
          if (isRemoved) element.remove();
          {way};
          if (isRemoved) parentNode.append(element);
        }}""",
        [third_party.url("films/one.html"), is_removed],
    )
    assert third_party.asked_by(page) == []

    answer(page, "accept-all")
    third_party.has_been_asked_for("films/one.html")


# --- Light boxes ------------------------------------------------------------------------------------------------------


def test_a_light_box_shows_a_held_frame_with_its_placeholder(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    frame = (
        f'<iframe title="Film" data-consent="films" data-blocked-src="{third_party.url("films/one.html")}"></iframe>'
    )
    body = f'<a id="open" class="glightbox" href="#film">Film</a><div id="film" style="display: none">{frame}</div>'
    style = "<style>.ginlined-content { display: block !important }</style>"  # of the library's own style sheet
    page = site.opens(visitor, widget, body, head=script(site, "glightbox") + style)
    answer(page, "refuse-all")
    page.evaluate("window.box = GLightbox({openEffect: 'none', closeEffect: 'none'})")
    page.locator("#open").click()
    expect(page.locator(f".glightbox-container {PLACEHOLDER}")).to_have_count(1)
    assert third_party.asked_by(page) == []

    page.locator(f".glightbox-container {PLACEHOLDER} button").last.click()
    third_party.has_been_asked_for("films/one.html")
    expect(page.locator(PLACEHOLDER)).to_have_count(0)


@pytest.mark.parametrize("sdk", ["data-autoblock", ""], ids=["by its host", "by a rule"])
def test_a_light_box_that_makes_its_own_frame_asks_after_consent_alone(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, sdk: str
) -> None:
    rule = """<script>(window.dastra ||= []).push(
      ['iframeBlock', {selector: '.gslide iframe[src*="films."]', service: 'films'}])</script>"""
    head = script(site, "glightbox") + ("" if sdk else rule)
    body = f'<a id="open" class="glightbox" data-type="external" href="{third_party.url("films/one.html")}">Film</a>'
    page = site.opens(visitor, widget, body, head=head, sdk=sdk)
    answer(page, "refuse-all")
    page.evaluate("window.box = GLightbox({openEffect: 'none', closeEffect: 'none'})")
    page.locator("#open").click()
    expect(page.locator(f".gslide {PLACEHOLDER}")).to_be_visible()
    assert not sdk or third_party.asked_by(page) == []
    third_party.forget()

    page.evaluate("box.close()")
    expect(page.locator(PLACEHOLDER)).to_have_count(0)
    answer(page, "accept-all")
    page.locator("#open").click()
    third_party.has_been_asked_for("films/one.html")
    expect(page.locator(PLACEHOLDER)).to_have_count(0)


# --- Sliders ----------------------------------------------------------------------------------------------------------

SLIDES = """() => {
  window.slider = new Swiper('.swiper', {loop: true, speed: 0, virtual: false});
  for (let slides = 0; slides < 5; slides++) slider.slideNext(0);
}"""


def test_a_slider_moves_held_frames_with_their_placeholders(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    slides = "".join(
        f'<div class="swiper-slide"><iframe title="Film" width="300" height="150" data-consent="films"'
        f' data-blocked-src="{third_party.url(f"films/{each}.html")}"></iframe></div>'
        for each in "abc"
    )
    style = (
        "<style>.swiper { overflow: hidden } .swiper-wrapper { display: flex } .swiper-slide { flex: 0 0 100% }</style>"
    )
    body = f'<div class="swiper"><div class="swiper-wrapper">{slides}</div></div>'
    page = site.opens(visitor, widget, body, head=script(site, "swiper") + style)
    answer(page, "refuse-all")
    page.evaluate(SLIDES)
    expect(page.locator(PLACEHOLDER)).to_have_count(3)
    assert page.locator(f".swiper-slide > {PLACEHOLDER} + iframe").count() == 3
    assert third_party.asked_by(page) == []

    page.evaluate("document.querySelector('.swiper-slide').remove()")
    expect(page.locator(PLACEHOLDER)).to_have_count(2)
    page.evaluate("document.querySelector('.swiper-slide iframe').remove()")
    expect(page.locator(PLACEHOLDER)).to_have_count(1)
    answer(page, "accept-all")
    expect(page.locator(PLACEHOLDER)).to_have_count(0)


# --- Focus ------------------------------------------------------------------------------------------------------------

TRAP = """() => {
  window.trap = createFocusTrap('#pop', {escapeDeactivates: false, %s});
  trap.activate();
}"""


@pytest.mark.parametrize("options", ["", "isolateSubtrees: 'inert'"], ids=["by default", "which makes the rest inert"])
@pytest.mark.parametrize("is_first", [True, False], ids=["before the question", "after the question"])
def test_the_window_works_beside_a_focus_trap(
    visitor: Visitor, site: Site, publish: Publish, options: str, is_first: bool
) -> None:
    widget = publish(services=SERVICES, timerTrigger=1)
    pop = '<div id="pop" role="dialog" aria-label="News" style="position: fixed; top: 0"><button>Yes</button></div>'
    page = site.opens(visitor, widget, pop, head=script(site, "focus-trap"))
    if not is_first:
        expect(part(page, "window")).to_be_visible()
    page.evaluate(TRAP % options)
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    part(page, "accept-all").click()
    settled(page)

    assert visitor.choices(page) == dict.fromkeys(OPTIONAL, True)
    expect(part(page, "window")).to_be_hidden()
