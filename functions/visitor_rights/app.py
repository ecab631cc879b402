"""/v1/client/consents/{id}/…: shows a visitor the proofs of a consent, or erases the personal data in them."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from consent_core.access import check_access
from consent_core.consent_table import PERSONAL, ConsentTable
from consent_core.dates import timestamp
from consent_core.dynamodb import connect
from consent_core.environment import Environment, visitors_wait
from consent_core.http import Request, Response, endpoint, json_response, response
from consent_core.observability import Telemetry
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
CLIENT = connect()
WIDGETS = WidgetTable(CLIENT, ENVIRONMENT.widgets_table)
CONSENTS = ConsentTable(CLIENT, ENVIRONMENT.consents_table)

LIVE_MAX_AGE = 30.0  # seconds, as for a decision; the caller must also know the consentId
LARGEST_HISTORY = 3  # MB in the table, some thousand proofs; the response stays below Lambda's 6 MB


def history(widget_id: int, consent_id: str) -> Response:
    proofs = [
        {name: value for name, value in stored.proof.items() if name not in PERSONAL}
        for stored in CONSENTS.history(consent_id, now=int(time.time()), most_pages=LARGEST_HISTORY)
        if stored.proof["widgetId"] == widget_id and not stored.expired
    ]
    TELEMETRY.outcome("HistoriesServed", status=200)
    return json_response(200, {"proofs": proofs})


def erase(widget_id: int, consent_id: str) -> Response:
    CONSENTS.erase(consent_id, widget_id=widget_id, at=timestamp(datetime.now(UTC)))
    TELEMETRY.outcome("Erasures", status=204)
    return response(204)


ROUTES: Mapping[str, Callable[[int, str], Response]] = {
    "POST /v1/client/consents/{id}/history": history,
    "POST /v1/client/consents/{id}/erase": erase,
}


@endpoint(TELEMETRY, refused="RightsRefused", secret=ENVIRONMENT.origin_verify, seconds=visitors_wait())
def handler(request: Request) -> Response:
    """Check key and origin, read the consent's id, and call the function of the route."""
    widget_id, key = request.widget_id, request.key
    TELEMETRY.about(widget_id)
    check_access(WIDGETS.recent_live(widget_id, max_age=LIVE_MAX_AGE), key=key, origin=request.origin)
    return ROUTES[request.route](widget_id, request.consent_id)
