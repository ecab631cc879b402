"""The pages of owners: widgets, drafts and publishing. They cannot read a proof."""

from collections.abc import Mapping

from consent_console.editor import (
    domains,
    history,
    install,
    keys,
    languages,
    overview,
    parts,
    publish,
    regions,
    services,
    sharing,
    texts,
)
from consent_console.serving import Route, console
from consent_console.sessions import Sessions
from consent_core.dynamodb import connect
from consent_core.environment import Environment, console_service, console_sessions, sightings_table
from consent_core.observability import Telemetry
from consent_core.sightings import Sightings
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
CLIENT = connect(for_operators=True)
WIDGETS = WidgetTable(CLIENT, ENVIRONMENT.widgets_table)
SIGHTINGS = Sightings(CLIENT, sightings_table())

ROUTES: Mapping[str, Route] = {
    **overview.routes(WIDGETS, SIGHTINGS),
    **parts.routes(WIDGETS),
    **domains.routes(WIDGETS, SIGHTINGS),
    **publish.routes(WIDGETS),
    **history.routes(WIDGETS),
    **install.routes(WIDGETS, SIGHTINGS, console_service()),
    **keys.routes(WIDGETS),
    **regions.routes(WIDGETS),
    **sharing.routes(WIDGETS),
    **services.routes(WIDGETS),
    **languages.routes(WIDGETS),
    **texts.routes(WIDGETS),
}

handler = console(TELEMETRY, Sessions(CLIENT, console_sessions()), ROUTES)
