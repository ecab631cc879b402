"""Frames and images that wait: no request is made, a placeholder stands for a frame, and the layout stays."""

import base64
import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Json, Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, ready
from tests.matrices import share

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WATCH_LAYOUT = """
  window.moved = [];
  new PerformanceObserver(list => { for (const {value} of list.getEntries()) moved.push(value); })
    .observe({type: 'layout-shift', buffered: true});
"""


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES)


def frame(third_party: ThirdParty, more: str = 'width="400" height="225"', *, what: str = "films/page.html") -> str:
    address = third_party.url(what)
    return f'<iframe title="A film" data-consent="films" data-blocked-src="{address}" {more}></iframe>'


def placeholder(page: Page) -> Locator:
    return page.locator(".dastra-blocking-iframe")


def block(**options: object) -> str:
    """The command, as a page gives it before the SDK is there."""
    return f"<script>window.dastra = [['iframeBlock', {json.dumps(options)}]];</script>"


# --- Held -------------------------------------------------------------------------------------------------------------


def test_a_placeholder_stands_for_the_frame(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    held = page.get_by_role("group", name="Content from Films")

    expect(held).to_be_visible()
    expect(held).to_have_class("dastra-blocking-iframe datra-blocking-iframe")
    expect(held).to_have_attribute("data-nosnippet", "")
    expect(held).to_have_attribute("lang", "en")
    expect(held).to_contain_text("Films")
    expect(held).to_contain_text("Marketing")
    names = [button.get_attribute("aria-label") for button in held.get_by_role("button").all()]
    assert names == ["Show once: Films", "Always allow Films"]
    expect(page.locator("iframe")).to_be_hidden()
    assert third_party.asked_by(page) == []


def test_axe_finds_nothing_in_it(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, f"<main>{frame(third_party)}</main>")
    expect(placeholder(page)).to_be_visible()
    options = {"runOnly": {"type": "tag", "values": RULES}}
    found = Axe().run(page, context=".dastra-blocking-iframe", options=options).response

    assert [fault["id"] for fault in found["violations"]] == []
    assert "button-name" in [rule["id"] for rule in found["passes"]]
    assert "color-contrast" in [rule["id"] for rule in found["passes"]]


def test_a_frame_can_be_shown_once(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, frame(third_party) + frame(third_party))
    placeholder(page).first.get_by_role("button").first.click()
    expect(page.locator("iframe").first).to_be_visible()
    assert page.locator("iframe").first.get_attribute("src") == third_party.url("films/page.html")

    expect(placeholder(page)).to_have_count(1)  # the other frame stays held
    assert page.evaluate("document.activeElement.localName") == "iframe"
    assert (visitor.choices(page), visitor.proof(page)) == (None, {})
    part(page, "refuse-all").click()
    expect(placeholder(page)).to_have_count(2)


def test_a_frame_that_was_shown_once_is_held_on_the_next_page(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    placeholder(page).get_by_role("button").first.click()
    third_party.has_been_asked_for("films/page.html")
    third_party.forget()
    page.reload()
    expect(placeholder(page)).to_be_visible()

    assert third_party.asked_by(page) == []


SIZES = {
    "attributes": 'width="400" height="225"',
    "style": 'style="width: 50%; height: 12em"',
    "class": 'class="film"',
    "none": "",
    "ratio": 'class="wide"',
    "percent": 'width="100%" height="300"',
    "block": 'class="film" style="display: block; margin: 10px auto"',
}
STYLES = """<style>
  iframe.film { width: 320px; height: 180px; border: 0; margin: 20px; }
  iframe.wide { width: 100%; height: auto; aspect-ratio: 16 / 9; border: 0; }
</style>"""


def place_of_all(page: Page) -> object:
    """Return the positions of the frame (or its placeholder) and of what follows it."""
    return page.evaluate("""() => [...document.querySelectorAll('iframe, .dastra-blocking-iframe, #after')]
      .map(each => each.getBoundingClientRect())
      .filter(({width}) => width)
      .map(({x, y, width, height}) => [x, y, width, height].map(Math.round))""")


@pytest.mark.parametrize("size", share(SIZES, 0, of=2))
def test_it_is_as_large_as_the_frame_and_nothing_moves(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, size: str
) -> None:
    page = visitor.context.new_page()
    page.add_init_script(WATCH_LAYOUT)
    page.route("**/sdk/dastra.js*", lambda route: route.abort())
    body = f'{frame(third_party, size)}<p id="after">What follows</p>'
    url = site.page(widget, body, head=STYLES)
    page.goto(url)
    bare = place_of_all(page)
    page.unroute("**/sdk/dastra.js*")
    page.goto(url)
    expect(placeholder(page)).to_be_visible()
    part(page, "refuse-all").click()
    held = place_of_all(page)
    placeholder(page).get_by_role("button").last.click()
    third_party.has_been_asked_for("films/page.html")
    expect(placeholder(page)).to_have_count(0)
    released = place_of_all(page)
    third_party.asked_by(page)

    assert held == bare
    assert released == bare
    assert page.evaluate("moved") == []


def test_a_layout_shift_would_be_noticed(visitor: Visitor, site: Site, widget: int) -> None:
    page = visitor.context.new_page()
    page.add_init_script(WATCH_LAYOUT)
    site.opens(visitor, widget, "<p>What follows</p>", page=page)
    page.evaluate("document.querySelector('h1').style.marginTop = '300px'")

    page.wait_for_function("() => moved.length")


# --- The button -------------------------------------------------------------------------------------------------------


def test_its_button_consents_to_that_service_alone(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    with page.expect_response(lambda answer: '"Consents"' in (answer.request.post_data or "")) as posted:
        placeholder(page).get_by_role("button").last.click()
    sent: Json = json.loads(posted.value.request.post_data or "{}")
    choices = {"chat": False, "counter": False, "ads": False, "films": True}

    assert posted.value.status == 201
    assert sent["action"] == "Selection"
    assert {each["slug"]: each["consent"] for each in sent["consents"]["cookieConsents"]} == choices
    assert visitor.choices(page) == choices
    expect(placeholder(page)).to_have_count(0)
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    assert third_party.asked_by(page) == ["films/page.html"]
    expect(part(page, "window")).to_be_hidden()


def test_earlier_decisions_stay(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    page.evaluate("""() => {
      const {consent} = dastra.cookieConsent;
      consent.setServiceConsent('counter', true);
      consent.save();
    }""")
    placeholder(page).get_by_role("button").last.click()

    assert visitor.choices(page) == {"chat": False, "counter": True, "ads": False, "films": True}


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_it_works_by_keyboard_and_focus_goes_to_the_frame(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, key: str
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "refuse-all").click()
    placeholder(page).get_by_role("button").last.focus()
    page.keyboard.press(key)
    third_party.has_been_asked_for("films/page.html")

    assert page.evaluate("document.activeElement.localName") == "iframe"


def test_one_click_releases_all_frames_of_the_service(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    other = frame(third_party, what="films/other.html")
    ads = f'<iframe title="x" data-consent="ads" data-blocked-src="{third_party.url("ads/page.html")}"></iframe>'
    page = site.opens(visitor, widget, frame(third_party) + other + ads)
    expect(placeholder(page)).to_have_count(3)
    placeholder(page).first.get_by_role("button").last.click()
    expect(placeholder(page)).to_have_count(1)

    assert sorted(third_party.asked_by(page)) == ["films/other.html", "films/page.html"]


# --- Later ------------------------------------------------------------------------------------------------------------


def test_a_refused_frame_is_never_asked_for(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "refuse-all").click()
    settled(page)
    page.reload()
    ready(page)

    expect(placeholder(page)).to_be_visible()
    assert third_party.asked_by(page) == []


def test_a_returning_visitor_has_the_frame_at_once(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "accept-all").click()
    settled(page)
    third_party.forget()
    page.route("**/v1/client/cookie-widget-settings/**", lambda route: route.abort())
    page.reload()
    third_party.has_been_asked_for("films/page.html")

    assert third_party.asked_by(page) == ["films/page.html"]
    expect(placeholder(page)).to_have_count(0)


def test_a_visitor_who_has_refused_is_asked_and_not_told_of_an_outage(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "refuse-all").click()
    settled(page)
    again = visitor.context.new_page()  # a session of its own: the settings are not there at once
    waiting: list[Route] = []
    again.route("**/cookie-widget-settings/**", lambda route: waiting.append(route))
    with again.expect_request("**/cookie-widget-settings/**"):
        again.goto(page.url)
    expect(placeholder(again)).to_have_count(0)
    waiting[0].continue_()

    expect(placeholder(again).get_by_role("button")).to_have_count(2)
    expect(placeholder(again)).to_contain_text("Content from Films")


HOTJAR = {"name": "Hotjar", "slug": "hotjar", "purpose": "Analytical"}
ASKS_AGAIN: dict[str, Json] = {
    "renewal": {"services": SERVICES, "renewal": 1},
    "a new service": {"services": [*SERVICES, HOTJAR], "renewOnNewService": True},
}


@pytest.mark.parametrize("changes", ASKS_AGAIN.values(), ids=ASKS_AGAIN)
def test_one_frame_does_not_answer_a_question_that_is_asked_again(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, changes: Json
) -> None:
    page = site.opens(visitor, publish(services=SERVICES, developerMode=True), frame(third_party))
    part(page, "refuse-all").click()
    settled(page)
    again = visitor.context.new_page()
    widget = int(page.evaluate("dastra.widgetId"))
    publish(widget, developerMode=True, **changes)
    again.goto(page.url)
    expect(part(again, "window")).to_be_visible()
    placeholder(again).get_by_role("button").last.click()
    third_party.has_been_asked_for("films/page.html")

    expect(part(again, "window")).to_be_visible()
    assert visitor.choices(again) == {"chat": False, "counter": False, "ads": False, "films": True}


def test_it_speaks_the_language_that_the_page_changes_to(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    page = site.opens(visitor, publish(services=SERVICES, languages=["en", "de"]), frame(third_party))
    expect(placeholder(page)).to_contain_text("Content from Films")
    page.evaluate("dastra.push(['set', 'lang', 'de'])")

    expect(placeholder(page)).to_contain_text("Inhalt von Films")
    expect(placeholder(page)).to_have_count(1)
    placeholder(page).get_by_role("button").last.click()
    third_party.has_been_asked_for("films/page.html")


def test_a_withdrawal_takes_the_frame_away_again(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "accept-all").click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    expect(placeholder(page)).to_be_visible()
    assert page.locator("iframe").get_attribute("src") is None
    assert [each.url for each in page.frames if "films" in each.url] == []

    third_party.forget()
    placeholder(page).get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    assert third_party.asked_by(page) == ["films/page.html"]


MORPHS = {
    "idiomorph": "frame => { frame.setAttribute('data-blocked-src', frame.src); frame.removeAttribute('src'); }",
    "Alpine": """frame => {
      const {src} = frame;
      frame.removeAttribute('src');
      frame.setAttribute('data-blocked-src', src);
    }""",
}
WITHDRAW = """() => {
  const {consent} = dastra.cookieConsent;
  consent.setServiceConsent('films', false);
  consent.save();
}"""


@pytest.mark.parametrize("morph", MORPHS)
def test_a_film_plays_on_when_the_page_is_made_equal_to_its_held_form(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, morph: str
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "accept-all").click()
    third_party.has_been_asked_for("films/page.html")
    settled(page)
    for _ in range(3):  # Livewire does so at each refresh
        page.locator("iframe").evaluate(MORPHS[morph])
        expect(page.locator("iframe[data-blocked-src]")).to_have_count(0)
    assert third_party.asked_by(page) == ["films/page.html"]
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")

    page.evaluate(WITHDRAW)
    expect(placeholder(page)).to_have_count(1)
    assert [each.url for each in page.frames if "films" in each.url] == []
    assert third_party.asked_by(page)[1:] == []
    placeholder(page).get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")


def test_a_film_of_another_page_takes_the_place_of_the_one_before(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    part(page, "accept-all").click()
    third_party.has_been_asked_for("films/page.html")
    page.locator("iframe").evaluate(
        "(frame, url) => { frame.setAttribute('data-blocked-src', url); frame.removeAttribute('src'); }",
        third_party.url("films/other.html"),
    )

    third_party.has_been_asked_for("films/other.html")
    expect(page.locator("iframe")).to_have_attribute("src", third_party.url("films/other.html"))


def test_a_frame_that_was_out_of_the_page_at_the_withdrawal_does_not_come_back(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, f"<div id=tab>{frame(third_party)}</div>")
    part(page, "accept-all").click()
    third_party.has_been_asked_for("films/page.html")
    settled(page)
    page.evaluate("() => { window.kept = document.getElementById('tab'); kept.remove() }")
    page.evaluate(WITHDRAW)
    settled(page)
    page.evaluate("() => document.body.append(kept)")
    expect(placeholder(page)).to_have_count(1)

    assert third_party.asked_by(page)[1:] == []


@pytest.mark.parametrize("name", ["", 'name="film"'])
def test_the_browsers_history_does_not_bring_a_withdrawn_frame_back(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, name: str
) -> None:
    """A browser gives frames of the markup their former addresses before the SDK runs."""
    page = site.opens(visitor, widget, frame(third_party, name))
    part(page, "accept-all").click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    expect(placeholder(page)).to_be_visible()
    page.goto(third_party.url("fence/page.html"))
    third_party.forget()
    page.go_back()
    expect(placeholder(page)).to_be_visible()

    assert third_party.asked_by(page) == []


@pytest.mark.parametrize("is_consented", [False, True])
def test_late_frames_and_images_are_treated_the_same(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, is_consented: bool
) -> None:
    pixel = f'<img alt="" data-consent="films" data-src="{third_party.url("films/pixel.gif")}">'
    page = site.opens(visitor, widget)
    part(page, "accept-all" if is_consented else "refuse-all").click()
    page.evaluate(
        "html => document.body.insertAdjacentHTML('beforeend', html)", f"<div><p>{frame(third_party)}{pixel}</p></div>"
    )
    expect(page.locator("iframe, .dastra-blocking-iframe").locator("visible=true")).to_have_count(1)

    assert sorted(third_party.asked_by(page)) == (["films/page.html", "films/pixel.gif"] if is_consented else [])
    expect(placeholder(page)).to_have_count(0 if is_consented else 1)


def test_a_frame_that_goes_takes_its_placeholder_with_it_or_leaves_no_request(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, frame(third_party))
    expect(placeholder(page)).to_be_visible()
    page.evaluate("document.querySelector('iframe').remove()")
    part(page, "accept-all").click()
    settled(page)

    assert third_party.asked_by(page) == []


# --- Images -----------------------------------------------------------------------------------------------------------


def test_images_are_loaded_once_when_their_service_may(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    url = third_party.url
    body = f"""
      <img id="one" alt="" data-consent="counter" data-src="{url("counter/pixel.gif")}" width="1" height="1">
      <img id="two" alt="" data-consent="ads" data-src="{url("ads/small.gif")}" data-srcset="{url("ads/large.gif")} 1x">
      <img alt="" data-consent="films" data-src="{url("films/refused.gif")}">
      <img alt="" data-src="{url("films/no-concern-of-ours.gif")}">
    """
    page = site.opens(visitor, widget, body)
    assert third_party.asked_by(page) == []
    page.evaluate("""() => {
      for (const slug of ['counter', 'ads']) dastra.cookieConsent.consent.setServiceConsent(slug, true);
      dastra.cookieConsent.consent.save();
    }""")
    page.wait_for_function("() => [...document.querySelectorAll('#one, #two')].every(image => image.naturalWidth)")

    assert sorted(third_party.asked_by(page)) == ["ads/large.gif", "counter/pixel.gif"]


# --- The command ------------------------------------------------------------------------------------------------------

FILM = {"selector": "iframe.film", "service": "films"}


def unmarked(third_party: ThirdParty, source: str = "data-blocked-src") -> str:
    """A frame that says nothing of its service."""
    address = third_party.url("films/page.html")
    return f'<iframe class="film" title="A film" {source}="{address}" width="400" height="225"></iframe>'


def test_the_command_says_what_stands_for_the_frame(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    head = block(**FILM, body="<b>Films</b> learn what you watch.", buttonLabel="Show it", buttonClass="button large")
    page = site.opens(visitor, widget, unmarked(third_party), head=head)
    button = placeholder(page).get_by_role("button", name="Show it")

    expect(placeholder(page)).to_contain_text("learn what you watch.")
    expect(button).to_have_class("button large")
    assert third_party.asked_by(page) == []
    button.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")
    assert visitor.choices(page) == {"chat": False, "counter": False, "ads": False, "films": True}
    assert third_party.asked_by(page) == ["films/page.html"]


def test_the_commands_text_is_never_more_than_text(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    markup = "<img src=x onerror=window.harmed=1><a href='javascript:harmed=1'>x</a>"
    head = f"<script>window.dastra = [['iframeBlock', JSON.parse(atob('{base64_of(markup)}'))]]</script>"
    page = site.opens(visitor, widget, unmarked(third_party), head=head)
    expect(placeholder(page)).to_be_visible()

    assert placeholder(page).locator("img, a[href^='javascript']").count() == 0
    assert page.evaluate("window.harmed") is None


def base64_of(markup: str) -> str:
    return base64.b64encode(json.dumps({**FILM, "body": markup, "buttonLabel": markup}).encode()).decode()


def test_the_command_after_the_sdk_holds_what_is_there_and_what_comes(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, unmarked(third_party))
    page.evaluate("rule => dastra.push(['iframeBlock', rule])", FILM)
    expect(placeholder(page)).to_have_count(1)
    page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", unmarked(third_party))

    expect(placeholder(page)).to_have_count(2)
    assert third_party.asked_by(page) == []


def test_a_frame_with_a_plain_address_is_held_as_well(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    lazy = unmarked(third_party, 'loading="lazy" src')
    far = f'<div style="height: 9000px"></div>{lazy}'
    page = site.opens(visitor, widget, far, head=block(**FILM))
    expect(placeholder(page)).to_be_attached()
    part(page, "refuse-all").click()  # the window may cover the end of the page
    placeholder(page).scroll_into_view_if_needed()

    assert page.locator("iframe").get_attribute("src") is None
    assert page.locator("iframe").get_attribute("data-blocked-src") == third_party.url("films/page.html")
    assert third_party.asked_by(page) == []
    placeholder(page).get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")


@pytest.mark.parametrize("how", ["parsed", "inserted"])
@pytest.mark.parametrize("sdk", ["", "async"])
def test_a_frame_that_has_begun_to_load_is_taken_back(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, sdk: str, how: str
) -> None:
    plain = unmarked(third_party, "src")
    page = site.opens(visitor, widget, plain if how == "parsed" else "", head=block(**FILM), sdk=sdk)
    if how == "inserted":
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", plain)
    expect(placeholder(page)).to_have_count(1)
    third_party.asked_by(page)

    assert page.locator("iframe").get_attribute("src") is None
    assert [each.url for each in page.frames if "films" in each.url] == []
    third_party.forget()
    page.evaluate("document.body.append(document.querySelector('iframe'))")
    assert third_party.asked_by(page) == []


@pytest.mark.parametrize("rule", [None, {}, {"selector": "iframe"}, {"selector": ">>", "service": "films"}, 7])
def test_an_invalid_rule_is_reported_and_harmless(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, rule: object
) -> None:
    head = f"<script>window.dastra = [['iframeBlock', {json.dumps(rule)}]];</script>"
    page = site.opens(visitor, widget, frame(third_party), head=head)

    expect(placeholder(page)).to_have_count(1)
    assert third_party.asked_by(page) == []
    expect(part(page, "window")).to_be_visible()


# --- Policies and styles ----------------------------------------------------------------------------------------------


def test_a_strict_policy_is_kept(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = visitor.context.new_page()
    page.add_init_script("""
      window.violations = [];
      document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));
    """)
    policy = (
        "default-src 'none'; script-src 'nonce-n0nce'; style-src 'self'; connect-src *; frame-src *; "
        "require-trusted-types-for 'script'; trusted-types dastra"
    )
    site.opens(visitor, widget, frame(third_party), page=page, sdk='async nonce="n0nce"', policy=policy)
    expect(placeholder(page)).to_be_visible()
    assert placeholder(page).evaluate("each => each.getBoundingClientRect().width") == 404
    assert placeholder(page).evaluate("each => getComputedStyle(each).backgroundColor") != "rgba(0, 0, 0, 0)"
    placeholder(page).get_by_role("button").last.click()
    expect(page.frame_locator("iframe").locator("p")).to_have_text("Hello")

    assert page.evaluate("violations") == []


def test_a_page_that_takes_placeholders_out_again_does_not_freeze(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    """An editor's observer undoes what others put into its text."""
    undo = """<script>new MutationObserver(() => {
      for (const each of document.querySelectorAll('.dastra-blocking-iframe')) each.remove();
    }).observe(document, {subtree: true, childList: true});</script>"""
    page = site.opens(visitor, widget, undo + frame(third_party))

    expect(part(page, "window")).to_be_visible()
    assert third_party.asked_by(page) == []


def test_a_page_may_style_the_placeholder(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    head = "<style>div { background: rgb(1, 2, 3) } .datra-blocking-iframe { color: rgb(4, 5, 6) }</style>"
    page = site.opens(visitor, widget, frame(third_party), head=head)
    expect(placeholder(page)).to_be_visible()

    look = placeholder(page).evaluate("each => [getComputedStyle(each).backgroundColor, getComputedStyle(each).color]")
    assert look == ["rgb(1, 2, 3)", "rgb(4, 5, 6)"]
