"""POST /v1/client/collect/{id}: stores the proof of a visitor's decision."""

import uuid
from datetime import UTC, datetime

from consent_core.access import check_access
from consent_core.catalogue import Catalogue, LiveWidget
from consent_core.consent_table import ConsentTable
from consent_core.decisions import Choices, DecisionType, decision_from_json
from consent_core.dynamodb import connect
from consent_core.environment import Environment, visitors_wait
from consent_core.errors import UnprocessableError
from consent_core.http import Request, Response, endpoint, json_response
from consent_core.observability import Telemetry
from consent_core.proofs import RequestContext, proof_of
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
CLIENT = connect()
WIDGETS = WidgetTable(CLIENT, ENVIRONMENT.widgets_table)
CONSENTS = ConsentTable(CLIENT, ENVIRONMENT.consents_table)
WIDGETS.connect_early()

LIVE_MAX_AGE = 30.0  # seconds: no cache keeps the response, so a slightly old allow-list does no lasting harm
COUNTED = {DecisionType.VISIT: "Visits", DecisionType.QUIT: "Quits", DecisionType.CONSENTS: "ProofsUnwanted"}


@endpoint(TELEMETRY, refused="ProofsRefused", secret=ENVIRONMENT.origin_verify, seconds=visitors_wait())
def handler(request: Request) -> Response:
    """Check key and origin, read the decision, store its proof with one conditional write."""
    widget_id, key = request.widget_id, request.key
    TELEMETRY.about(widget_id)
    text = request.text()
    widget, origin = check_access(WIDGETS.recent_live(widget_id, max_age=LIVE_MAX_AGE), key=key, origin=request.origin)
    decision = decision_from_json(text)
    if decision.consents is None or decision.type is not DecisionType.CONSENTS or not widget.save_consent_proof:
        TELEMETRY.outcome(COUNTED[decision.type], status=202, **decision.counted_by)
        return json_response(202, {})
    context = RequestContext(widget, _catalogue(widget, decision.consents), origin, datetime.now(UTC))
    proof = proof_of(decision, decision.consents, context, new_id=uuid.uuid4)
    is_new = CONSENTS.put_proof(proof)
    status, outcome = (201, "ProofsStored") if is_new else (200, "ProofsRepeated")
    TELEMETRY.outcome(outcome, status=status, **decision.counted_by)
    return json_response(status, {"consentId": proof["consentId"]})


def _catalogue(widget: LiveWidget, choices: Choices) -> Catalogue:
    """Return the version that the visitor saw, or the live one if the request has no versionKey."""
    version_key = widget.version_key if choices.version_key is None else choices.version_key
    catalogue = WIDGETS.catalogue(widget.widget_id, version_key)
    if catalogue is None:
        raise UnprocessableError("consents.versionKey", "The widget was never published in this version.")
    return catalogue
