"""Events for pages: on window and in the dataLayer, in the documented order, on load and on change."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ready

# Everything that is told, and what is released, in one list.
RECORD = """
  window.ran = [];
  window.dataLayer = [];
  const push = dataLayer.push;
  dataLayer.push = (...entries) => {
    for (const {event} of entries) ran.push(`layer ${event}`);
    return push.apply(dataLayer, entries);
  };
  const names = ['consents:ready', 'consents:updated', 'consents:any_refused', 'consents:all_accepted'];
  for (const slug of ['basket', 'chat', 'counter', 'ads', 'films']) names.push(`consent:${slug}`, `refused:${slug}`);
  for (const name of names) addEventListener(`dastra:${name}`, () => ran.push(`window dastra:${name}`));
"""
INLINE = '<script type="dastra/script" data-consent="{slug}">ran.push("runs {slug}")</script>'
BODY = "".join(INLINE.format(slug=slug) for slug in ("basket", *OPTIONAL))


@pytest.fixture
def page(visitor: Visitor) -> Page:
    page = visitor.context.new_page()
    page.add_init_script(RECORD)
    return page


def told(consented: tuple[str, ...], slugs: tuple[str, ...] = OPTIONAL) -> list[str]:
    """The events of these services."""
    names = [f"dastra:{'consent' if slug in consented else 'refused'}:{slug}" for slug in slugs]
    return [f"{where} {name}" for name in names for where in ("layer", "window")]


def runs(*slugs: str) -> list[str]:
    return [f"runs {slug}" for slug in slugs]


def begun(page: Page) -> None:
    """Wait for the last event of a load, which follows the scripts that the page holds."""
    page.wait_for_function("ran.includes('window dastra:consents:ready')")


def heard(page: Page) -> list[str]:
    """Return the events since the last call."""
    found: list[str] = page.evaluate("ran.splice(0)")
    return found


READY, UPDATED = ["window dastra:consents:ready"], ["window dastra:consents:updated"]
ACCEPTED, REFUSED = ["window dastra:consents:all_accepted"], ["window dastra:consents:any_refused"]


def test_a_choice_is_told_before_anything_runs_and_summed_up_in_the_end(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    begun(page)
    assert heard(page) == [*told(()), *runs("basket"), *READY]
    part(page, "accept-all").click()
    settled(page)

    assert heard(page) == [*told(OPTIONAL), *runs(*OPTIONAL), *UPDATED, *ACCEPTED]


FILMS, ADS, CHAT = (told((slug,), (slug,)) for slug in ("films", "ads", "chat"))

MOMENTS: list[tuple[str, Callable[[Page, Page], object], list[str]]] = [
    ("X without a choice", lambda page, _: part(page, "close").click(), []),
    ("load, undecided", lambda page, _: page.reload(), [*told(()), *READY]),
    ("a placeholder's button", lambda page, _: page.locator(".blocked").last.click(), [*FILMS, *UPDATED]),
    ("load, decided", lambda page, _: page.reload(), [*FILMS, *told((), ("chat", "counter", "ads")), *READY]),
    (
        "Accept all",
        lambda page, _: choose(page, "accept-all"),
        [*told(OPTIONAL, ("chat", "counter", "ads")), *UPDATED, *ACCEPTED],
    ),
    ("Accept all again", lambda page, _: choose(page, "accept-all"), [*UPDATED, *ACCEPTED]),
    ("load, accepted", lambda page, _: page.reload(), [*told(OPTIONAL), *READY]),
    ("withdrawal of all", lambda page, _: choose(page, "refuse-all"), [*told(()), *UPDATED, *REFUSED]),
    ("load, refused", lambda page, _: page.reload(), [*told(()), *READY]),
    ("Save", lambda page, _: choose(page, "save"), [*UPDATED, *REFUSED]),
    ("save() of the page", lambda page, _: save(page, "ads"), [*ADS, *UPDATED, *REFUSED]),
    ("save() without a change", lambda page, _: save(page, "ads"), UPDATED),
    ("dispatchEvent()", lambda page, _: dispatch(page, "chat"), CHAT),
    (
        "another tab accepts",
        lambda _, other: choose(other, "accept-all"),
        [*told(OPTIONAL, ("counter", "films")), *ACCEPTED],
    ),
    ("another tab refuses", lambda _, other: choose(other, "refuse-all"), [*told(()), *REFUSED]),
    ("another tab refuses again", lambda _, other: choose(other, "refuse-all"), []),
]
"""The table of docs/sdk.md: what happens on a page, one after the other, and what the page is told of it."""


def test_each_moment_has_its_events(page: Page, visitor: Visitor, site: Site, publish: Publish) -> None:
    frame = f'<iframe data-consent="films" data-blocked-src="{site.serves("/film", "A film")}"></iframe>'
    widget = publish(services=SERVICES)
    site.opens(visitor, widget, frame, page=page)
    rule = ["iframeBlock", {"selector": "iframe", "service": "films", "buttonClass": "blocked"}]
    page.add_init_script(f"(window.dastra ??= []).push({json.dumps(rule)})")
    page.evaluate("rule => dastra.push(rule)", rule)
    other = site.opens(visitor, widget)
    heard(page)

    for moment, happens, events in MOMENTS:
        happens(page, other)
        ready(page)
        followed(page, other)
        assert heard(page) == events, moment


def choose(page: Page, button: str) -> None:
    """Open the window again and press a button of it."""
    page.evaluate("dastra.openCookieConsent()")
    part(page, button).click()


def dispatch(page: Page, slug: str) -> None:
    page.evaluate("slug => dastra.cookieConsent.consent.setServiceConsent(slug, true)", slug)
    page.evaluate("dastra.cookieConsent.consent.dispatchEvent()")


def followed(page: Page, other: Page) -> None:
    """Wait until ``page`` has been told what ``other`` has stored so far: storage events keep their order."""
    page.evaluate("""() => {
      window.told = new Promise(done => addEventListener('storage', ({key}) => key === 'fence' && done()));
    }""")
    other.evaluate("() => localStorage.setItem('fence', Math.random())")
    page.evaluate("() => window.told")
    page.evaluate("() => localStorage.removeItem('fence')")


@pytest.mark.parametrize("button", ["accept-all", "refuse-all", "save"])
def test_a_page_that_reloads_on_a_summary_reloads_once(
    visitor: Visitor, site: Site, publish: Publish, button: str
) -> None:
    """The documented snippet, with a page that saves a choice at each load."""
    page = visitor.context.new_page()
    page.add_init_script("""
      sessionStorage.loads = Number(sessionStorage.loads ?? 0) + 1;
      for (const name of ['any_refused', 'all_accepted'])
        addEventListener(`dastra:consents:${name}`, () => location.reload());
    """)
    site.opens(visitor, publish(services=SERVICES), page=page)
    loads = "2"
    if button == "save":
        loads = "3"
        page.add_init_script("""(window.dastra ??= []).push(['cookieReady', ({consent}) => {
          consent.setPurposeConsent('Analytical', false);
          consent.save();
        }])""")
        page.reload()
    else:
        part(page, button).click()
    page.wait_for_function("loads => sessionStorage.loads === loads", arg=loads)
    ready(page)
    page.evaluate("dastra.cookieConsent.consent.close()")

    assert page.evaluate("sessionStorage.loads") == loads


def test_only_what_changes_is_told_again(page: Page, visitor: Visitor, site: Site, publish: Publish) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    begun(page)
    heard(page)
    save(page, "counter")
    assert heard(page) == [*told(("counter",), ("counter",)), *runs("counter"), *UPDATED, *REFUSED]
    save(page, "counter", "films")
    assert heard(page) == [*told(("films",), ("films",)), *runs("films"), *UPDATED, *REFUSED]
    save(page, "films")
    assert heard(page) == [*told((), ("counter",)), *UPDATED, *REFUSED]
    save(page, "films")
    assert heard(page) == UPDATED


def save(page: Page, *slugs: str) -> None:
    page.evaluate(
        """slugs => {
          const {consent} = dastra.cookieConsent;
          for (const {slug} of consent.getAllConsents()) consent.setServiceConsent(slug, slugs.includes(slug));
          consent.save();
        }""",
        list(slugs),
    )


@pytest.mark.parametrize(("button", "consented"), [("accept-all", OPTIONAL), ("refuse-all", ())])
def test_the_next_page_view_tells_all_of_it_again(
    page: Page, visitor: Visitor, site: Site, publish: Publish, button: str, consented: tuple[str, ...]
) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    begun(page)
    part(page, button).click()
    settled(page)
    page.reload()
    ready(page)

    all_heard = heard(page)
    assert [each for each in all_heard if each.startswith(("layer", "window"))] == [*told(consented), *READY]
    assert sorted(each for each in all_heard if each.startswith("runs")) == sorted(runs("basket", *consented))


def test_the_events_carry_all_consents(page: Page, visitor: Visitor, site: Site, publish: Publish) -> None:
    page.add_init_script("""
      window.details = {};
      for (const name of ['ready', 'updated'])
        addEventListener(`dastra:consents:${name}`, ({detail}) => {
          details[name] = Object.fromEntries(detail.map(({slug, consent}) => [slug, consent]));
        });
    """)
    site.opens(visitor, publish(services=SERVICES), page=page)
    save(page, "films")

    nothing = {"basket": True, "chat": False, "counter": False, "ads": False, "films": False}
    assert page.evaluate("details") == {"ready": nothing, "updated": {**nothing, "films": True}}


def test_a_listener_that_throws_does_not_stall_the_others(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    page.add_init_script("addEventListener('dastra:consent:chat', () => { throw new Error('a bug of the page'); });")
    page.add_init_script("dataLayer.push = (push => (...entries) => { push(...entries); throw 1; })(dataLayer.push);")
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    begun(page)
    heard(page)
    part(page, "accept-all").click()
    settled(page)

    assert heard(page) == [*told(OPTIONAL), *runs(*OPTIONAL), *UPDATED, *ACCEPTED]
    assert [error for error in visitor.errors if "a bug of the page" not in error] == []
    visitor.errors.clear()


@pytest.mark.parametrize("is_saved", [True, False])
def test_without_proofs_nothing_is_posted(visitor: Visitor, site: Site, publish: Publish, is_saved: bool) -> None:
    page = site.opens(visitor, publish(services=SERVICES, saveConsentProof=is_saved))
    part(page, "settings").click()
    part(page, "save").click()
    expect(part(page, "window")).to_be_hidden()
    page.reload()
    ready(page)
    part(page, "floating-button").click()
    part(page, "close").click()
    with page.expect_response("**/cookie-widget-settings/**"):
        page.reload()
    ready(page)

    assert visitor.choices(page) == dict.fromkeys(OPTIONAL, False)
    posted = [each for each in visitor.asked if each.startswith("POST")]
    assert sorted(set(posted)) == (["POST Consents", "POST Quit", "POST Visit"] if is_saved else [])
    assert visitor.stored(page, "dastra-outbox") == {}
