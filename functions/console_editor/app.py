"""The pages of owners: widgets, drafts and publishing. They cannot read a proof."""

from collections.abc import Mapping

from consent_console.editor import domains, overview, parts, regions, sharing
from consent_console.serving import Route, console
from consent_console.sessions import Sessions
from consent_core.dynamodb import connect
from consent_core.environment import Environment, console_sessions
from consent_core.observability import Telemetry
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
CLIENT = connect(for_operators=True)
WIDGETS = WidgetTable(CLIENT, ENVIRONMENT.widgets_table)

ROUTES: Mapping[str, Route] = {
    **overview.routes(WIDGETS),
    **parts.routes(WIDGETS),
    **domains.routes(WIDGETS),
    **regions.routes(WIDGETS),
    **sharing.routes(WIDGETS),
}

handler = console(TELEMETRY, Sessions(CLIENT, console_sessions()), ROUTES)
