"""The domains of a widget, and its developer mode. A change of them counts at once and needs no publication."""

from collections.abc import Mapping

from consent_console.editor import widget
from consent_console.editor.seen import allowed, seen
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit, is_same_origin
from consent_core.errors import DefinitionError
from consent_core.publishing import allow_list, changes, drafts
from consent_core.sightings import Sightings
from consent_core.widget_table import WidgetTable


def routes(table: WidgetTable, sightings: Sightings) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(table, sightings)
    return {
        "GET /widgets/{id}/domains": Route(pages.show, Action.SEE),
        "POST /widgets/{id}/domains": Route(pages.add, Action.EDIT),
        "POST /widgets/{id}/domains/remove": Route(pages.remove, Action.EDIT),
        "POST /widgets/{id}/developer-mode": Route(pages.switch_developer_mode, Action.EDIT),
    }


class _Pages:
    """The pages, with the tables that they read and change."""

    def __init__(self, table: WidgetTable, sightings: Sightings) -> None:
        self._table = table
        self._sightings = sightings

    def show(self, visit: Visit) -> Answer:
        return self._page(visit, widget.read(self._table, visit.widget_id))

    def add(self, visit: Visit) -> Answer:
        edited, origin = widget.read(self._table, visit.widget_id), visit.field("origin")
        try:
            self._add(edited, origin, visit)
        except DefinitionError as error:
            return self._page(visit, edited, typed=origin, fault=_sentence(error), meant=allow_list.meant(origin))
        return Redirect(_path(visit), {"said": "domain-added"})

    def remove(self, visit: Visit) -> Answer:
        edited, origin = widget.read(self._table, visit.widget_id), visit.field("origin")
        try:
            if edited.live:
                changes.remove_origin(self._table, visit.widget_id, origin, actor=visit.person.actor, now=visit.now)
            else:
                self._keep(edited, [each for each in allowed(edited) if each != origin], visit)
        except DefinitionError as error:
            return self._page(visit, edited, refused=f"{origin} stays: {_sentence(error)}")
        return Redirect(_path(visit), {"removed": origin})

    def switch_developer_mode(self, visit: Visit) -> Answer:
        on = visit.field("on") == "yes"
        changes.set_developer_mode(self._table, visit.widget_id, on=on, actor=visit.person.actor, now=visit.now)
        return Redirect(_path(visit), {"said": f"developer-mode-{'on' if on else 'off'}"})

    def _page(
        self,
        visit: Visit,
        edited: widget.Edited,
        *,
        typed: str = "",
        fault: str = "",
        meant: str | None = None,
        refused: str = "",
    ) -> Page:
        values = {  # the offer to undo comes with a redirect: another site's link to it would name a domain of its own
            "widget": edited,
            "seen": seen(self._sightings, edited, now=visit.now),
            "typed": typed,
            "fault": fault,
            "meant": meant,
            "refused": refused,
            "removed": visit.query("removed") if is_same_origin(visit.event) else "",
        }
        return Page("domains.html", values, 422 if fault or refused else 200)

    def _add(self, edited: widget.Edited, origin: str, visit: Visit) -> None:
        if edited.live:
            changes.add_origin(self._table, visit.widget_id, origin, actor=visit.person.actor, now=visit.now)
        elif origin not in allowed(edited):
            self._keep(edited, [*allowed(edited), origin], visit)

    def _keep(self, edited: widget.Edited, origins: list[str], visit: Visit) -> None:
        """Change the domains of a draft that was never live."""
        part, actor = {"origins": origins}, visit.person.actor
        drafts.save_part(self._table, visit.widget_id, part, actor=actor, now=visit.now, expected=edited.number)


def _path(visit: Visit) -> str:
    return f"/widgets/{visit.widget_id}/domains"


def _sentence(error: DefinitionError) -> str:
    return " ".join(each.sentence for each in error.errors)
