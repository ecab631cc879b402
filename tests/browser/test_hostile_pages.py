"""Strict policies, settings that mean harm, storage that throws, pages that style everything."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Json, NewVisitor, Publish, Visitor, part, settled
from tests.matrices import sampled

SETTINGS = "**/v1/client/cookie-widget-settings/**"
WATCH_POLICY = """
  window.violations = [];
  document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));
"""


def test_a_strict_policy_and_trusted_types_are_kept(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script(WATCH_POLICY)
    visitor.opens(publish(customCSS=".title{letter-spacing:3px}"), "/strict", page=page)
    expect(part(page, "window")).to_be_visible()
    assert part(page, "window").evaluate("window => getComputedStyle(window).position") == "fixed"
    assert part(page, "title").evaluate("title => getComputedStyle(title).letterSpacing") == "3px"
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    part(page, "accept-all").click()
    settled(page)
    part(page, "floating-button").click()
    part(page, "view-proof").click()
    part(page, "view-json").click()

    assert page.evaluate("violations") == []


def test_the_policy_of_the_strict_page_is_one_that_bites(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    page.add_init_script(WATCH_POLICY)
    visitor.opens(publish(), "/strict", page=page)
    page.evaluate("""() => {
      const element = document.createElement('p');
      element.setAttribute('style', 'color: red');
      try { element.innerHTML = '<b>'; } catch {}
    }""")
    page.wait_for_function("() => violations.length === 2")

    assert sorted(page.evaluate("violations")) == ["require-trusted-types-for", "style-src-attr"]


# --- Settings ---------------------------------------------------------------------------------------------------------

MARKUP = "<img src=x onerror=\"window.harmed=1\"><script>window.harmed=1</script><a href='javascript:harmed=1'>x</a>"
HOSTILE_SERVICE = {
    "name": MARKUP,
    "slug": "hostile",
    "purpose": 3,
    "description": f'{MARKUP}<a href="https://ok.example" onclick="window.harmed=1">y</a>',
    "logoUrl": "javascript:window.harmed=1",
    "privacyPolicyUrl": "javascript:window.harmed=1",
    "domain": [MARKUP],
    "requiredConsent": False,
    "defaultConsent": True,
    "cookies": [{"name": MARKUP, "description": MARKUP, "expiryDays": "soon"}],
}


def answered_with(page: Page, **changes: object) -> None:
    """Let the settings come with these changes, as a service that has been taken over would send them."""

    def change(route: Route) -> None:
        answer = route.fetch()
        settings: Json = answer.json()
        for name, value in changes.items():
            settings[name] = value(settings[name]) if callable(value) else value
        route.fulfill(response=answer, json=settings)

    page.route(SETTINGS, change)


def hostile_texts(texts: Json) -> Json:
    return dict.fromkeys(texts, MARKUP)


def hostile_groups(groups: list[Json]) -> list[Json]:
    wrong: list[Any] = [
        None,
        7,
        {"purpose": "0", "services": [HOSTILE_SERVICE]},
        {"purpose": 3, "services": [None, {"slug": 1}]},
    ]
    return [*groups, *wrong, {"label": MARKUP, "excerpt": MARKUP, "purpose": 3, "services": [HOSTILE_SERVICE]}]


def test_no_text_of_the_settings_becomes_markup(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    answered_with(
        page,
        translation=hostile_texts,
        groups=hostile_groups,
        cookieNoticeUrl="javascript:window.harmed=1",
    )
    visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()
    first = inside(page)
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    second = inside(page)

    for found in (first, second):
        assert not {"script", "img", "iframe", "object", "style", "form"} & set(found["tags"])
        assert not [name for name in found["attributes"] if name.startswith("on")]
        assert all(link.startswith("https://") for link in found["links"])
    assert page.evaluate("window.harmed") is None
    own = (visitor.stack.shop, visitor.stack.api)
    assert [request.url for request in visitor.requests if not request.url.startswith(own)] == []


def inside(page: Page) -> Json:
    found: Json = page.evaluate("""() => {
      const elements = [...document.getElementById('dastra-consent-window').shadowRoot.querySelectorAll('*')];
      return {
        tags: elements.map(each => each.localName),
        attributes: elements.flatMap(each => each.getAttributeNames()),
        links: elements.filter(each => each.hasAttribute('href')).map(each => each.getAttribute('href')),
      };
    }""")
    return found


def test_settings_cannot_release_a_service_by_themselves(visitor: Visitor, publish: Publish) -> None:
    page = visitor.context.new_page()
    answered_with(page, groups=hostile_groups)
    visitor.opens(publish(), page=page)
    expect(part(page, "window")).to_be_visible()

    assert page.evaluate("dastra.cookieConsent.consent.getServiceConsent('hostile')") is False
    assert page.evaluate("dataLayer.filter(({event}) => event.startsWith('dastra:consent:'))") == []


# --- Storage ----------------------------------------------------------------------------------------------------------

THROWING = """
  for (const name of ['localStorage', 'sessionStorage'])
    Object.defineProperty(window, name, {get() { throw new DOMException('denied', 'SecurityError'); }});
"""
FULL = "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
NO_COOKIES = "Object.defineProperty(Document.prototype, 'cookie', {get: () => '', set() {}});"
THROWING_COOKIES = "Object.defineProperty(Document.prototype, 'cookie', {get() { throw 1; }, set() { throw 1; }});"


@pytest.mark.parametrize(
    "browser_denies",
    [THROWING, FULL, NO_COOKIES, THROWING_COOKIES],
    ids=["throws", "full", "no cookies", "cookies throw"],
)
def test_a_browser_that_keeps_nothing_still_asks_and_decides(
    visitor: Visitor, publish: Publish, browser_denies: str
) -> None:
    page = visitor.context.new_page()
    page.add_init_script("window.heard = []; addEventListener('dastra:consent:drift', () => heard.push('drift'));")
    page.add_init_script(browser_denies)
    page.route("**/assets/panel.js", lambda route: route.abort())  # the shop's own script needs the storage
    visitor.opens(publish(), page=page)
    with page.expect_response(lambda answer: answer.status == 201):
        part(page, "accept-all").click()

    expect(part(page, "window")).to_be_hidden()
    assert page.evaluate("heard") == ["drift"]


GARBLED = [
    "",
    "{",
    "null",
    "7",
    "[]",
    '"x"',
    '{"consents": 7}',
    '{"consentId": {}, "dateExpiration": []}',
    '{"__proto__": 1}',
]


@pytest.mark.parametrize("text", sampled(GARBLED, sample=5))
def test_foreign_data_in_the_storage_is_not_consent(visitor: Visitor, publish: Publish, text: str) -> None:
    page = visitor.context.new_page()
    widget = publish()
    own = ["dastra-consents", "dastra-closed", "dastra-state"]
    names = [*own, *(f"{name}:{widget}" for name in own), "dastra-outbox"]
    page.add_init_script(f"for (const name of {json.dumps(names)}) localStorage.setItem(name, {json.dumps(text)});")
    page.add_init_script(f"sessionStorage.setItem('dastra-settings', {json.dumps(text)});")
    page.route("**/assets/panel.js", lambda route: route.abort())
    visitor.opens(widget, page=page)

    expect(part(page, "window")).to_be_visible()
    part(page, "refuse-all").click()
    expect(part(page, "window")).to_be_hidden()
    assert visitor.choices(page) == {"analytics": False, "drift": False, "youtube": False}


@pytest.mark.parametrize(
    "value",
    sampled(
        [
            *(
                "",
                "1",
                "%7B",
                "%",
                "%5B%5D",
                "%22x%22",
                "null",
                "%7B%22drift%22%3A1%7D",
                "%7B%22drift%22%3A%22true%22%7D",
            ),
            quote('{"drift":true,"_":{"t":9999999999,"r":9}}'),
        ],
        sample=4,
    ),
)
def test_a_cookie_of_another_shape_is_not_consent(visitor: Visitor, publish: Publish, value: str) -> None:
    visitor.context.add_cookies([{"name": "euconsent", "value": value, "url": visitor.stack.shop}])
    page = visitor.opens(publish())

    expect(part(page, "window")).to_be_visible()
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")


SIBLING = "https://www.shop.example"
FORGED = '{"analytics":true,"drift":true,"youtube":true,"_":{"t":%d,"r":9}}'


@pytest.mark.parametrize(("domain", "says"), [(None, "refused"), (".shop.example", "consented")])
def test_a_sibling_subdomain_cannot_undo_a_refusal_unless_the_widget_trusts_it(
    visitor: Visitor, publish: Publish, domain: str | None, says: str
) -> None:
    widget = publish(developerMode=False, origins=[SIBLING], consentCookieDomain=domain)
    page = visitor.opens(widget, site=SIBLING)
    part(page, "refuse-all").click()
    settled(page)
    visitor.context.clear_cookies()
    forged = quote(FORGED % page.evaluate("Math.ceil(Date.now() / 1000) + 1"))
    visitor.context.add_cookies([{"name": "euconsent", "value": forged, "domain": ".shop.example", "path": "/"}])
    visitor.opens(widget, site=SIBLING, page=page)

    expect(page.locator('[data-service="drift"] span')).to_have_text(says)
    expect(part(page, "floating-button")).to_be_visible()
    expect(part(page, "window")).to_be_hidden()


# --- Styles -----------------------------------------------------------------------------------------------------------

LOUD = """
  * { all: unset !important; font-size: 40px !important; color: red !important; }
  div, dialog, button { position: static !important; background: red !important; text-transform: uppercase !important; }
  #dastra-consent-window { opacity: 0.1 !important; transform: scale(0.1) !important; visibility: hidden !important; }
"""


def test_the_styles_of_the_page_do_not_leak_in_nor_ours_out(new_visitor: NewVisitor, publish: Publish) -> None:
    page = new_visitor(reduced_motion="reduce").opens(publish())
    expect(part(page, "accept-all")).to_be_visible()
    expect(page.locator('[data-service="drift"] span')).to_have_text("refused")  # the shop has filled its panel
    before, outside = looks(page), page.locator("h1").evaluate("each => JSON.stringify(getComputedStyle(each))")
    page.add_style_tag(content=LOUD)

    assert looks(page) == before
    expect(part(page, "accept-all")).to_be_visible()
    page.evaluate("document.head.lastElementChild.remove()")
    page.evaluate("document.getElementById('dastra-consent-window').remove()")
    assert page.locator("h1").evaluate("each => JSON.stringify(getComputedStyle(each))") == outside


def looks(page: Page) -> object:
    return part(page, "accept-all").evaluate("""button => {
      const {fontSize, color, backgroundColor, textTransform, fontFamily} = getComputedStyle(button);
      const {x, y, width, height} = button.getBoundingClientRect();
      return {fontSize, color, backgroundColor, textTransform, fontFamily, x, y, width, height};
    }""")


def test_a_page_may_style_the_documented_parts(visitor: Visitor, publish: Publish) -> None:
    page = visitor.opens(publish())
    expect(part(page, "accept-all")).to_be_visible()
    page.add_style_tag(content="#dastra-consent-window::part(title) { letter-spacing: 5px; }")

    assert part(page, "title").evaluate("title => getComputedStyle(title).letterSpacing") == "5px"
