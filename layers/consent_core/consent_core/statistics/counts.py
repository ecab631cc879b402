"""Visitors' decisions, counted by day, language, device, action and service. Pure; docs/statistics.md defines it.

Decisions come from proofs, each counted once. Impressions (how often the window was shown and closed) come from log
lines, which are kept for some days only and may be written twice: for earlier days they are unknown, never zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from consent_core.catalogue import PURPOSES, Purpose
from consent_core.decisions import DEVICES, UNKNOWN
from consent_core.proofs import is_consent

SHOWN, CLOSED = "Visits", "Quits"
"""The messages that consent_collect logs when the window is shown, and when it is closed without a decision."""

NO_POLICY = "no policy"
"""The policy of decisions that name none. No id of a policy has a space."""

OVER_100_PERCENT = (
    "More decisions than windows shown: a page's own code and browser signals decide without a window, "
    "one window may bring several decisions, and a browser may report a decision on a later day."
)


@dataclass(slots=True)
class Counts:
    """How often the window was shown and closed, and the outcomes of decisions. None: unknown."""

    shown: int | None = None
    closed: int | None = None
    accepted: int = 0
    selected: int = 0
    refused: int = 0
    not_refused: int = 0

    @property
    def decisions(self) -> int:
        return self.accepted + self.selected + self.refused + self.not_refused

    def count_outcome(self, result: str) -> None:
        """Count a decision with this outcome (``outcome``)."""
        setattr(self, result, getattr(self, result) + 1)

    def count_impression(self, what: str) -> None:
        """Count that the window was SHOWN or CLOSED."""
        self.shown = (self.shown or 0) + (what == SHOWN)
        self.closed = (self.closed or 0) + (what == CLOSED)

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> "Counts":
        """Return the counters that ``as_json`` stated."""
        outcomes = (stated[name] for name in ("acceptedAll", "selection", "refusedAll", "notRefused"))
        return cls(stated["shown"], stated["closed"], *outcomes)

    def as_json(self) -> dict[str, object]:
        return {
            "shown": self.shown,
            "closed": self.closed,
            "decisions": self.decisions,
            "acceptedAll": self.accepted,
            "selection": self.selected,
            "refusedAll": self.refused,
            "notRefused": self.not_refused,
        }


def _no_impressions() -> Counts:
    return Counts(shown=0, closed=0)


@dataclass(slots=True)
class ServiceCounts:
    """How often consent to a service was asked for and given. Name and purpose are those of the newest proof.

    ``not_refused``: how often the service was on by default and left so. These decisions count as neither.
    """

    name: str
    purpose: Purpose
    asked: int = 0
    agreed: int = 0
    not_refused: int = 0
    _named_at: str = field(default="", compare=False)

    def count_decision(self, entry: Mapping[str, Any], at: str) -> None:
        is_agreed = is_consent(entry)
        is_asked = is_agreed or not entry["consent"]
        self.asked += is_asked
        self.agreed += is_agreed
        self.not_refused += not is_asked
        if at >= self._named_at:
            self.name, self.purpose, self._named_at = entry["name"], Purpose(entry["purpose"]), at


@dataclass(slots=True)
class Statistics:
    """The counters of a widget over ``days``, the oldest first.

    ``shown_from`` is the first day whose impressions are known; None: they are unknown for every day.
    """

    widget_id: int
    days: tuple[str, ...]
    shown_from: str | None
    total: Counts = field(init=False)
    by_day: dict[str, Counts] = field(init=False)
    by_language: defaultdict[str, Counts] = field(init=False)
    by_device: defaultdict[str, Counts] = field(init=False)
    by_action: defaultdict[str, Counts] = field(init=False)
    by_policy: defaultdict[str, Counts] = field(init=False)
    services: dict[str, ServiceCounts] = field(init=False)

    def __post_init__(self) -> None:
        shown = set(self.shown_days)
        new = _no_impressions if shown else Counts
        self.total, self.by_language, self.by_device = new(), defaultdict(new), defaultdict(new)
        self.by_day = {day: _no_impressions() if day in shown else Counts() for day in self.days}
        self.by_action, self.by_policy, self.services = defaultdict(Counts), defaultdict(Counts), {}

    @property
    def shown_days(self) -> tuple[str, ...]:
        """The days whose impressions are known."""
        return () if self.shown_from is None else tuple(day for day in self.days if day >= self.shown_from)

    @property
    def comparable_decisions(self) -> int:
        """The decisions of ``shown_days``, which can be compared with impressions."""
        return sum(self.by_day[day].decisions for day in self.shown_days)

    @property
    def knows_policies(self) -> bool:
        """Was any decision made under a policy?"""
        return bool(self.by_policy.keys() - {NO_POLICY})

    @property
    def knows_defaults(self) -> bool:
        """Was any service left as it was by default?"""
        return any(service.not_refused for service in self.services.values())

    @property
    def gap(self) -> str:
        """A note on the days whose impressions are unknown; empty when all are known."""
        if self.shown_days == self.days:
            return ""
        return f"known from {self.shown_days[0]} on" if self.shown_days else "unknown: no log of these days was read"

    @property
    def is_over_100_percent(self) -> bool:
        """Are there more decisions than windows shown?"""
        return self.comparable_decisions > (self.total.shown or 0) > 0

    def count_day(
        self, day: str, proofs: Iterable[Mapping[str, Any]], impressions: Iterable[tuple[str, str, str]]
    ) -> None:
        """Count a day's proofs, each of which comes once, and its impressions: what, language and device."""
        for proof in proofs:
            self.count_decision(day, proof)
        for impression in impressions:
            self.count_impression(day, *impression)

    def count_decision(self, day: str, proof: Mapping[str, Any]) -> None:
        """Count a proof, which must not be a repeat."""
        kind, asked = kind_of(proof), asked_in(proof)
        result = outcome(asked)
        for counts in (
            self.total,
            self.by_day[day],
            self.by_language[kind.language],
            self.by_device[kind.device],
            self.by_action[kind.action],
            self.by_policy[proof["consents"].get("policy") or NO_POLICY],
        ):
            counts.count_outcome(result)
        for entry in asked:
            service = self.services.setdefault(entry["slug"], ServiceCounts(entry["name"], Purpose(entry["purpose"])))
            service.count_decision(entry, proof["date"])

    def count_impression(self, day: str, what: str, language: str, device: str) -> None:
        """Count that the window was SHOWN or CLOSED on one of ``shown_days``."""
        for counts in (self.total, self.by_day[day], self.by_language[language], self.by_device[device]):
            counts.count_impression(what)

    def limit_to(self, days: Sequence[str]) -> None:
        """Leave out the other days, of which no decision was counted."""
        self.days = tuple(days)
        self.by_day = {day: self.by_day[day] for day in days}

    @classmethod
    def from_json(cls, stated: Mapping[str, Any]) -> "Statistics":
        """Return the statistics that ``as_json`` stated. Raises KeyError or TypeError for something else."""
        made = cls(stated["widgetId"], tuple(each["day"] for each in stated["days"]), stated["shownKnownFrom"])
        made.total = Counts.from_json(stated["total"])
        made.by_day = {each["day"]: Counts.from_json(each) for each in stated["days"]}
        made.by_language.update((each["language"], Counts.from_json(each)) for each in stated["languages"])
        made.by_device.update((each["device"], Counts.from_json(each)) for each in stated["devices"])
        made.by_action.update((each["action"], Counts(accepted=each["decisions"])) for each in stated["actions"])
        made.by_policy.update(
            (each["policy"] or NO_POLICY, Counts(accepted=each["decisions"])) for each in stated["policies"]
        )
        for each in stated["services"]:
            purpose = PURPOSES[each["purpose"]]
            made.services[each["slug"]] = ServiceCounts(
                each["name"], purpose, each["asked"], each["agreed"], each["notRefused"]
            )
        return made

    def as_json(self) -> dict[str, object]:
        """Return all counters, the most frequent first."""
        return {
            "widgetId": self.widget_id,
            "from": self.days[0],
            "to": self.days[-1],
            "shownKnownFrom": self.shown_from,
            "total": self.total.as_json(),
            "days": [{"day": day, **counts.as_json()} for day, counts in self.by_day.items()],
            "languages": [{"language": name, **counts.as_json()} for name, counts in most_frequent(self.by_language)],
            "devices": [{"device": name, **counts.as_json()} for name, counts in most_frequent(self.by_device)],
            "actions": [{"action": name, "decisions": each.decisions} for name, each in most_frequent(self.by_action)],
            "policies": [
                {"policy": None if name == NO_POLICY else name, "decisions": each.decisions}
                for name, each in most_frequent(self.by_policy)
            ],
            "services": [
                {
                    "slug": slug,
                    "name": service.name,
                    "purpose": service.purpose.label,
                    "asked": service.asked,
                    "agreed": service.agreed,
                    "notRefused": service.not_refused,
                }
                for slug, service in self.most_asked()
            ],
        }

    def most_asked(self) -> list[tuple[str, ServiceCounts]]:
        """The services by purpose, and by how often they were agreed to."""
        return sorted(self.services.items(), key=lambda each: (each[1].purpose, -each[1].agreed, each[0]))


class DecisionKind(NamedTuple):
    """The kind of a decision, as a list tells it besides the outcome. A member that a proof lacks is UNKNOWN."""

    action: str
    language: str
    device: str


def kind_of(proof: Mapping[str, Any]) -> DecisionKind:
    """Return the kind of a proof's decision."""
    language = proof["consents"].get("lang") or UNKNOWN
    return DecisionKind(proof.get("action") or UNKNOWN, language, DEVICES[proof["typeDevice"]])


def count_kinds(proofs: Iterable[Mapping[str, Any]]) -> dict[DecisionKind, Counts]:
    """Return the outcomes of proofs, each of which comes once, by their kinds: the most frequent first."""
    found: defaultdict[DecisionKind, Counts] = defaultdict(Counts)
    for proof in proofs:
        found[kind_of(proof)].count_outcome(outcome(asked_in(proof)))
    return dict(sorted(found.items(), key=lambda each: (-each[1].decisions, each[0])))


def asked_in(proof: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the entries of the services that need consent."""
    return [entry for entry in proof["consents"]["cookieConsents"] if entry["purpose"] != Purpose.NECESSARY]


def outcome(asked: list[Mapping[str, Any]]) -> str:
    """Return the outcome of a decision on these services: the member of Counts that it counts for.

    The choice counts, not the button: a visitor who switches everything on has accepted all. A service that was only
    not refused was not accepted.
    """
    on = [entry for entry in asked if entry["consent"]]
    if not on:
        return "refused"
    if len(on) < len(asked):
        return "selected"
    return "accepted" if all(map(is_consent, on)) else "not_refused"


def most_frequent(counters: Mapping[str, Counts]) -> Iterator[tuple[str, Counts]]:
    """Yield the counters, those with most decisions first."""
    ranked = sorted(counters.items(), key=lambda each: (-each[1].decisions, -(each[1].shown or 0), each[0]))
    yield from ranked


def days_between(first: date, last: date) -> tuple[str, ...]:
    """Return the ISO dates of all days from ``first`` to ``last``; none if ``first`` is later."""
    return days_until(last, (last - first).days + 1)


def days_until(last: date, number: int) -> tuple[str, ...]:
    """Return the ISO dates of ``number`` days that end with ``last``."""
    return tuple((last - timedelta(days=ago)).isoformat() for ago in reversed(range(number)))


def percent(part: int, whole: int | None) -> str:
    """Format a share; a dash when the whole is zero or unknown."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def written(count: int | None) -> str:
    """Format a number; a dash when it is unknown."""
    return "–" if count is None else f"{count:,}"
