"""POST /v1/client/collect/{id}: stores the proof of a visitor's decision."""

import uuid
from datetime import UTC, datetime

from consent_core.access import check_access
from consent_core.catalogue import Catalogue, LiveWidget
from consent_core.consent_table import ConsentTable
from consent_core.decisions import Choices, DecisionType, decision_from_json, is_a_count
from consent_core.dynamodb import connect
from consent_core.environment import Environment, visitors_wait
from consent_core.errors import UnknownWidgetError
from consent_core.http import Request, Response, endpoint, json_response, text_response
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


def lost(request: Request) -> str | None:
    """Return the metric of refused decisions. A body that cannot be read counts: its client is broken."""
    return None if is_a_count(request.raw_text) else "DecisionsRefused"


@endpoint(TELEMETRY, refused="ProofsRefused", secret=ENVIRONMENT.origin_verify, seconds=visitors_wait(), lost=lost)
def handler(request: Request) -> Response:
    """Check key and origin, read the decision, store its proof with one conditional write."""
    widget_id, key = request.widget_id, request.key
    TELEMETRY.about(widget_id)
    text = request.text()
    widget, origin = check_access(WIDGETS.recent_live(widget_id, max_age=LIVE_MAX_AGE), key=key, origin=request.origin)
    decision = decision_from_json(text)
    if decision.consents is None or not widget.save_consent_proof:
        TELEMETRY.outcome(COUNTED[decision.type], status=202, **decision.counted_by)
        return text_response(202, "") if request.prefers_text else json_response(202, {})
    context = RequestContext(widget, _catalogue(widget, decision.consents), origin, datetime.now(UTC))
    proof, ignored = proof_of(decision, decision.consents, context, new_id=uuid.uuid4)
    is_new = CONSENTS.put_proof(proof)
    status, outcome = (201, "ProofsStored") if is_new else (200, "ProofsRepeated")
    TELEMETRY.outcome(outcome, status=status, **decision.counted_by)
    if request.prefers_text:
        return text_response(status, str(proof["consentId"]))
    return json_response(status, {"consentId": proof["consentId"], **({"ignored": ignored} if ignored else {})})


def _catalogue(widget: LiveWidget, choices: Choices) -> Catalogue:
    """Return the version that the visitor saw, or the live one if the widget never had it, or none is named."""
    named = choices.version_key and WIDGETS.catalogue(widget.widget_id, choices.version_key.lower())
    live = named or WIDGETS.catalogue(widget.widget_id, widget.version_key)
    if live is None:  # only if it was deleted by hand
        raise UnknownWidgetError
    return live
