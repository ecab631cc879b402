"""The differences between a live definition and a new one, and which of them take something away from the widget."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from consent_core.catalogue import Policy, Purpose, Service

_LISTS = ("keys", "origins", "languages")
_OPERATORS = frozenset({"enabled", "developerMode"})
"""Switches that operators set by a command: a file that states another value would undo that."""

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
    """Return the differences between two definitions as JSON values, sorted by member.

    A publication takes away each part that is no longer there: an entry of a list, a text, a link,
    a switch that was on. Some other changes count as well, because they undo what operators or visitors have decided,
    or release services that visitors were asked for.
    """
    released = _released(old.get("services", []), new["services"], new.get("policies", []))
    found = [*_lists(old, new), *_services(old.get("services", []), new["services"], released)]
    found += _policies(old.get("policies", []), new.get("policies", []))
    compared = {*_LISTS, "services", "policies"}
    for name in (old.keys() | new.keys()) - compared:
        found += _values(name, old.get(name), new.get(name))
    marked = (replace(each, takes_away=each.takes_away or _undoes(each)) for each in found)
    return sorted(marked, key=lambda difference: difference.member)


def _lists(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    for name in _LISTS:
        yield from _entries(name, old.get(name, []), new[name])


def _entries(name: str, old: Sequence[str], new: Sequence[str]) -> Iterator[Difference]:
    kept = set(old) & set(new)
    removed, added = ([entry for entry in entries if entry not in kept] for entries in (old, new))
    if removed or added:
        yield Difference(name, removed, added, is_list=True, takes_away=bool(removed))
    other_default = name == "languages" and bool(old) and old[0] in kept and old[0] != new[0]
    if other_default or [entry for entry in old if entry in kept] != [entry for entry in new if entry in kept]:
        yield Difference(name, list(old), list(new), takes_away=other_default)


def _services(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], released: frozenset[str]
) -> Iterator[Difference]:
    before, after = ({service["slug"]: service for service in services} for services in (old, new))
    yield from _entries("services", list(before), list(after))
    for slug in before.keys() & after.keys():
        yield from _service(f"services.{slug}", before[slug], after[slug], is_released=slug in released)
    if any(service["purpose"] != Purpose.NECESSARY for service in old):
        for slug in released - before.keys():  # perhaps one that visitors could refuse, by another name
            name = "exempt" if after[slug].get("exempt") else "purpose"
            yield Difference(f"services.{slug}.{name}", None, after[slug][name], takes_away=True)


def _service(place: str, old: Mapping[str, Any], new: Mapping[str, Any], *, is_released: bool) -> Iterator[Difference]:
    derived = {f"{place}.version"}  # one that is left out follows from the service
    becomes_on = {f"{place}.purpose"} if is_released else set()
    becomes_exempt = {f"{place}.exempt"} if new.get("exempt") else set()
    undoing = {f"{place}.id"} | becomes_on | becomes_exempt
    for each in _values(place, old, new):
        yield replace(each, takes_away=each.member in undoing or (each.takes_away and each.member not in derived))


def _released(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], policies: Sequence[Mapping[str, Any]]
) -> frozenset[str]:
    """Return the slugs of the services that are on without a consent, somewhere, where the old ones were not."""
    rules = {policy["id"]: _rule(policy) for policy in policies} | {None: Policy()}  # None: all other places
    before, after = (
        {(name, service["slug"]) for name, rule in rules.items() for service in services if _is_on(rule, service)}
        for services in (old, new)
    )
    return frozenset(slug for _, slug in after - before)


def _rule(policy: Mapping[str, Any]) -> Policy:
    return Policy(frozenset(policy.get("optOut", [])), exempt=bool(policy.get("exempt")))


def _is_on(rule: Policy, service: Mapping[str, Any]) -> bool:
    purpose = Purpose(service["purpose"])
    known = Service("", "", service["slug"], "", purpose, exempt=bool(service.get("exempt")))
    return purpose is Purpose.NECESSARY or rule.has_on(known)


def _policies(old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]]) -> Iterator[Difference]:
    before, after = ({policy["id"]: policy for policy in policies} for policies in (old, new))
    for each in _entries("policies", list(before), list(after)):
        comes_lax = each.is_list and any(_is_lax(after[added]) for added in each.after)
        yield replace(each, takes_away=each.takes_away or comes_lax)
    for policy in before.keys() & after.keys():
        for each in _values(f"policies.{policy}", before[policy], after[policy]):
            yield replace(each, takes_away=each.takes_away or (_is_lax(after[policy]) and _is_laxer(each)))


def _is_lax(policy: Mapping[str, Any]) -> bool:
    """Return whether a policy has something on before the visitor was asked."""
    return bool(policy.get("optOut")) or bool(policy.get("exempt"))


def _is_laxer(difference: Difference) -> bool:
    """Return whether a change of a policy has more on, or in more regions."""
    before, after = difference.before, difference.after
    if isinstance(before, list) and isinstance(after, list):
        return not set(after) <= set(before)
    return difference.member.endswith(".exempt") and after is True


def _values(member: str, before: object, after: object) -> Iterator[Difference]:
    if before == after:
        return
    if _is_object(before) and _is_object(after):
        old, new = (value if isinstance(value, dict) else {} for value in (before, after))
        if old or new:
            for name in old.keys() | new.keys():
                yield from _values(f"{member}.{name}", old.get(name), new.get(name))
            return
    yield Difference(member, before, after, takes_away=_is_gone(before, after))


def _is_object(value: object) -> bool:
    """Return whether a value has members; an absent or empty one counts as an object without any."""
    return isinstance(value, dict) or value in (None, "")


def _is_gone(before: object, after: object) -> bool:
    """Return whether a part of ``before`` is no longer there; another text or number in its place is."""
    match before:
        case bool():
            return before and after is False
        case str():
            return before != "" and not (isinstance(after, str) and after)
        case list():
            left = {_name(entry): entry for entry in after} if isinstance(after, list) else {}
            return any(_name(entry) not in left or _is_gone(entry, left[_name(entry)]) for entry in before)
        case dict() if isinstance(after, dict):
            return any(_is_gone(value, after.get(name)) for name, value in before.items())
        case dict():
            return bool(before) and not after
    return False


def _name(entry: object) -> object:
    """Return what tells an entry from the others of its list: itself, or a cookie's name, domain and path."""
    if isinstance(entry, dict):
        return tuple(entry.get(name) for name in ("name", "domain", "path"))
    return entry


def _undoes(difference: Difference) -> bool:
    before, after = difference.before, difference.after
    match difference.member:
        case "consentCookieExpiryTime":
            return isinstance(before, int) and isinstance(after, int) and after < before
        case "renewal":
            return isinstance(before, int) and isinstance(after, int) and after > before + 1
    return difference.member in _OPERATORS | _IDENTIFYING
