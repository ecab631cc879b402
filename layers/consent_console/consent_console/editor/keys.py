"""The public keys of a widget. A change of them counts at once."""

from collections.abc import Mapping

from consent_console.editor import widget
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.errors import DefinitionError
from consent_core.publishing import changes
from consent_core.publishing.definitions import MOST_KEYS
from consent_core.widget_table import WidgetTable


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""

    def show(visit: Visit) -> Answer:
        return _page(widget.read(table, visit.widget_id))

    def add(visit: Visit) -> Answer:
        try:
            changes.add_key(table, visit.widget_id, actor=visit.person.actor, now=visit.now)
        except DefinitionError as error:
            return _page(widget.read(table, visit.widget_id), error)
        return Redirect(_path(visit), {"said": "key-added"})

    def retire(visit: Visit) -> Answer:
        key = visit.field("key")
        try:
            changes.retire_key(table, visit.widget_id, key, actor=visit.person.actor, now=visit.now)
        except DefinitionError as error:
            return _page(widget.read(table, visit.widget_id), error)
        return Redirect(_path(visit), {"said": "key-retired"})

    return {
        "GET /widgets/{id}/keys": Route(show, Action.SEE),
        "POST /widgets/{id}/keys": Route(add, Action.EDIT),
        "POST /widgets/{id}/keys/retire": Route(retire, Action.EDIT),
    }


def _path(visit: Visit) -> str:
    return f"/widgets/{visit.widget_id}/keys"


def _page(edited: widget.Edited, error: DefinitionError | None = None) -> Page:
    keys = edited.live.live.keys if edited.live else edited.definition["keys"]
    fault = " ".join(each.sentence for each in error.errors) if error else ""
    values = {"widget": edited, "keys": keys, "is_full": len(keys) >= MOST_KEYS, "most": MOST_KEYS, "fault": fault}
    return Page("keys.html", values, 422 if error else 200)
