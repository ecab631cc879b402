"""The differences between a live definition and a new one, and which of them take something away from the widget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from consent_core.catalogue import Purpose

_LISTS = ("keys", "origins", "languages")
_OPERATORS = frozenset({"enabled", "developerMode"})
"""Switches that operators set by a command: a file that states another value would undo that."""

_SWITCHED_OFF = frozenset({"allowNativeApps", "saveConsentProof", "storePageAddress", "enableGPC", "proveSignals"})
_IDENTIFYING = frozenset({"consentCookieName", "consentCookieDomain"})
"""Members by which browsers find a visitor's choices: after a change, every visitor is asked again."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One member that a publication would change. ``member`` is a dotted path such as ``services.drift.purpose``.

    ``before`` and ``after`` are its values. For a list they are the entries that would be removed and added, and
    ``is_list`` is true. ``takes_away``: the publication needs a confirmation because of it.
    """

    member: str
    before: Any
    after: Any
    is_list: bool = False
    takes_away: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the difference as the administration API and the command line show it."""
        names = ("removed", "added") if self.is_list else ("before", "after")
        values = dict(zip(names, (self.before, self.after), strict=True))
        return {"member": self.member, **values, "takesAway": self.takes_away}

    @classmethod
    def from_json(cls, shown: Mapping[str, Any]) -> "Difference":
        """Read what ``as_json`` returned. Raises KeyError for another shape."""
        is_list = "removed" in shown
        before, after = (shown["removed"], shown["added"]) if is_list else (shown["before"], shown["after"])
        return cls(shown["member"], before, after, is_list=is_list, takes_away=shown["takesAway"])


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Difference]:
    """Return the differences between two definitions as JSON values, sorted by member."""
    found = [*_lists(old, new), *_services(old.get("services", []), new["services"])]
    compared = {*_LISTS, "services"}
    for name in (old.keys() | new.keys()) - compared:
        found += _values(name, old.get(name), new.get(name))
    return sorted(found, key=lambda difference: difference.member)


def _lists(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in _LISTS:
        yield from _entries(name, old.get(name, []), new[name])


def _entries(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    kept = set(old) & set(new)
    removed, added = ([entry for entry in entries if entry not in kept] for entries in (old, new))
    if removed or added:
        yield Difference(name, removed, added, is_list=True, takes_away=bool(removed))
    if [entry for entry in old if entry in kept] != [entry for entry in new if entry in kept]:
        yield Difference(name, list(old), list(new))


def _services(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    before, after = ({service["slug"]: service for service in services} for services in (old, new))
    yield from _entries("services", list(before), list(after))
    for slug in before.keys() & after.keys():
        yield from _values(f"services.{slug}", before[slug], after[slug])


def _values(member: str, before: object, after: object) -> Iterator[Difference]:
    if before == after:
        return
    if isinstance(before, dict) or isinstance(after, dict):
        old, new = (value if isinstance(value, dict) else {} for value in (before, after))
        if old or new:
            for name in old.keys() | new.keys():
                yield from _values(f"{member}.{name}", old.get(name), new.get(name))
            return
    yield Difference(member, before, after, takes_away=_takes_away(member, before, after))


def _takes_away(member: str, before: object, after: object) -> bool:
    place, _, last = member.rpartition(".")
    if place.startswith("services."):
        return last == "purpose" and after == Purpose.NECESSARY
    if member.startswith("translations."):
        return isinstance(before, str) and after is None
    if member == "consentCookieExpiryTime":
        return isinstance(before, int) and isinstance(after, int) and after < before
    return member in _OPERATORS | _IDENTIFYING or (member in _SWITCHED_OFF and before is True and after is False)
