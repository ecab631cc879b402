"""A flood of forged decisions: what a day of it costs, with and without the rules of edge-protection.yaml. Computed.

Every factor has a name here or in bench/cost.py. docs/scale.md reads it.
"""

from dataclasses import dataclass, replace
from math import ceil

from bench.cost import MILLION, PRICED, Assumed, Bill, Prices, consents
from bench.report import Table

DAY = 86_400  # seconds


@dataclass(frozen=True)
class Firewall:
    """The web ACL with its defaults. Dollars a month, or per million requests that it inspects."""

    limit: int = 2_000  # CollectLimit, requests of an address in a window
    window: int = 300  # WindowSeconds
    seconds_unnoticed: int = 30  # "usually below 30 seconds", AWS WAF's developer guide, caveats of rate-based rules
    request: float = 0.60
    web_acl: float = 5.00
    rule: float = 1.00
    rules: int = 6

    @property
    def from_one_address(self) -> float:
        """Decisions a second that one address can send without being noticed."""
        return self.limit / self.window


@dataclass(frozen=True)
class Flood:
    """Decisions a second, for a day, from some addresses that share them evenly."""

    rate: int = 500
    addresses: int = 1

    @property
    def sent(self) -> int:
        return self.rate * DAY

    def passing(self, firewall: Firewall | None) -> int:
        """Return how many reach the store. A rule counts what it blocks too, so it blocks until the flood ends."""
        if firewall is None or self.rate / self.addresses <= firewall.from_one_address:
            return self.sent
        return self.rate * firewall.seconds_unnoticed


def bill(flood: Flood, firewall: Firewall | None) -> Bill:
    """Return what a day of the flood costs, until its last proof has expired.

    DynamoDB's deletions by time to live are free, and so is reading its stream by Lambda. CloudFront takes no money for
    what the web ACL blocks. A batch of the archive is full, because one widget is flooded.
    """
    made = Bill()
    passing = flood.passing(firewall) / MILLION
    for what, dollars in consents(Prices(), replace(Assumed(), proofs_per_object=1_000)).lines.items():
        made.add(what, dollars * passing)
    if firewall:
        made.add("Firewall", flood.sent / MILLION * firewall.request)
        made.add("Firewall", (firewall.web_acl + firewall.rule * firewall.rules) / 30)
    return made


def measure(_rounds: int) -> list[Table]:
    firewall = Firewall()
    many = ceil(Flood().rate / firewall.from_one_address)  # as many addresses as it takes to stay below the limit
    cases = {
        "without rules": (Flood(), None),
        "with rules, one address": (Flood(), firewall),
        f"with rules, {many} addresses": (Flood(addresses=many), firewall),
    }
    bills = {name: bill(*case) for name, case in cases.items()}
    names = list(dict.fromkeys(what for each in bills.values() for what in each.lines))
    table = Table(f"A day of {Flood().rate} forged decisions a second: dollars", ("", *cases))
    table.add("decisions sent", *(f"{flood.sent:,}" for flood, _ in cases.values()))
    table.add("decisions stored", *(f"{flood.passing(rules):,}" for flood, rules in cases.values()))
    for what in names:
        table.add(what, *(f"{each.lines.get(what, 0):,.2f}" for each in bills.values()))
    table.add("total", *(f"{each.total:,.2f}" for each in bills.values()))
    table.notes.append(f"Prices: {PRICED}.")
    return [table]


if __name__ == "__main__":
    for each in measure(1):
        print(f"{each}\n")
