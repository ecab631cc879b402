"""Impressions (how often the window was shown and closed), read from the log lines of consent_collect.

FilterLogEvents, not Logs Insights: it has no charge per gigabyte, returns every line instead of the first 10,000, and
moto implements it, so that the same code reads the log of a local stack.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from consent_core import aws
from consent_core.decisions import UNKNOWN
from consent_core.statistics.counts import CLOSED, SHOWN

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

_DAY = timedelta(days=1)


class Impression(NamedTuple):
    """The window was SHOWN or CLOSED; ``language`` and ``device`` are the words of the log line."""

    what: str
    language: str
    device: str


class ImpressionLog:
    """The log group of consent_collect."""

    def __init__(self, client: "CloudWatchLogsClient", group: str) -> None:
        self._client = client
        self._group = group

    def known_from(self, now: datetime) -> str | None:
        """Return the first day whose lines are all still there, as an ISO date. None: the log group does not exist."""
        with aws.errors():
            groups = self._client.describe_log_groups(logGroupNamePrefix=self._group)["logGroups"]
        for group in groups:
            if group["logGroupName"] == self._group:
                created = datetime.fromtimestamp(group["creationTime"] / 1000, UTC).date()
                kept = group.get("retentionInDays")
                whole = created if kept is None else max(created, (now - timedelta(days=kept)).date() + _DAY)
                return whole.isoformat()
        return None

    def of(self, widget_id: int, day: str) -> Iterator[Impression]:
        """Yield what was logged for a widget on a day (UTC), in as many requests as there are pages."""
        start = datetime.combine(date.fromisoformat(day), time(), UTC)
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=self._group,
            startTime=_milliseconds(start),
            endTime=_milliseconds(start + _DAY) - 1,
            filterPattern=f'{{ $.widgetId = {widget_id} && ($.message = "{SHOWN}" || $.message = "{CLOSED}") }}',
        )
        try:
            with aws.errors():
                for page in pages:
                    for event in page["events"]:
                        if impression := _impression(widget_id, event["message"]):
                            yield impression
        except ClientError as error:
            if aws.code_of(error) != "ResourceNotFoundException":
                raise


def _impression(widget_id: int, line: str) -> Impression | None:
    """Read a line; None if it is about something else: moto's filter is weaker than AWS's."""
    try:
        record: Any = json.loads(line)
    except ValueError:
        return None
    if not isinstance(record, dict) or record.get("widgetId") != widget_id:
        return None
    if record.get("message") not in {SHOWN, CLOSED}:
        return None
    return Impression(record["message"], record.get("lang", UNKNOWN), record.get("device", UNKNOWN))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
