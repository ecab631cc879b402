"""Answer for users and consents: in the tables themselves, or through the administration's HTTP API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from consent_core.access_audit import Kind
from consent_core.consent_table import UserConsent
from consent_core.dates import timestamp
from consent_core.errors import NotFoundError
from consent_ops import accesses
from consent_ops.administration import Json, OverHttp
from consent_ops.failures import OperatorError

if TYPE_CHECKING:
    from consent_ops.stack import Stack


class Erased(NamedTuple):
    """The proofs of a consent, and how many of them an erasure has changed."""

    erased: int
    proofs: int


class Desk(Protocol):
    """The operations on users and consents. Each is recorded in the audit of accesses, with its reason."""

    def find_user(self, widget_id: int, user_id: str, *, reason: str) -> list[UserConsent]: ...

    def erase(self, consent_id: str, *, reason: str | None) -> Erased:
        """Remove what identifies the visitor from a consent's proofs. Raises NotFoundError."""
        ...


@dataclass(frozen=True, slots=True)
class DeskInTables:
    """The tables themselves."""

    stack: "Stack"

    def find_user(self, widget_id: int, user_id: str, *, reason: str) -> list[UserConsent]:
        accesses.record(self.stack, Kind.SEARCH, reason=reason, visitor_id=user_id, widget_id=widget_id)
        return self.stack.consents().of_user(widget_id, user_id)

    def erase(self, consent_id: str, *, reason: str | None) -> Erased:
        accesses.record(self.stack, Kind.ERASURE, reason=reason, visitor_id=consent_id)
        consents, now = self.stack.consents(), datetime.now(UTC)
        proofs = len(consents.history(consent_id, now=int(now.timestamp())))
        if not proofs:
            raise NotFoundError(f"No proofs found for consent {consent_id}.")
        return Erased(consents.erase(consent_id, at=timestamp(now)), proofs)


@dataclass(frozen=True, slots=True)
class DeskOverHttp:
    """The administration's API, which needs a reason for both. It records them itself."""

    api: OverHttp

    def find_user(self, widget_id: int, user_id: str, *, reason: str) -> list[UserConsent]:
        body = {"widgetId": widget_id, "userId": user_id, "reason": reason}
        return self.api.ask("POST", "/v1/consents/search", body=body, read=_found)

    def erase(self, consent_id: str, *, reason: str | None) -> Erased:
        if reason is None:
            raise OperatorError("The administration's API asks why: add --reason.")
        body = {"consentId": consent_id, "reason": reason}
        return self.api.ask("POST", "/v1/consents/erase", body=body, read=_erased)


def _found(answer: Json) -> list[UserConsent]:
    return [
        UserConsent(each["consentId"], each["decisions"], each["first"], each["last"]) for each in answer["consents"]
    ]


def _erased(answer: Json) -> Erased:
    return Erased(answer["erased"], answer["proofs"])
