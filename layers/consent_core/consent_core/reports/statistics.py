"""Statistics for readers: a page that is complete in itself and runs no script, or a part of another page."""

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from consent_core.reports import pages
from consent_core.statistics.counts import OVER_100_PERCENT, Counts, Statistics, most_frequent, percent, written

PARTS = {
    "accepted": "Accepted all",
    "selected": "Selection",
    "not_refused": "Not refused",
    "refused": "Refused all",
}
"""The outcomes of a decision as members of Counts, with their names on the page."""

_WIDTH, _HEIGHT = 960, 260
_LEFT, _RIGHT, _BOTTOM, _TOP = 52, 16, 28, 14
_MOST_LABELS, _MOST_MARKS = 10, 5


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of a chart. ``part`` is the outcome that it stands for."""

    x: float
    y: float
    width: float
    height: float
    part: str


@dataclass(frozen=True, slots=True)
class Column:
    """A day: its boxes from the bottom up, and the height of the mark for windows shown, if that is known."""

    day: str
    counts: Counts
    x: float
    width: float
    boxes: Sequence[Box]
    shown_at: float | None
    label: str


@dataclass(frozen=True, slots=True)
class DayChart:
    """Columns over a scale; ``lines`` are the scale's values with their heights."""

    width: int
    height: int
    left: int
    floor: float
    columns: Sequence[Column]
    lines: Sequence[tuple[str, float]]


def page(statistics: Statistics, *, title: str, now: datetime) -> str:
    """Return the page. ``title`` is the widget's label; it is isolated and escaped."""
    values = {**_values(statistics, None, now), "title": title, "style": pages.style_of("statistics")}
    return _environment().get_template("statistics.html").render(values)


def parts(statistics: Statistics, *, before: Statistics | None, now: datetime) -> Markup:
    """Return the figures and charts of the page. ``before`` is the period to compare with, if all of it is known."""
    rendered = _environment().get_template("statistics_parts.html").render(_values(statistics, before, now))
    return Markup(rendered)  # noqa: S704 - our own template has escaped it


def _environment() -> Environment:
    environment = pages.environment()
    environment.filters.update(written=written, percent=percent, stacked=lambda *given: list(stacked(*given)))
    return environment


def _values(statistics: Statistics, before: Statistics | None, now: datetime) -> dict[str, Any]:
    by_action = most_frequent(statistics.by_action)
    return {
        "statistics": statistics,
        "before": before,
        "made": now.strftime("%Y-%m-%d %H:%M UTC"),
        "chart": day_chart(statistics),
        "parts": {part: name for part, name in PARTS.items() if part != "not_refused" or statistics.total.not_refused},
        "over_100_percent": OVER_100_PERCENT if statistics.is_over_100_percent else "",
        "breakdowns": (
            ("Language", list(most_frequent(statistics.by_language)), True),
            ("Device", list(most_frequent(statistics.by_device)), True),
            ("Decided by", [(pages.ACTIONS.get(name, name), counts) for name, counts in by_action], False),
            ("Policy", list(most_frequent(statistics.by_policy)) if statistics.knows_policies else [], False),
        ),
    }


def stacked(counts: Counts, width: float = 100) -> Iterator[Box]:
    """Yield the boxes of a bar of ``width``, independent of the number of decisions."""
    x = 0.0
    for part in PARTS:
        share = width * getattr(counts, part) / counts.decisions if counts.decisions else 0
        if share:
            yield Box(x, 0, share, 12, part)
        x += share


def day_chart(statistics: Statistics) -> DayChart:
    """Return the chart of the days."""
    top = max(max(counts.decisions, counts.shown or 0) for counts in statistics.by_day.values())
    scale = marks(top)
    floor = _HEIGHT - _BOTTOM
    space = (_WIDTH - _LEFT - _RIGHT) / len(statistics.days)
    every = math.ceil(len(statistics.days) / _MOST_LABELS)

    def height(count: int) -> float:
        return (floor - _TOP) * count / scale[-1]

    def column(place: int, day: str, counts: Counts) -> Column:
        x, width = _LEFT + space * (place + 0.15), space * 0.7
        boxes, y = [], float(floor)
        for part in PARTS:
            tall = height(getattr(counts, part))
            y -= tall
            boxes.append(Box(x, y, width, tall, part))
        shown_at = None if counts.shown is None else floor - height(counts.shown)
        from_last = len(statistics.days) - 1 - place  # today always has a label
        return Column(day, counts, x, width, boxes, shown_at, "" if from_last % every else _short(day))

    return DayChart(
        width=_WIDTH,
        height=_HEIGHT,
        left=_LEFT,
        floor=floor,
        columns=[column(place, *each) for place, each in enumerate(statistics.by_day.items())],
        lines=[(written(mark), floor - height(mark)) for mark in scale],
    )


def marks(count: int) -> range:
    """Return the values of a scale from 0 to at least ``count``: at most five steps of 1, 2 or 5 times 10, 100 …"""
    step = next(step for step in _steps() if step * _MOST_MARKS >= count)
    return range(0, max(math.ceil(count / step), 1) * step + 1, step)


def _steps() -> Iterator[int]:
    return (digit * 10**zeros for zeros in itertools.count() for digit in (1, 2, 5))


def _short(day: str) -> str:
    return f"{date.fromisoformat(day):%-d %b}"
