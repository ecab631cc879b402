"""The domains of a widget. A change of them counts at once and needs no publication."""

from collections.abc import Mapping

from consent_console.editor import widget
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.errors import DefinitionError
from consent_core.publishing import changes, drafts
from consent_core.widget_table import WidgetTable


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""

    def show(visit: Visit) -> Answer:
        return Page("domains.html", {"widget": widget.read(table, visit.widget_id), "typed": "", "fault": ""})

    def add(visit: Visit) -> Answer:
        edited, origin = widget.read(table, visit.widget_id), visit.field("origin")
        try:
            _add(edited, origin, visit)
        except DefinitionError as error:
            said = " ".join(each.sentence for each in error.errors)
            return Page("domains.html", {"widget": edited, "typed": origin, "fault": said}, 422)
        return Redirect(f"/widgets/{visit.widget_id}/domains", {"said": "domain-added"})

    def remove(visit: Visit) -> Answer:
        edited, origin = widget.read(table, visit.widget_id), visit.field("origin")
        if edited.live:
            changes.remove_origin(table, visit.widget_id, origin, actor=visit.person.actor, now=visit.now)
        else:
            _keep(edited, [each for each in edited.definition["origins"] if each != origin], visit)
        return Redirect(f"/widgets/{visit.widget_id}/domains", {"said": "domain-removed"})

    def _add(edited: widget.Edited, origin: str, visit: Visit) -> None:
        if edited.live:
            changes.add_origin(table, visit.widget_id, origin, actor=visit.person.actor, now=visit.now)
        else:
            _keep(edited, [*edited.definition["origins"], origin], visit)

    def _keep(edited: widget.Edited, origins: list[str], visit: Visit) -> None:
        """Change the domains of a draft that was never live."""
        part = {"origins": origins}
        drafts.save_part(table, visit.widget_id, part, actor=visit.person.actor, now=visit.now, expected=edited.number)

    return {
        "GET /widgets/{id}/domains": Route(show, Action.SEE),
        "POST /widgets/{id}/domains": Route(add, Action.EDIT),
        "POST /widgets/{id}/domains/remove": Route(remove, Action.EDIT),
    }
