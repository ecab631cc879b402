"""Statistics of a widget in the console, and the decisions of a day: counts, and no visitor."""

from datetime import UTC, date, datetime, timedelta

import boto3
import pytest

from consent_core.archive.objects import Archive, Lane, archived
from consent_core.statistics import archived as counting
from tests.dossiers import proof
from tests.functional.console_pages import OPERATOR, OWNER, PRIVACY, VIEWER, Browser, Console, Shown
from tests.functional.test_consent_statistics import Clock
from tests.functional.test_console_privacy import faults

WHILE_COUNTING = "The last day has more decisions than can be counted in time: use consent-ops stats ."


@pytest.fixture
def viewer(console: Console, archive: Archive) -> Browser:
    return console.person(VIEWER)


def today() -> date:
    return datetime.now(UTC).date()


def ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


def keep(archive: Archive, day: str, *kinds: tuple[str, str, int, bool]) -> None:
    """Archive decisions of widget 43: action, language, device, and whether Matomo was accepted."""
    made = []
    for number, (action, language, device, is_accepted) in enumerate(kinds):
        name = f"{day}-{number}"
        stated = proof(
            id=name, consentId=name, date=f"{day}T10:00:00.000Z", action=action, typeDevice=device, userId="CRM-42"
        )
        stated["consents"]["lang"] = language
        stated["consents"]["cookieConsents"][1]["consent"] = is_accepted
        made.append(archived(stated, f"e{name}"))
    Lane(archive, 0).append(43, day, made)


ACCEPTED, REFUSED = ("AcceptAll", "fr", 1, True), ("RefuseAll", "nl", 2, False)


def figures(shown: Shown) -> dict[str, str]:
    """Return the figures above the charts."""
    cards = shown.html.one("dl", class_="figures").all("div")
    return {each.one("dt").text: each.one("dd").text for each in cards}


def rows(shown: Shown, label: str) -> list[list[str]]:
    """Return the cells of a table by the name of its region."""
    table = shown.html.one(role="region", aria_label=label).one("tbody")
    return [[cell.text for cell in row if cell.tag in {"td", "th"}] for row in table.all("tr")]


def test_a_period_is_compared_with_the_one_before(viewer: Browser, archive: Archive) -> None:
    keep(archive, ago(3), ACCEPTED, REFUSED, REFUSED, REFUSED)
    keep(archive, ago(2), ACCEPTED)
    keep(archive, ago(1), ACCEPTED, ACCEPTED, REFUSED)

    shown = viewer.get(f"/widgets/43/statistics?from={ago(1)}&to={ago(0)}")

    assert (shown.status, shown.html.one("head").one("title").text) == (200, "Statistics · Demo shop · Consent console")
    assert f"Widget 43, {ago(1)} to {ago(0)} (UTC). “Before” is {ago(3)} to {ago(2)}." in shown.text
    assert figures(shown) == {
        "Window shown": "– unknown: no log of these days was read",
        "Decisions": "3 before: 5",
        "Accepted all": "67 % 2 decisions before: 40 %",
        "Selection": "0 % 0 decisions before: 0 %",
        "Refused all": "33 % 1 decisions before: 60 %",
        "Closed undecided": "–",
    }
    assert rows(shown, "Table of days") == [
        [ago(0), "–", "–", "0", "0", "0", "0"],
        [ago(1), "–", "–", "3", "2", "0", "1"],
    ]
    assert rows(shown, "Table: Language") == [["fr", "–", "–", "2", "100 %", ""], ["nl", "–", "–", "1", "0 %", ""]]
    assert "Not complete" not in shown.text


def test_days_before_the_archive_are_unknown_and_not_compared(viewer: Browser, archive: Archive) -> None:
    keep(archive, ago(1), ACCEPTED)

    shown = viewer.get("/widgets/43/statistics")

    assert shown.html.one("form", class_="period").fields == {"from": [ago(27)], "to": [ago(0)]}
    unknown = f"The days before {ago(1)} are unknown, not zero"
    assert shown.html.one(class_="message").text.startswith(f"Not complete. {unknown}")
    assert "There is nothing to compare with: the period before is not fully known." in shown.text
    assert [each[0] for each in rows(shown, "Table of days")] == [ago(0), ago(1)]
    assert "before" not in figures(shown)["Decisions"]


def test_damaged_objects_are_counted_and_said(viewer: Browser, archive: Archive) -> None:
    keep(archive, ago(1), ACCEPTED)
    key = f"proofs/widget=43/date={ago(1)}/lane=1/0000000001.ndjson.gz"
    boto3.client("s3").put_object(Bucket="archivebucket", Key=key, Body=b"?")

    period = viewer.get(f"/widgets/43/statistics?from={ago(1)}&to={ago(1)}")
    day = viewer.get(f"/widgets/43/decisions?day={ago(1)}")

    assert period.html.one(class_="message").text == "Not complete. 1 file of the archive could not be read."
    assert day.html.one(class_="message").text == "1 file of the archive could not be read: decisions are missing."
    assert key not in period.body + day.body


def test_a_count_that_takes_too_long_says_so(
    viewer: Browser, archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(archive, ago(0), ACCEPTED)
    keep(archive, ago(1), ACCEPTED)
    monkeypatch.setattr(counting, "time", Clock(0, 100))
    period = viewer.get("/widgets/43/statistics")
    monkeypatch.setattr(counting, "time", Clock(0, 100))
    day = viewer.get("/widgets/43/decisions")

    assert (period.status, period.html.one(class_="message").text) == (200, WHILE_COUNTING)
    assert not period.html.all("svg")
    assert day.html.one(class_="message").text.startswith("That day has more decisions than can be counted in time")


def test_each_chart_has_a_table_and_nothing_has_a_style_of_its_own(viewer: Browser, archive: Archive) -> None:
    keep(archive, ago(1), ACCEPTED, REFUSED)

    shown = viewer.get("/widgets/43/statistics")

    assert not [each for each in shown.html if "style" in each or each.tag == "style"]
    chart = shown.html.one("svg", class_="chart")
    assert (chart["role"], chart["aria-labelledby"]) == ("img", "chart-title chart-text")
    charted = {each.text for each in chart.all("title")} - {"Decisions by day"}
    assert charted == {
        f"{row[0]}: {row[3]} decisions, {row[4]} accepted all, {row[5]} selection, {row[6]} refused all; shown –"
        for row in rows(shown, "Table of days")
    }
    assert {each["aria-hidden"] for each in shown.html.all("svg", class_="bar")} == {"true"}
    assert [each.tag for each in shown.html if each.tag in {"h1", "h2", "h3"}] == ["h1", *["h2"] * 5]


@pytest.mark.parametrize(
    ("query", "field", "fault"),
    [
        (f"from={ago(0)}&to={ago(1)}", "from", "The first day comes after the last."),
        (f"from={ago(92)}&to={ago(0)}", "from", "Choose 92 days at most."),
        ("to=9999-12-31", "to", None),
        ("from=2026-11-31", "from", "Write a day as 2026-11-24."),
        ("from=%22%3E%3Cscript%3E", "from", "Write a day as 2026-11-24."),
        ("to=20261124", "to", "Write a day as 2026-11-24."),
    ],
)
def test_a_period_that_cannot_be_is_said_at_its_field(
    viewer: Browser, query: str, field: str, fault: str | None
) -> None:
    shown = viewer.get(f"/widgets/43/statistics?{query}")

    assert (shown.status, faults(shown)) == (422, {field: fault or f"End with {today()} at the latest."})
    assert not shown.html.all("svg")


def test_the_decisions_of_a_day_are_listed_by_action_language_and_device(viewer: Browser, archive: Archive) -> None:
    keep(archive, ago(1), REFUSED, ACCEPTED, ACCEPTED, ("Api", "fr", 3, False), ("", "fr", 3, False))

    shown = viewer.get("/widgets/43/decisions")

    assert (shown.status, shown.html.one("head").one("title").text) == (200, "Decisions · Demo shop · Consent console")
    assert shown.html.one("form", class_="period").fields == {"day": [ago(1)]}
    assert rows(shown, f"Decisions of {ago(1)}") == [
        ["Accept all", "fr", "mobile", "2", "2", "0", "0", "0"],
        ["By the page’s own code", "fr", "tablet", "1", "0", "0", "0", "1"],
        ["Refuse all", "nl", "desktop", "1", "0", "0", "0", "1"],
        ["unknown", "fr", "tablet", "1", "0", "0", "0", "1"],
    ]
    assert [each["href"] for each in shown.html.one("form", class_="period").all("a")] == [
        f"?day={ago(2)}",
        f"?day={ago(0)}",
    ]
    assert not [each for each in ("CRM-42", f"{ago(1)}-0") if each in shown.body]


def test_a_day_without_decisions_says_why(viewer: Browser) -> None:
    shown = viewer.get(f"/widgets/43/decisions?day={ago(0)}")

    assert shown.html.one("h2").text == f"No decisions in the archive on {ago(0)}"
    assert [each.text for each in shown.html.one("form", class_="period").all("a")] == ["Day before"]


@pytest.mark.parametrize(
    ("day", "fault"),
    [("9999-12-31", None), ("2026-02-30", "Write a day as 2026-11-24."), ("../43", "Write a day as 2026-11-24.")],
)
def test_another_day_is_refused(viewer: Browser, day: str, fault: str | None) -> None:
    shown = viewer.get(f"/widgets/43/decisions?day={day}")
    assert (shown.status, faults(shown)) == (422, {"day": fault or f"Choose {today()} or a day before."})


@pytest.mark.parametrize(
    ("group", "status"),
    [
        (OWNER, 200),
        (VIEWER, 200),
        (PRIVACY, 200),
        (OPERATOR, 200),
        ("consent-owner-43", 200),
        ("consent-owner-44", 403),
        ("consent-strangers", 403),
    ],
)
def test_whoever_may_see_the_widget_sees_its_figures(
    console: Console, archive: Archive, group: str, status: int
) -> None:
    browser = console.person(group)
    pages = [browser.get(f"/widgets/43/{name}") for name in ("statistics", "decisions")]
    assert [each.status for each in pages] == [status, status]


@pytest.mark.parametrize("name", ["statistics", "decisions"])
def test_an_unknown_widget_has_no_figures(viewer: Browser, name: str) -> None:
    assert viewer.get(f"/widgets/99/{name}").status == 404
