"""Statistics of a widget, and the list of decisions of a day. Both are counted in the archive, and name no visitor."""

from collections.abc import Mapping
from datetime import date, timedelta

from consent_console.desk.fields import Field, Typed
from consent_console.editor import widget
from consent_console.pages import Answer, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.archive.objects import Archive
from consent_core.reports import statistics as report
from consent_core.reports.pages import ACTIONS
from consent_core.statistics import archived
from consent_core.statistics.archived import MOST_DAYS, Counted
from consent_core.statistics.counts import days_between
from consent_core.widget_table import WidgetTable

COUNTING = 10.0
"""Seconds for a period; the period to compare with gets as many. The API waits 30."""

_DAYS = 28


def routes(table: WidgetTable, archive: Archive) -> Mapping[str, Route]:
    """Return the routes of these pages."""

    def statistics(visit: Visit) -> Answer:
        typed, today = Typed(visit), visit.now.date()
        first, last = typed.period(last=today, days=_DAYS, most=MOST_DAYS)
        fields = (
            Field("from", "First day", "In UTC.", "day", first.isoformat()),
            Field("to", "Last day", "Today is counted as far as it is archived.", "day", last.isoformat()),
        )
        values = {
            "widget": widget.read(table, visit.widget_id),
            "fields": typed.shown(*fields),
            "faults": typed.faults(fields),
            "counted": None,
            "figures": "",
            "before": None,
        }
        if typed.problems:
            return Page("statistics.html", values, 422)
        counted = _count(archive, visit.widget_id, first, last)
        if counted is None:
            return Page("statistics.html", values)
        earlier = _before(archive, visit.widget_id, first, last)
        figures = report.parts(counted.statistics, before=earlier.statistics if earlier else None, now=visit.now)
        return Page("statistics.html", {**values, "counted": counted, "figures": figures, "before": earlier})

    def decisions(visit: Visit) -> Answer:
        typed, today = Typed(visit), visit.now.date()
        day = typed.day("day", last=today, default=today - timedelta(days=1))
        fields = (Field("day", "Day", "In UTC.", "day", day.isoformat()),)
        values = {
            "widget": widget.read(table, visit.widget_id),
            "fields": typed.shown(*fields),
            "faults": typed.faults(fields),
            "actions": ACTIONS,
            "kinds": None,
            "unreadable": 0,
            "day": day.isoformat(),
            "earlier": (day - timedelta(days=1)).isoformat(),
            "later": (day + timedelta(days=1)).isoformat() if day < today else "",
        }
        if typed.problems:
            return Page("decisions.html", values, 422)
        found = archived.kinds(archive, visit.widget_id, day.isoformat(), seconds=2 * COUNTING)
        if found is None:
            return Page("decisions.html", values)
        return Page("decisions.html", {**values, "kinds": found[0], "unreadable": len(found[1])})

    return {
        "GET /widgets/{id}/statistics": Route(statistics, Action.COUNT),
        "GET /widgets/{id}/decisions": Route(decisions, Action.COUNT),
    }


def _count(archive: Archive, widget_id: int, first: date, last: date) -> Counted | None:
    return archived.count(archive, widget_id, days_between(first, last), seconds=COUNTING)


def _before(archive: Archive, widget_id: int, first: date, last: date) -> Counted | None:
    """Count the period before, of the same length. Return None unless all of it is known: a part would mislead."""
    length = last - first + timedelta(days=1)
    counted = _count(archive, widget_id, first - length, last - length)
    return counted if counted and counted.is_complete else None
