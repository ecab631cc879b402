"""Activity: who looked at visitors' data, why, and who changed a widget. It names no visitor."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from consent_console.desk.fields import Field, Typed
from consent_console.editor import history
from consent_console.pages import Answer, Download, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.access_audit import AccessAudit, Kind
from consent_core.errors import UnprocessableError
from consent_core.reports import activity, spreadsheets
from consent_core.reports.activity import Activity
from consent_core.reports.pages import foreign
from consent_core.widget_table import WidgetTable

MOST_SHOWN, MOST_IN_FILE = 500, 10_000

KINDS = {
    Kind.LOOKUP.value: "Looked up a consent",
    Kind.SEARCH.value: "Searched by user",
    Kind.DOSSIER.value: "Downloaded a dossier",
    Kind.EXPORT.value: "Exported proofs",
    Kind.ERASURE.value: "Erased",
    activity.CHANGE: "Changed a widget",
}
"""The choices of the filter. The list says of a change which one it was (``editor.history``)."""

_DAYS, _MOST_DAYS = 30, 366
_COLUMNS = ("at", "actor", "kind", "widgetId", "what")


class Row(NamedTuple):
    """An entry as the page shows it: ``about`` is a reason, or what was changed."""

    at: str
    actor: str
    did: str
    widget_id: int | None
    about: str


def routes(table: WidgetTable, audit: AccessAudit) -> Mapping[str, Route]:
    """Return the routes of this page."""

    def show(visit: Visit) -> Answer:
        typed = Typed(visit)
        first, last = typed.period(last=visit.now.date(), days=_DAYS, most=_MOST_DAYS)
        fields = (
            Field("from", "First day", "In UTC.", "day", first.isoformat()),
            Field("to", "Last day", "", "day", last.isoformat()),
            Field("person", "Person", "A part of the name is enough."),
            Field("kind", "Kind", kind="choice", choices=[("", "All"), *KINDS.items()]),
        )
        values = {"fields": typed.shown(*fields), "faults": typed.faults(fields), "foreign": foreign}
        if typed.problems:
            return Page("accesses.html", {**values, "found": [], "more": 0}, 422)
        entries = activity.between(audit, table, first, last, sees=partial(visit.person.may, Action.SEE))
        found = [each for each in entries if _fits(each, typed.text("person"), typed.text("kind"))]
        if typed.text("as") == "csv":
            return _file(found, f"who-did-what-{first}-{last}.csv")
        shown = [_in_words(each) for each in found[:MOST_SHOWN]]
        return Page("accesses.html", {**values, "found": shown, "more": len(found) - len(shown)})

    return {"GET /accesses": Route(show, Action.AUDIT)}


def _fits(entry: Activity, person: str, kind: str) -> bool:
    return person.casefold() in entry.actor.casefold() and kind in {"", entry.kind}


def _in_words(entry: Activity) -> Row:
    if entry.change:
        did, about = history.words_of(entry.change), history.detail_of(entry.change, entry.version_at)
    else:
        did, about = KINDS[entry.kind], entry.reason
    return Row(entry.at, entry.actor, did, entry.widget_id, about)


def _file(found: list[Activity], name: str) -> Download:
    if len(found) > MOST_IN_FILE:
        raise UnprocessableError("from", f"A file has at most {MOST_IN_FILE:,} entries: choose fewer days.")
    rows = [(each.at, each.actor, each.kind, each.widget_id, each.what) for each in found]
    return Download(name, "text/csv; charset=utf-8", spreadsheets.file_of(_COLUMNS, rows))
