"""The number of visitors whom "Ask everybody again" asks: of valid consents, counted in the archive. It names none."""

from collections.abc import Mapping
from datetime import date

from consent_console.desk.statistics import COUNTING
from consent_console.editor import widget
from consent_console.pages import Answer, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.archive.objects import Archive
from consent_core.publishing import history
from consent_core.statistics import archived
from consent_core.statistics.consents import LIFE
from consent_core.statistics.counts import days_between
from consent_core.widget_table import WidgetTable


def routes(table: WidgetTable, archive: Archive) -> Mapping[str, Route]:
    """Return the route of this page. The page *Publish* shows its number."""

    def asked_again(visit: Visit) -> Answer:
        edited = widget.read(table, visit.widget_id)
        values = {"widget": edited, "counted": None, "first": "", "renewed": ""}
        if edited.live is None:
            return Page("asked_again.html", values)
        entries = history.under_renewal(table.changes(visit.widget_id))
        begun, today = entries[-1].change.at[:10], visit.now.date()
        renewed = begun if entries[-1].revision > 1 else ""
        first = max((visit.now - LIFE).date(), date.fromisoformat(renewed) if renewed else date.min)
        days = days_between(min(first, today), today)  # the clock of whoever raised it may be fast
        versions = {each.version_key for each in entries}
        counted = archived.valid_consents(archive, visit.widget_id, days, versions, now=visit.now, seconds=2 * COUNTING)
        shown = {"counted": counted, "first": max(days[0], begun), "renewed": renewed}
        return Page("asked_again.html", {**values, **shown})

    return {"GET /widgets/{id}/publish/asked-again": Route(asked_again, Action.COUNT)}
