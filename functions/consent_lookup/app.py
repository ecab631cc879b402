"""POST /v1/consents/lookup, behind IAM: everything known about a consent, to answer a dispute."""

from datetime import UTC, date, datetime
from typing import Any

from consent_core.archive import athena, objects
from consent_core.consent_table import ConsentTable
from consent_core.dossier import evidence
from consent_core.dossier.claims import Locations, dossier_of
from consent_core.dossier.evidence import Question, Sources
from consent_core.dynamodb import connect
from consent_core.environment import Environment, archive_bucket, archive_questions
from consent_core.errors import MalformedError, UnprocessableError
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

SEARCHING = 20.0  # seconds for the archive; the API waits 30
MOST_DAYS = 31
LARGEST_ANSWER = 4_000_000  # characters; Lambda's limit is 6 MB, in which each quotation mark takes two bytes


@endpoint(TELEMETRY, refused="LookupsRefused", secret=UNCHECKED)  # not behind CloudFront; IAM authorises the caller
def handler(request: Request) -> Response:
    """Read the question, collect the evidence, return the dossier. The log has the caller, but not the consent."""
    question = Question(request.consent_id, request.named_widget, _days(request))
    now = datetime.now(UTC)
    dossier = dossier_of(evidence.collect(SOURCES, question, now=now, seconds=SEARCHING), now)
    answer = json_response(200, dossier)
    if len(answer["body"]) > LARGEST_ANSWER:
        answer = json_response(200, _without_receipts(dossier))
    if len(answer["body"]) > LARGEST_ANSWER:
        raise UnprocessableError("consentId", "The dossier is too large for one response: use `consent-ops dossier`.")
    TELEMETRY.outcome("LookupsServed", status=200, principal=request.principal)
    return answer


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
