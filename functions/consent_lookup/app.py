"""/v1/consents/…, behind IAM: everything known about a consent, the consents of a user, and a consent's erasure.

Each access is recorded before it happens. An entry that cannot be written is an access refused.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from consent_core.access_audit import Access, AccessAudit, Kind, Subjects
from consent_core.archive import athena, objects
from consent_core.consent_table import ConsentTable
from consent_core.dates import timestamp
from consent_core.dossier import evidence
from consent_core.dossier.claims import Locations, dossier_of
from consent_core.dossier.evidence import Question, Sources
from consent_core.dynamodb import connect
from consent_core.environment import Environment, access_audit, archive_bucket, archive_questions
from consent_core.errors import MalformedError, NotFoundError, UnprocessableError
from consent_core.http import UNCHECKED, Request, Response, endpoint, json_response
from consent_core.observability import Telemetry
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
LOCATIONS = Locations(ENVIRONMENT.widgets_table, ENVIRONMENT.consents_table, archive_bucket())
CLIENT = connect(for_operators=True)
SOURCES = Sources(
    WidgetTable(CLIENT, LOCATIONS.widgets_table),
    ConsentTable(CLIENT, LOCATIONS.consents_table),
    objects.Archive(objects.connect(), bucket=LOCATIONS.bucket),
    LOCATIONS,
    athena.finder(*archive_questions()),
)
AUDIT_TABLE, AUDIT_KEY, AUDIT_DAYS = access_audit()
AUDIT = AccessAudit(CLIENT, AUDIT_TABLE, days=AUDIT_DAYS)
SUBJECTS = Subjects(AUDIT_KEY)

SEARCHING = 20.0  # seconds for the archive; the API waits 30
MOST_DAYS = 31
MOST_PAGES = 3  # MB of the index, some ten thousand decisions of one user
LARGEST_ANSWER = 4_000_000  # characters; Lambda's limit is 6 MB, in which each quotation mark takes two bytes


def look_up(request: Request) -> Response:
    """Read the question, collect the evidence, return the dossier."""
    question = Question(request.consent_id, request.named_widget, _days(request))
    now = datetime.now(UTC)
    _record(Kind.LOOKUP, request, request.stated_reason, question.consent_id, question.widget_id)
    dossier = dossier_of(evidence.collect(SOURCES, question, now=now, seconds=SEARCHING), now)
    answer = json_response(200, dossier)
    if len(answer["body"]) > LARGEST_ANSWER:
        answer = json_response(200, _without_receipts(dossier))
    if len(answer["body"]) > LARGEST_ANSWER:
        raise UnprocessableError("consentId", "The dossier is too large for one response: use `consent-ops dossier`.")
    TELEMETRY.outcome("LookupsServed", status=200, principal=request.principal)
    return answer


def search(request: Request) -> Response:
    """Return the consents of one user of a widget."""
    widget_id, user_id, reason = _widget(request), request.user_id, request.reason
    _record(Kind.SEARCH, request, reason, user_id, widget_id)
    found = SOURCES.consents.of_user(widget_id, user_id, most_pages=MOST_PAGES)
    TELEMETRY.outcome("SearchesServed", status=200, principal=request.principal)
    return json_response(200, {"consents": [each.as_json() for each in found]})


def erase(request: Request) -> Response:
    """Remove what identifies the visitor from the proofs of a consent. The next request goes on if the time is over."""
    consent_id, reason = request.consent_id, request.reason
    now = datetime.now(UTC)
    _record(Kind.ERASURE, request, reason, consent_id)
    proofs = len(SOURCES.consents.history(consent_id, now=int(now.timestamp())))
    if not proofs:
        raise NotFoundError.consent()
    erased = SOURCES.consents.erase(consent_id, at=timestamp(now))
    TELEMETRY.outcome("Erasures", status=200, principal=request.principal)
    return json_response(200, {"erased": erased, "proofs": proofs})


ROUTES: Mapping[str, Callable[[Request], Response]] = {
    "POST /v1/consents/lookup": look_up,
    "POST /v1/consents/search": search,
    "POST /v1/consents/erase": erase,
}


@endpoint(TELEMETRY, refused="LookupsRefused", secret=UNCHECKED)  # not behind CloudFront; IAM authorises the caller
def handler(request: Request) -> Response:
    """Call the function of the route. The log has the caller, but neither consent nor user."""
    return ROUTES[request.route](request)


def _record(kind: Kind, request: Request, reason: str | None, visitor_id: str, widget_id: int | None = None) -> None:
    at = timestamp(datetime.now(UTC))
    AUDIT.record(Access(kind, request.principal, at, reason, widget_id, SUBJECTS.of(visitor_id)))


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
