"""Archives new proofs: the consents table's stream becomes objects of the archive."""

import random
from collections.abc import Mapping, Sequence

from consent_core import deadlines
from consent_core.archive.batches import Record, batches
from consent_core.archive.objects import Archive, Lane, connect
from consent_core.environment import archive_bucket, archive_lanes
from consent_core.errors import UnavailableError
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
LANE = Lane(Archive(connect(), bucket=archive_bucket()), random.randrange(archive_lanes()))  # noqa: S311 - not a secret


@TELEMETRY.observed
def handler(event: Mapping[str, Sequence[Record]], context: object) -> dict[str, object]:
    """Archive the new proofs of each widget and day as one object.

    After the first failure, Lambda sends the records again from there on. Proofs among them that are archived already
    are archived twice; readers drop repeats. Items that are not proofs are counted and skipped, because a retry could
    not succeed and would block the stream.
    """
    waiting, unreadable = batches(event["Records"])
    outcome, kept = "BatchesArchived", 0
    try:
        with deadlines.before_timeout(context):
            while waiting:
                LANE.append(waiting[0].widget_id, waiting[0].day, waiting[0].lines)
                kept += len(waiting.pop(0).lines)
    except UnavailableError:
        outcome = "BatchesPostponed"
    except Exception as error:
        TELEMETRY.bug(error)
        outcome = "BatchesFailed"
    TELEMETRY.count("ProofsArchived", kept)
    TELEMETRY.count("ProofsUnreadable", unreadable)
    TELEMETRY.outcome(outcome, records=len(event["Records"]), kept=kept, unreadable=unreadable)
    return {"batchItemFailures": [{"itemIdentifier": batch.first} for batch in waiting[:1]]}
