"""Archives new proofs and the list of erasures: the consents table's stream becomes objects in the archive's bucket."""

import random
from collections.abc import Mapping, Sequence

from consent_core import deadlines
from consent_core.archive import erasures
from consent_core.archive.batches import Record, batches
from consent_core.archive.objects import Archive, Lane, connect
from consent_core.environment import archive_bucket, archive_lanes
from consent_core.errors import UnavailableError
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
ARCHIVE = Archive(connect(), bucket=archive_bucket())
LANE = Lane(ARCHIVE, random.randrange(archive_lanes()))  # noqa: S311 - not a secret


@TELEMETRY.observed
def handler(event: Mapping[str, Sequence[Record]], context: object) -> dict[str, object]:
    """Record the erasures as one object, then archive the new proofs of each widget and day as one.

    After the first failure, Lambda sends the records again from there on. Proofs among them that are archived already
    are archived twice; readers drop repeats. Items that are not proofs are counted and skipped, because a retry could
    not succeed and would block the stream.
    """
    waiting, unreadable = batches(event["Records"])
    erased = erasures.erasures(event["Records"])
    recorded = len(erased)
    outcome, kept = "BatchesArchived", 0
    try:
        with deadlines.before_timeout(context):
            if erased:
                erasures.record(ARCHIVE, (line for _, line in erased))
                erased = []
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
    if recorded:
        TELEMETRY.count("ErasuresRecorded", 0 if erased else recorded)
    TELEMETRY.outcome(outcome, records=len(event["Records"]), kept=kept, unreadable=unreadable)
    failed = [*(number for number, _ in erased[:1]), *(batch.first for batch in waiting[:1])]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}  # Lambda takes the lowest
