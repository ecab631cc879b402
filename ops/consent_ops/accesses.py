"""The entries that commands add to the audit of accesses when they read or change the tables themselves."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from consent_core import aws
from consent_core.access_audit import Access, Kind
from consent_core.dates import timestamp
from consent_ops.failures import DENIED, action_of
from consent_ops.printing import error_line

if TYPE_CHECKING:
    from consent_ops.stack import Stack


def record(
    stack: "Stack",
    kind: Kind,
    *,
    reason: str | None,
    visitor_id: str | None = None,
    widget_id: int | None = None,
    days: str | None = None,
) -> None:
    """Record an access, before it happens.

    An operator without the permission, or with a stack of an earlier release, is told that there is no entry, and goes
    on: whoever may read the tables needs no command for it. Raises UnavailableError.
    """
    if not stack.has_audit:
        error_line("This access is not in the audit: the stack is of an earlier release. Deploy it again.")
        return
    try:
        subject = None if visitor_id is None else stack.subjects.of(visitor_id)
        at = timestamp(datetime.now(UTC))
        stack.audit().record(Access(kind, stack.actor(), at, reason, widget_id, subject, days))
    except ClientError as error:
        if aws.code_of(error) not in DENIED:
            raise
        error_line(f"This access is not in the audit: {action_of(error)} is not permitted.")
