"""A service that is refused leaves nothing behind: its cookies go, others' stay, and the page may start anew."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, ran, ready

HOST = "www.shop.example"
SHOP = f"https://{HOST}"
PATH = "/shop/deep/page"

DECLARED = {
    "basket": [{"name": "basket"}, {"name": "shared_with_basket"}],
    "counter": [
        {"name": "_ga_*", "domain": ".shop.example"},
        {"name": "exact"},
        {"name": "below", "path": "/shop/deep"},
        {"name": "shared"},
        {"name": "shared_with_basket"},
        {"name": "*"},
    ],
    "films": [{"name": "film"}, {"name": "shared"}],
    "ads": [{"name": "__Secure-ad"}, {"name": "elsewhere", "domain": ".ads.example"}],
}
DECLARING = [{**service, "cookies": DECLARED.get(service["slug"], [])} for service in SERVICES]


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=DECLARING, developerMode=False, origins=[SHOP])


def opened(visitor: Visitor, site: Site, widget: int, path: str = PATH, body: str = "") -> Page:
    """Open a page of a site that has a name on the web: only there cookies have domains."""
    local = site.page(widget, body)
    visitor.context.route(f"{SHOP}/**", lambda route: route.fulfill(response=route.fetch(url=local)))
    page = visitor.context.new_page()
    page.goto(SHOP + path)
    ready(page)
    page.wait_for_function("() => document.adoptedStyleSheets.length")  # the second file, which deletes, is there
    return page


def has_cookie(visitor: Visitor, name: str, domain: str = HOST, path: str = "/") -> None:
    visitor.context.add_cookies([{"name": name, "value": "1", "domain": domain, "path": path, "secure": True}])


def cookies(visitor: Visitor) -> list[str]:
    return sorted(each["name"] for each in visitor.context.cookies() if each["name"] != "euconsent")


def decide(page: Page, **choices: bool) -> None:
    page.evaluate(
        """choices => {
          const {consent} = dastra.cookieConsent;
          for (const slug in choices) consent.setServiceConsent(slug, choices[slug]);
          consent.save();
        }""",
        choices,
    )


# --- Cookies ----------------------------------------------------------------------------------------------------------

VARIANTS = [
    ("_ga_ABC", HOST, "/"),
    ("_ga_ABC", f".{HOST}", "/"),
    ("_ga_ABC", ".shop.example", "/"),
    ("_ga_", HOST, "/"),
    ("exact", HOST, "/shop"),
    ("exact", HOST, "/shop/deep"),
    ("exact", HOST, "/shop/deep/"),
    ("exact", ".shop.example", PATH),
    ("below", HOST, "/shop/deep"),
    ("__Secure-ad", HOST, "/"),
    ("film", HOST, "/"),
]


@pytest.mark.parametrize(("name", "domain", "path"), VARIANTS)
def test_a_declared_cookie_goes_wherever_it_was_set(
    visitor: Visitor, site: Site, widget: int, name: str, domain: str, path: str
) -> None:
    page = opened(visitor, site, widget)
    part(page, "accept-all").click()
    settled(page)
    has_cookie(visitor, name, domain, path)
    decide(page, counter=True)
    assert cookies(visitor) == [name]
    decide(page, counter=False, ads=False, films=False)

    assert cookies(visitor) == []


OTHERS = [
    ("_gat", HOST, "/"),
    ("_ga", HOST, "/"),
    ("exact2", HOST, "/"),
    ("inexact", HOST, "/"),
    ("nobodys", HOST, "/"),
    ("basket", HOST, "/"),
    ("shared_with_basket", HOST, "/"),
    ("exact", "other.shop.example", "/"),
    ("exact", HOST, "/elsewhere"),
]


@pytest.mark.parametrize(("name", "domain", "path"), OTHERS)
def test_others_stay(visitor: Visitor, site: Site, widget: int, name: str, domain: str, path: str) -> None:
    page = opened(visitor, site, widget)
    has_cookie(visitor, name, domain, path)
    has_cookie(visitor, "film")
    part(page, "refuse-all").click()
    settled(page)

    assert cookies(visitor) == [name]
    assert visitor.choices(page) == {"chat": False, "counter": False, "ads": False, "films": False}


def test_a_cookie_that_another_service_may_set_stays(visitor: Visitor, site: Site, widget: int) -> None:
    page = opened(visitor, site, widget)
    part(page, "accept-all").click()
    settled(page)
    for name in ("shared", "exact"):
        has_cookie(visitor, name)
    decide(page, counter=False)
    assert cookies(visitor) == ["shared"]

    decide(page, films=False)
    assert cookies(visitor) == []


def test_a_cookie_that_returns_is_deleted_on_the_next_page(visitor: Visitor, site: Site, widget: int) -> None:
    page = opened(visitor, site, widget)
    part(page, "refuse-all").click()
    settled(page)
    has_cookie(visitor, "exact", ".shop.example")
    page.goto(f"{SHOP}/other")
    page.wait_for_function("!document.cookie.includes('exact')")

    assert cookies(visitor) == []


def test_a_cookie_from_before_any_choice_goes_too(visitor: Visitor, site: Site, widget: int) -> None:
    has_cookie(visitor, "_ga_OLD", ".shop.example")
    page = opened(visitor, site, widget)
    page.wait_for_function("!document.cookie")

    assert cookies(visitor) == []


def test_a_cookie_of_a_consented_service_stays_on_the_next_page(visitor: Visitor, site: Site, widget: int) -> None:
    page = opened(visitor, site, widget)
    decide(page, counter=True)
    settled(page)
    for name in ("exact", "film"):
        has_cookie(visitor, name)
    page.goto(f"{SHOP}/other")
    ready(page)

    assert cookies(visitor) == ["exact"]


def test_a_cookie_that_a_service_set_is_gone_after_a_withdrawal(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    declaring = [{**service, "cookies": [{"name": f"cookie_{service['slug']}"}]} for service in SERVICES]
    widget = publish(services=declaring)
    body = "".join(
        f'<script type="dastra/script" data-consent="{slug}" data-src="{third_party.url(f"{slug}/cookie_{slug}.js")}">'
        "</script>"
        for slug in ("counter", "films")
    )
    page = site.opens(visitor, widget, body)
    part(page, "accept-all").click()
    page.wait_for_function("() => window.ran?.length === 2")
    assert page.evaluate("document.cookie").count("cookie_") == 2
    decide(page, counter=False)

    own = [each.split("=")[0] for each in page.evaluate("document.cookie").split("; ")]
    assert sorted(own) == ["cookie_films", "euconsent"]


def test_a_partitioned_cookie_goes_too(visitor: Visitor, site: Site, widget: int) -> None:
    page = opened(visitor, site, widget)
    decide(page, counter=True)
    page.evaluate("() => { document.cookie = 'exact=1; Path=/; Secure; SameSite=None; Partitioned'; }")
    assert "exact=1" in page.evaluate("document.cookie")
    decide(page, counter=False)

    assert "exact=1" not in page.evaluate("document.cookie")


# --- Storages ---------------------------------------------------------------------------------------------------------

ENTRIES = ["exact", "id_one", "id_two", "shared", "film_id", "mine", "dastra-mine"]
STORE = """async names => {
  for (const name of names) {
    localStorage.setItem(name, 1);
    sessionStorage.setItem(name, 1);
    await new Promise(done => { indexedDB.open(name).onsuccess = ({target}) => done(target.result.close()); });
  }
}"""
KEPT = """async names => {
  const databases = (await indexedDB.databases()).map(({name}) => name);
  return names.map(name => [name, name in localStorage, name in sessionStorage, databases.includes(name)]);
}"""


def test_the_entries_that_a_service_declares_go_and_others_stay(visitor: Visitor, site: Site, publish: Publish) -> None:
    names = {"counter": ["id_*", "shared"], "films": ["shared", "film_id"]}
    declaring = [{**each, "storage": names.get(each["slug"], [])} for each in DECLARING]
    page = site.opens(visitor, publish(services=declaring))
    decide(page, counter=True, films=True)
    page.evaluate(STORE, ENTRIES)
    decide(page, counter=False, films=True)

    gone = {"exact", "id_one", "id_two"}  # the first is declared as a cookie
    page.wait_for_function("""() => {
      indexedDB.databases().then(found => (window.found = found));
      return window.found && !window.found.some(({name}) => name === 'id_two');
    }""")
    assert page.evaluate(KEPT, ENTRIES) == [[name, *[name not in gone] * 3] for name in ENTRIES]
    assert visitor.proof(page)["action"] == "Api"


# --- Reloading --------------------------------------------------------------------------------------------------------


def noted(page: Page) -> None:
    """Let this page view be told from the next."""
    page.evaluate("window.isTheSame = true")


def reloaded(page: Page) -> None:
    page.wait_for_function("() => !window.isTheSame")
    ready(page)


def script_of(third_party: ThirdParty) -> str:
    address = third_party.url("counter/one.js")
    return f'<script type="dastra/script" data-consent="counter" data-src="{address}"></script>'


def test_a_withdrawal_reloads_the_page_once_the_proof_is_there(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(services=SERVICES, reloadOnWithdrawal=True)
    page = site.opens(visitor, widget, script_of(third_party))
    part(page, "accept-all").click()
    third_party.has_been_asked_for("counter/one.js")
    settled(page)
    third_party.forget()
    noted(page)
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    reloaded(page)

    assert visitor.asked.count("POST Consents") == 2
    assert visitor.stored(page, "dastra-outbox") == {}
    assert third_party.asked_by(page) == []
    assert ran(page) == []
    noted(page)
    third_party.asked_by(page)
    assert page.evaluate("window.isTheSame") is True  # once is enough


def test_it_reloads_too_when_the_proof_cannot_be_posted(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(services=SERVICES, reloadOnWithdrawal=True)
    page = site.opens(visitor, widget, script_of(third_party))
    part(page, "accept-all").click()
    settled(page)
    noted(page)
    held = []
    page.route("**/v1/client/collect/*", lambda route: held.append(route))
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    reloaded(page)

    assert visitor.choices(page) == {"chat": False, "counter": False, "ads": False, "films": False}
    assert len(page.evaluate("JSON.parse(localStorage.getItem('dastra-outbox'))")) == 1
    for route in held:
        route.abort()


def test_a_withdrawal_in_one_tab_reloads_the_others(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    widget = publish(services=SERVICES, reloadOnWithdrawal=True)
    address = site.page(widget, script_of(third_party))
    page, other = visitor.context.new_page(), visitor.context.new_page()
    for tab in (page, other):
        tab.goto(address)
        ready(tab)
    decide(page, counter=True)
    other.wait_for_function("() => window.ran")
    for tab in (page, other):
        noted(tab)
    decide(page, counter=True, films=True)
    other.wait_for_function("() => dastra.cookieConsent.consent.getServiceConsent('films')")
    assert other.evaluate("window.isTheSame") is True
    decide(page, counter=False)
    for tab in (other, page):  # Chromium's driver may wait for ever if it closes a tab that is about to reload
        reloaded(tab)
        assert ran(tab) == []


RESTORED = "() => { dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true})); }"


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_page_that_is_restored_reloads_if_a_service_that_ran_is_refused(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, is_wanted: bool
) -> None:
    page = site.opens(visitor, publish(services=SERVICES, reloadOnWithdrawal=is_wanted), script_of(third_party))
    decide(page, counter=True)
    page.wait_for_function("() => window.ran")
    settled(page)
    noted(page)
    page.evaluate(RESTORED)
    page.evaluate("() => new Promise(done => setTimeout(() => setTimeout(done)))")
    assert page.evaluate("window.isTheSame") is True
    visitor.context.clear_cookies()  # a decision elsewhere, or an expiry: a page in the cache hears of none
    page.evaluate(RESTORED)
    reloaded(page)

    assert ran(page) == []


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_page_stays_without_a_withdrawal_or_when_reloading_is_off(
    visitor: Visitor, site: Site, publish: Publish, is_wanted: bool
) -> None:
    visitor.context.clock.install()
    page = site.opens(visitor, publish(services=SERVICES, reloadOnWithdrawal=is_wanted))
    noted(page)
    part(page, "refuse-all").click()
    settled(page)
    decide(page, counter=True)
    decide(page, counter=True, films=True)
    if not is_wanted:
        decide(page, counter=False)
    settled(page)
    page.clock.run_for(5_000)

    assert page.evaluate("window.isTheSame") is True
    expect(part(page, "window")).to_be_hidden()
