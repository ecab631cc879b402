"""Watches the widgets table's stream: a changed live item leaves CloudFront's cache, a changed history is counted.

Published versions and audit entries never change. The code's conditions see to that; IAM cannot, so an alarm watches.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from consent_core import deadlines
from consent_core.edge import Edge, connect
from consent_core.environment import distribution_id
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
EDGE = Edge(connect(), distribution_id=distribution_id())

type Record = Mapping[str, Any]


@TELEMETRY.observed
def handler(event: Mapping[str, Sequence[Record]], context: object) -> dict[str, object]:
    """Invalidate each widget of the batch once. While CloudFront is busy, Lambda sends the whole batch again.

    Records of other items than live ones are changes of the history: the stream's filter passes no new items.
    """
    records = event["Records"]
    live = [record for record in records if _version(record) == "live"]
    facts = _count_history([record for record in records if _version(record) != "live"])
    if not live:
        TELEMETRY.outcome("HistoryReported", **facts)
        return {"batchItemFailures": []}
    widget_ids = sorted({_widget(record) for record in live})
    try:
        with deadlines.before_timeout(context):
            is_made = EDGE.invalidate(widget_ids, reference=_reference(live))
    except Exception:
        TELEMETRY.outcome("InvalidationsFailed", widgets=widget_ids, **facts)
        raise  # Lambda sends the batch again, in halves
    if is_made:
        TELEMETRY.outcome("InvalidationsMade", widgets=widget_ids, **facts)
        return {"batchItemFailures": []}
    TELEMETRY.outcome("InvalidationsPostponed", widgets=widget_ids, **facts)
    return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}


def _count_history(changed: Sequence[Record]) -> dict[str, object]:
    """Count the items of the history that were changed or removed. Return them for the log, as facts."""
    if not changed:
        return {}
    TELEMETRY.count("HistoryChanged", len(changed))
    return {"history": [f"{record['eventName']} {_widget(record)} {_version(record)}" for record in changed]}


def _widget(record: Record) -> int:
    return int(record["dynamodb"]["Keys"]["widgetId"]["N"])


def _version(record: Record) -> str:
    version: str = record["dynamodb"]["Keys"]["version"]["S"]
    return version


def _reference(records: Sequence[Record]) -> str:
    """Return a reference that is the same for the same records, so that a retried batch is not invalidated twice."""
    return hashlib.sha256(" ".join(record["eventID"] for record in records).encode()).hexdigest()
