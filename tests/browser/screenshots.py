"""Take the pictures of docs/images: ``make screenshots``."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from subprocess import check_output

import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from consent_core.dossier.claims import dossier_of
from consent_core.reports.dossier import page as dossier_page
from consent_core.reports.statistics import page as rendered
from consent_core.statistics.counts import CLOSED, SHOWN, Statistics, days_until
from local import ROOT
from tests import dossiers
from tests.browser.conftest import FLAGS, Json, part
from tests.browser.contact_sheet import sheet
from tests.local_process import LocalStack, running

IMAGES = ROOT / "docs" / "images"
DESKTOP: Json = {"viewport": {"width": 1280, "height": 800}}
PHONE: Json = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "is_mobile": True}


def main() -> None:
    """Both screens, on a desktop and a phone; the first one also in the dark; a dossier; and the contact sheet."""
    IMAGES.mkdir(exist_ok=True)
    with running() as stack, browser() as chromium:
        for name, options in (("desktop", DESKTOP), ("phone", PHONE), ("dark", {**DESKTOP, "color_scheme": "dark"})):
            page = opened(chromium, stack.shop, options)
            take(page, f"{name}-first")
            if name != "dark":
                part(page, "settings").click()
                part(page, "view-services").nth(1).click()
                take(page, f"{name}-second")
        for name, content in (
            ("dossier", dossier_page(dossier_of(dossiers.evidence(), dossiers.NOW))),
            ("statistics", rendered(a_month(), title="Demo shop", now=NOW)),
        ):
            page = chromium.new_page(**DESKTOP)  # a page keeps the policy of its first content
            page.set_content(content)
            take(page, name)
        take_console(chromium, stack)
        (IMAGES / "contact-sheet.jpg").write_bytes(sheet(chromium, stack))


NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
DEVICES = ("unknown", "mobile", "desktop", "tablet")
SERVICES = (("analytics", "Google Analytics", 2, 0.7), ("drift", "Drift", 3, 0.2), ("youtube", "YouTube", 3, 0.4))


def a_month() -> Statistics:
    """Return thirty days of an invented shop: the same each time."""
    dice = random.Random(43)  # noqa: S311 - a picture
    days = days_until(NOW.date(), 30)
    statistics = Statistics(43, days, days[0])
    for day in days:
        for _ in range(dice.randrange(250, 430)):
            language, device = (
                dice.choices(["fr", "nl", "en", "de"], [9, 5, 3, 1])[0],
                dice.choices([1, 2, 3], [6, 4, 1])[0],
            )
            statistics.count_impression(day, SHOWN, language, DEVICES[device])
            action = dice.choices(["AcceptAll", "RefuseAll", "Selection", CLOSED, ""], [38, 27, 11, 13, 11])[0]
            if action == CLOSED:
                statistics.count_impression(day, CLOSED, language, DEVICES[device])
            elif action:
                decide(statistics, day, language, device, action, dice)
    return statistics


def decide(statistics: Statistics, day: str, language: str, device: int, action: str, dice: random.Random) -> None:
    consents = [
        {
            "slug": slug,
            "name": name,
            "purpose": purpose,
            "consent": action == "AcceptAll" or (action == "Selection" and dice.random() < liking),
        }
        for slug, name, purpose, liking in SERVICES
    ]
    proof = {"date": day, "typeDevice": device, "action": action}
    statistics.count_decision(day, {**proof, "consents": {"lang": language, "cookieConsents": consents}})


CONSOLE_PAGES = {
    "widgets": "/",
    "overview": "/widgets/43",
    "look": "/widgets/43/look",
    "behaviour": "/widgets/43/behaviour",
    "services": "/widgets/43/services?q=bing",
    "regions": "/widgets/43/regions",
    "languages": "/widgets/43/languages",
    "texts": "/widgets/43/texts/fr",
    "domains": "/widgets/43/domains",
    "publish": "/widgets/43/publish",
    "history": "/widgets/43/history",
    "install": "/widgets/43/install",
    "statistics": "/widgets/43/statistics",
}


def take_console(chromium: Browser, stack: LocalStack) -> None:
    """Every screen of the console, with a draft that differs from what is live; one on a phone and one in the dark."""
    consent_id = decided(stack)
    owner = signed_in(chromium, stack, "Olga", DESKTOP)
    owner.goto(f"{stack.console}/widgets/43/look")
    owner.locator("[name=position][value=BottomRight]").check()
    with owner.expect_response(lambda answer: answer.request.method == "POST"):
        owner.locator("#f-bgColor").fill("#fff8ee")
    for name, path in CONSOLE_PAGES.items():
        show(owner, f"{stack.console}{path}", f"console-{name}")
    phone = signed_in(chromium, stack, "Olga", {**PHONE, "color_scheme": "dark"})
    show(phone, f"{stack.console}/widgets/43", "console-phone")

    officer = signed_in(chromium, stack, "Priya", DESKTOP)
    show(officer, f"{stack.console}/consents", "console-consents")
    officer.locator("#f-reason").fill("Request of 30 November, ticket 118")
    officer.locator("#f-consentId").fill(consent_id)
    officer.get_by_role("button", name="Look up the consent").click()
    expect(officer.locator(".dossier").first).to_be_visible()
    officer.wait_for_load_state("networkidle")
    take(officer, "console-dossier")
    show(officer, f"{stack.console}/accesses", "console-accesses")


def decided(stack: LocalStack) -> str:
    """Return the id of a consent that a visitor of the shop has given."""
    body = {"type": "Consents", "consents": {"lang": "en", "purposes": {"Analytical": True}}}
    address = f"{stack.api}/v1/client/collect/43?key=demo-public-key-43"
    answer = requests.post(address, json=body, headers={"Origin": stack.shop}, timeout=60)
    return str(answer.json()["consentId"])


def signed_in(chromium: Browser, stack: LocalStack, name: str, options: Json) -> Page:
    page = chromium.new_context(locale="en-GB", reduced_motion="reduce", **options).new_page()
    page.goto(stack.console)
    page.get_by_role("button", name=name).click()
    page.wait_for_url(f"{stack.console}/**")
    return page


def show(page: Page, address: str, name: str) -> None:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    take(page, name)


@contextmanager
def browser() -> Iterator[Browser]:
    found = check_output([ROOT / "tests" / "browser" / "find-chromium"], text=True).strip()  # noqa: S603 - ours
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield chromium
        chromium.close()


def opened(chromium: Browser, shop: str, options: Json) -> Page:
    page = chromium.new_context(locale="en-GB", reduced_motion="reduce", **options).new_page()
    page.goto(shop)
    expect(part(page, "window")).to_be_visible()
    page.evaluate("document.fonts.ready")
    return page


def take(page: Page, name: str) -> None:
    page.evaluate("document.activeElement?.blur()")  # no focus ring in a picture
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
