"""Vendors' snippets in blocked form: none is asked before consent; then each starts once, and its queue works."""

import re

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Publish, Visitor, part, settled
from tests.browser.third_party import SERVICES, Site, ThirdParty
from tests.browser.world.vendors import LOG, VENDORS, Vendor

ACCEPT = """() => {
  const {consent} = dastra.cookieConsent;
  consent.setServiceConsent('ads', true);
  consent.save();
}"""


def held(vendor: Vendor, third_party: ThirdParty) -> str:
    """Return the snippet as the documentation has a site change it."""
    host = third_party.url("ads/").removesuffix("/")
    for path, text in vendor.files.items():
        if text:
            third_party.serves(f"ads/{path}", text.replace("HOST", host))
    blocked = re.sub(r"<script\b", '<script type="dastra/script" data-consent="ads"', vendor.snippet)
    blocked = re.sub(r"<iframe (?=id)", '<iframe data-consent="ads" ', blocked).replace(
        'title="Film" src=', 'title="Film" data-blocked-src='
    )
    return blocked.replace("HOST", host)


def has_started(page: Page, vendor: Vendor) -> None:
    """Wait for all but the last entry, use the vendor, and compare: its entries come once, in any order of events."""
    page.wait_for_function("count => log.length >= count", arg=len(vendor.log) - 1)
    page.evaluate(f"() => {{ {vendor.use}; }}")
    assert sorted(page.evaluate("log")) == sorted(vendor.log)
    assert page.evaluate("log.at(-1)") == vendor.log[-1]


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)
def test_a_snippet_starts_once_after_consent_and_never_before(
    visitor: Visitor, site: Site, third_party: ThirdParty, publish: Publish, vendor: Vendor
) -> None:
    widget = publish(services=SERVICES)
    body = f"<script>{LOG}</script>{held(vendor, third_party)}"
    page = site.opens(visitor, widget, body)
    part(page, "refuse-all").click()
    settled(page)
    assert third_party.asked_by(page) == []
    assert page.evaluate("log") == []

    page.evaluate(ACCEPT)
    has_started(page, vendor)
    page.evaluate(ACCEPT)
    assert sorted(third_party.asked_by(page)) == sorted(f"ads/{path}" for path in vendor.files)
    assert sorted(page.evaluate("log")) == sorted(vendor.log)

    page.reload()
    has_started(page, vendor)
