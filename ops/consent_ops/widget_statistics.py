"""What visitors decided, counted: by day, language, device, action and service. Pure; docs/statistics.md defines it.

Decisions come from proofs, each counted once. How often the window was shown and closed comes from log lines, which are
kept for some days only and of which one may be written twice: of earlier days that is not known, and never zero.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from consent_core.catalogue import Purpose
from consent_core.decisions import DEVICES, UNKNOWN

SHOWN, CLOSED = "Visits", "Quits"
"""What consent_collect logs when the window was shown, and when it was closed without a decision."""


@dataclass(slots=True)
class Counts:
    """How often the window was shown and closed, and how decisions came out. None: not known."""

    shown: int | None = None
    closed: int | None = None
    accepted: int = 0
    selected: int = 0
    refused: int = 0

    @property
    def decisions(self) -> int:
        return self.accepted + self.selected + self.refused

    def see(self, what: str) -> None:
        """Count that the window was SHOWN or CLOSED."""
        self.shown = (self.shown or 0) + (what == SHOWN)
        self.closed = (self.closed or 0) + (what == CLOSED)

    def as_json(self) -> dict[str, object]:
        return {
            "shown": self.shown,
            "closed": self.closed,
            "decisions": self.decisions,
            "acceptedAll": self.accepted,
            "selection": self.selected,
            "refusedAll": self.refused,
        }


def _nothing_seen() -> Counts:
    return Counts(shown=0, closed=0)


@dataclass(slots=True)
class ServiceCounts:
    """How often a service was asked for, and agreed to. Name and purpose are those of the newest proof that has it."""

    name: str
    purpose: Purpose
    asked: int = 0
    agreed: int = 0
    _named_at: str = ""

    def decide(self, entry: Mapping[str, Any], at: str) -> None:
        self.asked += 1
        self.agreed += entry["consent"]
        if at >= self._named_at:
            self.name, self.purpose, self._named_at = entry["name"], Purpose(entry["purpose"]), at


@dataclass(slots=True)
class Statistics:
    """The counters of a widget over ``days``, the oldest first.

    ``seen_from``: the first day on which it is known how often the window was shown; None: on no day.
    """

    widget_id: int
    days: tuple[str, ...]
    seen_from: str | None
    total: Counts = field(init=False)
    by_day: dict[str, Counts] = field(init=False)
    by_language: defaultdict[str, Counts] = field(init=False)
    by_device: defaultdict[str, Counts] = field(init=False)
    by_action: defaultdict[str, Counts] = field(init=False)
    services: dict[str, ServiceCounts] = field(init=False)

    def __post_init__(self) -> None:
        seen = set(self.seen_days)
        new = _nothing_seen if seen else Counts
        self.total, self.by_language, self.by_device = new(), defaultdict(new), defaultdict(new)
        self.by_day = {day: _nothing_seen() if day in seen else Counts() for day in self.days}
        self.by_action, self.services = defaultdict(Counts), {}

    @property
    def seen_days(self) -> tuple[str, ...]:
        """The days on which it is known how often the window was shown."""
        return () if self.seen_from is None else tuple(day for day in self.days if day >= self.seen_from)

    @property
    def seen_decisions(self) -> int:
        """The decisions of ``seen_days``: what can be compared with how often the window was shown."""
        return sum(self.by_day[day].decisions for day in self.seen_days)

    @property
    def gap(self) -> str:
        """Say of which days it is not known how often the window was shown; nothing when it is known of all."""
        if self.seen_days == self.days:
            return ""
        return f"known from {self.seen_days[0]} on" if self.seen_days else "not known: the log of these days is gone"

    def decide(self, day: str, proof: Mapping[str, Any]) -> None:
        """Count a proof, which must not be a repeat."""
        consents = proof["consents"]
        asked = [entry for entry in consents["cookieConsents"] if entry["purpose"] != Purpose.NECESSARY]
        came_out = outcome(asked)
        for counts in (
            self.total,
            self.by_day[day],
            self.by_language[consents.get("lang") or UNKNOWN],
            self.by_device[DEVICES[proof["typeDevice"]]],
            self.by_action[proof.get("action") or UNKNOWN],
        ):
            setattr(counts, came_out, getattr(counts, came_out) + 1)
        for entry in asked:
            service = self.services.setdefault(entry["slug"], ServiceCounts(entry["name"], Purpose(entry["purpose"])))
            service.decide(entry, proof["date"])

    def see(self, day: str, what: str, language: str, device: str) -> None:
        """Count that the window was SHOWN or CLOSED on one of ``seen_days``."""
        for counts in (self.total, self.by_day[day], self.by_language[language], self.by_device[device]):
            counts.see(what)

    def as_json(self) -> dict[str, object]:
        """Give everything, the most frequent first."""
        return {
            "widgetId": self.widget_id,
            "from": self.days[0],
            "to": self.days[-1],
            "shownKnownFrom": self.seen_from,
            "total": self.total.as_json(),
            "days": [{"day": day, **counts.as_json()} for day, counts in self.by_day.items()],
            "languages": [{"language": name, **counts.as_json()} for name, counts in most_frequent(self.by_language)],
            "devices": [{"device": name, **counts.as_json()} for name, counts in most_frequent(self.by_device)],
            "actions": [{"action": name, "decisions": each.decisions} for name, each in most_frequent(self.by_action)],
            "services": [
                {
                    "slug": slug,
                    "name": service.name,
                    "purpose": service.purpose.label,
                    "asked": service.asked,
                    "agreed": service.agreed,
                }
                for slug, service in self.most_asked()
            ],
        }

    def most_asked(self) -> list[tuple[str, ServiceCounts]]:
        """The services by purpose, and by how often they were agreed to."""
        return sorted(self.services.items(), key=lambda each: (each[1].purpose, -each[1].agreed, each[0]))


def outcome(asked: list[Mapping[str, Any]]) -> str:
    """How a decision on these services came out, as the member of Counts that it counts for.

    What counts is the choice, not the button: whoever switches everything on has accepted all.
    """
    consents = {entry["consent"] for entry in asked}
    if consents == {True}:
        return "accepted"
    return "selected" if True in consents else "refused"


def most_frequent(counters: Mapping[str, Counts]) -> Iterator[tuple[str, Counts]]:
    """Give the counters, those of most decisions first."""
    ranked = sorted(counters.items(), key=lambda each: (-each[1].decisions, -(each[1].shown or 0), each[0]))
    yield from ranked


def days_between(first: date, last: date) -> tuple[str, ...]:
    """Give the ISO dates of all days from ``first`` to ``last``; none if it comes after."""
    return days_until(last, (last - first).days + 1)


def days_until(last: date, number: int) -> tuple[str, ...]:
    """Give the ISO dates of ``number`` days, of which ``last`` is the last."""
    return tuple((last - timedelta(days=ago)).isoformat() for ago in reversed(range(number)))


def percent(part: int, whole: int | None) -> str:
    """Write a share; a dash where there is nothing to share."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def written(count: int | None) -> str:
    """Write a number; a dash where it is not known."""
    return "–" if count is None else f"{count:,}"
