"""A privacy officer's desk: look a consent up, find a user's consents, erase, export. The API and the console share it.

Each access is recorded before it happens. An entry that cannot be written is an access refused.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from consent_core.access_audit import Access, AccessAudit, Kind, Subjects
from consent_core.archive import athena, objects
from consent_core.archive.objects import Line
from consent_core.consent_table import ConsentTable, StoredProof, UserConsent, identifies
from consent_core.dates import timestamp
from consent_core.dossier import evidence
from consent_core.dossier.claims import Json, Locations, dossier_of
from consent_core.dossier.evidence import Question, Sources
from consent_core.environment import Environment, access_audit, archive_bucket, archive_questions
from consent_core.errors import NotFoundError, UnavailableError
from consent_core.statistics import archived
from consent_core.widget_table import WidgetTable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SEARCHING = 20.0
"""Seconds for the archive; the API waits 30."""

MOST_DAYS = 31
"""The most days of the archive that a question names."""

MOST_PAGES = 3
"""The most MB of the index for one user, some ten thousand decisions."""

LARGEST_ANSWER = 4_000_000
"""Characters. Lambda's limit is 6 MB, in which each quotation mark takes two bytes."""


class NotRecordedError(UnavailableError):
    """The entry of an access could not be written, so that nothing was read or changed."""


class Asking(NamedTuple):
    """The person or program that asks, with the reason if one was stated."""

    actor: str
    reason: str | None


class Erased(NamedTuple):
    """The proofs of a consent, and how many of them an erasure has changed, or would change."""

    erased: int
    proofs: int


@dataclass(frozen=True, slots=True)
class Desk:
    """The accesses to visitors' data. Every method raises NotRecordedError, UnavailableError or ThrottledError."""

    sources: Sources
    audit: AccessAudit
    subjects: Subjects

    @classmethod
    def from_environment(cls, client: "DynamoDBClient") -> "Desk":
        """Return the desk of a function, from its environment. Raises KeyError for a missing variable."""
        environment = Environment.from_environment()
        locations = Locations(environment.widgets_table, environment.consents_table, archive_bucket())
        table, key, days = access_audit()
        sources = Sources(
            WidgetTable(client, locations.widgets_table),
            ConsentTable(client, locations.consents_table),
            objects.Archive(objects.connect(), bucket=locations.bucket),
            locations,
            athena.finder(*archive_questions()),
        )
        return cls(sources, AccessAudit(client, table, days=days), Subjects(key))

    def dossier(self, question: Question, asking: Asking, *, kind: Kind = Kind.LOOKUP) -> Json:
        """Return the dossier of a consent. It has no decisions if no proof was found."""
        self._record(kind, asking, question.consent_id, question.widget_id)
        now = datetime.now(UTC)
        return dossier_of(evidence.collect(self.sources, question, now=now, seconds=SEARCHING), now)

    def find_user(self, widget_id: int, user_id: str, asking: Asking) -> list[UserConsent]:
        """Return the consents of one user of a widget. Raises UnprocessableError if they are too many."""
        self._record(Kind.SEARCH, asking, user_id, widget_id)
        return self.sources.consents.of_user(widget_id, user_id, most_pages=MOST_PAGES)

    def erasable(self, consent_id: str, asking: Asking) -> Erased:
        """Return the counts of an erasure that is not made. Raises NotFoundError if there is no proof."""
        self._record(Kind.LOOKUP, asking, consent_id)
        proofs = self._proofs(consent_id, datetime.now(UTC))
        return Erased(sum(identifies(each.proof) for each in proofs), len(proofs))

    def erase(self, consent_id: str, asking: Asking) -> Erased:
        """Remove what identifies the visitor from the proofs of a consent. The next call goes on if the time is over.

        Raises NotFoundError if there is no proof.
        """
        self._record(Kind.ERASURE, asking, consent_id)
        now = datetime.now(UTC)
        proofs = self._proofs(consent_id, now)
        return Erased(self.sources.consents.erase(consent_id, at=timestamp(now)), len(proofs))

    def export(self, widget_id: int, day: str, asking: Asking) -> list[Line] | None:
        """Return the proofs of a widget and a UTC day (ISO date), as the archive has them; None if time ran out.

        Raises DamagedError if an object cannot be read: a file must not lack proofs without saying so.
        """
        self._record(Kind.EXPORT, asking, None, widget_id, day)
        return archived.lines(self.sources.archive, widget_id, day, seconds=SEARCHING)

    def archived_days(self, widget_id: int, first: str, last: str) -> list[str]:
        """Return the days (ISO dates) from ``first`` to ``last`` of which the archive has proofs: no visitor's data."""
        return [day for day in self.sources.archive.days(widget_id) if first <= day <= last]

    def _proofs(self, consent_id: str, now: datetime) -> list[StoredProof]:
        proofs = self.sources.consents.history(consent_id, now=int(now.timestamp()))
        if not proofs:
            raise NotFoundError.consent()
        return proofs

    def _record(
        self,
        kind: Kind,
        asking: Asking,
        visitor_id: str | None,
        widget_id: int | None = None,
        days: str | None = None,
    ) -> None:
        subject = None if visitor_id is None else self.subjects.of(visitor_id)
        at = timestamp(datetime.now(UTC))
        try:
            self.audit.record(Access(kind, asking.actor, at, asking.reason, widget_id, subject, days))
        except UnavailableError as error:
            raise NotRecordedError from error
