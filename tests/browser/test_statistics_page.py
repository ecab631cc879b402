"""The page of statistics in a real browser: axe finds nothing, nothing is asked for, and it prints."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from consent_core.reports.statistics import page as rendered
from consent_core.statistics.counts import CLOSED, SHOWN, Statistics, days_until

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHONE = {"viewport": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ninety days of which the log has sixty, with every outcome, language and device."""
    statistics = Statistics(43, days_until(NOW.date(), 90), days_until(NOW.date(), 60)[0])
    for number, day in enumerate(statistics.days):
        for each in range(number % 9):
            consents = [
                {"slug": slug, "name": name, "purpose": purpose, "consent": each % choice == 0}
                for slug, name, purpose, choice in (("matomo", "Matomo", 2, 2), ("chat", "A chat of a long name", 1, 3))
            ]
            decision: dict[str, Any] = {"date": day, "typeDevice": each % 4, "action": ("AcceptAll", None)[each % 2]}
            statistics.count_decision(
                day, {**decision, "consents": {"lang": ("fr", "nl")[each % 2], "cookieConsents": consents}}
            )
            if day in statistics.shown_days:
                statistics.count_impression(day, SHOWN, "fr", "mobile")
                statistics.count_impression(day, CLOSED, "nl", "desktop")
    path = tmp_path_factory.mktemp("page") / "statistics.html"
    path.write_text(rendered(statistics, title="Shop", now=NOW), "utf-8")
    return path


def opened(browser: Browser, file: Path, **options: object) -> tuple[Page, list[str]]:
    page = browser.new_context(**options).new_page()  # type: ignore[arg-type]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: asked.append(message.text))
    page.goto(file.as_uri())
    return page, asked


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [{}, PHONE], ids=["desktop", "phone"])
def test_axe_finds_nothing_and_the_page_asks_for_itself_alone(
    browser: Browser, file: Path, device: dict[str, object], scheme: str
) -> None:
    page, asked = opened(browser, file, color_scheme=scheme, **device)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
    assert [f"{fault['id']}: {node['html'][:120]}" for fault in found for node in fault["nodes"]] == []
    assert asked == [file.as_uri()]


def test_a_phone_scrolls_the_tables_and_not_the_page(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_on_paper_every_day_is_there(browser: Browser, file: Path) -> None:
    page, _ = opened(browser, file)
    days = page.get_by_role("region", name="Table of days")
    on_screen = "element => element.scrollHeight > element.clientHeight"
    assert days.evaluate(on_screen) is True
    page.emulate_media(media="print", color_scheme="dark")
    assert days.evaluate(on_screen) is False
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
