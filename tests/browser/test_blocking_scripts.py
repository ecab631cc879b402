"""Scripts in blocked form: none is requested before consent; then each runs once, as it would have run."""

import re

import pytest
from playwright.sync_api import Page, expect

from local import ROOT
from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, integrity, ran, ready


@pytest.fixture
def widget(publish: Publish) -> int:
    return publish(services=SERVICES)


def blocked(third_party: ThirdParty, what: str, more: str = "", *, services: str = "") -> str:
    """An external script in blocked form, of the service whose host it is from."""
    service = services or what.partition("/")[0]
    return f'<script type="dastra/script" data-consent="{service}" data-src="{third_party.url(what)}" {more}></script>'


def inline(service: str, name: str, more: str = "") -> str:
    return f'<script type="dastra/script" data-consent="{service}" {more}>(window.ran ??= []).push("{name}")</script>'


def accept(page: Page, *slugs: str) -> None:
    """Consent to these services and to no other."""
    page.evaluate(
        """slugs => {
          const {consent} = dastra.cookieConsent;
          for (const {slug} of consent.getAllConsents()) consent.setServiceConsent(slug, slugs.includes(slug));
          consent.save();
        }""",
        list(slugs),
    )


def has_run(page: Page, *names: str) -> None:
    page.wait_for_function("names => names.every(name => window.ran?.includes(name))", arg=list(names))


# --- Before consent ---------------------------------------------------------------------------------------------------


def every_form(third_party: ThirdParty) -> str:
    url = third_party.url
    return f"""
      {blocked(third_party, "ads/one.js")}
      {blocked(third_party, "ads/async.js", "async")}
      {blocked(third_party, "ads/defer.js", "defer")}
      {blocked(third_party, "ads/module.mjs", 'data-type="module"')}
      {blocked(third_party, "ads/both.js", services="ads counter")}
      <script type="dastra/script" data-consent="ads" src="{url("ads/src.js")}"></script>
      {inline("ads", "inline")}
      {inline("ads", "inline module", 'data-type="module"')}
      <iframe title="film" data-consent="films" data-blocked-src="{url("films/page.html")}"></iframe>
      <img alt="" data-consent="ads" data-src="{url("ads/pixel.gif")}" data-srcset="{url("ads/large.gif")} 2x">
    """


def test_no_service_is_requested_before_consent(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    head = blocked(third_party, "counter/head.js") + inline("counter", "head")
    page = site.opens(visitor, widget, every_form(third_party), head=head)
    expect(part(page, "window")).to_be_visible()

    assert third_party.asked_by(page) == []
    assert ran(page) == []


@pytest.mark.parametrize("sdk", ["", "async", "defer"])
def test_nor_by_a_parser_that_looks_ahead(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, sdk: str
) -> None:
    plain = f'<script src="{third_party.url("basket/plain.js")}"></script>'
    waits = f'<script src="{third_party.url("basket/slow.js")}"></script>'
    page = visitor.context.new_page()
    with third_party.holding("basket/slow.js"):
        url = site.page(widget, waits + every_form(third_party) + plain, sdk=sdk)
        page.goto(url, wait_until="commit")
        third_party.has_been_asked_for("basket/slow.js", "basket/plain.js")
    ready(page)

    assert sorted(third_party.asked_by(page)) == ["basket/plain.js", "basket/slow.js"]
    assert ran(page) == ["basket/slow.js", "basket/plain.js"]


def test_no_service_is_requested_while_the_platform_is_unreachable(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = visitor.context.new_page()
    page.route("**/v1/client/cookie-widget-settings/**", lambda route: route.abort())
    with page.expect_console_message(lambda message: "is not available" in message.text):
        page.goto(site.page(widget, every_form(third_party)))

    assert third_party.asked_by(page) == []
    assert ran(page) == []


def test_a_refused_service_is_never_asked(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, every_form(third_party))
    part(page, "refuse-all").click()
    settled(page)
    assert third_party.asked_by(page) == []

    page.reload()
    ready(page)
    assert third_party.asked_by(page) == []
    assert ran(page) == []


def test_a_strictly_necessary_script_needs_no_consent(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, blocked(third_party, "basket/one.js") + inline("basket", "inline"))
    has_run(page, "basket/one.js", "inline")

    assert third_party.asked_by(page) == ["basket/one.js"]


def test_a_slug_that_the_widget_does_not_know_stays_held_with_one_warning(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    body = "".join(blocked(third_party, f"ads/{name}.js", services="ads nobody") for name in ("one", "two"))
    page = site.opens(visitor, widget, body)
    part(page, "accept-all").click()
    settled(page)

    assert third_party.asked_by(page) == []
    assert len([text for text in visitor.said("warning") if "nobody" in text]) == 1


# --- After consent ----------------------------------------------------------------------------------------------------


def in_order(third_party: ThirdParty) -> str:
    return "".join(
        (
            blocked(third_party, "ads/one.js"),
            inline("ads", "two"),
            blocked(third_party, "counter/three.js"),
            inline("counter", "four"),
            blocked(third_party, "ads/five.js"),
            inline("ads", "six"),
        )
    )


IN_ORDER = ["ads/one.js", "two", "counter/three.js", "four", "ads/five.js", "six"]


def test_scripts_run_once_each_in_the_order_of_the_document(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, in_order(third_party))
    part(page, "accept-all").click()
    has_run(page, *IN_ORDER)

    assert sorted(third_party.asked_by(page)) == ["ads/five.js", "ads/one.js", "counter/three.js"]
    assert ran(page) == IN_ORDER


def test_a_slow_one_is_waited_for_by_those_that_follow_it(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, in_order(third_party) + blocked(third_party, "films/apart.js", "async"))
    with third_party.holding("ads/one.js"):
        part(page, "accept-all").click()
        has_run(page, "films/apart.js")
        third_party.asked_by(page)
        assert ran(page) == ["films/apart.js"]
    has_run(page, *IN_ORDER)

    assert ran(page) == ["films/apart.js", *IN_ORDER]


@pytest.mark.parametrize("fault", ["ads/missing.js", "ads/throws.js", "nowhere.invalid/one.js"])
def test_one_that_fails_does_not_stall_the_next(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, fault: str
) -> None:
    broken = blocked(third_party, fault, services="ads")
    throws = '<script type="dastra/script" data-consent="ads">throw new Error("inline")</script>'
    page = site.opens(visitor, widget, broken + throws + in_order(third_party))
    part(page, "accept-all").click()
    has_run(page, *IN_ORDER)

    assert [name for name in ran(page) if name != fault] == IN_ORDER
    assert any("inline" in error for error in visitor.errors)
    visitor.errors.clear()  # they are the services' own


def test_a_returning_visitor_has_them_before_the_settings(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, in_order(third_party))
    accept(page, "ads")
    settled(page)
    third_party.forget()
    page.route("**/v1/client/cookie-widget-settings/**", lambda route: route.abort())
    page.reload()
    has_run(page, "ads/one.js", "two", "ads/five.js", "six")

    assert sorted(third_party.asked_by(page)) == ["ads/five.js", "ads/one.js"]
    assert ran(page) == ["ads/one.js", "two", "ads/five.js", "six"]


def test_only_the_service_that_is_consented_to_is_released(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, in_order(third_party))
    accept(page, "counter")
    has_run(page, "four")
    assert third_party.asked_by(page) == ["counter/three.js"]
    assert ran(page) == ["counter/three.js", "four"]

    accept(page, "counter", "ads")
    has_run(page, "six")
    assert sorted(third_party.asked_by(page)) == ["ads/five.js", "ads/one.js", "counter/three.js"]
    assert ran(page) == ["counter/three.js", "four", "ads/one.js", "two", "ads/five.js", "six"]


@pytest.mark.parametrize("between", [" ", "  \n "])
def test_a_script_of_two_services_needs_both(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, between: str
) -> None:
    page = site.opens(visitor, widget, blocked(third_party, "ads/both.js", services=f"ads{between}counter"))
    accept(page, "ads")
    assert third_party.asked_by(page) == []
    accept(page, "counter")
    assert third_party.asked_by(page) == []
    accept(page, "ads", "counter")
    has_run(page, "ads/both.js")

    assert third_party.asked_by(page) == ["ads/both.js"]


def test_no_script_runs_twice_on_a_page(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    page = site.opens(visitor, widget, in_order(third_party))
    accept(page, "ads", "counter")
    has_run(page, *IN_ORDER)
    accept(page)
    accept(page, "ads", "counter")

    assert len(third_party.asked_by(page)) == 3
    assert ran(page) == IN_ORDER


def test_after_a_withdrawal_the_next_page_requests_no_service(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, every_form(third_party))
    part(page, "accept-all").click()
    third_party.has_been_asked_for("ads/one.js", "ads/both.js", "films/page.html", "ads/pixel.gif")
    part(page, "floating-button").click()
    part(page, "refuse-all").click()
    settled(page)
    third_party.forget()
    page.reload()
    ready(page)

    assert third_party.asked_by(page) == []
    assert ran(page) == []


def test_the_consent_of_another_tab_releases_here_too(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    here = site.opens(visitor, widget, blocked(third_party, "ads/here.js"))
    there = site.opens(visitor, widget)
    accept(there, "ads")
    has_run(here, "ads/here.js")

    assert third_party.asked_by(here) == ["ads/here.js"]


def test_a_dispatched_choice_releases_for_the_page_view(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget, blocked(third_party, "ads/one.js"))
    page.evaluate("""() => {
      dastra.cookieConsent.consent.setServiceConsent('ads', true);
      dastra.cookieConsent.consent.dispatchEvent();
    }""")
    has_run(page, "ads/one.js")
    assert visitor.choices(page) is None
    third_party.forget()
    page.reload()
    ready(page)

    assert third_party.asked_by(page) == []


# --- As it was written ------------------------------------------------------------------------------------------------


def test_a_released_script_keeps_its_attributes_and_its_place(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    fits = f'integrity="{integrity("ads/one.js")}" crossorigin="anonymous" referrerpolicy="no-referrer"'
    more = f'id="it" class="a b" nonce="n0nce" async defer data-account="7" {fits}'
    page = site.opens(visitor, widget, f"<div id=before></div>{blocked(third_party, 'ads/one.js', more)}<p id=after>")
    accept(page, "ads")
    has_run(page, "ads/one.js")

    assert page.evaluate("""() => {
      const {previousElementSibling, nextElementSibling, nonce, attributes} = document.getElementById('it');
      const named = Object.fromEntries([...attributes].map(({name, value}) => [name, value]));
      return {before: previousElementSibling.id, after: nextElementSibling.id, nonce, named};
    }""") == {
        "before": "before",
        "after": "after",
        "nonce": "n0nce",
        "named": {
            "id": "it",
            "class": "a b",
            "nonce": "n0nce",
            "async": "",
            "defer": "",
            "type": "dastra/released",  # so that a router's copy of it does not run by itself
            "src": third_party.url("ads/one.js"),
            "integrity": integrity("ads/one.js"),
            "crossorigin": "anonymous",
            "referrerpolicy": "no-referrer",
            "data-account": "7",
            "data-consent": "ads",
        },
    }


def test_a_script_that_is_not_what_its_integrity_says_does_not_run_nor_stall(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    wrong = f'integrity="{integrity("ads/other.js")}" crossorigin="anonymous"'
    page = site.opens(visitor, widget, blocked(third_party, "ads/one.js", wrong) + blocked(third_party, "ads/two.js"))
    accept(page, "ads")
    has_run(page, "ads/two.js")

    assert ran(page) == ["ads/two.js"]


def test_modules_run_as_modules(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    body = f"""
      {blocked(third_party, "ads/one.mjs", 'data-type="module"')}
      <script type="dastra/script" data-type="module" data-consent="ads">
        import '{third_party.url("ads/imported.mjs")}';
        (window.ran ??= []).push(typeof import.meta.url);
      </script>
      {inline("ads", "for old browsers", "nomodule")}
      {inline("ads", "classic")}
    """
    page = site.opens(visitor, widget, body)
    accept(page, "ads")
    has_run(page, "ads/one.mjs", "ads/imported.mjs", "string", "classic")

    assert sorted(third_party.asked_by(page)) == ["ads/imported.mjs", "ads/one.mjs"]
    assert "for old browsers" not in ran(page)


def test_a_script_finds_itself(visitor: Visitor, site: Site, third_party: ThirdParty, widget: int) -> None:
    body = """<script type="dastra/script" data-consent="ads" data-account="7">
      (window.ran ??= []).push(document.currentScript.dataset.account);
    </script>"""
    page = site.opens(visitor, widget, body)
    accept(page, "ads")
    has_run(page, "7")

    assert ran(page) == ["7"]


def documented_trusted_types() -> str:
    """Return the part of the policy in docs/sdk.md that is about Trusted Types."""
    page = (ROOT / "docs" / "sdk.md").read_text("utf-8")
    (directives,) = re.findall(r"^script-src .*; (require-trusted-types-for .*)$", page, re.MULTILINE)
    return str(directives)


@pytest.mark.parametrize("trusted_types", ["", documented_trusted_types()])
def test_a_strict_policy_holds_for_what_is_released(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, trusted_types: str
) -> None:
    nonce = 'nonce="n0nce"'
    policy = f"script-src 'nonce-n0nce'; {trusted_types}"
    watch = f"""<script {nonce}>
      window.violations = [];
      document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));
    </script>"""
    body = f"""
      {blocked(third_party, "ads/one.js", nonce)}
      {inline("ads", "inline", nonce)}
      {blocked(third_party, "ads/one.mjs", f'data-type="module" {nonce}')}
    """
    unsigned = blocked(third_party, "ads/unsigned.js") + inline("ads", "unsigned")
    sdk = f"async {nonce}"
    page = site.opens(visitor, widget, body, head=watch, sdk=sdk, policy=policy)
    accept(page, "ads")
    has_run(page, "ads/one.js", "inline", "ads/one.mjs")
    assert page.evaluate("violations") == []

    page = site.opens(visitor, widget, unsigned + body, head=watch, sdk=sdk, policy=policy)
    has_run(page, "ads/one.js", "inline", "ads/one.mjs")
    assert page.evaluate("violations") == []
    assert "unsigned" not in ran(page)
    assert len([text for text in visitor.said("warning") if "add the page's nonce" in text]) == 2


# --- Late -------------------------------------------------------------------------------------------------------------

APPENDED = """html => {
  const box = document.createElement('div');
  box.innerHTML = html;
  document.body.append(box);
}"""
REPLACED = "html => { document.querySelector('h1').outerHTML = html; }"
TEMPLATE = """html => {
  const template = document.createElement('template');
  template.innerHTML = `<section><div>${html}</div></section>`;
  document.body.append(template.content.cloneNode(true));
}"""
LATER_HELD = """html => {
  const box = document.createElement('div');
  box.innerHTML = html;
  const names = box.firstElementChild.getAttribute('data-consent');
  box.firstElementChild.removeAttribute('data-consent');
  document.body.append(box);
  box.firstElementChild.setAttribute('data-consent', names);
}"""
BUILT = """html => {
  const box = document.createElement('div');
  box.innerHTML = html;
  const {dataset: {src, consent}} = box.firstElementChild;
  const script = document.createElement('script');
  document.head.append(Object.assign(script, {type: 'dastra/script'}));
  Object.assign(script.dataset, {consent, src});
}"""
WAYS = {
    "appended": APPENDED,
    "outerHTML": REPLACED,
    "a template": TEMPLATE,
    "an attribute": LATER_HELD,
    "built": BUILT,
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_late_scripts_are_treated_the_same(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, way: str
) -> None:
    page = site.opens(visitor, widget)
    page.evaluate(way, blocked(third_party, "ads/late.js"))
    assert third_party.asked_by(page) == []

    accept(page, "ads")
    has_run(page, "ads/late.js")
    assert third_party.asked_by(page) == ["ads/late.js"]
    assert ran(page) == ["ads/late.js"]


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_late_scripts_of_a_service_that_is_consented_to_run_at_once(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int, way: str
) -> None:
    page = site.opens(visitor, widget, "<h1>Another</h1>")
    accept(page, "ads")
    page.evaluate(way, blocked(third_party, "ads/late.js"))
    has_run(page, "ads/late.js")
    page.evaluate(way, blocked(third_party, "counter/late.js"))

    assert third_party.asked_by(page) == ["ads/late.js"]


def test_late_scripts_keep_their_order_and_run_once(
    visitor: Visitor, site: Site, third_party: ThirdParty, widget: int
) -> None:
    page = site.opens(visitor, widget)
    accept(page, "ads", "counter")
    with third_party.holding("ads/one.js"):
        page.evaluate(APPENDED, in_order(third_party))
        third_party.has_been_asked_for("ads/one.js")
    has_run(page, *IN_ORDER)
    page.evaluate("for (const script of document.querySelectorAll('script')) document.body.append(script)")
    third_party.asked_by(page)

    assert ran(page) == IN_ORDER


# --- Their own file ---------------------------------------------------------------------------------------------------


def test_without_the_file_that_releases_them_they_stay_held(visitor: Visitor, site: Site, widget: int) -> None:
    page = visitor.context.new_page()
    visitor.context.route("**/held.js", lambda route: route.abort())
    site.opens(
        visitor, widget, inline("ads", "held") + '<img alt="" data-consent="ads" data-src="/seen.gif">', page=page
    )
    assert [each.url for each in visitor.requests if "held.js" in each.url] == []

    with page.expect_console_message(lambda message: "/held.js" in message.text and "[dastra]" in message.text):
        part(page, "accept-all").click()
    settled(page)
    assert ran(page) == []
    assert page.locator("img").get_attribute("src") is None


def test_a_returning_visitors_listener_finds_elements_released(visitor: Visitor, site: Site, widget: int) -> None:
    page = visitor.context.new_page()
    page.add_init_script("""addEventListener('dastra:consent:ads', () => {
      window.found = document.querySelector('img').getAttribute('src');
    });""")
    site.opens(visitor, widget, '<img alt="" data-consent="ads" data-src="/seen.gif">', page=page)
    part(page, "accept-all").click()
    settled(page)
    page.reload()
    page.wait_for_function("window.found !== undefined")

    assert page.evaluate("found") == "/seen.gif"
