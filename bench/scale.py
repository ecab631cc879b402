"""How it grows: 1, 10 and 100 billion page views a month, computed. docs/scale.md reads it."""

import math
from dataclasses import dataclass

from bench.cost import Assumed
from bench.report import Table

MONTH = 30 * 86_400.0  # seconds
PEAK = 3.0  # the busiest hour's rate, of the month's mean
TTL = 86_400.0  # seconds that CloudFront keeps settings
EDGES, REGIONAL = 600, 13  # CloudFront's points of presence, and the caches between them and the origin
ZIPF = 1.0  # how unequal sites and edges are: the n-th has 1/n of the first one's traffic
CULTURES = 4
FIRST_SHARDS = 4  # of a new table on demand; one more for each 1,000 units a second
OBJECT = 0.05  # seconds to write one to S3


@dataclass(frozen=True)
class Limit:
    """A quota as it stands in a new account, what it is at this traffic, and the knob that moves it."""

    name: str
    at_most: float
    used: float
    knob: str


def zipf(count: int) -> list[float]:
    """Shares of ``count`` sites or edges, together 1."""
    weights = [1 / rank**ZIPF for rank in range(1, count + 1)]
    total = sum(weights)
    return [weight / total for weight in weights]


def misses(rate: float) -> float:
    """Misses a second of a cache that keeps a copy for TTL, asked at random at this rate: one in 1 + rate x TTL."""
    return rate / (1 + rate * TTL)


def settings_past_cache(rate: float, origins: int) -> float:
    """Requests a second that reach the origin, of ``rate``.

    A copy is kept for each origin (and culture), at each edge that is asked for it, and behind the edges in regional
    caches. Both levels keep it for a day.
    """
    sites, edges = zipf(origins), grouped(zipf(EDGES))
    past = 0.0
    for site, times in grouped(sites):
        for culture in zipf(CULTURES):
            at_edges = sum(number * misses(rate * site * culture * edge) for edge, number in edges)
            past += times * REGIONAL * misses(at_edges / REGIONAL)
    return past


def grouped(shares: list[float]) -> list[tuple[float, int]]:
    """Bundle the long tail: (mean share, how many), in groups that double."""
    groups, start = [], 0
    while start < len(shares):
        end = min(len(shares), max(start + 1, start * 2))
        groups.append((sum(shares[start:end]) / (end - start), end - start))
        start = end
    return groups


def limits(page_views: float, origins: int, assumed: Assumed) -> list[Limit]:
    """The quotas that traffic runs into, at the busiest hour."""
    rate = page_views / MONTH * PEAK
    past = settings_past_cache(rate * assumed.settings_requests, origins)
    writes, shown = rate * assumed.consents, rate * assumed.visits_shown
    posts = writes + shown
    units = writes * 2  # 8 services
    busiest = zipf(origins)[0]
    edge = rate * (assumed.sdk_requests + assumed.settings_requests) + posts
    return [
        Limit("ApiRateLimit (ours)", 1_000, posts + past, "the parameter"),
        Limit("API Gateway, requests a second", 10_000, posts + past, "quota; more regions"),
        Limit("Lambda, concurrent executions", 1_000, posts * 0.013 + past * 0.011, "quota"),
        Limit("DynamoDB, write units of a table", 40_000, units, "quota; warm throughput before a launch"),
        Limit(
            "DynamoDB, reads of one widget", 3_000, past * busiest + posts * busiest / 30, "more `live` items a widget"
        ),
        Limit(
            "Archive, seconds a second of a shard", 1, archive(writes, units, origins), "ParallelizationFactor, batch"
        ),
        Limit("CloudFront, requests a second", 250_000, edge, "quota"),
    ]


def archive(writes: float, units: float, origins: int) -> float:
    """Seconds of work that a shard's function has in a second.

    A batch is 1,000 proofs or a minute's, and an object for each widget in it; every origin has a widget of its own.
    """
    rate = writes / max(FIRST_SHARDS, math.ceil(units / 1_000))
    seconds = min(60.0, 1_000 / rate)
    proofs = rate * seconds
    widgets = sum(times * (1 - (1 - share) ** proofs) for share, times in grouped(zipf(origins)))
    return float(widgets) * OBJECT / seconds


def measure(_rounds: int) -> list[Table]:
    assumed = Assumed()
    cache = Table(
        "Settings: what passes CloudFront, of all that is asked",
        ("page views a month", "1 origin", "100 origins", "10,000 origins", "1,000,000 origins"),
    )
    for billions in (0.001, 0.1, 1, 10, 100):
        rate = billions * 1e9 / MONTH * assumed.settings_requests
        shares = [settings_past_cache(rate, origins) / rate for origins in (1, 100, 10_000, 1_000_000)]
        cache.add(f"{billions:g} billion", *(f"{share:.3%}" for share in shares))
    cache.notes.append(
        f"Computed: {EDGES} edges and {REGIONAL} regional caches, each keeping a copy for a day; sites and edges as "
        f"unequal as Zipf's law has it; {CULTURES} cultures; requests at random."
    )
    growth = Table(
        f"Quotas of a new account at the busiest hour ({PEAK:.0f} times the mean), 10,000 origins",
        ("", "at most", *(f"{billions} billion" for billions in (1, 10, 100)), "knob"),
    )
    for name in [limit.name for limit in limits(1e9, 10_000, assumed)]:
        row = [
            next(each for each in limits(billions * 1e9, 10_000, assumed) if each.name == name)
            for billions in (1, 10, 100)
        ]
        growth.add(name, f"{row[0].at_most:,g}", *(_used(each) for each in row), row[0].knob)
    return [cache, growth]


def _used(limit: Limit) -> str:
    digits = 2 if limit.at_most == 1 else 0
    return f"{limit.used:,.{digits}f}{' ✗' if limit.used > limit.at_most else ''}"


if __name__ == "__main__":
    for each in measure(1):
        print(f"{each}\n")
