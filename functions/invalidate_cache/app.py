"""Invalidates CloudFront's copies of the settings after a widget's live item has changed in the table's stream."""

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
    """Invalidate each widget of the batch once. While CloudFront is busy, Lambda sends the whole batch again."""
    records = event["Records"]
    widget_ids = sorted({int(record["dynamodb"]["Keys"]["widgetId"]["N"]) for record in records})
    try:
        with deadlines.before_timeout(context):
            is_made = EDGE.invalidate(widget_ids, reference=_reference(records))
    except Exception:
        TELEMETRY.outcome("InvalidationsFailed", widgets=widget_ids)
        raise  # Lambda sends the batch again, in halves
    if is_made:
        TELEMETRY.outcome("InvalidationsMade", widgets=widget_ids)
        return {"batchItemFailures": []}
    TELEMETRY.outcome("InvalidationsPostponed", widgets=widget_ids)
    return {"batchItemFailures": [{"itemIdentifier": records[0]["dynamodb"]["SequenceNumber"]}]}


def _reference(records: Sequence[Record]) -> str:
    """Return a reference that is the same for the same records, so that a retried batch is not invalidated twice."""
    return hashlib.sha256(" ".join(record["eventID"] for record in records).encode()).hexdigest()
