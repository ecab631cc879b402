"""Activity: the accesses to visitors' data, and the changes of widgets, as one list by time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from consent_core.access_audit import Access, AccessAudit
from consent_core.publishing import history
from consent_core.widget_table import AuditEntry, Change, ListedWidget, WidgetTable

CHANGE = "change"
"""The kind of an entry that is no access (``access_audit.Kind``)."""

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Activity:
    """An entry, with the ``reason`` of an access or the ``change`` of a widget. ``at`` is ISO 8601 in UTC.

    The reason of an export has its days before it. ``version_at``: when the version was made to which a roll-back led.
    """

    at: str
    actor: str
    kind: str
    widget_id: int | None
    reason: str = ""
    change: Change | None = None
    version_at: str = ""

    @property
    def what(self) -> str:
        """The reason, or the change in the words of the audit, such as ``add-origin https://garden.example``."""
        return f"{self.change.what} {self.change.detail}".strip() if self.change else self.reason


def between(
    audit: AccessAudit, table: WidgetTable, first: date, last: date, *, sees: Callable[[int], bool]
) -> list[Activity]:
    """Return the entries of these days (UTC) and those between, the newest first.

    Changes are those of widgets that ``sees`` admits by their ids. Makes a request per month of the audit, one per page
    of the list of widgets, and one for each widget that was changed since ``first``.
    """
    accesses = [_of_access(each) for each in audit.between(first, last)]
    changes = [
        _of_change(widget.widget_id, entry, entries)
        for widget in listed(table)
        if sees(widget.widget_id) and widget.live and widget.live.changed_at >= first.isoformat()
        for entries in [table.changes(widget.widget_id)]
        for entry in entries
        if first.isoformat() <= entry.change.at[:10] <= last.isoformat()
    ]
    return sorted([*accesses, *changes], key=lambda each: each.at, reverse=True)


def listed(table: WidgetTable) -> Iterator[ListedWidget]:
    """Yield all listed widgets, by their ids. Makes one request per page."""
    found = table.listed(most=_PAGE)
    while found:
        yield from found
        found = table.listed(after=found[-1].widget_id, most=_PAGE)


def _of_access(access: Access) -> Activity:
    of_days = f"Proofs of {access.days}. " if access.days else ""
    return Activity(access.at, access.actor, access.kind.value, access.widget_id, of_days + (access.reason or ""))


def _of_change(widget_id: int, entry: AuditEntry, entries: Sequence[AuditEntry]) -> Activity:
    change = entry.change
    version_at = history.made_at(entries, history.went_back_to(change))
    return Activity(change.at, change.actor, CHANGE, widget_id, change=change, version_at=version_at)
