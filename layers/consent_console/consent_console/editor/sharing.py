"""The link to a draft, on the page Publish. "Stop sharing" gives the draft another one, which ends the old one."""

from collections.abc import Mapping

from consent_console.pages import Answer, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.publishing import drafts
from consent_core.widget_table import WidgetTable


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""

    def renew(visit: Visit) -> Answer:
        drafts.new_share_key(table, visit.widget_id, actor=visit.person.actor, now=visit.now)
        return Redirect(f"/widgets/{visit.widget_id}/publish", {"said": "link-renewed"})

    return {"POST /widgets/{id}/share/renew": Route(renew, Action.EDIT)}
