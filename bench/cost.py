"""The cost of a million page views and of a million consents: list prices and assumptions in, dollars out.

``python -m bench.cost`` prints it alone; every number that is assumed has a name here and can be changed.
"""

from dataclasses import dataclass, field, replace

from bench.proofs import size_of
from bench.report import Table
from bench.tables import proof

PRICED = "us-east-1 list prices as publicly quoted in 2026, without free tiers and commitments; check before relying"
MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """Dollars. Requests are per million, volumes per GB, storage per GB and month."""

    cloudfront_request: float = 1.00  # HTTPS, United States, Canada and Europe
    cloudfront_out: float = 0.085  # first 10 TB; 0.02 to 0.06 from hundreds of TB on
    cloudfront_to_origin: float = 0.02
    api_request: float = 1.00  # HTTP API; 0.90 above 300 million
    lambda_request: float = 0.20
    lambda_gb_second: float = 0.0000133334  # arm64
    write_unit: float = 0.625
    read_unit: float = 0.125
    table_storage: float = 0.25
    table_recovery: float = 0.20
    log_ingestion: float = 0.50
    trace: float = 5.00
    object_put: float = 5.00
    object_storage: float = 0.023


@dataclass(frozen=True)
class Assumed:
    """One site and its visitors. Shares are per page view."""

    sdk_requests: float = 0.25  # a browser keeps the file for a day: one of four page views is the day's first
    settings_requests: float = 0.25  # kept for a session
    visits_shown: float = 0.03  # the window was shown: one POST that is counted
    consents: float = 0.02  # a decision: one POST that is stored
    settings_past_cache: float = 0.002  # of settings requests, see docs/scale.md
    sdk_past_cache: float = 0.0005
    sdk_bytes: int = 13_200  # with its headers, compressed
    settings_bytes: int = 3_000
    services: int = 8
    months_kept: float = 6.0  # 180 days
    memory_gb: float = 0.5
    read_ms: float = 11.0  # warm, at 512 MB: processor time / 0.29 and 4 ms of DynamoDB
    write_ms: float = 13.0
    log_bytes: int = 1_500  # our line, Lambda's two lines, the API's line
    traced: float = 0.05  # X-Ray samples 5 % beyond one a second
    proofs_per_object: float = 6.0  # in the archive: a site with a million a month, 60 s a batch, four shards
    archived_bytes: int = 350  # of a proof, compressed


@dataclass
class Bill:
    """Dollars by what they are for."""

    lines: dict[str, float] = field(default_factory=dict)

    def add(self, what: str, dollars: float) -> None:
        self.lines[what] = self.lines.get(what, 0.0) + dollars

    @property
    def total(self) -> float:
        return sum(self.lines.values())


def post(bill: Bill, prices: Prices, assumed: Assumed, times: float) -> None:
    """A POST from the browser to the function, ``times`` million."""
    bill.add("CloudFront", times * (prices.cloudfront_request + 1.0 * prices.cloudfront_out))  # 1 KB of answer
    bill.add("CloudFront", times * 1.5 * prices.cloudfront_to_origin)  # 1.5 KB of request
    invocation(bill, prices, assumed, times, assumed.write_ms)


def invocation(bill: Bill, prices: Prices, assumed: Assumed, times: float, milliseconds: float) -> None:
    """A request that reaches a function, ``times`` million."""
    bill.add("API Gateway", times * prices.api_request)
    seconds = times * MILLION * milliseconds / 1000
    bill.add("Lambda", times * prices.lambda_request + seconds * assumed.memory_gb * prices.lambda_gb_second)
    bill.add("Logs", times * assumed.log_bytes / 1000 * prices.log_ingestion)
    bill.add("X-Ray", times * assumed.traced * prices.trace)


def consents(prices: Prices, assumed: Assumed) -> Bill:
    """A million decisions: each stored, kept for its time, archived."""
    bill = Bill()
    size = size_of(proof(assumed.services))
    post(bill, prices, assumed, 1.0)
    bill.add("DynamoDB, writes", -(-size // 1024) * prices.write_unit)
    gigabytes = (size + 100) * MILLION / 1e9  # DynamoDB adds 100 bytes to an item
    bill.add("DynamoDB, kept", gigabytes * assumed.months_kept * (prices.table_storage + prices.table_recovery))
    bill.add("Archive", prices.object_put / assumed.proofs_per_object)
    bill.add("Archive", assumed.archived_bytes * MILLION / 1e9 * prices.object_storage * 12)
    return bill


def page_views(prices: Prices, assumed: Assumed) -> Bill:
    """A million page views, with the decisions among them."""
    bill = Bill()
    for share, size in (
        (assumed.sdk_requests, assumed.sdk_bytes),
        (assumed.settings_requests, assumed.settings_bytes),
    ):
        bill.add("CloudFront", share * (prices.cloudfront_request + size / 1000 * prices.cloudfront_out))
    missed = assumed.settings_requests * assumed.settings_past_cache
    invocation(bill, prices, assumed, missed + assumed.sdk_requests * assumed.sdk_past_cache, assumed.read_ms)
    bill.add("DynamoDB, reads", missed * prices.read_unit)
    post(bill, prices, assumed, assumed.visits_shown)
    for what, dollars in consents(prices, assumed).lines.items():
        bill.add(what, dollars * assumed.consents)
    return bill


def by_memory(cpu_ms: float, waiting_ms: float, start_cpu_ms: float, prices: Prices) -> Table:
    """How long a warm request and a start take, and what a million requests cost, by the setting of memory."""
    table = Table(
        "MemorySize: consent_collect",
        ("MB", "of a processor", "warm request, ms", "start, ms", "a million requests"),
    )
    for memory in (128, 256, 512, 1024, 1769):
        share = memory / 1769
        warm = cpu_ms / share + waiting_ms
        dollars = MILLION * warm / 1000 * memory / 1024 * prices.lambda_gb_second + prices.lambda_request
        table.add(f"{memory}", f"{share:.2f}", f"{warm:.0f}", f"{start_cpu_ms:.0f}", f"${dollars:.2f}")
    table.notes.append(
        f"Computed: {cpu_ms} ms of processor and {waiting_ms} ms of DynamoDB a request; a processor is 1,769 MB; a "
        "start has a whole one whatever the setting. No function has more than 60 MB resident, so each of these fits."
    )
    return table


def measure(_rounds: int) -> list[Table]:
    prices, assumed = Prices(), Assumed()
    bills = {
        "a million page views": page_views(prices, assumed),
        "… of a site that asks twice as often": page_views(
            prices, replace(assumed, visits_shown=2 * assumed.visits_shown, consents=2 * assumed.consents)
        ),
        "a million consents": consents(prices, assumed),
        "… of 2 services": consents(prices, replace(assumed, services=2)),
    }
    names = list(dict.fromkeys(what for bill in bills.values() for what in bill.lines))
    table = Table("Cost in dollars", ("", *names, "total"))
    for name, bill in bills.items():
        table.add(name, *(f"{bill.lines.get(what, 0):.2f}" for what in names), f"{bill.total:.2f}")
    table.notes.append(f"Prices: {PRICED}. What is assumed is in `bench/cost.py`, each number with its name.")
    return [table, by_memory(1.5, 5.0, 150.0, prices)]


if __name__ == "__main__":
    for each in measure(1):
        print(f"{each}\n")
