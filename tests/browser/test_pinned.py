"""Pages that name one build of the SDK: the oldest release, and what `consent-ops install --pinned` prints."""

import re

import pytest
from playwright.sync_api import Page, expect

from consent_ops.cli import main
from local import ROOT
from tests.browser.conftest import KEY, Publish, Visitor, part, settled

PAGE = "https://site.example/"
LISTED = re.findall(r"`(/sdk/[0-9a-f]{16}/dastra\.js)` `(sha384-\S+)`", (ROOT / "CHANGELOG.md").read_text("utf-8"))
HELD = '<script type="dastra/script" data-consent="analytics">window.released = true;</script>'
WATCH_POLICY = """window.violations = [];
  document.addEventListener('securitypolicyviolation', event => violations.push(event.effectiveDirective));"""


def opened(visitor: Visitor, body: str, **headers: str) -> Page:
    """Open a page of a site that the widget allows, with this body and these response headers."""
    page = visitor.context.new_page()
    page.add_init_script(WATCH_POLICY)
    html = f"<!doctype html><html lang=en><title>A page</title><body>{body}</body></html>"
    page.route(PAGE, lambda route: route.fulfill(body=html, content_type="text/html", headers=headers))
    page.goto(PAGE)
    return page


def decides(page: Page, button: str) -> None:
    """Click, and wait until the service has stored the decision and the browser knows it by the old release's name."""
    with page.expect_response(lambda response: "Consents" in (response.request.post_data or "")) as posted:
        part(page, button).click()
    assert posted.value.status == 201
    page.wait_for_function("() => !localStorage.getItem('dastra-outbox')")


def test_the_oldest_release_works_with_the_service_of_today(visitor: Visitor, publish: Publish) -> None:
    path, integrity = LISTED[-1]  # the changelog has the newest first
    widget = publish(origins=["https://site.example"])
    tag = f'<script src="{visitor.stack.api}{path}?key={KEY}" integrity="{integrity}" crossorigin async></script>'
    page = opened(visitor, f'<div id="dastra-cookie-consent" data-widgetid="{widget}"></div>{HELD}{tag}')
    expect(part(page, "window")).to_be_visible()
    assert page.evaluate("[dastra.version, window.released]") == ["1.0.0", None]

    part(page, "settings").click()
    decides(page, "save")
    assert set((visitor.choices(page) or {}).values()) == {False}

    part(page, "floating-button").click()
    decides(page, "accept-all")
    page.wait_for_function("() => window.released")
    part(page, "floating-button").click()
    with page.expect_response("**/history?*") as answer:
        part(page, "view-proof").click()
    assert [proof["action"] for proof in answer.value.json()["proofs"]] == ["Selection", "AcceptAll"]


def test_an_isolated_page_works_with_what_install_prints(
    visitor: Visitor, publish: Publish, capsys: pytest.CaptureFixture[str]
) -> None:
    """Cross-Origin-Embedder-Policy refuses files that do not say who may embed them."""
    widget = str(publish(origins=["https://site.example"]))
    with pytest.raises(SystemExit):
        main(
            [
                *("--api", visitor.stack.admin),
                *("install", widget, "--pinned", "--csp", "--service-url", visitor.stack.api),
            ]
        )
    *elements, _, policy = capsys.readouterr().out.splitlines()
    isolated = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}
    page = opened(visitor, "".join(elements), **dict([policy.split(": ", 1)]), **isolated)
    part(page, "settings").click()
    expect(part(page, "save")).to_be_visible()
    part(page, "save").click()
    settled(page)

    assert page.evaluate("[crossOriginIsolated, violations]") == [True, []]
