"""/v1/client/consents/{id}/…: shows a visitor the proofs of a consent, gives a receipt, or erases personal data."""

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from consent_core.access import check_access
from consent_core.consent_table import PERSONAL, ConsentTable
from consent_core.dates import timestamp
from consent_core.dynamodb import connect
from consent_core.environment import Environment, visitors_wait
from consent_core.errors import NotFoundError
from consent_core.http import Request, Response, endpoint, json_response, response
from consent_core.observability import Telemetry
from consent_core.receipts import MEDIA_TYPE, receipt_of
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
CLIENT = connect()
WIDGETS = WidgetTable(CLIENT, ENVIRONMENT.widgets_table)
CONSENTS = ConsentTable(CLIENT, ENVIRONMENT.consents_table)

LIVE_MAX_AGE = 30.0  # seconds, as for a decision; the caller must also know the consentId
LARGEST_HISTORY = 3  # MB in the table, some thousand proofs; the response stays below Lambda's 6 MB


def history(widget_id: int, request: Request) -> Response:
    proofs = [
        {name: value for name, value in proof.items() if name not in PERSONAL}
        for proof in unexpired(widget_id, request.consent_id)
    ]
    TELEMETRY.outcome("HistoriesServed", status=200)
    return json_response(200, {"proofs": proofs})


def receipt(widget_id: int, request: Request) -> Response:
    consent_id, decision_id = request.consent_id, request.decision_id
    proofs = unexpired(widget_id, consent_id)
    proof = next((each for each in reversed(proofs) if decision_id in {None, each["id"]}), None)
    if proof is None:
        raise NotFoundError.proof()
    shown = WIDGETS.shown(widget_id, proof["consents"]["versionKey"], proof["consents"]["lang"])
    made = receipt_of(proof, shown[1].body if shown else None, created=datetime.now(UTC))
    TELEMETRY.outcome("ReceiptsServed", status=200)
    return json_response(200, made, {"content-type": MEDIA_TYPE})


def erase(widget_id: int, request: Request) -> Response:
    CONSENTS.erase(request.consent_id, widget_id=widget_id, at=timestamp(datetime.now(UTC)))
    TELEMETRY.outcome("Erasures", status=204)
    return response(204)


def unexpired(widget_id: int, consent_id: str) -> list[dict[str, Any]]:
    """Return the widget's proofs of a consent that have not expired, the oldest first."""
    history = CONSENTS.history(consent_id, now=int(time.time()), most_pages=LARGEST_HISTORY)
    return [stored.proof for stored in history if stored.proof["widgetId"] == widget_id and not stored.expired]


ROUTES: Mapping[str, Callable[[int, Request], Response]] = {
    "POST /v1/client/consents/{id}/history": history,
    "POST /v1/client/consents/{id}/receipt": receipt,
    "POST /v1/client/consents/{id}/erase": erase,
}


@endpoint(TELEMETRY, refused="RightsRefused", secret=ENVIRONMENT.origin_verify, seconds=visitors_wait())
def handler(request: Request) -> Response:
    """Check key and origin, and call the function of the route, which reads the consent's id."""
    widget_id, key = request.widget_id, request.key
    TELEMETRY.about(widget_id)
    check_access(WIDGETS.recent_live(widget_id, max_age=LIVE_MAX_AGE), key=key, origin=request.origin)
    return ROUTES[request.route](widget_id, request)
