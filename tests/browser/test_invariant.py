"""The one promise, at all times: no request to a service without a stored, unexpired consent to it.

With ``--full``, more sequences are tried. ``INVARIANT_SEEDS=100:400 pytest tests/browser/test_invariant.py`` tries
those of these seeds instead.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from playwright.sync_api import Page, Request, Route

from tests.browser.conftest import NewVisitor, Publish, Visitor
from tests.browser.third_party import OPTIONAL, SERVICES, Site, ThirdParty, ready
from tests.matrices import sampled

SEEDS = range(*map(int, os.environ.get("INVARIANT_SEEDS", "0:100").split(":")))
SAMPLE = len(SEEDS) if "INVARIANT_SEEDS" in os.environ else 6
STEPS_EACH = 8
DAYS = 30
TIMEOUT = 20.0
"""Seconds after which a request that Chromium says nothing more of has arrived or never will."""

PURPOSES = {"chat": 1, "counter": 2, "ads": 3, "films": 3}
NEEDS = {slug: {slug} for slug in OPTIONAL} | {"basket": set[str](), "pair": {"ads", "counter"}}
GARBLED = ("", "%7B", "null", "%5B%5D", "%7B%22ads%22%3A1%7D", "%7B%22ads%22%3A%22true%22%7D")

# A script that has run stays in its held form when a router shows it again.
IS_RELEASED = """slugs => {
  const scripts = window.isShownAnew ? '' : 'script[type="dastra/script"],';
  const held = `${scripts} iframe[data-consent][data-blocked-src], img[data-consent]:not([src])`;
  return ![...document.querySelectorAll(held)]
    .some(each => each.dataset.consent.split(' ').every(slug => slugs.includes(slug)));
}"""


def elements(third_party: ThirdParty, page: str) -> str:
    """Every form of every service, in a page or added to it."""

    def of(services: str, host: str) -> str:
        start = third_party.url(f"{host}/{page}-")
        held = f'type="dastra/script" data-consent="{services}"'
        srcdoc = "data-srcdoc" if page == "page" else "srcdoc"  # the parser does not wait for the SDK
        return f"""
          <script {held} data-src="{start}one.js"></script>
          <script {held}>new Image().src = "{start}inline.gif"</script>
          <script {held} src="{start}async.js" async></script>
          <script {held} data-type="module" data-src="{start}one.mjs"></script>
          <img alt="" data-consent="{services}" data-src="{start}one.gif">
          <iframe title="x" data-consent="{services}" data-blocked-src="{start}one.html"></iframe>
          <iframe title="x" data-consent="{services}" {srcdoc}="<img src={start}doc.gif>"></iframe>
          <link rel="stylesheet" data-consent="{services}" data-href="{start}link.gif">
          <video data-consent="{services}" data-src="{start}film.gif" preload="auto"></video>"""

    return "".join(of(slug, slug) for slug in ("basket", *OPTIONAL)) + of("ads counter", "pair")


@dataclass
class Walk:
    """A visitor on the way through a sequence."""

    visitor: Visitor
    third_party: ThirdParty
    widget: int
    url: str
    is_automatic: bool = False
    tabs: list[Page] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    settings_fail: bool = False
    posts_fail: bool = False
    late: int = 0
    seen: int = 0
    waiting: set[Request] = field(default_factory=set)
    path: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        """The tab that the visitor looks at."""
        return self.tabs[-1]

    def begin(self) -> None:
        context = self.visitor.context
        context.route("**/v1/client/**", self._answer)
        context.on("request", lambda request: self.waiting.update({request} if is_awaited(request) else ()))
        context.on("requestfinished", lambda request: self.waiting.discard(request))
        context.on("requestfailed", lambda request: self.waiting.discard(request))
        context.clock.set_fixed_time(self.now)
        self.open_tab()

    def _answer(self, route: Route) -> None:
        is_post = route.request.method == "POST"
        if self.posts_fail if is_post else self.settings_fail:
            route.abort()
        else:
            route.continue_()

    def open_tab(self) -> None:
        self.tabs.append(self.visitor.context.new_page())
        self.page.goto(self.url)
        self.has_loaded()

    def has_loaded(self) -> None:
        if not self.settings_fail:
            ready(self.page)

    def press(self, *selectors: str) -> None:
        """Open the window, if the page has one, and press these buttons; several are on the second screen."""
        self.page.evaluate(PRESS, list(selectors))

    def waits(self, days: int) -> None:
        """Let days go by. The clock that stands still is the pages' alone: cookies that are over must be taken away."""
        self.now += timedelta(days=days)
        self.visitor.context.clock.set_fixed_time(self.now)
        for cookie in self.visitor.context.cookies():
            if 0 < cookie["expires"] <= self.now.timestamp():
                self.visitor.context.clear_cookies(name=cookie["name"], path=cookie["path"], domain=cookie["domain"])

    def consented(self) -> set[str]:
        """Return the services that the cookie consents to and the proof does not refuse; none after its date."""
        jar = [unquote(each["value"]) for each in self.visitor.context.cookies() if each["name"] == "euconsent"]
        kept = self.visitor.stored(self.page, f"dastra-consents:{self.widget}")
        if kept and datetime.fromisoformat(kept["dateExpiration"]) <= self.now:
            return set()
        proven = kept.get("consents", {}).get("cookieConsents", ())
        refused = {each["slug"] for each in proven if not each["consent"]}
        return {slug for text in jar for slug, choice in choices_in(text).items() if choice is True} - refused

    def check(self) -> None:
        """Check that consented services are released, and that no other service was requested."""
        consented = self.consented()
        self.page.wait_for_function(IS_RELEASED, arg=sorted(consented))
        self.settle()
        asked, self.seen = self.third_party.requests[self.seen :], len(self.third_party.requests)
        wrong = [what for what in asked if not NEEDS[what.partition("/")[0]] <= consented]
        assert wrong == [], f"with consent to {sorted(consented)}, after {self.path}"

    def settle(self) -> None:
        """Wait until no tab asks for anything more, and all that was asked has arrived."""
        deadline = time.monotonic() + TIMEOUT
        before = None
        while before != len(self.third_party.requests) or self.waiting:
            if time.monotonic() > deadline:
                assert before == len(self.third_party.requests), f"it asks without end, after {self.path}"
                return
            before = len(self.third_party.requests)
            for page in self.tabs:
                page.evaluate(QUIET, self.third_party.url("fence/page.html"))


def is_awaited(request: Request) -> bool:
    """Whether it goes to a service: not our own, for then each look would be a reason for another."""
    return ".localhost" in request.url and "//fence." not in request.url


# The window, and its second screen, come a few turns of the loop later.
PRESS = """async selectors => {
  const {shadowRoot} = document.getElementById('dastra-consent-window') ?? {};
  if (!shadowRoot) return;
  const found = async selector => {
    for (let turns = 0; turns < 500; turns++) {
      const part = shadowRoot.querySelector(`dialog ${selector}`);
      if (part) return part;
      await new Promise(done => setTimeout(done));
    }
    throw new Error(`no ${selector}`);
  };
  dastra.cookieConsent.consent.open();
  await found('.close');
  if (selectors.length > 1) shadowRoot.querySelector('dialog .settings')?.click();
  for (const selector of selectors) (await found(selector)).click();
}"""

# Two turns of the loop, then a request of each kind: what was begun before is known to be under way.
QUIET = """async url => {
  for (const _ of [1, 2]) await new Promise(done => setTimeout(done));
  const frame = Object.assign(document.createElement('iframe'), {src: url, title: 'x'});
  await Promise.all([
    fetch(url, {mode: 'no-cors'}),
    new Promise(done => { frame.onload = done; document.documentElement.append(frame); }),
  ]);
  frame.remove();
}"""


def choices_in(text: str) -> dict[str, object]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    is_stamped = value.pop("_", None) is not None
    return value if is_stamped or all(isinstance(choice, bool) for choice in value.values()) else {}


# --- Steps ------------------------------------------------------------------------------------------------------------

type Step = Callable[[Walk, str], None]


def accepts_all(walk: Walk, slug: str) -> None:
    walk.press(".accept-all")


def refuses_all(walk: Walk, slug: str) -> None:
    walk.press(".refuse-all")


def closes_the_window(walk: Walk, slug: str) -> None:
    walk.press(".close")


def flips_a_switch(walk: Walk, slug: str) -> None:
    walk.press(f'.purpose-switch[data-purpose="{PURPOSES[slug]}"]', ".save")


SET = "([slug, choice]) => dastra.cookieConsent.consent.setServiceConsent(slug, choice)"
SAVE = "dastra.cookieConsent.consent.save()"


def page_consents_and_saves(walk: Walk, slug: str) -> None:
    walk.page.evaluate(SET, [slug, True])
    walk.page.evaluate(SAVE)


def page_refuses_and_saves(walk: Walk, slug: str) -> None:
    walk.page.evaluate(SET, [slug, False])
    walk.page.evaluate(SAVE)


def page_consents_and_does_not_save(walk: Walk, slug: str) -> None:
    walk.page.evaluate(SET, [slug, True])


def presses_a_placeholder(walk: Walk, slug: str) -> None:
    walk.page.evaluate(
        """slug => document.querySelector(
             `.dastra-blocking-iframe:has(+ iframe[data-consent="${slug}"]) button:last-child`)?.click()""",
        slug,
    )


def reloads(walk: Walk, slug: str) -> None:
    walk.page.reload()
    walk.has_loaded()


def opens_a_tab(walk: Walk, slug: str) -> None:
    if len(walk.tabs) < 3:
        walk.open_tab()


def looks_at_another_tab(walk: Walk, slug: str) -> None:
    walk.tabs.insert(0, walk.tabs.pop())
    walk.page.bring_to_front()
    walk.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


# As others' snippets do it, in no blocked form.
MAKE = """starts => {
  for (const start of starts) {
    const script = document.createElement('script');
    script.src = `${start}.js`;
    document.head.append(script);
    document.body.append(Object.assign(document.createElement('iframe'), {src: `${start}.html`, title: 'x'}));
  }
}"""


def page_adds_elements(walk: Walk, slug: str) -> None:
    walk.late += 1
    walk.page.evaluate(
        "html => document.body.insertAdjacentHTML('beforeend', `<div>${html}</div>`)",
        elements(walk.third_party, f"late{walk.late}"),
    )
    if walk.is_automatic:
        walk.page.evaluate(MAKE, [walk.third_party.url(f"{host}/made{walk.late}") for host in OPTIONAL])


# A router fetches the page and shows it without loading it. The path is that of the page: reloading goes on as before.
SHOW_ANEW = """async isKept => {
  const next = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
  window.isShownAnew = true;
  if (isKept) {
    document.dispatchEvent(new Event('turbo:before-cache'));
    await new Promise(done => setTimeout(done));
    window.snapshot = document.body.cloneNode(true);
  }
  document.body.replaceWith(next.body);
}"""


def router_shows_the_page_anew(walk: Walk, slug: str) -> None:
    walk.page.evaluate(SHOW_ANEW, False)


def router_keeps_a_snapshot(walk: Walk, slug: str) -> None:
    walk.page.evaluate(SHOW_ANEW, True)


def router_shows_its_snapshot(walk: Walk, slug: str) -> None:
    walk.page.evaluate("() => window.snapshot && document.body.replaceWith(window.snapshot.cloneNode(true))")


def visitor_leaves_and_comes_back(walk: Walk, slug: str) -> None:
    walk.page.goto(walk.third_party.url("fence/page.html"))
    walk.page.go_back()
    walk.has_loaded()


EMBED = """async () => {
  if (document.querySelector('iframe.own')) return;
  const frame = Object.assign(document.createElement('iframe'), {src: location.href, title: 'x', className: 'own'});
  await new Promise(done => { frame.onload = done; document.body.append(frame); });
}"""


def page_embeds_itself(walk: Walk, slug: str) -> None:
    walk.page.evaluate(EMBED)


CLOBBERED = {"chat": "currentScript", "counter": "cookie", "ads": "baseURI", "films": "adoptedStyleSheets"}


def page_clobbers_a_name(walk: Walk, slug: str) -> None:
    name = CLOBBERED[slug]
    markup = f'<img alt="" name="{name}"><form name="{name}"></form>'
    walk.page.evaluate("markup => document.body.insertAdjacentHTML('afterbegin', markup)", markup)


def closes_a_tab(walk: Walk, slug: str) -> None:
    if len(walk.tabs) > 1:
        walk.tabs.pop().close()
        walk.page.bring_to_front()


def days_go_by(walk: Walk, slug: str) -> None:
    walk.waits(DAYS // 3)


def months_go_by(walk: Walk, slug: str) -> None:
    walk.waits(DAYS + 1)


def settings_fail_or_come_back(walk: Walk, slug: str) -> None:
    walk.settings_fail = not walk.settings_fail


def posts_fail_or_come_back(walk: Walk, slug: str) -> None:
    walk.posts_fail = not walk.posts_fail
    walk.page.evaluate("dispatchEvent(new Event('online'))")


def storage_is_cleared(walk: Walk, slug: str) -> None:
    walk.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")


def cookies_are_cleared(walk: Walk, slug: str) -> None:
    walk.visitor.context.clear_cookies()


def cookie_is_garbled(walk: Walk, slug: str) -> None:
    value = GARBLED[len(slug) % len(GARBLED)]
    walk.visitor.context.add_cookies([{"name": "euconsent", "value": value, "url": walk.url}])


DECISIONS: tuple[Step, ...] = (
    accepts_all,
    refuses_all,
    flips_a_switch,
    page_consents_and_saves,
    page_refuses_and_saves,
    presses_a_placeholder,
)
EVENTS: tuple[Step, ...] = (
    closes_the_window,
    page_consents_and_does_not_save,
    reloads,
    opens_a_tab,
    looks_at_another_tab,
    closes_a_tab,
    page_adds_elements,
    page_embeds_itself,
    page_clobbers_a_name,
    router_shows_the_page_anew,
    router_keeps_a_snapshot,
    router_shows_its_snapshot,
    visitor_leaves_and_comes_back,
    days_go_by,
    months_go_by,
    settings_fail_or_come_back,
    posts_fail_or_come_back,
    storage_is_cleared,
    cookies_are_cleared,
    cookie_is_garbled,
)


def steps_of(chance: random.Random) -> Iterator[tuple[Step, str]]:
    """Half of a walk are decisions."""
    for _ in range(STEPS_EACH):
        yield chance.choice(chance.choice((DECISIONS, EVENTS))), chance.choice(OPTIONAL)


@pytest.mark.parametrize("seed", sampled(SEEDS, sample=SAMPLE))
def test_no_service_is_asked_without_a_stored_consent(
    new_visitor: NewVisitor, site: Site, third_party: ThirdParty, publish: Publish, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same walk each time is meant
    sdk = chance.choice(["async", "data-autoblock"])
    widget = publish(services=SERVICES, consentCookieExpiryTime=DAYS)
    page = site.page(widget, elements(third_party, "page"), sdk=sdk)
    walk = Walk(new_visitor(), third_party, widget, page, is_automatic=sdk == "data-autoblock")
    walk.begin()
    walk.check()
    for step, slug in steps_of(chance):
        walk.path.append(f"{step.__name__} {slug}")
        step(walk, slug)
        walk.check()


def test_a_request_without_consent_would_be_noticed(
    new_visitor: NewVisitor, site: Site, third_party: ThirdParty, publish: Publish
) -> None:
    plain = f'<script src="{third_party.url("ads/plain.js")}"></script>'
    widget = publish(services=SERVICES)
    walk = Walk(new_visitor(), third_party, widget, site.page(widget, plain))
    walk.begin()

    try:
        walk.check()
    except AssertionError as error:
        assert "ads/plain.js" in str(error)  # noqa: PT017 - any of its assertions would do
    else:
        raise AssertionError("not noticed")
