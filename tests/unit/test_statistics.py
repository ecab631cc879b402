"""Counting decisions, and the two ways of drawing what was counted."""

import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from consent_core.reports.statistics import day_chart, marks, stacked
from consent_core.reports.statistics import page as rendered
from consent_core.statistics.counts import (
    CLOSED,
    SHOWN,
    Counts,
    Statistics,
    days_between,
    days_until,
    most_frequent,
    outcome,
    percent,
    written,
)
from consent_ops.statistics_terminal import console_for, draw

DAYS = ("2026-11-24", "2026-11-25", "2026-11-26")
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)


def entry(slug: str, purpose: int, *, consent: bool, name: str = "", **more: object) -> dict[str, Any]:
    return {"slug": slug, "name": name or slug.title(), "purpose": purpose, "consent": consent, **more}


def proof(*consents: bool, at: str = "2026-11-26T10:00:00.000Z", **changes: object) -> dict[str, Any]:
    """A decision on up to three services, beside one that is necessary."""
    services = zip(("analytics", "drift", "youtube"), (2, 3, 3), consents, strict=False)
    asked = [entry(slug, purpose, consent=consent) for slug, purpose, consent in services]
    consented = {"lang": "fr", "cookieConsents": [entry("session", 0, consent=True), *asked]}
    return {"date": at, "typeDevice": 2, "action": "Selection", "consents": consented, **changes}


def counted(shown_from: str | None = DAYS[1]) -> Statistics:
    statistics = Statistics(43, DAYS, shown_from)
    statistics.count_decision(DAYS[0], proof(True, True, True, action="AcceptAll", typeDevice=1))
    statistics.count_decision(DAYS[1], proof(False, False, False, action="RefuseAll"))
    statistics.count_decision(DAYS[1], proof(True, False, False))
    if shown_from:
        statistics.count_impression(DAYS[1], SHOWN, "fr", "desktop")
        statistics.count_impression(DAYS[1], SHOWN, "nl", "mobile")
        statistics.count_impression(DAYS[1], CLOSED, "nl", "mobile")
        statistics.count_impression(DAYS[2], SHOWN, "fr", "desktop")
    return statistics


# --- Counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("consents", "came_out"),
    [((True, True), "accepted"), ((True, False), "selected"), ((False, False), "refused"), ((), "refused")],
)
def test_the_choice_says_how_a_decision_came_out_and_not_the_button(consents: tuple[bool, ...], came_out: str) -> None:
    assert outcome([entry("a", 2, consent=consent) for consent in consents]) == came_out


ON, OFF, LEFT_ON = {"consent": True}, {"consent": False}, {"consent": True, "notRefused": True}


@pytest.mark.parametrize(
    ("entries", "came_out"),
    [
        ((LEFT_ON, LEFT_ON), "not_refused"),
        ((ON, LEFT_ON), "not_refused"),
        ((LEFT_ON, OFF), "selected"),
        ((ON, LEFT_ON, OFF), "selected"),
        ((OFF, OFF), "refused"),
    ],
)
def test_what_was_not_refused_was_not_accepted(entries: tuple[dict[str, Any], ...], came_out: str) -> None:
    assert outcome([entry("a", 2, **each) for each in entries]) == came_out


def under(policy: str | None, *entries: dict[str, Any]) -> dict[str, Any]:
    """A decision on up to two services."""
    named = [entry(slug, 3, **each) for slug, each in zip(("drift", "ads"), entries, strict=False)]
    stated = {} if policy is None else {"policy": policy}
    return proof(consents={"lang": "fr", "cookieConsents": [entry("session", 0, consent=True), *named], **stated})


def counted_by_policy() -> Statistics:
    statistics = Statistics(43, DAYS, None)
    for policy, *entries in (
        ("us", LEFT_ON, LEFT_ON),
        ("us", LEFT_ON, OFF),
        ("us", OFF, OFF),
        ("ca", LEFT_ON, ON),
        ("unknown", LEFT_ON, LEFT_ON),
        ("strict", ON, ON),
        (None, ON, OFF),
    ):
        statistics.count_decision(DAYS[2], under(policy, *entries))
    return statistics


def test_a_service_that_was_not_refused_was_neither_asked_for_nor_agreed_to() -> None:
    services = counted_by_policy().services
    assert {slug: (each.asked, each.agreed, each.not_refused) for slug, each in services.items()} == {
        "drift": (3, 2, 4),
        "ads": (5, 2, 2),
    }


def test_decisions_are_counted_by_policy() -> None:
    statistics = counted_by_policy()
    assert statistics.total == Counts(accepted=1, selected=2, refused=1, not_refused=3)
    assert statistics.by_policy == {
        "us": Counts(selected=1, refused=1, not_refused=1),
        "ca": Counts(not_refused=1),
        "unknown": Counts(not_refused=1),
        "strict": Counts(accepted=1),
        "no policy": Counts(selected=1),
    }
    assert statistics.as_json()["policies"] == [
        {"policy": "us", "decisions": 3},
        {"policy": "ca", "decisions": 1},
        {"policy": None, "decisions": 1},
        {"policy": "strict", "decisions": 1},
        {"policy": "unknown", "decisions": 1},
    ]


def test_a_terminal_and_a_page_tell_policies_and_what_was_not_refused_only_if_there_is_any() -> None:
    lines = [" ".join(line.split()) for line in drawn(counted_by_policy()).splitlines()]
    for line in (
        "not refused 3 43 %",
        f"2026-11-26 – – 7 {'█' * 5}{'▒' * 9}{'▚' * 13}{'░' * 5}",
        "no policy 1 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒",
        "us 3 ▒▒▒▒▒▒▒▒▚▚▚▚▚▚▚▚░░░░░░░░",
        "drift Marketing 4 2 3 67 % ███████",
        "█ accepted all ▒ selection ▚ not refused ░ refused all",
    ):
        assert line in lines
    assert max(map(len, drawn(counted_by_policy()).splitlines())) <= 80
    rows = Elements(page(counted_by_policy())).rows
    assert ["2026-11-26", "–", "–", "7", "1", "2", "3", "1"] in rows
    assert ["Drift", "Marketing", "4", "3", "2", "67 %", ""] in rows
    assert ["us", "3", ""] in rows
    for text in (drawn(counted()), page(counted())):
        assert not re.search(r"not refused|no policy|(?<!Security-)Policy", text, re.IGNORECASE)


def test_a_service_that_was_never_asked_for_has_no_share() -> None:
    statistics = Statistics(43, DAYS, None)
    statistics.count_decision(DAYS[0], under("us", LEFT_ON))
    assert ["Drift", "Marketing", "1", "0", "0", "–", ""] in Elements(page(statistics)).rows
    assert "drift Marketing 1 0 0 –" in [" ".join(line.split()) for line in drawn(statistics).splitlines()]


def test_decisions_are_counted_by_day_language_device_and_action() -> None:
    statistics = counted()
    assert statistics.total == Counts(shown=3, closed=1, accepted=1, selected=1, refused=1)
    assert statistics.by_day == {
        DAYS[0]: Counts(None, None, accepted=1),
        DAYS[1]: Counts(2, 1, selected=1, refused=1),
        DAYS[2]: Counts(1, 0),
    }
    assert statistics.by_language == {"fr": Counts(2, 0, 1, 1, 1), "nl": Counts(1, 1)}
    assert statistics.by_device == {"mobile": Counts(1, 1, accepted=1), "desktop": Counts(2, 0, 0, 1, 1)}
    assert statistics.by_action == {
        "AcceptAll": Counts(accepted=1),
        "RefuseAll": Counts(refused=1),
        "Selection": Counts(selected=1),
    }


def test_services_that_need_no_consent_are_not_counted() -> None:
    services = {slug: (each.asked, each.agreed, each.purpose.label) for slug, each in counted().services.items()}
    assert services == {
        "analytics": (3, 2, "Analytical"),
        "drift": (3, 1, "Marketing"),
        "youtube": (3, 1, "Marketing"),
    }


def test_a_service_has_the_name_that_it_had_last() -> None:
    statistics = Statistics(43, DAYS, None)
    for at, name in (("2026-11-25T10:00", "New"), ("2026-11-24T10:00", "Old")):
        named = {"lang": "fr", "cookieConsents": [entry("drift", 3, consent=True, name=name)]}
        statistics.count_decision(DAYS[0], proof(at=at, consents=named))
    assert statistics.services["drift"].name == "New"


def test_what_a_proof_does_not_say_is_unknown() -> None:
    statistics = Statistics(43, DAYS, None)
    statistics.count_decision(
        DAYS[0], {**proof(True), "action": None, "typeDevice": 0, "consents": {"cookieConsents": []}}
    )
    assert list(statistics.by_language) == list(statistics.by_device) == list(statistics.by_action) == ["unknown"]


def test_what_is_not_known_is_never_zero() -> None:
    statistics = counted(shown_from=None)
    assert (statistics.total.shown, statistics.by_day[DAYS[1]].shown, statistics.by_language["fr"].shown) == (None,) * 3
    assert statistics.gap == "unknown: no log of these days was read"
    assert (statistics.shown_days, statistics.comparable_decisions) == ((), 0)


def test_windows_shown_are_compared_with_the_decisions_of_the_same_days() -> None:
    statistics = counted()
    assert (statistics.shown_days, statistics.gap) == (DAYS[1:], "known from 2026-11-25 on")
    assert (statistics.comparable_decisions, statistics.total.decisions) == (2, 3)
    assert counted(shown_from="2026-01-01").gap == ""


@pytest.mark.parametrize("shown_from", [None, DAYS[1]])
def test_json_is_read_back_as_it_was_said(shown_from: str | None) -> None:
    statistics = counted(shown_from=shown_from)
    said = statistics.as_json()
    assert Statistics.from_json(said).as_json() == said
    assert Statistics.from_json(said).total == statistics.total


def test_days_that_were_not_counted_are_left_out() -> None:
    statistics = counted()
    statistics.limit_to(DAYS[1:])
    assert statistics.days == DAYS[1:]
    assert [each["day"] for each in statistics.as_json()["days"]] == list(DAYS[1:])  # type: ignore[attr-defined]


def test_everything_is_there_as_json() -> None:
    said = counted().as_json()
    outcomes = {"acceptedAll": 1, "selection": 1, "refusedAll": 1, "notRefused": 0}
    assert said["total"] == {"shown": 3, "closed": 1, "decisions": 3, **outcomes}
    assert [said[name] for name in ("widgetId", "from", "to", "shownKnownFrom")] == [43, DAYS[0], DAYS[2], DAYS[1]]
    assert said["days"][0] == {  # type: ignore[index]
        "day": DAYS[0],
        "shown": None,
        "closed": None,
        "decisions": 1,
        "acceptedAll": 1,
        "selection": 0,
        "refusedAll": 0,
        "notRefused": 0,
    }
    assert said["services"][0] == {  # type: ignore[index]
        "slug": "analytics",
        "name": "Analytics",
        "purpose": "Analytical",
        "asked": 3,
        "agreed": 2,
        "notRefused": 0,
    }
    assert said["policies"] == [{"policy": None, "decisions": 3}]
    assert said["actions"] == [{"action": name, "decisions": 1} for name in ("AcceptAll", "RefuseAll", "Selection")]


def test_the_most_frequent_come_first() -> None:
    counters = {"a": Counts(shown=9), "b": Counts(refused=1), "c": Counts(accepted=2), "d": Counts(shown=9)}
    assert [name for name, _ in most_frequent(counters)] == ["c", "b", "a", "d"]


def test_days_are_counted_with_both_ends() -> None:
    assert days_until(date(2026, 3, 1), 3) == ("2026-02-27", "2026-02-28", "2026-03-01")
    assert days_between(date(2026, 2, 28), date(2026, 3, 1)) == ("2026-02-28", "2026-03-01")
    assert days_between(date(2026, 3, 1), date(2026, 2, 28)) == ()


def test_numbers_are_written_for_people() -> None:
    assert (written(None), written(0), written(1234567)) == ("–", "0", "1,234,567")
    assert (percent(1, 3), percent(0, 7), percent(0, 0), percent(1, None)) == ("33 %", "0 %", "–", "–")


# --- On a terminal ----------------------------------------------------------------------------------------------------


def drawn(statistics: Statistics) -> str:
    output = StringIO()
    draw(statistics, "Shop", Console(file=output, width=80, highlight=False))
    return output.getvalue()


def test_eighty_columns_without_colour_are_enough() -> None:
    busy = Statistics(999_999_999_999_999, DAYS, DAYS[0])
    for day in DAYS:
        busy.by_day[day] = Counts(9_999_999, 9_999_999, 3_333_333, 3_333_333, 3_333_333)
    text = drawn(busy)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert console_for(is_terminal=False).width == 80


def test_a_terminal_shows_every_figure() -> None:
    lines = [" ".join(line.split()) for line in drawn(counted()).splitlines()]
    assert lines[:2] == ["Widget 43: Shop", "2026-11-24 to 2026-11-26 (UTC)"]
    for line in (
        "Shown 3 known from 2026-11-25 on",
        "Closed without a decision 1",
        "Decisions 3 67 % of those shown",
        "accepted all 1 33 %",
        "2026-11-24 – – 1 ████████████████",
        "2026-11-25 2 1 2 ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒░░░░░░░░░░░░░░░░",
        "2026-11-26 1 0 0",
        "fr 2 0 3 ████████▒▒▒▒▒▒▒▒░░░░░░░░",
        "nl 1 1 0",
        "AcceptAll 1 ████████████████████████",
        "analytics Analytical 2 3 67 % ████████████████",
        "█ accepted all ▒ selection ░ refused all",
    ):
        assert line in lines


def test_nothing_counted_is_drawn_as_nothing() -> None:
    empty = Statistics(43, DAYS, DAYS[0])
    assert "Decisions" in drawn(empty)
    assert "Service" not in drawn(empty)
    assert "0" in page(empty)


# --- On a page --------------------------------------------------------------------------------------------------------


def page(statistics: Statistics, title: str = "Shop") -> str:
    return rendered(statistics, title=title, now=NOW)


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the cells of its tables' rows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self._in_cell = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self._in_cell = True
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self._in_cell:
            self.rows[-1][-1] += data.strip()


def test_more_decisions_than_windows_shown_are_explained_on_terminal_and_page() -> None:
    statistics = counted()
    unexplained = drawn(statistics), page(statistics)
    for _ in range(2):
        statistics.count_decision(DAYS[2], proof(True, action="Api"))

    assert (statistics.comparable_decisions, statistics.total.shown) == (4, 3)
    assert "133 % of those shown" in drawn(statistics)
    assert not any("More decisions than windows shown" in text for text in unexplained)
    for text in (drawn(statistics), page(statistics)):
        assert "More decisions than windows shown: a page" in text


def test_a_page_has_no_scripts_and_makes_no_requests() -> None:
    text = page(counted())
    elements = Elements(text).found
    assert {tag for tag, _ in elements} & {"script", "link", "img", "iframe", "object", "base", "form", "a"} == set()
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    assert not re.search(r"https?:|//[a-z]|@import|javascript:", text)
    assert set(re.findall(r"url\(([^)]*)\)", text)) == {"#hatch"}
    assert ("meta", "default-src 'none'; style-src 'unsafe-inline'") in [(t, a.get("content")) for t, a in elements]


def test_a_page_has_every_figure_of_its_charts_in_a_table() -> None:
    rows = Elements(page(counted())).rows
    assert ["2026-11-25", "2", "1", "2", "0", "1", "1"] in rows
    assert ["2026-11-24", "–", "–", "1", "1", "0", "0"] in rows
    assert ["Analytics", "Analytical", "3", "2", "67 %", ""] in rows
    assert ["fr", "2", "0", "3", "33 %", ""] in rows
    assert ["Refuse all", "1", ""] in rows


def test_the_bars_of_actions_are_as_long_as_their_shares() -> None:
    statistics = Statistics(43, DAYS, None)
    for action in ("AcceptAll", "AcceptAll", "AcceptAll", "RefuseAll"):
        statistics.count_decision(DAYS[0], proof(action != "RefuseAll", action=action))
    _, _, decided_by = page(statistics).partition("<h2>Decided by</h2>")
    assert re.findall(r'<rect class="(\w+)" x="0.0" y="0" width="([\d.]+)"', decided_by) == [
        ("accepted", "75.0"),
        ("refused", "25.0"),
    ]


def test_a_title_and_a_name_are_text_whatever_they_look_like() -> None:
    hostile = "<script>alert(1)</script>{{ 7 * 7 }}"
    statistics = Statistics(43, DAYS, None)
    consents = {"lang": "fr", "cookieConsents": [entry("x", 3, consent=True, name=hostile)]}
    statistics.count_decision(DAYS[0], proof(consents=consents))
    text = page(statistics, title=hostile)
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(1)&lt;/script&gt;{{ 7 * 7 }}") == 3


@pytest.mark.parametrize(
    ("count", "values"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (5, [0, 1, 2, 3, 4, 5]),
        (6, [0, 2, 4, 6]),
        (415, [0, 100, 200, 300, 400, 500]),
        (501, [0, 200, 400, 600]),
        (1001, [0, 500, 1000, 1500]),
    ],
)
def test_a_scale_has_few_and_round_marks(count: int, values: list[int]) -> None:
    assert list(marks(count)) == values


def test_a_column_is_as_high_as_its_parts_and_lies_within_the_chart() -> None:
    statistics = counted()
    chart = day_chart(statistics)
    (unit, _) = (chart.floor - chart.lines[1][1], chart.lines[1])
    heights = [round(sum(box.height for box in column.boxes) / unit, 6) for column in chart.columns]
    assert heights == [1, 2, 0]
    assert [column.shown_at for column in chart.columns] == [None, chart.floor - 2 * unit, chart.floor - unit]
    for column in chart.columns:
        assert all(chart.left <= box.x <= box.x + box.width <= chart.width for box in column.boxes)


def test_today_has_a_label_and_no_more_than_ten_days_have_one() -> None:
    labels = [column.label for column in day_chart(Statistics(43, days_until(date(2026, 11, 26), 366), None)).columns]
    assert labels[-1] == "26 Nov"
    assert len([label for label in labels if label]) <= 10


def test_the_boxes_of_a_bar_fill_it() -> None:
    assert sum(box.width for box in stacked(Counts(accepted=1, selected=1, refused=1, not_refused=1))) == pytest.approx(
        100
    )
    assert list(stacked(Counts())) == []
