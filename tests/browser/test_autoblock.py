"""Automatic blocking: requests to a service's hosts are held, whichever script makes them; and its limits."""

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, ran, ready
from tests.matrices import matrix, rows

AUTOBLOCK = "data-autoblock"
SETTINGS = "**/v1/client/cookie-widget-settings/**"

PROPERTY = "(made, url) => { made.src = url; document.body.append(made); }"
ATTRIBUTE = "(made, url) => { made.setAttribute('src', url); document.body.append(made); }"
IN_CAPITALS = "(made, url) => { made.setAttribute('SRC', url); document.body.append(made); }"
AFTERWARDS = "(made, url) => { document.body.append(made); made.src = url; }"
TWICE = "(made, url) => { made.src = url; document.body.append(made); made.src = url; }"
ASSIGNED = "(made, url) => { document.body.append(Object.assign(made, {src: url})); }"
NESTED = (
    "(made, url) => { const p = document.createElement('p'); made.src = url; p.append(made); document.body.append(p); }"
)
WAYS = {
    "property": PROPERTY,
    "attribute": ATTRIBUTE,
    "in capitals": IN_CAPITALS,
    "afterwards": AFTERWARDS,
    "twice": TWICE,
    "assigned": ASSIGNED,
    "nested": NESTED,
}
KINDS = {"script": "one.js", "iframe": "page.html"}

AROUND = {
    "namespace": "(made, url) => made.setAttributeNS(null, 'src', url)",
    "node": "(made, url) => made.setAttributeNode(node(url))",
    "namespaced-node": "(made, url) => made.setAttributeNodeNS(node(url))",
    "any-element": "(made, url) => Element.prototype.setAttribute.call(made, 'src', url)",
    "map": "(made, url) => made.attributes.setNamedItem(node(url))",
    "namespaced-map": "(made, url) => made.attributes.setNamedItemNS(node(url))",
    "later-value": "(made, url) => { made.src = 'about:blank'; made.getAttributeNode('src').value = url; }",
    "more-arguments": "(made, url) => made.setAttribute('src', url, 'about:blank')",
    "setter": "(made, url) => Reflect.set(made, 'src', url)",
}
"""Ways of giving an element its address that a snippet may take, on purpose or not."""


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES)


def make(page: Page, tag: str, url: str, way: str = PROPERTY) -> None:
    """Let the page make an element as the snippets of others do."""
    page.evaluate(f"([tag, url]) => ({way})(document.createElement(tag), url)", [tag, url])


def save(page: Page, *slugs: str) -> None:
    page.evaluate(
        """slugs => {
          const {consent} = dastra.cookieConsent;
          for (const {slug} of consent.getAllConsents()) consent.setServiceConsent(slug, slugs.includes(slug));
          consent.save();
        }""",
        list(slugs),
    )


@pytest.mark.parametrize(("way", "tag"), matrix(rows(WAYS), {tag: (tag,) for tag in KINDS}))
def test_elements_made_by_scripts_are_held_and_released(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, tag: str, way: str
) -> None:
    what = KINDS[tag]
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    make(page, tag, third_party.url(f"ads/{what}"), way)
    make(page, tag, third_party.url(f"cdn.films/{what}"), way)
    assert third_party.asked_by(page) == []

    save(page, "ads")
    third_party.has_been_asked_for(f"ads/{what}")
    assert third_party.asked_by(page) == [f"ads/{what}"]


@pytest.mark.parametrize("tag", KINDS)
def test_no_way_leads_around_it(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, tag: str) -> None:
    kind = KINDS[tag].partition(".")[2]
    addresses = {name: third_party.url(f"ads/{name}.{kind}") for name in AROUND}
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    page.evaluate(
        f"""([tag, addresses]) => {{
          const node = value => Object.assign(document.createAttribute('src'), {{value}});
          const ways = {{{", ".join(f"'{name}': {way}" for name, way in AROUND.items())}}};
          for (const [name, url] of Object.entries(addresses)) {{
            const made = document.createElement(tag);
            ways[name](made, url);
            document.body.append(made);
          }}
        }}""",
        [tag, addresses],
    )
    assert third_party.asked_by(page) == []

    save(page, "ads")
    third_party.has_been_asked_for(*(f"ads/{name}.{kind}" for name in AROUND))


@pytest.mark.parametrize("tag", KINDS)
def test_until_the_settings_are_there_everything_foreign_is_held(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, tag: str
) -> None:
    what = KINDS[tag]
    hosts = ("ads", "basket", "nobody")
    page = visitor.context.new_page()
    held = []
    page.route(SETTINGS, lambda route: held.append(route))
    with page.expect_request(SETTINGS):
        page.goto(site.page(widget, sdk=AUTOBLOCK))
    for host in hosts:
        make(page, tag, third_party.url(f"{host}/{what}"))
    make(page, tag, site.serves("/own.html", "0"))
    assert third_party.asked_by(page) == []
    assert any(request.url.endswith("/own.html") for request in visitor.requests)

    held[0].continue_()
    ready(page)
    third_party.has_been_asked_for(f"basket/{what}", f"nobody/{what}")
    assert sorted(third_party.asked_by(page)) == [f"basket/{what}", f"nobody/{what}"]


def test_without_the_settings_everything_foreign_stays_held_but_what_the_page_exempts(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = visitor.context.new_page()
    page.route(SETTINGS, lambda route: route.abort())
    with page.expect_console_message(lambda message: "is not available" in message.text):
        page.goto(site.page(widget, sdk=f'{AUTOBLOCK} {AUTOBLOCK}-except="pay.localhost cdn.localhost"'))
    for tag, what in KINDS.items():
        make(page, tag, third_party.url(f"ads/{what}"))
    make(page, "script", third_party.url("js.pay/v3.js"))
    third_party.has_been_asked_for("js.pay/v3.js")

    assert third_party.asked_by(page) == ["js.pay/v3.js"]


def test_in_an_outage_only_the_hosts_that_were_known_to_belong_to_services_stay_held(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    save(page, "counter")
    settled(page)
    page.evaluate("sessionStorage.clear()")
    page.route(SETTINGS, lambda route: route.abort())
    body = "".join(f'<script src="{third_party.url(f"{host}/one.js")}"></script>' for host in ("ads", "counter", "pay"))
    page.goto(site.page(widget, body, sdk=AUTOBLOCK))
    page.wait_for_function("() => window.ran?.length === 2")
    third_party.asked_by(page)

    assert ran(page) == ["counter/one.js", "pay/one.js"]


def test_a_service_under_the_sites_own_host_is_held(visitor: Visitor, site: Site, widget: int) -> None:
    def name_the_own_host(route: Route) -> None:
        answer = route.fetch()
        settings = answer.json()
        for service in settings["groups"][-1]["services"]:
            service["domains"] = ["localhost"]
        route.fulfill(response=answer, json=settings)

    page = visitor.context.new_page()
    page.route(SETTINGS, name_the_own_host)
    counter = site.serves("/matomo/matomo.js", "window.ran = ['own'];", content_type="text/javascript")
    site.opens(visitor, widget, f'<script src="{counter}"></script>', page=page, sdk=AUTOBLOCK)
    assert ran(page) == []

    save(page, "ads", "films")
    page.wait_for_function("() => window.ran")


def test_a_returning_visitor_has_the_consented_services(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    save(page, "ads")
    settled(page)
    page.reload()
    ready(page)
    for host in ("ads", "films"):
        for tag, what in KINDS.items():
            make(page, tag, third_party.url(f"{host}/{what}"))
    third_party.has_been_asked_for("ads/one.js", "ads/page.html")

    assert sorted(third_party.asked_by(page)) == ["ads/one.js", "ads/page.html"]
    assert ran(page) == ["ads/one.js"]


def test_a_refused_service_is_never_asked(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    part(page, "refuse-all").click()
    settled(page)
    for tag, what in KINDS.items():
        make(page, tag, third_party.url(f"ads/{what}"))
    page.reload()
    ready(page)
    for tag, what in KINDS.items():
        make(page, tag, third_party.url(f"ads/{what}"))

    assert third_party.asked_by(page) == []


def test_hosts_that_only_look_alike_pass(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    for host in ("myads", "ads.example", "ads-2"):
        make(page, "script", third_party.url(f"{host}/one.js"))
    third_party.has_been_asked_for("myads/one.js", "ads.example/one.js", "ads-2/one.js")

    assert len(third_party.asked_by(page)) == 3


def test_a_script_is_what_its_maker_made_it(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    page.evaluate(
        """url => {
          const script = document.createElement('script');
          script.onload = () => (window.ran ??= []).push('loaded');
          script.id = 'it';
          script.src = url;
          document.head.insertBefore(script, document.head.firstChild);
        }""",
        third_party.url("ads/one.js"),
    )
    assert third_party.asked_by(page) == []
    save(page, "ads")
    page.wait_for_function("() => window.ran?.includes('loaded')")

    assert ran(page) == ["ads/one.js", "loaded"]
    assert page.evaluate("document.head.firstElementChild.id") == "it"


def test_scripts_that_ask_for_order_keep_it(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    page.evaluate(
        """urls => {
          const make = src => Object.assign(document.createElement('script'), {async: false, src});
          document.head.append(...urls.map(make));
        }""",
        [third_party.url(f"ads/{name}.js") for name in ("one", "two", "three")],
    )
    with third_party.holding("ads/one.js"):
        save(page, "ads")
        third_party.has_been_asked_for("ads/one.js")
    page.wait_for_function("() => window.ran?.length === 3")

    assert ran(page) == ["ads/one.js", "ads/two.js", "ads/three.js"]


def test_a_parsed_script_does_not_run_without_consent(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    body = "".join(f'<script src="{third_party.url(f"{host}/one.js")}"></script>' for host in ("ads", "basket"))
    page = site.opens(visitor, widget, body, sdk=AUTOBLOCK)
    page.wait_for_function("() => window.ran?.length === 1")
    third_party.asked_by(page)
    assert ran(page) == ["basket/one.js"]

    save(page, "ads")
    page.wait_for_function("() => window.ran?.length === 2")
    assert ran(page) == ["basket/one.js", "ads/one.js"]


def test_a_parsed_frame_shows_nothing_without_consent(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    body = f'<iframe title="x" src="{third_party.url("films/page.html")}" width="400" height="225"></iframe>'
    page = site.opens(visitor, widget, body, sdk=AUTOBLOCK)
    expect(page.locator(".dastra-blocking-iframe")).to_be_visible()
    third_party.asked_by(page)
    assert [each.url for each in page.frames if "films" in each.url] == []

    third_party.forget()
    page.locator(".dastra-blocking-iframe").get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    assert third_party.asked_by(page) == ["films/page.html"]


@pytest.mark.parametrize("sdk", ["", "async"])
def test_it_is_off_unless_the_page_asks_for_it(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, sdk: str
) -> None:
    page = site.opens(visitor, widget, sdk=sdk)
    for tag, what in KINDS.items():
        make(page, tag, third_party.url(f"ads/{what}"))
    third_party.has_been_asked_for("ads/one.js", "ads/page.html")

    assert page.evaluate("HTMLScriptElement.prototype.hasOwnProperty('setAttribute')") is False


def test_a_strict_policy_is_kept(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = visitor.context.new_page()
    page.add_init_script("""
      window.violations = [];
      document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));
    """)
    policy = "script-src 'nonce-n0nce'; require-trusted-types-for 'script'; trusted-types dastra"
    body = f'<script src="{third_party.url("ads/one.js")}" nonce="n0nce"></script>'
    site.opens(visitor, widget, body, page=page, sdk=f'{AUTOBLOCK} nonce="n0nce"', policy=policy)
    third_party.asked_by(page)
    assert ran(page) == []
    save(page, "ads")
    page.wait_for_function("() => window.ran?.length === 1")

    assert page.evaluate("violations") == []


@pytest.mark.parametrize("sdk", [AUTOBLOCK, "async"])
def test_markup_without_the_nonce_is_not_released_into_a_policy_with_nonces(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, sdk: str
) -> None:
    policy = "script-src 'nonce-n0nce' 'strict-dynamic'"
    evil = third_party.url("evil/one.js")
    body = f"""<script type="dastra/script" data-consent="ads" data-src="{evil}"></script>
      <script type="dastra/script" data-consent="ads">(window.ran ??= []).push('evil')</script>
      <script type="dastra/script" data-consent="ads" nonce="other" data-src="{evil}"></script>
      <script src="{third_party.url("ads/evil.js")}"></script>
      <svg><script data-consent="ads" data-href="{evil}"></script></svg>
      <svg><script data-consent="ads" data-blocked-href="{evil}"></script></svg>
      <script type="dastra/script" data-consent="ads" nonce="n0nce" data-src="{third_party.url("ads/one.js")}">
      </script>"""
    page = site.opens(visitor, widget, body, sdk=f'{sdk} nonce="n0nce"', policy=policy)
    if sdk == AUTOBLOCK:
        make(page, "script", third_party.url("ads/two.js"))  # by a script, which the policy trusts
    save(page, "ads")
    page.wait_for_function("made => window.ran?.length === made", arg=1 + (sdk == AUTOBLOCK))
    third_party.asked_by(page)

    assert sorted(ran(page)) == ["ads/one.js", "ads/two.js"][: 1 + (sdk == AUTOBLOCK)]
    assert [said for said in visitor.said("warning") if evil in said]


def test_a_module_goes_by_its_own_tag(visitor: Visitor, site: Site, widget: int) -> None:
    """A module is no `currentScript`. Markup that the policy did not let run names the same file."""
    evil = f'<script src="{site.sdk}"></script><script type="text/plain" src="{site.sdk}" data-host="https://evil.example"></script>'
    body = '<script type="dastra/script" data-consent="ads">(window.ran ??= []).push(\'evil\')</script>'
    good = body.replace("<script", '<script nonce="n0nce"').replace("evil", "good")
    policy = "script-src 'nonce-n0nce' 'strict-dynamic'"
    sdk = 'type="module" crossorigin nonce="n0nce"'
    page = site.opens(visitor, widget, body + good, head=evil, sdk=sdk, policy=policy)
    save(page, "ads")
    page.wait_for_function("() => window.ran")

    assert ran(page) == ["good"]


def test_it_is_no_way_around_trusted_types(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    policy = "require-trusted-types-for 'script'; trusted-types dastra"
    page = site.opens(visitor, widget, sdk=AUTOBLOCK, policy=policy)
    refused = page.evaluate(
        "url => { try { document.createElement('script').src = url; } catch (error) { return error.name; } }",
        third_party.url("ads/one.js"),
    )
    assert refused == "TypeError"


BLOCKED_FORM = """(url, made) => {
  made.type = 'dastra/script';
  made.dataset.consent = 'counter';
  made.src = url;
  document.body.append(made);
}"""


def test_an_element_in_blocked_form_waits_for_what_it_says(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    page.evaluate(f"url => ({BLOCKED_FORM})(url, document.createElement('script'))", third_party.url("ads/one.js"))
    save(page, "ads")
    assert third_party.asked_by(page) == []

    save(page, "counter")
    page.wait_for_function("() => window.ran?.length === 1")
    assert third_party.asked_by(page) == ["ads/one.js"]


def test_an_element_in_blocked_form_does_not_wait_for_the_settings(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    save(page, "films")
    settled(page)
    page.route(SETTINGS, lambda route: route.abort())
    script, frame = third_party.url("films/one.js"), third_party.url("films/page.html")
    body = f"""<script type="dastra/script" data-consent="films" data-src="{script}"></script>
      <iframe title="x" data-consent="films" data-blocked-src="{frame}"></iframe>"""
    page.goto(site.page(widget, body, sdk=AUTOBLOCK))
    page.wait_for_function("() => window.ran?.length === 1")
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")

    assert sorted(third_party.asked_by(page)) == ["films/one.js", "films/page.html"]


# --- What it cannot do, as the guide says -----------------------------------------------------------------------------


def test_what_the_preload_scanner_sees_is_requested(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    waits = f'<script src="{third_party.url("nobody/slow.js")}"></script>'
    body = f'<script src="{third_party.url("ads/one.js")}"></script>'
    page = visitor.context.new_page()
    with third_party.holding("nobody/slow.js"):
        page.goto(site.page(widget, body, head=waits, sdk=AUTOBLOCK), wait_until="commit")
        third_party.has_been_asked_for("nobody/slow.js", "ads/one.js")
    ready(page)
    third_party.asked_by(page)

    assert ran(page) == ["nobody/slow.js"]


UNHELD = {
    "an image": ("ads/pixel.gif", "url => { document.body.append(Object.assign(new Image(), {src: url})); }"),
    "a request": ("ads/data.gif", "url => { fetch(url, {mode: 'no-cors'}); }"),
    "a style sheet": (
        "ads/style.html",
        "href => { document.head.append(Object.assign(document.createElement('link'), {rel: 'stylesheet', href})); }",
    ),
    "a script as text": (
        "ads/one.js",
        """url => {
          const html = `<script src="${url}"></script>`;
          document.body.append(document.createRange().createContextualFragment(html));
        }""",
    ),
}


@pytest.mark.parametrize(("what", "way"), UNHELD.values(), ids=UNHELD)
def test_other_things_are_not_held(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, what: str, way: str
) -> None:
    page = site.opens(visitor, widget, sdk=AUTOBLOCK)
    page.evaluate(way, third_party.url(what))

    third_party.has_been_asked_for(what)


def test_a_script_that_is_written_into_the_page_runs(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    tag = f"<script src='{third_party.url('ads/one.js')}'><\\/script>"
    page = site.opens(visitor, widget, f'<script>document.write("{tag}")</script>', sdk=AUTOBLOCK)

    assert ran(page) == ["ads/one.js"]
