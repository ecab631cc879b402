"""Pages that put something else in the place of what the browser gives: named elements, replaced functions.

The names are those in the SDK's files, so that whatever it reads is tried.
"""

import json
import re
from urllib.parse import unquote, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from local import ROOT
from tests.browser.conftest import DETAILS, Publish, Visitor, part
from tests.browser.test_other_layouts import IS_WATCHED
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ThirdParty
from tests.matrices import matrix, rows

FILES = [
    ROOT / "functions" / "widget_sdk" / name
    for name in ("dastra.js", "details.js", "held.js", "optional.js", "receipt.js")
]
WORDS = sorted({word for file in FILES for word in re.findall(r"[A-Za-z_$][\w$]{2,}", file.read_text("utf-8"))})
REFUSED = dict.fromkeys(OPTIONAL, False)

ELEMENTS = {
    "images": '<img hidden name="{0}" id="{0}" src="{1}">',
    "forms": '<form hidden name="{0}" id="{0}" action="{1}"></form>',
    "links": '<a hidden id="{0}" name="{0}" href="{1}"></a>',
}

STYLED = """() => {
  const placeholder = Document.prototype.querySelector.call(document, '.dastra-blocking-iframe');
  return placeholder && getComputedStyle(placeholder).textAlign === 'center';
}"""
CENTRE = """(part, query = Document.prototype.querySelector) => {
  const host = query.call(document, '#dastra-consent-window');
  const found = host?.shadowRoot?.querySelector(part);
  const {x, y, width, height} = found?.getBoundingClientRect() ?? {};
  return width ? [x + width / 2, y + height / 2] : null;
}"""


def held(third_party: ThirdParty) -> str:
    """Scripts of the service *Adverts* in blocked form."""
    return f"""<script type="dastra/script" data-consent="ads" data-src="{third_party.url("ads/one.js")}"></script>
      <script type="dastra/script" data-consent="ads">new Image().src = "{third_party.url("ads/pixel.gif")}"</script>"""


def made(third_party: ThirdParty) -> str:
    """A script of *Adverts* that another script makes, for automatic blocking."""
    return f"""<script>
        const made = Document.prototype.createElement.call(document, 'script');
        made.src = '{third_party.url("ads/two.js")}';
        Document.prototype.querySelector.call(document, 'h1').append(made);
      </script>"""


def press(page: Page, part: str) -> None:
    """Click where a part is: Playwright's own locators ask the page's document."""
    page.wait_for_function(f"part => ({CENTRE})(part)", arg=part)
    page.mouse.click(*page.evaluate(CENTRE, part))


def decided(page: Page, part: str) -> dict[str, bool]:
    """Press a button of the window and return what the service is told."""
    with page.expect_response(lambda answer: answer.status == 201) as told:
        press(page, part)
    consents = json.loads(told.value.request.post_data or "")["consents"]["cookieConsents"]
    return {each["slug"]: each["consent"] for each in consents}


@pytest.mark.parametrize(
    ("element", "answer"), matrix(rows(ELEMENTS), rows({"no": ".refuse-all", "yes": ".accept-all"}))
)
def test_no_named_element_speaks_for_the_page(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, element: str, answer: str
) -> None:
    evil = third_party.url("evil/x.gif") + "?key=demo-shop-web-2026"
    fields = "".join(f'<input name="{word}">' for word in WORDS)
    form = f'<form hidden id="fields">{fields}</form>'
    named = "".join(element.format(word, evil) for word in WORDS)
    film = f'<iframe title="Film" data-consent="films" data-blocked-src="{third_party.url("films/one.html")}"></iframe>'
    page = visitor.context.new_page()
    page.goto(
        site.page(
            publish(services=SERVICES),
            held(third_party) + made(third_party) + film,
            head=named + form,
            sdk="data-autoblock",
        )
    )
    page.wait_for_function(STYLED)
    is_accepted = answer == ".accept-all"
    assert decided(page, answer) == dict.fromkeys(OPTIONAL, is_accepted)

    if is_accepted:
        third_party.has_been_asked_for("ads/one.js", "ads/two.js", "ads/pixel.gif", "films/one.html")
        return
    talked = {urlsplit(each.url).netloc for each in visitor.requests if each.resource_type in {"script", "fetch"}}
    assert talked == {urlsplit(visitor.stack.api).netloc}
    assert [each for each in third_party.asked_by(page) if each.startswith(("ads/", "films/"))] == []


REPLACED = [
    *("Array", "CustomEvent", "Date", "Element", "JSON", "Map", "Math", "MutationObserver", "Object", "Promise", "Set"),
    *(
        "ResizeObserver",
        "URL",
        "addEventListener",
        "decodeURIComponent",
        "dispatchEvent",
        "encodeURIComponent",
        "fetch",
        "setTimeout",
    ),
]
REPLACE = """(words, names) => {
  const {defineProperty, getOwnPropertyDescriptor} = Object;
  const replaced = () => { throw new Error('replaced'); };
  const replace = (of, name) => {
    const {value, get} = getOwnPropertyDescriptor(of, name) ?? {};
    if (get) defineProperty(of, name, {configurable: true, get: replaced});
    else if (typeof value === 'function') of[name] = replaced;
  };
  for (const slug of ['ads', 'counter', 'chat', 'films']) Object.prototype[slug] = true;
  Object.prototype.toJSON = Array.prototype.toJSON = replaced;
  Object.assign(Object.prototype, {cache: 'only-if-cached', duplex: 'x', integrity: 'x', priority: 'x', passive: 'x'});
  for (const owner of [Document.prototype, JSON, Math, Object, Array]) for (const word of words) replace(owner, word);
  for (const name of names) window[name] = replaced;
}"""
"""Let the page replace functions, and those members of objects and of the document that the SDK's files name."""


@pytest.mark.parametrize("second_file", ["earlier", "later"])
def test_what_is_replaced_after_the_start_changes_nothing(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, second_file: str
) -> None:
    waiting: list[Route] = []
    words = WORDS
    if second_file == "later":
        visitor.context.route(DETAILS, lambda route: waiting.append(route))
        words = [word for word in WORDS if word != "currentScript"]  # a file that comes later finds itself by it
    replace = f"({REPLACE})({json.dumps(words)}, {json.dumps(REPLACED)})"
    replacing = f"<script>addEventListener('keyup', () => {replace}, true);</script>"
    body = held(third_party) + made(third_party) + replacing
    page = site.opens(visitor, publish(services=SERVICES), body, sdk="data-autoblock")
    page.wait_for_function(f"part => ({CENTRE})(part)", arg=".refuse-all")
    x, y = page.evaluate(CENTRE, ".refuse-all")
    if second_file == "earlier":
        page.wait_for_function(IS_WATCHED)
    page.keyboard.press("Shift")  # from here on, only the mouse: Playwright uses the page's functions, too
    with page.expect_response(lambda answer: answer.status == 201) as told:
        page.mouse.click(x, y)
        for route in waiting:
            route.continue_()
    decision = json.loads(told.value.request.post_data or "")
    assert {each["slug"]: each["consent"] for each in decision["consents"]["cookieConsents"]} == REFUSED
    (cookie,) = visitor.context.cookies()
    assert {slug: choice for slug, choice in json.loads(unquote(cookie["value"])).items() if slug != "_"} == REFUSED
    assert third_party.requests == []


LATE = [
    *("CustomEvent", "Event", "EventTarget", "Map", "ShadowRoot", "URL", "WeakMap", "WeakSet"),
    *("getComputedStyle", "parseInt", "requestAnimationFrame"),
]


def test_what_is_replaced_after_the_start_keeps_nothing_back(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    words = [word for word in WORDS if word != "currentScript"]  # a file that comes later finds itself by it
    names = [*REPLACED, *LATE]
    body = f"""{held(third_party)}<script type="dastra/script" data-consent="ads">
        document.addEventListener('DOMContentLoaded', () => {{
          new Image().src = "{third_party.url("ads/late.gif")}";
        }});
      </script>
      <script>addEventListener('keyup', () => ({REPLACE})({json.dumps(words)}, {json.dumps(names)}), true);</script>"""
    page = site.opens(visitor, publish(services=SERVICES), body)
    page.wait_for_function(f"part => ({CENTRE})(part)", arg=".accept-all")
    x, y = page.evaluate(CENTRE, ".accept-all")
    page.keyboard.press("Shift")
    page.mouse.click(x, y)

    third_party.has_been_asked_for("ads/one.js", "ads/pixel.gif", "ads/late.gif")
    visitor.errors.clear()  # what the page has replaced throws for others, too


EARLY = r"""<script>
  const {MutationObserver: Observer, CSSStyleSheet: Sheet} = window;
  const forOthers = given => class extends given {
    constructor(...values) {
      if (new Error().stack.includes('/sdk/')) throw new Error('replaced');
      super(...values);
    }
  };
  window.MutationObserver = forOthers(Observer);
  window.CSSStyleSheet = forOthers(Sheet);
  Object.prototype.get = Object.prototype.attributes = false;
</script>"""


def test_what_is_replaced_before_the_settings_come_changes_nothing(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    page = visitor.context.new_page()
    page.goto(site.page(publish(services=SERVICES), EARLY, sdk=""))

    assert decided(page, ".refuse-all") == REFUSED


BROKEN = """name => {
  const nonsense = {apply: () => true, construct: () => ({}), get: (_, name) => name === 'prototype' ? {} : () => true};
  window[name] = new Proxy(function () {}, nonsense);
}"""
BROKEN_ONES = ("Array", "JSON", "Map", "MutationObserver", "Object", "Promise", "Proxy", "Set", "URL", "fetch")


def test_what_is_replaced_before_the_start_releases_nothing(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(services=SERVICES)
    frames = [
        site.page(widget, held(third_party), head=f"<script>({BROKEN})('{word}')</script>", sdk="")
        for word in BROKEN_ONES
    ]
    page = visitor.context.new_page()
    page.goto(site.serves("/", "".join(f'<iframe src="{url}"></iframe>' for url in frames)), wait_until="networkidle")
    visitor.errors.clear()  # it may fail to start, but it fails closed

    assert third_party.asked_by(page) == []


@pytest.mark.parametrize("name", ["getAttribute", "closest", "localName", "shadowRoot", "matches", "querySelectorAll"])
def test_fields_of_a_marked_form_stop_nothing(visitor: Visitor, site: Site, publish: Publish, name: str) -> None:
    field = f'<input name="{name}">'
    frame = '<iframe data-consent="ads" data-blocked-src="about:blank"></iframe>'
    form = f'<form data-consent="ads" data-style="color:red">{field}{field}</form>{frame}'
    script = '<script type="dastra/script" data-consent="ads">window.ran = [1]</script>'
    page = visitor.context.new_page()
    page.goto(site.page(publish(services=SERVICES), form + script))
    page.evaluate("form => document.body.insertAdjacentHTML('beforeend', form)", form)

    assert decided(page, ".accept-all") == dict.fromkeys(OPTIONAL, True)
    page.wait_for_function("() => window.ran")


def test_a_page_may_freeze_what_all_objects_inherit(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=SERVICES), head="<script>Object.freeze(Object.prototype)</script>")
    expect(part(page, "refuse-all")).to_be_visible()
