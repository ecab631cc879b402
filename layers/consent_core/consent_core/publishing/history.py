"""The earlier values of keys, domains and switches, from the audit of a widget.

An entry records the values that its change replaced. Walking back from the live item, they give every earlier state.
Entries of release 1.0.0 record none; most of them say enough by their kind and detail.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from consent_core.catalogue import LiveWidget
from consent_core.errors import NotFoundError
from consent_core.widget_table import AuditEntry, Change, ChangeKind, WidgetTable

type State = Mapping[str, Any]

LONGEST_RETENTION = timedelta(days=181)
"""After this time the last proof of a widget that was disabled has expired: 180 days, and one for late clocks."""

_IN_VERSIONS = "developerMode"
_NO_SETTINGS = frozenset({"keys", "origins", "enabled", "allowNativeApps", "developerMode", "renewal"})
"""The members that a roll-back leaves as they are, at least unless it is asked for those of that time."""


@dataclass(frozen=True, slots=True)
class Moment:
    """An entry of the audit, with the values that its change replaced and those that it set.

    ``before`` and ``after`` have the changed members alone; both are None when an entry of release 1.0.0 does not say,
    and ``before`` is None for the first publication. ``state`` has all members after the change, if they are known.
    """

    entry: AuditEntry
    before: State | None
    after: State | None
    state: State | None

    def as_json(self) -> dict[str, object]:
        """Return the entry as one flat object, as the administration API and the command line show it."""
        return {**self.entry.as_json(), "before": self.before, "after": self.after}


def state_of(live: LiveWidget) -> dict[str, Any]:
    """Return the members of which the audit keeps every value."""
    return {
        "keys": list(live.keys),
        "origins": list(live.origins),
        "enabled": live.enabled,
        "allowNativeApps": live.allow_native_apps,
        "developerMode": live.developer_mode,
    }


def replaced(before: LiveWidget, after: LiveWidget) -> State:
    """Return the earlier values of the members that a change replaces."""
    old, new = state_of(before), state_of(after)
    return {name: value for name, value in old.items() if value != new[name]}


def moments(live: LiveWidget, entries: Sequence[AuditEntry]) -> Iterator[Moment]:
    """Yield a moment for each entry, newest first. Entries that are newer than ``live`` are left out."""
    state: State | None = state_of(live)
    for entry in entries:
        if entry.revision > live.revision:
            continue
        if entry.revision == 1:
            yield Moment(entry, None, state, state)
            return
        before = None if state is None else _before(entry, state)
        after = None if before is None or state is None else {name: state[name] for name in before}
        yield Moment(entry, before, after, state)
        state = None if before is None or state is None else {**state, **before}


def read(table: WidgetTable, live: LiveWidget) -> list[Moment]:
    """Return a moment for each entry of a widget's audit, newest first. Makes one request per page."""
    return list(moments(live, table.changes(live.widget_id)))


def sets_renewal(entry: AuditEntry) -> bool:
    """Return whether a change set ``renewal``, by its kind and detail. The first publication always does."""
    change = entry.change
    return entry.revision == 1 or change.what == ChangeKind.RAISE_RENEWAL or "renewal" in change.detail.split(", ")


def under_renewal(entries: Sequence[AuditEntry]) -> Sequence[AuditEntry]:
    """Return those of a widget's entries, newest first, under the present ``renewal``. The last of them has set it."""
    before = next((number for number, entry in enumerate(entries, 1) if sets_renewal(entry)), len(entries))
    return entries[:before]


def version_at(found: Sequence[Moment], widget_id: int, revision: int) -> str:
    """Return the key of the version that was live at a revision. Raises NotFoundError."""
    key = next((each.entry.version_key for each in found if each.entry.revision == revision), None)
    if key is None:
        raise NotFoundError.revision(widget_id, revision)
    return key


def went_back_to(change: Change) -> str:
    """Return the key of the version that a roll-back published again; empty for another change."""
    return change.detail.partition(" ")[0] if change.what == ChangeKind.ROLL_BACK else ""


def made_at(entries: Sequence[AuditEntry], version_key: str) -> str:
    """Return when a version was first live (ISO 8601, UTC), by a widget's entries; empty if they do not say."""
    return next((each.change.at for each in reversed(entries) if each.version_key == version_key), "")


def same_settings(found: Sequence[Moment]) -> dict[str, str]:
    """Return, by the key of each version, the key of the first one that had the same settings.

    Renewal and developer mode do not count, since a roll-back keeps them. The kinds of the changes tell it, without a
    reading of the versions: settings that were published anew, instead of rolled back to, count as others.
    """
    first: dict[str, str] = {}
    before = ""
    for moment in reversed(found):
        key, change = moment.entry.version_key, moment.entry.change
        changed = {name for name in change.detail.split(", ") if name}
        keeps = change.what in {ChangeKind.RAISE_RENEWAL, ChangeKind.DEVELOPER_MODE}
        keeps = keeps or (change.what == ChangeKind.PUBLISH and bool(changed) and changed <= _NO_SETTINGS)
        earlier = before if keeps else went_back_to(change)
        first.setdefault(key, first.get(earlier, key))
        before = key
    return first


def private_at(found: Sequence[Moment], widget_id: int, version: str | int) -> dict[str, Any]:
    """Return the private members of a revision, or those with which a version was last live.

    If the version is live now, they are the last ones that differ from the present ones, if there are any.
    Raises NotFoundError if they are not known.
    """
    fitting = [each for each in found if version in {each.entry.version_key, each.entry.revision}]
    known = [_private(each.state) for each in fitting if each.state]
    if not known:
        raise NotFoundError.domains(widget_id, version)
    is_live = fitting[0] is found[0]
    others = [private for private in known if private != known[0]] if is_live else []
    return next(iter(others), known[0])


def _private(state: State) -> dict[str, Any]:
    """Return the members of a state that versions do not keep."""
    return {name: value for name, value in state.items() if name != _IN_VERSIONS}


def disabled_since(found: Sequence[Moment]) -> datetime:
    """Return the latest time at which a widget that is disabled now may have been enabled."""
    ended = next(each for each in found if each.before is None or "enabled" in each.before)
    return datetime.fromisoformat(ended.entry.change.at)


def _before(entry: AuditEntry, after: State) -> State | None:
    """Return what an entry's change replaced, or None when the entry does not say."""
    change = entry.change
    if change.before is not None:
        return change.before
    match change.what:
        case ChangeKind.ADD_ORIGIN:
            return {"origins": [origin for origin in after["origins"] if origin != change.detail]}
        case ChangeKind.REMOVE_ORIGIN:
            return {"origins": [*after["origins"], change.detail]}
        case ChangeKind.DEVELOPER_MODE:
            return {"developerMode": change.detail == "off"}
        case ChangeKind.RAISE_RENEWAL | ChangeKind.ROLL_BACK:
            return {}
    return None if after.keys() & set(change.detail.split(", ")) else {}
