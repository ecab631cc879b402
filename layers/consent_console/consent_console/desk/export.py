"""Export of proofs: a file for each day of a widget, from the archive. Each one is recorded.

A script of the page asks for one day after another, and joins the files.
"""

from collections.abc import Mapping
from datetime import timedelta

from consent_console.desk.consents import recorded
from consent_console.desk.fields import Field, Typed, reason_field, widgets_of
from consent_console.pages import Answer, Download, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.dossier.desk import LARGEST_ANSWER, Asking, Desk
from consent_core.errors import DamagedError, UnprocessableError
from consent_core.reports import spreadsheets

_DAYS, _MOST_DAYS = 7, 366

MOST_HELD = 250_000_000
"""Bytes that the page holds until they are saved. A private window of Chromium loses what exceeds some 500 MB."""


def routes(desk: Desk) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    table = desk.sources.widgets

    def ask(visit: Visit) -> Answer:
        return _page(Typed(visit))

    def export(visit: Visit) -> Answer:
        typed, yesterday = Typed(visit), visit.now.date() - timedelta(days=1)
        widget_id, asking = typed.widget(widgets_of(table, visit.person)), typed.asking()
        first, last = typed.period(last=yesterday, days=_DAYS, most=_MOST_DAYS)
        day = typed.day("day", last=yesterday, default=last)
        if typed.problems:
            return _page(typed)
        if not typed.text("day"):
            days = desk.archived_days(widget_id, first.isoformat(), last.isoformat())
            return _page(typed, days, f"widget-{widget_id}-{first}--{last}")
        return _file(desk, widget_id, day.isoformat(), asking)

    def _page(typed: Typed, days: list[str] | None = None, file: str = "") -> Page:
        last = typed.visit.now.date() - timedelta(days=1)
        fields = (
            reason_field(),
            Field("widget", "Widget", kind="choice", choices=widgets_of(table, typed.visit.person)),
            Field("from", "First day", "In UTC.", "day", (last - timedelta(days=_DAYS - 1)).isoformat()),
            Field("to", "Last day", "Yesterday at the latest: today is not over.", "day", last.isoformat()),
        )
        shown = {"fields": typed.shown(*fields), "faults": typed.faults(fields), "days": days}
        joined = {"file": file, "columns": ",".join(spreadsheets.PROOF_COLUMNS), "most": MOST_HELD}
        return Page("export.html", {**shown, **joined}, 422 if typed.problems else 200)

    return {
        "GET /consents/export": Route(ask, Action.PROVE),
        "POST /consents/export": Route(recorded(export), Action.PROVE),
    }


def _file(desk: Desk, widget_id: int, day: str, asking: Asking) -> Download:
    """Return the file of a day. Raises UnprocessableError if one answer cannot hold it, or an object is damaged."""
    try:
        lines = desk.export(widget_id, day, asking)
    except DamagedError as error:
        raise UnprocessableError("day", "That day's archive is damaged: `consent-ops verify` says where.") from error
    text = "" if lines is None else spreadsheets.file_of_proofs(lines)
    if lines is None or len(text) > LARGEST_ANSWER:
        raise UnprocessableError("day", "That day has too many proofs for a download: use `consent-ops export`.")
    return Download(f"widget-{widget_id}-{day}.csv", "text/csv; charset=utf-8", text)
