"""GET /v1/widgets/{id}/statistics, behind IAM: visitors' decisions, counted in the archive.

It has no access to the table of proofs, so that it cannot show a visitor's data.
"""

from datetime import UTC, date, datetime

from consent_core.archive import objects
from consent_core.dynamodb import connect
from consent_core.environment import Environment, archive_bucket
from consent_core.errors import MalformedError, NotFoundError, UnprocessableError
from consent_core.http import UNCHECKED, Request, Response, endpoint, json_response
from consent_core.observability import Telemetry
from consent_core.statistics import archived
from consent_core.statistics.counts import days_between
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
WIDGETS = WidgetTable(connect(for_operators=True), ENVIRONMENT.widgets_table)
ARCHIVE = objects.Archive(objects.connect(), bucket=archive_bucket())

COUNTING = 20.0  # seconds; the API waits 30


@endpoint(TELEMETRY, refused="StatisticsRefused", secret=UNCHECKED)  # not behind CloudFront; IAM authorises the caller
def handler(request: Request) -> Response:
    """Count the days that are asked for, the newest first, as far as the time allows."""
    widget_id = request.widget_id
    TELEMETRY.about(widget_id)
    days = _days(request.day("from"), request.day("to"), today=datetime.now(UTC).date())
    if WIDGETS.live(widget_id) is None:
        raise NotFoundError.widget(widget_id)
    counted = archived.count(ARCHIVE, widget_id, days, seconds=COUNTING)
    if counted is None:
        raise UnprocessableError("to", "A day has more decisions than can be counted in time: use `consent-ops stats`.")
    TELEMETRY.outcome("StatisticsServed", status=200)
    said = {"isComplete": counted.is_complete, "unreadable": counted.unreadable}
    return json_response(200, {**counted.statistics.as_json(), **said})


def _days(first: date, last: date, *, today: date) -> tuple[str, ...]:
    """Return the days of the period. Raises MalformedError if it is empty, too long or in the future."""
    if last > today:
        raise MalformedError.at("query", "to", kind="date_past")
    if first > last:
        raise MalformedError.at("query", "from", kind="contradiction")
    if (last - first).days >= archived.MOST_DAYS:
        raise MalformedError.at("query", "from", kind="too_long")
    return days_between(first, last)
