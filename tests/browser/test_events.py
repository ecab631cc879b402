"""Events for pages: on window and in the dataLayer, in the documented order, on load and on change."""

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


def heard(page: Page) -> list[str]:
    """Return the events since the last call."""
    found: list[str] = page.evaluate("ran.splice(0)")
    return found


READY, UPDATED = ["window dastra:consents:ready"], ["window dastra:consents:updated"]
ACCEPTED, REFUSED = ["window dastra:consents:all_accepted"], ["window dastra:consents:any_refused"]


def test_before_any_choice_everything_is_refused_and_nothing_summed_up(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)

    assert heard(page) == [*told(()), *runs("basket"), *READY]


def test_a_choice_is_told_before_anything_runs_and_summed_up_in_the_end(
    page: Page, visitor: Visitor, site: Site, publish: Publish
) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    heard(page)
    part(page, "accept-all").click()
    settled(page)

    assert heard(page) == [*told(OPTIONAL), *runs(*OPTIONAL), *UPDATED, *ACCEPTED]


def test_only_what_changes_is_told_again(page: Page, visitor: Visitor, site: Site, publish: Publish) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    heard(page)
    save(page, "counter")
    assert heard(page) == [*told(("counter",), ("counter",)), *runs("counter"), *UPDATED, *REFUSED]
    save(page, "counter", "films")
    assert heard(page) == [*told(("films",), ("films",)), *runs("films"), *UPDATED, *REFUSED]
    save(page, "films")
    assert heard(page) == [*told((), ("counter",)), *UPDATED, *REFUSED]
    save(page, "films")
    assert heard(page) == [*UPDATED, *REFUSED]


def save(page: Page, *slugs: str) -> None:
    page.evaluate(
        """slugs => {
          const {consent} = dastra.cookieConsent;
          for (const {slug} of consent.getAllConsents()) consent.setServiceConsent(slug, slugs.includes(slug));
          consent.save();
        }""",
        list(slugs),
    )


@pytest.mark.parametrize(
    ("button", "consented", "summary"), [("accept-all", OPTIONAL, ACCEPTED), ("refuse-all", (), REFUSED)]
)
def test_the_next_page_view_tells_all_of_it_again(
    page: Page,
    visitor: Visitor,
    site: Site,
    publish: Publish,
    button: str,
    consented: tuple[str, ...],
    summary: list[str],
) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    part(page, button).click()
    settled(page)
    page.reload()
    ready(page)

    all_heard = heard(page)
    assert [each for each in all_heard if each.startswith(("layer", "window"))] == [
        *told(consented),
        *READY,
        *summary,
    ]
    assert sorted(each for each in all_heard if each.startswith("runs")) == sorted(runs("basket", *consented))


def test_a_dispatched_choice_is_not_an_update(page: Page, visitor: Visitor, site: Site, publish: Publish) -> None:
    site.opens(visitor, publish(services=SERVICES), BODY, page=page)
    heard(page)
    page.evaluate("""() => {
      dastra.cookieConsent.consent.setServiceConsent('ads', true);
      dastra.cookieConsent.consent.dispatchEvent();
    }""")

    assert heard(page) == [*told(("ads",), ("ads",)), *runs("ads")]


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
