"""Google Consent Mode, Microsoft UET and Clarity: denied before anything, granted as far as every service allows it."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from local import ROOT
from tests.browser.conftest import RULES_FILE, Json, Publish, Visitor, part, settled
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ready

TYPES = (
    "ad_storage",
    "ad_user_data",
    "ad_personalization",
    "analytics_storage",
    "functionality_storage",
    "personalization_storage",
    "security_storage",
)
DENIED = dict.fromkeys(TYPES, "denied")
MODES = {
    "basket": ["security_storage"],
    "counter": ["analytics_storage"],
    "ads": ["ad_storage", "ad_user_data", "ad_personalization"],
    "films": ["ad_storage"],
}
WITH_MODES = [{**service, "consentModes": MODES.get(service["slug"], [])} for service in SERVICES]
LISTED = {"ad_storage", "ad_user_data", "ad_personalization", "analytics_storage", "security_storage"}


def state(*granted: str) -> dict[str, str]:
    """An update: what no service lists is not in it."""
    return {name: "granted" if name in granted else "denied" for name in TYPES if name in LISTED}


def snippet_of(path: str) -> str:
    """The script for the head that a document shows."""
    text = (ROOT / path).read_text("utf-8")
    found = re.search(r"<script>\s*window\.dataLayer.*?gtag\('consent', 'default'.*?</script>", text, re.DOTALL)
    assert found is not None, path
    return found[0]


GUIDE = "docs/integrate/html.md"
SNIPPET = snippet_of(GUIDE)


def sent(page: Page) -> list[Json]:
    """Return the commands that Google's tags would see: they take only real ``arguments`` objects."""
    found: list[Json] = page.evaluate("""() => (window.dataLayer ?? [])
      .filter(entry => Object.prototype.toString.call(entry) === '[object Arguments]')
      .map(entry => ({said: Array.from(entry).slice(0, -1).join(' '), value: entry[entry.length - 1]}))""")
    return found


def default(wait: int = 500, **more: object) -> Json:
    return {"said": "consent default", "value": {**DENIED, "wait_for_update": wait, **more}}


def update(*granted: str) -> Json:
    return {"said": "consent update", "value": state(*granted)}


def save(page: Page, *slugs: str) -> None:
    page.evaluate(
        """slugs => {
          const {consent} = dastra.cookieConsent;
          for (const {slug} of consent.getAllConsents()) consent.setServiceConsent(slug, slugs.includes(slug));
          consent.save();
        }""",
        list(slugs),
    )


def widget_of(publish: Publish, **options: object) -> int:
    return publish(services=WITH_MODES, enableConsentMode=True, consentModeOptions=options)


# --- Google -----------------------------------------------------------------------------------------------------------


def test_everything_is_denied_first_by_the_sdk_itself(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, widget_of(publish))

    assert sent(page) == [default(), update("security_storage")]


@pytest.mark.parametrize("path", [GUIDE, "README.md"])
def test_the_line_of_the_guide_is_not_said_again(visitor: Visitor, site: Site, publish: Publish, path: str) -> None:
    page = site.opens(visitor, widget_of(publish), head=snippet_of(path))

    assert sent(page) == [default(), update("security_storage")]
    assert page.evaluate("dataLayer[0][1]") == "default"


def test_an_own_default_of_the_page_stands(visitor: Visitor, site: Site, publish: Publish) -> None:
    head = """<script>
      window.dataLayer = [];
      (function () { dataLayer.push(arguments); })('consent', 'default', {ad_storage: 'denied', wait_for_update: 9});
    </script>"""
    page = site.opens(visitor, widget_of(publish), head=head)

    own = {"said": "consent default", "value": {"ad_storage": "denied", "wait_for_update": 9}}
    assert sent(page) == [own, update("security_storage")]


def test_the_options_are_sent(visitor: Visitor, site: Site, publish: Publish) -> None:
    options = {"waitForUpdate": 1200, "adsDataRedaction": True, "urlPassthrough": True, "regions": ["FR", "US-CA"]}
    page = site.opens(visitor, widget_of(publish, **options))

    said = sent(page)
    assert said[0] == default(1200, region=["FR", "US-CA"])
    assert sorted(each["said"] for each in said[1:-1]) == ["set ads_data_redaction", "set url_passthrough"]
    assert [each["value"] for each in said[1:-1]] == [True, True]
    assert said[-1] == update("security_storage")


CHANGES = [
    (("counter",), ("analytics_storage",)),
    (("ads",), ("ad_user_data", "ad_personalization")),
    (("films",), ()),
    (("ads", "films"), ("ad_storage", "ad_user_data", "ad_personalization")),
    (("chat",), ()),
]


@pytest.mark.parametrize(("slugs", "granted"), CHANGES)
def test_a_type_is_granted_when_every_service_that_uses_it_is(
    visitor: Visitor, site: Site, publish: Publish, slugs: tuple[str, ...], granted: tuple[str, ...]
) -> None:
    page = site.opens(visitor, widget_of(publish))
    before = len(sent(page))
    save(page, *slugs)

    assert sent(page)[before:] == ([update("security_storage", *granted)] if granted else [])


def test_only_changes_are_sent_and_a_withdrawal_denies_again(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, widget_of(publish))
    save(page, "counter")
    save(page, "counter", "chat")
    save(page, "counter", "chat")
    save(page)

    assert sent(page)[2:] == [update("security_storage", "analytics_storage"), update("security_storage")]


@pytest.mark.parametrize("head", [SNIPPET, ""], ids=["with the guide's line", "without"])
def test_the_next_page_view_sends_the_stored_consent(visitor: Visitor, site: Site, publish: Publish, head: str) -> None:
    page = site.opens(visitor, widget_of(publish), head=head)
    part(page, "accept-all").click()
    settled(page)
    page.reload()
    ready(page)

    assert sent(page) == [default(), update(*LISTED)]


def test_a_tag_that_is_released_finds_its_state(visitor: Visitor, site: Site, publish: Publish) -> None:
    look = "window.found = dataLayer.map(entry => entry.event ?? `${entry[0]} ${entry[1]}`);"
    body = f'<script type="dastra/script" data-consent="counter">{look}</script>'
    page = site.opens(visitor, widget_of(publish), body)
    page.evaluate("addEventListener('dastra:consent:counter', () => { window.atEvent = dataLayer.at(-2)[1]; })")
    save(page, "counter")

    found = page.wait_for_function("window.found").json_value()
    assert found[-1] == "dastra:consent:counter"
    assert found[-2] == "consent update"
    assert page.evaluate("atEvent") == "update"


@pytest.mark.parametrize("head", [SNIPPET, ""], ids=["with the guide's line", "without"])
def test_a_stored_consent_is_sent_before_the_events_when_the_settings_cannot_be_loaded(
    visitor: Visitor, site: Site, publish: Publish, head: str
) -> None:
    page = site.opens(visitor, widget_of(publish), head=head)
    save(page, "counter", "ads")
    settled(page)
    page.evaluate("sessionStorage.clear()")
    page.route("**/cookie-widget-settings/**", lambda route: route.abort())
    page.reload()
    page.wait_for_function("() => dataLayer.some(({event}) => event === 'dastra:consent:counter')")

    granted = ("security_storage", "analytics_storage", "ad_user_data", "ad_personalization")
    assert sent(page) == [default(), update(*granted)]
    assert page.evaluate("dataLayer.slice(0, 2).map(([said, kind]) => `${said} ${kind}`)") == [
        "consent default",
        "consent update",
    ]


def test_a_returning_visitors_tags_do_not_wait_for_the_settings(visitor: Visitor, site: Site, publish: Publish) -> None:
    """The file for the tags is asked for before the settings, in the same task."""
    page = site.opens(visitor, widget_of(publish))
    save(page, "counter")
    settled(page)
    page.evaluate("sessionStorage.clear()")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    waiting: list[Route] = []
    page.route("**/cookie-widget-settings/**", lambda route: waiting.append(route))
    page.reload()
    page.wait_for_function("() => dataLayer.some(({event}) => event === 'dastra:consent:counter')")
    kinds = [url for url in asked if RULES_FILE.search(url) or "/cookie-widget-settings/" in url]
    assert [bool(RULES_FILE.search(url)) for url in kinds] == [True, False]

    waiting[0].continue_()
    ready(page)


def test_a_refusal_elsewhere_is_not_undone_by_what_is_remembered(
    visitor: Visitor, site: Site, publish: Publish
) -> None:
    page = site.opens(visitor, widget_of(publish))
    save(page, "counter", "ads")
    name = page.evaluate("Object.keys(localStorage).find(each => each.startsWith('dastra-state:'))")
    before = page.evaluate("name => localStorage.getItem(name)", name)
    save(page, "ads")
    settled(page)
    page.evaluate("([name, text]) => localStorage.setItem(name, text)", [name, before])
    page.route("**/cookie-widget-settings/**", lambda route: route.abort())
    page.reload()
    page.wait_for_function("() => window.dataLayer?.some(({event}) => event === 'dastra:consent:ads')")

    assert sent(page) == [default(), update("security_storage", "ad_user_data", "ad_personalization")]


@pytest.mark.parametrize(
    ("sdk", "head"),
    [
        ('async data-layer="ownLayer"', ""),
        ("async", "<script>(window.dastra = []).push(['set', 'dataLayer', 'ownLayer']);</script>"),
    ],
    ids=["by an attribute", "by a command"],
)
def test_the_pages_data_layer_may_have_another_name(
    visitor: Visitor, site: Site, publish: Publish, sdk: str, head: str
) -> None:
    page = site.opens(visitor, widget_of(publish), sdk=sdk, head=head)

    kinds = page.evaluate("ownLayer.map(entry => entry.event ?? entry[1])")
    assert kinds == ["default", "update", *(f"dastra:refused:{slug}" for slug in OPTIONAL)]
    assert page.evaluate("window.dataLayer") is None


def test_off_means_silent(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=WITH_MODES))
    part(page, "accept-all").click()
    settled(page)

    assert sent(page) == []
    assert page.evaluate("window.uetq") is None
    assert [request.url for request in visitor.requests if RULES_FILE.search(request.url)] == []


@pytest.mark.parametrize("settings", ["there", "unreachable"])
def test_nothing_is_announced_or_released_before_the_tags_are_told(
    visitor: Visitor, site: Site, publish: Publish, settings: str
) -> None:
    body = """<script type="dastra/script" data-consent="counter">window.released = true;</script>
      <img id="pixel" alt="" data-consent="counter" data-src="data:,">"""
    page = site.opens(visitor, widget_of(publish), body)
    save(page, "counter")
    settled(page)
    held: list[Route] = []
    page.route(RULES_FILE, lambda route: held.append(route))
    if settings == "unreachable":
        page.evaluate("sessionStorage.clear()")
        page.route("**/cookie-widget-settings/**", lambda route: route.abort())
    with page.expect_request(RULES_FILE):
        page.reload(wait_until="commit")  # the load waits for the file
    page.evaluate("dastra.cookieConsent.consent.dispatchEvent()")  # whatever the page asks for
    page.evaluate("document.body.append(document.createElement('iframe'))")  # and whenever the SDK looks again
    assert page.evaluate("[window.released, window.dataLayer, pixel.hasAttribute('src')]") == [None, None, False]

    held[0].continue_()
    page.wait_for_function("() => window.released")
    told = page.evaluate("dataLayer.map(entry => entry.event ?? entry[1])")
    assert told[:3] == ["default", "update", "dastra:consent:counter"]


def test_without_the_file_that_tells_tags_the_widget_goes_on(visitor: Visitor, site: Site, publish: Publish) -> None:
    visitor.context.route(RULES_FILE, lambda route: route.abort())
    page = site.opens(visitor, widget_of(publish))
    expect(part(page, "window")).to_be_visible()
    part(page, "accept-all").click()
    settled(page)

    assert sent(page) == []
    assert (visitor.choices(page) or {}).keys() == set(OPTIONAL)
    assert [text for text in visitor.said("warning") if "optional.js" in text] != []


# --- Microsoft --------------------------------------------------------------------------------------------------------


def uet(page: Page) -> list[object]:
    found: list[object] = page.evaluate("(window.uetq ?? []).map(each => each)")
    return found


def said_to_uet(kind: str, ad_storage: str) -> list[object]:
    return ["consent", kind, {"ad_storage": ad_storage}]


def test_uet_gets_the_consent_in_its_own_queue(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=WITH_MODES, enableUET=True))
    save(page, "ads")
    assert uet(page) == [*said_to_uet("default", "denied"), *said_to_uet("update", "denied")]
    save(page, "ads", "films")
    save(page)

    assert uet(page)[6:] == [*said_to_uet("update", "granted"), *said_to_uet("update", "denied")]
    assert sent(page) == []


def test_uets_default_of_the_page_stands(visitor: Visitor, site: Site, publish: Publish) -> None:
    head = "<script>window.uetq = []; uetq.push('consent', 'default', {ad_storage: 'denied'});</script>"
    page = site.opens(visitor, publish(services=WITH_MODES, enableUET=True), head=head)

    assert uet(page).count("default") == 1
    part(page, "accept-all").click()
    settled(page)
    assert uet(page)[-3:] == said_to_uet("update", "granted")


def test_uet_gets_the_stored_consent_on_the_next_page_view(visitor: Visitor, site: Site, publish: Publish) -> None:
    page = site.opens(visitor, publish(services=WITH_MODES, enableUET=True))
    part(page, "accept-all").click()
    settled(page)
    page.reload()
    ready(page)

    assert uet(page) == [*said_to_uet("default", "denied"), *said_to_uet("update", "granted")]


def test_in_an_outage_a_stored_consent_is_announced_first(visitor: Visitor, site: Site, publish: Publish) -> None:
    """The file that tells the tags may still be loading when the settings fail."""
    head = """<script>
      window.order = [];
      const note = ({type}) => order.push(type);
      for (const name of ['dastra:consent:counter', 'dastra:unavailable']) addEventListener(name, note);
    </script>"""
    widget = publish(services=WITH_MODES, enableConsentMode=True)
    save(site.opens(visitor, widget, head=head), "counter")
    page = visitor.context.new_page()
    page.route("**/cookie-widget-settings/**", lambda route: route.abort())
    page.goto(site.page(widget, head=head))
    page.wait_for_function("order.length === 2")

    assert page.evaluate("order") == ["dastra:consent:counter", "dastra:unavailable"]


# The function of Microsoft's snippet: calls wait in a queue until the tag has loaded.
CLARITY = "<script>window.clarity = function () { (clarity.q = clarity.q || []).push(arguments); };</script>"


@pytest.mark.parametrize("head", [CLARITY, ""], ids=["with its own function", "without"])
def test_clarity_gets_both_types_and_no_refusal_before_a_consent(
    visitor: Visitor, site: Site, publish: Publish, head: str
) -> None:
    page = site.opens(visitor, publish(services=WITH_MODES, enableClarity=True), head=head)
    save(page, "counter", "ads")
    settled(page)

    def said(counter: str) -> list[object]:
        return ["consentv2", {"ad_Storage": "denied", "analytics_Storage": counter}]

    calls = "clarity.q.map(call => Array.from(call))"
    assert page.evaluate(calls) == [said("denied"), said("granted")]
    page.reload()
    ready(page)
    assert page.evaluate(calls) == [said("granted")]
