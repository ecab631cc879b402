"""The dearest definitions that may be sent, beside a plain one of the largest size: none may cost much more.

The work is all of a publication but the table: reading, warnings, rendering, and the differences to what is live. Most
of these definitions are refused: some when they are read, others because the result is too large to be stored.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from itertools import product
from string import ascii_lowercase, ascii_uppercase
from time import process_time_ns

from bench import contest, tables
from bench.report import Table, against, progress
from bench.tables import KEY, ORIGIN, WIDGET, Json
from consent_core.errors import DefinitionError
from consent_core.publishing import lint, texts
from consent_core.publishing.changes import plan
from consent_core.publishing.definitions import definition_from_json
from consent_core.widget_table import WidgetTable

LIMIT = 1_048_576
"""The most bytes that the administration API reads (docs/contract.md)."""
STORED = 145_000
"""Bytes of a plain definition that can also be stored: rendered, it is more than twice as long."""
SERVICES = 8  # of the widget that is live
PLAIN_SERVICES = 100
MOST = 10.0
"""The most that a definition may cost, in processor time, of the plain one of the largest size."""

LONGEST_TEXT = 4_950
"""Characters of a repeated part. Another 50 may surround it, because a text may have 5,000."""
ENGLISH = ["en", *(f"en-A{letter}" for letter in ascii_uppercase)]


def filled(make: Callable[[int], str], limit: int = LIMIT, *, most: int = LIMIT) -> str:
    """Return the text of the largest number that fits, at ``most`` that. Each further one must add the same length."""
    one, two = (len(make(number).encode()) for number in (1, 2))
    return make(min(most, 1 + (limit - one) // (two - one)))


def plain(limit: int) -> str:
    """Return a definition of ordinary services, with so many cookies each that it has the size."""
    services = json.loads(tables.definition(PLAIN_SERVICES))["services"]

    def make(times: int) -> str:
        listed = [{**service, "cookies": _numbered(service["cookies"], times)} for service in services]
        return definition(languages=["en", "fr"], services=listed)

    return filled(make, limit)


def _numbered(cookies: list[Json], times: int) -> list[Json]:
    return [{**cookie, "name": f"{cookie['name']}_{number:03}"} for number in range(times) for cookie in cookies]


def definition(**members: object) -> str:
    own = {"id": WIDGET, "label": "Shop", "keys": [KEY], "origins": [ORIGIN]}
    return json.dumps(own | members, ensure_ascii=False, separators=(",", ":"))


def service(number: int, **members: object) -> Json:
    """Return a service that needs no consent, so that the consent cookie stays small."""
    return {"name": "A", "slug": f"s{number:03}", "purpose": 0, **members}


def services(number: int = 500, **members: object) -> list[Json]:
    return [service(each, **members) for each in range(number)]


def described(text: str) -> str:
    """Return as many services as fit, each with a text as its description."""
    return filled(lambda n: definition(services=services(n, description=text)), most=500)


def cookies(languages: list[str], **members: object) -> str:
    """Return as many cookies of one service as fit."""
    cookie = {"name": "a", **members}
    return filled(lambda n: definition(languages=languages, services=[service(0, cookies=[cookie] * n)]))


LOGO = f"https://{'x.' * 100}b.example/l.png"
CULTURES = ["".join(each) for each in product(ascii_lowercase, ascii_lowercase, "-", ascii_uppercase, ascii_uppercase)]
WRITTEN = dict.fromkeys(sorted(texts.names()), "x")

DEFINITIONS: dict[str, str] = {
    "texts of white space in a tag": described(f"<a{' ' * LONGEST_TEXT}x>"),
    "texts of white space in a link": described(f'<a href="https://x.example"{" " * LONGEST_TEXT}x>x</a>'),
    "texts of tags": described("<b></b>" * (LONGEST_TEXT // 7)),
    "texts of links": described('<a href="https://x.example">x</a>' * (LONGEST_TEXT // 33)),
    "texts of tags that do not end": described("<" * LONGEST_TEXT),
    "texts of references": described("&amp;" * (LONGEST_TEXT // 5)),
    "cookies": cookies(["en"]),
    "cookies in 27 languages": cookies(ENGLISH),
    "cookies with texts in another language": cookies(ENGLISH, description={"fr": "x"}),
    "cookies without a name": cookies(["en"], name=""),
    "500 services": definition(services=services()),
    "500 services in 27 languages": definition(languages=ENGLISH, services=services()),
    "500 services with texts, in 27 languages": definition(
        languages=ENGLISH, services=services(description="x" * 2_000)
    ),
    "500 unknown services": definition(services=[f"googel-analytics-{'x' * 2_000}"] * 500),
    "more unknown services": filled(lambda n: definition(services=["x"] * n)),
    "texts in 27 languages": definition(languages=ENGLISH, translations=dict.fromkeys(ENGLISH, WRITTEN)),
    "texts in languages that are not listed": filled(
        lambda n: definition(translations={each: {} for each in CULTURES[:n]}), most=len(CULTURES)
    ),
    "logos on 2,000 wildcards": definition(
        origins=[f"https://*.a{number}.example" for number in range(2_000)], services=services(logoUrl=LOGO)
    ),
    "logos on 2,000 long wildcards": definition(
        origins=[f"https://*.{'x.' * 100}a{number}.example" for number in range(2_000)],
        services=services(logoUrl=LOGO),
    ),
    "2,000 origins of another alphabet": definition(
        origins=[f"https://{'ä.' * 30}ö{number}.example" for number in range(2_000)]
    ),
    "members that are not known": filled(lambda n: definition(**{f"a{number:05}": 0 for number in range(n)})),
    "one member again and again": filled(lambda n: "{" + '"a":0,' * n + '"b":0}'),
    "hosts that are none": filled(lambda n: definition(services=[service(0, domain=["-"] * n)])),
    "regions that are none": filled(lambda n: definition(consentModeOptions={"regions": ["-"] * n})),
}
"""Definitions that are dear for one reason each. Most grow to the limit; others have as many parts as are allowed."""


def publication(text: str, table: WidgetTable, now: datetime) -> None:
    """Do what a publication does before it writes."""
    with suppress(DefinitionError):
        read = definition_from_json(text)
        list(lint.warnings(read))
        plan(table, read, now=now)


def sample(text: str, table: WidgetTable, now: datetime) -> contest.Sample:
    """Return milliseconds of processor time, and nanoseconds for each byte."""
    begun = process_time_ns()
    publication(text, table, now)
    took = process_time_ns() - begun
    return {"cpu": took / 1e6, "a byte": took / len(text.encode())}


def measure(rounds: int) -> list[Table]:
    widgets = tables.published(SERVICES).tables().widgets
    now = datetime.now(UTC)
    sent = {"plain": plain(LIMIT), "plain, small enough to be stored": plain(STORED), **DEFINITIONS}
    found: dict[str, list[contest.Sample]] = {name: [] for name in sent}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for name, text in sent.items():
            found[name].append(sample(text, widgets, now))
    return [_table(sent, found, rounds)]


def _table(sent: Mapping[str, str], found: Mapping[str, list[contest.Sample]], rounds: int) -> Table:
    columns = ("", "bytes", "CPU ms", "of the plain one, CPU", "a byte's, CPU")
    table = Table(f"Dear definitions ({rounds} rounds, taking turns)", columns)
    for name, samples in found.items():
        cost, of_a_byte = (contest.ratio(samples, found["plain"], what) for what in ("cpu", "a byte"))
        size, cpu = len(sent[name].encode()), contest.middle(samples, "cpu")
        table.add(name, f"{size:,}", f"{cpu:,.0f}", against(cost, MOST), f"{of_a_byte:.2f}")
    return table
