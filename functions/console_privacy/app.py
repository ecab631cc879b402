"""The pages of privacy officers, and the statistics. They can change no widget."""

from collections.abc import Mapping

from consent_console.desk import accesses, asked_again, consents, export, statistics
from consent_console.serving import Route, console
from consent_console.sessions import Sessions
from consent_core.dossier.desk import Desk
from consent_core.dynamodb import connect
from consent_core.environment import console_sessions
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
CLIENT = connect(for_operators=True)
DESK = Desk.from_environment(CLIENT)
WIDGETS, ARCHIVE = DESK.sources.widgets, DESK.sources.archive

ROUTES: Mapping[str, Route] = {
    **consents.routes(DESK),
    **export.routes(DESK),
    **statistics.routes(WIDGETS, ARCHIVE),
    **asked_again.routes(WIDGETS, ARCHIVE),
    **accesses.routes(WIDGETS, DESK.audit),
}

handler = console(TELEMETRY, Sessions(CLIENT, console_sessions()), ROUTES)
