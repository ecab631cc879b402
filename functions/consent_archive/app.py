"""The stream of proofs: what is new becomes objects of the archive."""

import random
from collections.abc import Mapping, Sequence

from consent_core.archive.batches import Record, batches
from consent_core.archive.objects import Archive, Lane, connect
from consent_core.environment import archive_bucket, archive_lanes
from consent_core.errors import UnavailableError
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
LANE = Lane(Archive(connect(), bucket=archive_bucket()), random.randrange(archive_lanes()))  # noqa: S311 - no secret


@TELEMETRY.observed
def handler(event: Mapping[str, Sequence[Record]], _context: object) -> dict[str, object]:
    """Keep the new proofs of each widget and day as one object.

    From the first proof on that cannot be kept, all of them are asked for again: those behind it that are kept already
    come twice, which readers do not mind. What is no proof at all is counted and left behind, or nothing would follow.
    """
    waiting, unreadable = batches(event["Records"])
    outcome, kept = "BatchesArchived", 0
    try:
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
