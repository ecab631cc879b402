"""The origins of pages that asked for a widget's settings, for its owner: those that were served, and those refused.

Partition key ``widgetId`` (N), sort key ``seen`` (S), which is an hour in UTC and the outcome, such as
``2026-11-30T14#refused``; time to live ``ttl``. An item has the ``origins`` of that hour. An origin is the address of a
site: nothing here tells how many visitors there were, or which.

Any program can send any origin. So an item takes 50 at most, and a process writes each of them once an hour.
"""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from consent_core import aws, deadlines
from consent_core.dynamodb import Table
from consent_core.environment import store_timeout
from consent_core.errors import ConflictError
from consent_core.items import attribute

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MOST_ORIGINS = 50
"""The most origins of an item."""

KEPT = timedelta(days=8)

_HOUR = "%Y-%m-%dT%H"
_PATIENCE = 0.2  # seconds that a visitor's answer waits for a write; STORE_TIMEOUT_SECONDS if that is set
_PAUSE = timedelta(minutes=1)
_FITS = "attribute_not_exists(origins) OR contains(origins, :origin) OR size(origins) < :most"
_EVER = datetime.min.replace(tzinfo=UTC)


class Outcome(StrEnum):
    """The answer that a page got."""

    SERVED = "served"
    REFUSED = "refused"


class Sighting(NamedTuple):
    """The last hour, by its beginning, in which an origin was served or refused."""

    origin: str
    outcome: Outcome
    hour: datetime


class Sightings(Table):
    """Writes and reads of sightings. Without a table's ``name`` nothing is written, and nothing is known."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        super().__init__(client, name)
        self.is_kept = bool(name)
        self._hour = ""
        self._noted: set[tuple[int, Outcome, str | None]] = set()
        self._resumes = _EVER
        self._patience = store_timeout() or _PATIENCE

    def note(self, widget_id: int, origin: str | None, outcome: Outcome, *, now: datetime) -> None:
        """Write that a normalised origin was served or refused, once an hour.

        It never raises, and takes 0.2 s at most: nothing about a visitor's answer depends on it. After a failure it
        writes nothing for a minute.
        """
        if not self.is_kept or origin is None or now < self._resumes:
            return
        if (hour := now.strftime(_HOUR)) != self._hour:
            self._hour, self._noted = hour, set()
        if not self._noted.isdisjoint({(widget_id, outcome, origin), (widget_id, outcome, None)}):
            return
        try:
            with deadlines.within(self._patience):
                self._add(widget_id, f"{hour}#{outcome}", origin, ends=now + KEPT)
            self._noted.add((widget_id, outcome, origin))
        except ConflictError:  # the item is full
            self._noted.add((widget_id, outcome, None))
        except Exception:  # whatever it is, the visitor gets the answer
            self._resumes = now + _PAUSE

    def since(self, widget_id: int, first: datetime) -> list[Sighting]:
        """Return each origin that was served or refused since then, the latest hour first.

        Makes one request for each page of 1 MB. Raises ThrottledError or UnavailableError.
        """
        if not self.is_kept:
            return []
        items = self._query(
            KeyConditionExpression="widgetId = :widget AND seen >= :first",
            ExpressionAttributeValues={
                ":widget": attribute(widget_id),
                ":first": attribute(first.astimezone(UTC).strftime(_HOUR)),
            },
            ScanIndexForward=False,
        )
        found: dict[tuple[str, Outcome], Sighting] = {}
        for item in items:
            hour, _, outcome = item["seen"].partition("#")
            begun = datetime.strptime(hour, _HOUR).replace(tzinfo=UTC)
            for origin in sorted(item["origins"]):
                found.setdefault((origin, Outcome(outcome)), Sighting(origin, Outcome(outcome), begun))
        return [*found.values()]

    def _add(self, widget_id: int, seen: str, origin: str, *, ends: datetime) -> None:
        """Add an origin to an item, which need not exist. Raises ConflictError if it has its 50 others already."""
        with aws.errors():
            self._client.update_item(
                TableName=self._name,
                Key={"widgetId": attribute(widget_id), "seen": attribute(seen)},
                UpdateExpression="ADD origins :origins SET #ttl = :ttl",
                ConditionExpression=_FITS,
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={
                    ":origins": {"SS": [origin]},
                    ":origin": attribute(origin),
                    ":most": attribute(MOST_ORIGINS),
                    ":ttl": attribute(int(ends.timestamp())),
                },
            )
