"""All days of an export as one file, which the page puts together."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal

import boto3
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Download, Locator, Page, Route, expect

from consent_console.desk import export
from consent_core.access_audit import AccessAudit, Kind
from consent_core.archive.objects import Archive
from consent_core.archive.objects import connect as archive_client
from consent_core.dynamodb import connect
from local import ROOT, embedded_aws
from local.gateway import read_template
from tests.browser.console.server import ConsoleBrowser, ConsoleServer
from tests.functional.console_pages import PRIVACY
from tests.functional.test_console_statistics import ACCEPTED, REFUSED, keep

DAYS = ["2026-11-21", "2026-11-22", "2026-11-24", "2026-11-25"]
PERIOD = "2026-11-20--2026-11-26"
REASON = "Request for access, case 4711"
HOSTILE = ("AcceptAll", 'é, "\r\ndate,consentId', 1, True)
"""A language that a spreadsheet's cell has in quotation marks, over two lines."""

SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
ALL = "Download all 4 days"
KEPT = """async () => [
  localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await caches.keys()).length
]"""


@pytest.fixture
def archive(console_server: ConsoleServer) -> Archive:
    """Proofs of widget 43 on four days."""
    bucket = embedded_aws.create_bucket(read_template(ROOT / "template.yaml")[0].resources)
    archive = Archive(archive_client(), bucket=bucket)
    for day, kinds in zip(DAYS, [[ACCEPTED, REFUSED], [HOSTILE], [REFUSED], [ACCEPTED]], strict=True):
        keep(archive, day, *kinds)
    return archive


@pytest.fixture
def page(archive: Archive, console_server: ConsoleServer, console_browser: ConsoleBrowser) -> Page:
    return listed(console_server, console_browser)


def listed(console_server: ConsoleServer, console_browser: ConsoleBrowser) -> Page:
    """Return the page of a privacy officer, who has listed the days. No file has been asked for yet."""
    console_server.sign_in(console_browser.context, PRIVACY)
    page = console_browser.context.new_page()
    page.goto("/consents/export")
    for name, value in {"Reason": REASON, "First day": "2026-11-20", "Last day": "2026-11-26"}.items():
        page.get_by_label(name).fill(value)
    page.get_by_label("Widget").select_option("43")
    page.get_by_role("button", name="List the days").click()
    expect(button(page, ALL)).to_be_visible()
    console_server.posted.clear()
    return page


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def pressed(page: Page, name: str) -> Download:
    """Press a button that leads to a file, and wait for that."""
    with page.expect_download() as download:
        button(page, name).click()
    return download.value


def content(download: Download) -> bytes:
    return download.path().read_bytes()


def stopped_after_a_day(page: Page, server: ConsoleServer, kept: int = 1) -> None:
    with server.holding():
        button(page, ALL).click()
        assert server.arrived.wait(30)
        button(page, "Stop").click()
        expect(button(page, "Stopping after this day")).to_be_focused()
    expect(button(page, f"Go on ({len(DAYS) - kept} left)")).to_be_focused()


def asked_for(server: ConsoleServer) -> list[str]:
    """Return the days of which files were asked for, in this order."""
    return [each["day"][0] for each in server.posted]


def recorded() -> list[tuple[Kind, str | None, int | None]]:
    audit = AccessAudit(connect(), "AccessAuditTable", days=1095)
    return [
        (each.kind, each.reason, each.widget_id) for each in audit.between(date(2026, 1, 1), datetime.now(UTC).date())
    ]


EXPORT = (Kind.EXPORT, REASON, 43)


def test_one_file_has_what_the_days_files_have(page: Page, console_server: ConsoleServer) -> None:
    joined = pressed(page, ALL)

    assert joined.suggested_filename == f"widget-43-{PERIOD}.csv"
    expect(page.get_by_label("4 of 4 days")).to_have_js_property("position", 1)
    expect(page.locator("[role=status]:not(.message)")).to_have_text("4 of 4 days are here.")
    assert page.locator("[data-done]").locator("visible=true").count() == len(DAYS)
    assert asked_for(console_server) == DAYS
    assert recorded() == [EXPORT] * len(DAYS)
    again = pressed(page, "Save the file again")
    assert (recorded(), page.evaluate(KEPT)) == ([EXPORT] * len(DAYS), [0, 0, 0, 0])
    first, *others = [content(pressed(page, f"Download {day}")) for day in DAYS]
    header = first.partition(b"\r\n")[0] + b"\r\n"
    assert content(joined) == first + b"".join(each.removeprefix(header) for each in others)
    assert content(joined) == content(again)
    assert content(joined).count(header) == 1


def test_an_export_that_was_stopped_keeps_its_days_and_goes_on(page: Page, console_server: ConsoleServer) -> None:
    stopped_after_a_day(page, console_server)

    expect(page.get_by_label("1 of 4 days")).to_have_js_property("position", 0.25)
    expect(page.get_by_text("1 of 4 days are here.")).to_be_visible()
    part = pressed(page, "Save what is here")
    assert part.suggested_filename == f"widget-43-{PERIOD}-1-of-4-days.csv"
    whole = pressed(page, "Go on (3 left)")
    assert content(part) == content(pressed(page, f"Download {DAYS[0]}"))
    assert content(whole).startswith(content(part))
    assert asked_for(console_server) == [*DAYS, DAYS[0]]
    assert recorded() == [EXPORT] * 5


def test_a_day_that_fails_is_named_and_can_be_tried_again(page: Page, archive: Archive) -> None:
    client, key = boto3.client("s3"), f"proofs/widget=43/date={DAYS[1]}/lane=0/0000000002.ndjson.gz"
    client.put_object(Bucket="archivebucket", Key=key, Body=b"?")
    button(page, ALL).click()

    expect(page.get_by_text("3 of 4 days are here. These failed:")).to_be_visible()
    damaged = f"{DAYS[1]}: That day's archive is damaged: `consent-ops verify` says where."
    expect(page.locator("#together li")).to_have_text([damaged])
    part = pressed(page, "Save what is here")
    assert part.suggested_filename == f"widget-43-{PERIOD}-3-of-4-days.csv"
    client.delete_object(Bucket="archivebucket", Key=key)
    whole = pressed(page, "Go on (1 left)")
    expect(page.locator("#together li")).to_have_count(0)
    days = [row[:10] for row in content(whole).decode().split("\r\n")[1:] if row.startswith("2026")]
    assert days == [DAYS[0], *DAYS]  # in their order, although one of them came last
    assert len(content(whole)) > len(content(part))


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 503, "content_type": "application/json", "body": '{"message": "Service Unavailable"}'},
        {"status": 200, "content_type": "text/html", "body": "<p>Sign in to the network</p>"},
        {"status": 200, "content_type": "text/csv", "body": "date,other\r\n2026-11-24,1\r\n"},
    ],
    ids=["gateway", "network", "other columns"],
)
def test_an_answer_that_is_no_such_file_is_a_day_that_failed(page: Page, answer: Mapping[str, Any]) -> None:
    def answered(route: Route) -> None:
        if DAYS[2] in (route.request.post_data or ""):
            route.fulfill(**answer)
        else:
            route.continue_()

    page.route("**/consents/export", answered)
    button(page, ALL).click()

    expect(page.locator("#together li")).to_have_text([f"{DAYS[2]}: The console did not answer with a file."])
    expect(page.get_by_label("3 of 4 days")).to_be_visible()


def test_the_end_of_the_session_is_told_and_loses_no_day(
    page: Page, console_server: ConsoleServer, console_browser: ConsoleBrowser
) -> None:
    stopped_after_a_day(page, console_server)
    console_server.end_sessions()
    button(page, "Go on (3 left)").click()

    over = page.get_by_role("alert").filter(
        has_text="Your session is over, and the days that were fetched are still here"
    )
    expect(over).to_be_visible()
    expect(page.get_by_text("1 of 4 days are here.")).to_be_visible()
    assert asked_for(console_server) == DAYS[:2]  # the others were not tried
    assert pressed(page, "Save what is here").suggested_filename == f"widget-43-{PERIOD}-1-of-4-days.csv"
    with console_browser.context.expect_page() as opened:
        over.get_by_role("link", name="Sign in in another tab").click()
    expect(opened.value.get_by_role("heading", name="You are signed in")).to_be_visible()
    pressed(page, "Go on (3 left)")
    expect(over).to_be_hidden()
    assert recorded() == [EXPORT] * len(DAYS)


def test_a_page_holds_so_much_and_no_more(
    archive: Archive, console_server: ConsoleServer, monkeypatch: pytest.MonkeyPatch, console_browser: ConsoleBrowser
) -> None:
    monkeypatch.setattr(export, "MOST_HELD", 1)
    page = listed(console_server, console_browser)
    button(page, ALL).click()

    said = page.get_by_text("1 of 4 days are here. The page can hold no more: save them, then list the other days.")
    expect(said).to_be_visible()
    assert asked_for(console_server) == DAYS[:1]
    assert content(pressed(page, "Save what is here")).count(b"\r\n") == 3


def test_its_states_are_for_everybody(page: Page, console_server: ConsoleServer, archive: Archive) -> None:
    key = f"proofs/widget=43/date={DAYS[0]}/lane=0/0000000002.ndjson.gz"
    boto3.client("s3").put_object(Bucket="archivebucket", Key=key, Body=b"?")
    is_for_everybody(page)
    stopped_after_a_day(page, console_server, kept=0)
    is_for_everybody(page)
    with console_server.holding():
        button(page, "Go on (4 left)").click()
        assert console_server.arrived.wait(30)
        is_for_everybody(page)
        console_server.end_sessions()
    expect(page.get_by_role("link", name="Sign in in another tab")).to_be_visible()
    is_for_everybody(page)


def is_for_everybody(page: Page) -> None:
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert [f"{each['id']}: {each['nodes'][0]['html']}" for each in Axe().run(page).response["violations"]] == []
    page.set_viewport_size({"width": 320, "height": 640})
    assert page.evaluate("() => document.documentElement.scrollWidth") == 320
