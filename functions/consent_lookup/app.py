"""/v1/consents/…, behind IAM: everything known about a consent, the consents of a user, and a consent's erasure.

Each access is recorded before it happens. An entry that cannot be written is an access refused.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from consent_core.dossier.desk import LARGEST_ANSWER, MOST_DAYS, Asking, Desk
from consent_core.dossier.evidence import Question
from consent_core.dynamodb import connect
from consent_core.errors import MalformedError, UnprocessableError
from consent_core.http import UNCHECKED, Request, Response, endpoint, json_response
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
DESK = Desk.from_environment(connect(for_operators=True))


def look_up(request: Request) -> Response:
    """Read the question, collect the evidence, return the dossier."""
    question = Question(request.consent_id, request.named_widget, _days(request))
    dossier = DESK.dossier(question, Asking(request.principal, request.stated_reason))
    answer = json_response(200, dossier)
    if len(answer["body"]) > LARGEST_ANSWER:
        answer = json_response(200, _without_receipts(dossier))
    if len(answer["body"]) > LARGEST_ANSWER:
        raise UnprocessableError("consentId", "The dossier is too large for one response: use `consent-ops dossier`.")
    TELEMETRY.outcome("LookupsServed", status=200, principal=request.principal)
    return answer


def search(request: Request) -> Response:
    """Return the consents of one user of a widget."""
    found = DESK.find_user(_widget(request), request.user_id, Asking(request.principal, request.reason))
    TELEMETRY.outcome("SearchesServed", status=200, principal=request.principal)
    return json_response(200, {"consents": [each.as_json() for each in found]})


def erase(request: Request) -> Response:
    """Remove what identifies the visitor from the proofs of a consent. The next request goes on if the time is over."""
    erased = DESK.erase(request.consent_id, Asking(request.principal, request.reason))
    TELEMETRY.outcome("Erasures", status=200, principal=request.principal)
    return json_response(200, erased._asdict())


ROUTES: Mapping[str, Callable[[Request], Response]] = {
    "POST /v1/consents/lookup": look_up,
    "POST /v1/consents/search": search,
    "POST /v1/consents/erase": erase,
}


@endpoint(TELEMETRY, refused="LookupsRefused", secret=UNCHECKED)  # not behind CloudFront; IAM authorises the caller
def handler(request: Request) -> Response:
    """Call the function of the route. The log has the caller, but neither consent nor user."""
    return ROUTES[request.route](request)


def _widget(request: Request) -> int:
    """Return the widget in the body, which must be there."""
    request.member("widgetId", int)
    return int(str(request.named_widget))


def _without_receipts(dossier: dict[str, Any]) -> dict[str, Any]:
    """Return the dossier without what follows from the rest of it, and is the larger part of a long history."""
    decisions = [{name: each[name] for name in each if name != "receipt"} for each in dossier["decisions"]]
    return {**dossier, "decisions": decisions}


def _days(request: Request) -> tuple[str, ...] | None:
    sent = request.option("dates", list)
    if sent is None:
        return None
    if len(sent) > MOST_DAYS:
        raise MalformedError.at("body", "dates", kind="too_long")
    for index, day in enumerate(sent):
        try:
            is_day = isinstance(day, str) and date.fromisoformat(day).isoformat() == day
        except ValueError:
            is_day = False
        if not is_day:
            raise MalformedError.at("body", "dates", index, kind="date_invalid")
    return tuple(sent)
