"""The page Publish says how many visitors "Ask everybody again" asks, without waiting for the number."""

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from consent_core.archive.objects import Archive, Lane, archived
from consent_core.archive.objects import connect as archive_client
from consent_core.publishing import drafts
from local import ROOT, embedded_aws
from local.gateway import read_template
from tests.browser.console.server import ConsoleBrowser, ConsoleServer
from tests.dossiers import proof
from tests.functional.console_pages import OWNER

PUBLISH = "/widgets/43/publish"
COUNTED = "addEventListener('htmx:finally:request', () => window.isCounted = true)"


def keep_decisions(server: ConsoleServer, *consents: str) -> None:
    """Archive decisions on widget 43 as it is live, of today."""
    bucket = embedded_aws.create_bucket(read_template(ROOT / "template.yaml")[0].resources)
    live, day = server.tables.widgets.live(43), datetime.now(UTC).date().isoformat()
    assert live is not None
    made: list[dict[str, Any]] = []
    for each in consents:
        stated = proof(id=each, consentId=each, date=f"{day}T00:00:00.000Z", dateExpiration="9999-12-31T00:00:00.000Z")
        stated["consents"]["versionKey"] = live.version_key
        made.append(archived(stated, f"e{each}"))
    Lane(Archive(archive_client(), bucket=bucket), 0).append(43, day, made)


def save_draft(server: ConsoleServer) -> None:
    part = {"position": "TopLeft"}
    drafts.save_part(server.tables.widgets, 43, part, actor="test", now=datetime.now(UTC), expected=None)


def opened(console: ConsoleBrowser) -> Page:
    page = console.context.new_page()
    page.add_init_script(COUNTED)
    page.goto(PUBLISH)
    page.wait_for_function("() => window.isCounted")
    return page


def test_the_number_is_beside_the_choice(console_browser: ConsoleBrowser, console_server: ConsoleServer) -> None:
    keep_decisions(console_server, "a", "b")

    page = opened(console_browser)
    expect(page.locator("p#f-renew")).to_contain_text("How many they are: 2 visitors.")

    save_draft(console_server)
    page = opened(console_browser)
    expect(page.locator("#f-renew-hint")).to_contain_text("How many they are: 2 visitors. Asking cannot be undone.")
    expect(page.get_by_label("Ask everybody again")).not_to_be_checked()

    page.get_by_role("link", name="2 visitors").click()
    expect(page.get_by_role("heading", name="How many are asked again")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("If everybody is asked again now, that is 2 visitors.")


@pytest.mark.parametrize("status", [429, 503])
def test_a_number_that_cannot_be_had_leaves_the_page_as_it_is(console_browser: ConsoleBrowser, status: int) -> None:
    console_browser.context.route("**/asked-again", lambda route: route.fulfill(status=status, json={"message": ""}))

    page = opened(console_browser)

    expect(page.locator("p#f-renew")).to_contain_text("How many they are: count them.")
    expect(page.locator("#session")).to_be_empty()


def test_without_scripts_a_link_leads_to_the_number(browser: Browser, console_server: ConsoleServer) -> None:
    keep_decisions(console_server, "a")
    context = browser.new_context(base_url=console_server.address, java_script_enabled=False)
    console_server.sign_in(context, OWNER)
    page = context.new_page()

    page.goto(PUBLISH)
    page.get_by_role("link", name="count them").click()

    expect(page.locator("#asked-again")).to_have_text("1 visitor")
    context.close()
