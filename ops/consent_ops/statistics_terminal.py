"""Statistics on a terminal of 80 columns. Each outcome has its own pattern, so that colour is not needed."""

from collections.abc import Iterator

from rich.box import SIMPLE
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from consent_core.reports.printable import printable
from consent_core.statistics.counts import OVER_100_PERCENT, Counts, Statistics, most_frequent, percent, written
from consent_ops.printing import show

_PARTS = (
    ("accepted", "█", "blue", "accepted all"),
    ("selected", "▒", "yellow", "selection"),
    ("not_refused", "▚", "green", "not refused"),
    ("refused", "░", "white", "refused all"),
)
_DAY_BAR, _SHARE_BAR = 32, 24
_NOT_REFUSED = 13  # columns that the services' figure takes from their bars
_WIDTH, _WIDEST = 80, 100


def draw(statistics: Statistics, title: str, console: Console) -> None:
    """Print all parts of the statistics."""
    for part in (_headline(statistics, title), *_parts(statistics)):
        show(part, console)
        show("", console)


def console_for(*, is_terminal: bool) -> Console:
    """Return a console that is never too wide to read well."""
    console = Console(highlight=False)
    return Console(highlight=False, width=min(console.width, _WIDEST) if is_terminal else _WIDTH)


def _parts(statistics: Statistics) -> Iterator[Group | Table | Text]:
    yield _totals(statistics)
    if statistics.is_over_100_percent:
        yield Text(OVER_100_PERCENT)
    yield Group(_days(statistics), _legend(statistics))
    for title, counters in (("Language", statistics.by_language), ("Device", statistics.by_device)):
        if counters:
            yield _breakdown(title, counters)
    if statistics.by_action:
        yield _without_impressions("Decided by", statistics.by_action)
    if statistics.knows_policies:
        yield _without_impressions("Policy", statistics.by_policy)
    if statistics.services:
        yield _services(statistics)


def _headline(statistics: Statistics, title: str) -> Text:
    days = f"{statistics.days[0]} to {statistics.days[-1]} (UTC)"
    return Text(f"Widget {statistics.widget_id}: {title}", style="bold") + Text(f"\n{days}", style="not bold")


def _totals(statistics: Statistics) -> Table:
    total = statistics.total
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for justify in ("left", "right", "left"):
        table.add_column(justify=justify)
    answered = percent(statistics.comparable_decisions, total.shown)
    for row in (
        ("Shown", written(total.shown), statistics.gap),
        ("Closed without a decision", written(total.closed), ""),
        ("Decisions", written(total.decisions), f"{answered} of those shown" if total.shown else ""),
        *(
            (f"  {name}", written(count := getattr(total, part)), percent(count, total.decisions))
            for part, _, _, name in _found(statistics)
        ),
    ):
        table.add_row(*row)
    return table


def _days(statistics: Statistics) -> Table:
    table = _table("Day", "Shown", "Closed", "Decisions", "")
    most = max(counts.decisions for counts in statistics.by_day.values())
    for day, counts in statistics.by_day.items():
        table.add_row(day, *_figures(counts), _stacked(counts, most, _DAY_BAR))
    return table


def _breakdown(title: str, counters: dict[str, Counts]) -> Table:
    table = _table(title, "Shown", "Closed", "Decisions", "")
    for name, counts in most_frequent(counters):
        table.add_row(_name(name), *_figures(counts), _stacked(counts, counts.decisions, _SHARE_BAR))
    return table


def _without_impressions(title: str, counters: dict[str, Counts]) -> Table:
    table = _table(title, "Decisions", "")
    for name, counts in most_frequent(counters):
        table.add_row(_name(name), written(counts.decisions), _stacked(counts, counts.decisions, _SHARE_BAR))
    return table


def _services(statistics: Statistics) -> Table:
    heading = ["Not refused"] if statistics.knows_defaults else []
    table = _table("Service", "Purpose", *heading, "Agreed", "of", "", "")
    table.columns[1].justify = "left"
    width = _SHARE_BAR - len(heading) * _NOT_REFUSED
    for slug, service in statistics.most_asked():
        bar = Text("█" * round(width * service.agreed / (service.asked or 1)), style="blue")
        share = percent(service.agreed, service.asked)
        figures = [service.not_refused] * len(heading) + [service.agreed, service.asked]
        table.add_row(_name(slug), service.purpose.label, *map(written, figures), share, bar)
    return table


def _found(statistics: Statistics) -> list[tuple[str, str, str, str]]:
    """Return the outcomes to name: without policies, "not refused" is none."""
    return [part for part in _PARTS if part[0] != "not_refused" or statistics.total.not_refused]


def _name(name: str) -> Text:
    return Text(printable(name))


def _figures(counts: Counts) -> tuple[str, str, str]:
    return written(counts.shown), written(counts.closed), written(counts.decisions)


def _stacked(counts: Counts, most: int, width: int) -> Text:
    """Return a bar of ``width`` characters for ``most`` decisions. Its parts never exceed that width together."""
    bar = Text()
    done = drawn = 0
    for part, pattern, colour, _ in _PARTS:
        done += getattr(counts, part)
        until = round(width * done / most) if most else 0
        bar.append(pattern * (until - drawn), style=colour)
        drawn = until
    return bar


def _table(*columns: str) -> Table:
    table = Table(box=SIMPLE, show_edge=False, pad_edge=False)
    for place, column in enumerate(columns):
        is_bar = place == len(columns) - 1
        table.add_column(column, justify="left" if is_bar or place == 0 else "right", overflow="fold", no_wrap=is_bar)
    return table


def _legend(statistics: Statistics) -> Text:
    named = (Text(pattern, style=colour) + f" {name}" for _, pattern, colour, name in _found(statistics))
    return Text("   ").join(named)
