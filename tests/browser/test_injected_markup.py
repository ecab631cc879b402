"""Markup of a visitor, as a comment that was cleaned: held forms make no script of it.

Cleaners such as DOMPurify leave ``data-`` attributes alone. A policy with ``strict-dynamic`` trusts what the SDK adds.
"""

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty, ran

POLICY = "script-src 'nonce-once' 'strict-dynamic'; object-src 'none'; base-uri 'none'"
OWN = """<script type="dastra/script" data-consent="ads" nonce="once">(window.ran ??= []).push('own')</script>"""

SCRIPTS = {
    "a script": '<script data-consent="ads" data-src="{address}"></script>',
    "a held script": '<script type="dastra/script" data-consent="ads" data-src="{address}"></script>',
    "a script of SVG": '<svg><script data-consent="ads" data-href="{address}"></script></svg>',
    "a blocked script of SVG": '<svg><script data-consent="ads" data-blocked-href="{address}"></script></svg>',
    "a held script of SVG": '<svg><script type="dastra/script" data-consent="ads" data-src="{address}"></script></svg>',
    "text": '<script type="dastra/script" data-consent="ads">window.ran = ["text"]</script>',
    "text of SVG": '<svg><script type="dastra/script" data-consent="ads">window.ran = ["text"]</script></svg>',
}


def accepted(page: Page) -> Page:
    """Accept everything, and wait until the page's own held script has run."""
    part(page, "accept-all").click()
    settled(page)
    page.wait_for_function("() => window.ran?.includes('own')")
    return page


@pytest.mark.parametrize("sdk", ['nonce="once"', 'nonce="once" data-autoblock'])
def test_no_script_without_the_pages_nonce_runs(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, sdk: str
) -> None:
    markup = "".join(SCRIPTS.values()).format(address=third_party.url("evil/one.js"))
    page = accepted(site.opens(visitor, publish(services=SERVICES), markup + OWN, sdk=sdk, policy=POLICY))

    assert ran(page) == ["own"]
    assert [each for each in third_party.asked_by(page) if each.startswith("evil/")] == []


INERT = {
    "a script that the policy refuses": '<script src="{sdk}"></script>',
    "a script of no type": '<script type="text/plain" src="{sdk}"></script>',
    "a script that names a host": '<script src="{sdk}" data-host="http://evil.localhost" data-key="evil"></script>',
}


@pytest.mark.parametrize("inert", INERT.values(), ids=INERT)
def test_a_module_does_not_take_other_markup_for_its_own_tag(
    visitor: Visitor, site: Site, publish: Publish, inert: str
) -> None:
    sdk = 'type="module" nonce="once" crossorigin'
    page = accepted(
        site.opens(
            visitor,
            publish(services=SERVICES),
            SCRIPTS["text"] + OWN,
            head=inert.format(sdk=site.sdk),
            sdk=sdk,
            policy=POLICY,
        )
    )

    assert ran(page) == ["own"]
    assert [request.url for request in visitor.requests if "evil" in request.url] == []


@pytest.mark.parametrize("kind", ["a", "area", "svg a"])
def test_a_marked_link_gets_no_address(visitor: Visitor, site: Site, publish: Publish, kind: str) -> None:
    *outer, name = kind.split()
    link = f'<{name} id="link" data-consent="ads" data-href="javascript:window.ran.push(1)">My shop</{name}>'
    markup = "".join(f"<{each}>" for each in outer) + link + "".join(f"</{each}>" for each in outer)
    page = accepted(site.opens(visitor, publish(services=SERVICES), markup + OWN))
    page.evaluate("document.getElementById('link').dispatchEvent(new MouseEvent('click', {bubbles: true}))")

    assert page.evaluate("document.getElementById('link').hasAttribute('href')") is False
    assert ran(page) == ["own"]
