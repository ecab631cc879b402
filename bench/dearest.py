"""The dearest decisions that are accepted, beside a plain one: no request may cost much more than another."""

import json
from collections.abc import Callable

from bench import contest, layout, stub
from bench.report import Table, against
from bench.tables import ORIGIN, decision, event
from consent_core.http import BODY_LIMIT

SERVICES = 8
TIMES = 20  # calls of each in a round
MOST = 5.0
"""The most that a body may cost, in processor time, of a plain decision of the same widget."""


def largest(make: Callable[[int], str]) -> str:
    """Return the body of the largest number that still fits. A larger number makes a longer body."""
    fits, too_large = 1, BODY_LIMIT
    while too_large - fits > 1:
        middle = (fits + too_large) // 2
        fits, too_large = (middle, too_large) if len(make(middle).encode()) <= BODY_LIMIT else (fits, middle)
    return make(fits)


def body(entries: list[dict[str, object]] | None = None, **members: object) -> str:
    refused = [{"slug": "service-0", "consent": False}]
    consents = {"cookieConsents": refused if entries is None else entries}
    return json.dumps({"type": "Consents", "consents": consents, **members}, separators=(",", ":"))


def uuid(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


BODIES: dict[str, str] = {
    "one entry, again and again": largest(lambda n: body([{"slug": "service-0", "consent": True}] * n)),
    "entries for unknown services": largest(lambda n: body([{"slug": str(i), "consent": True} for i in range(n)])),
    "entries without a name": largest(lambda n: body([{"consent": True}] * n)),
    "entries by id": largest(lambda n: body([{"id": uuid(i), "consent": True} for i in range(n)])),
    "entries with dates": largest(lambda n: body([{"slug": "a", "consent": True, "date": "2026-11-28"}] * n)),
    "referrer, encoded thousands of times": largest(lambda n: body(referrer=f"{ORIGIN}/%{'25' * n}")),
    "referrer, encoded as often as fits": body(referrer=f"{ORIGIN}/%{'25' * 1_000}"),
    "referrer of many segments": body(referrer=ORIGIN + "/%2541" * 62),
    "userId, encoded again and again": body(userId="%" + "25" * 60),
    "numbers of thousands of digits": body(x=[int("9" * 3_999)] * 8),
    "objects": largest(lambda n: body(x=[{}] * n)),
    "members": largest(lambda n: body(x={str(i): 0 for i in range(n)})),
    "control characters": largest(lambda n: body(x="\x00" * n)),
}
"""Bodies that are dear for one reason each, as large as they may be."""


def measure(rounds: int) -> list[Table]:
    with stub.serving(SERVICES) as store:
        collect = next(each for each in layout.built() if each.name == "consent_collect")
        sent = {"plain": decision(SERVICES), **BODIES}
        contestants = {name: (collect, event("collect", body=text)) for name, text in sent.items()}
        found = contest.calls(contestants, store.environment, rounds=rounds, times=TIMES)
    table = Table(
        f"Dear decisions ({rounds} rounds of {TIMES}, taking turns)", ("", "bytes", "CPU µs", "of a plain one, CPU")
    )
    for name, samples in found.items():
        cost = contest.ratio(samples, found["plain"], "cpu")
        size, cpu = len(sent[name].encode()), contest.middle(samples, "cpu") * 1000
        table.add(name, f"{size:,}", f"{cpu:.0f}", against(cost, MOST))
    return [table]
