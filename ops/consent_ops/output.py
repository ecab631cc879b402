"""The output of the commands: complete, and without effect on the terminal whatever visitors and owners wrote."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.table import Table
from rich.text import Text

from consent_core.archive.integrity import LaneOfDay, Report
from consent_core.catalogue import Purpose
from consent_core.consent_table import StoredProof
from consent_core.publishing.changes import Published
from consent_core.publishing.known_services import KnownService
from consent_core.widget_table import AuditEntry
from consent_ops import statistics_terminal
from consent_ops.administration import LiveDefinition, Origins, VersionSummary
from consent_ops.backfill import Backfilled
from consent_ops.widget_statistics import Statistics

_UNBOUNDED = 100_000  # columns; only a terminal wraps


def line(text: str) -> None:
    typer.echo(text)


def proofs(number: int) -> str:
    """Return a number of proofs in words."""
    return f"{number} proof" if number == 1 else f"{number} proofs"


def json_text(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def history(stored: Sequence[StoredProof]) -> None:
    """Print a row per decision, the oldest first, within 80 columns."""
    line(f"Consent {stored[0].proof['consentId']}\n")
    _table(("Decision", "Accepted", "Refused"), [_decision(each) for each in stored], leading=1)


def published(widget_id: int, outcome: Published) -> None:
    said = "published version" if outcome.is_new_version else "settings unchanged, still version"
    line(f"Widget {widget_id}: {said} {outcome.version_key}")


def origins(widget_id: int, allowed: Origins) -> None:
    line(f"Widget {widget_id} may be used on: {' '.join(allowed) or 'no origin'}")


def changes(entries: Sequence[AuditEntry]) -> None:
    """Print a row per change."""
    rows = [(e.change.at, e.change.what, e.change.detail or "-", e.change.actor, e.version_key) for e in entries]
    _table(("Date", "Change", "Detail", "Author", "Version"), [tuple(map(_printable, row)) for row in rows])


def versions(listed: Sequence[VersionSummary]) -> None:
    """Print a row per version."""
    rows = [(each.version_key, each.published_at, "live" if each.is_live else "") for each in listed]
    _table(("Version", "Published", ""), rows)


def known_services(found: Sequence[KnownService]) -> None:
    """Print a row per service."""
    rows = ((known.category, known.service) for known in found)
    cells = [(service["slug"], category, service["purpose"], _cookies(service)) for category, service in rows]
    _table(("Slug", "Category", "Purpose", "Cookies"), cells)


def integrity(report: Report) -> None:
    """Print a row per lane, with the link to note elsewhere, then a line per fault."""
    rows = [(str(each.lane), str(each.objects), str(each.lines), _last(each)) for each in report.lanes]
    if rows:
        _table(("Lane", "Objects", "Lines", "Last link"), rows)
    for fault in report.faults:
        line(f"{_printable(fault.where)}: {_printable(fault.what)}")
    line(f"{'Incomplete' if report.faults else 'Complete'}: {proofs(report.proofs)}")


def backfilled(day: Backfilled) -> None:
    line(f"Widget {day.widget_id}, {day.day}: {day.added} of {day.proofs} proofs were missing")


def integrity_json(report: Report) -> dict[str, object]:
    return {
        "whole": not report.faults,
        "proofs": report.proofs,
        "lanes": [
            {"lane": each.lane, "objects": each.objects, "lines": each.lines, "lastLink": _last(each)}
            for each in report.lanes
        ],
        "faults": [{"where": fault.where, "what": fault.what} for fault in report.faults],
    }


def _last(lane: LaneOfDay) -> str:
    return lane.last.link if lane.last else ""


def widget(shown: LiveDefinition) -> None:
    """Print the live version, then a row per service."""
    definition = shown.definition
    line(f"Widget {definition['id']}: {_printable(definition['label'])}")
    days = definition["consentCookieExpiryTime"]
    facts = {
        "Version": shown.version_key,
        "Enabled": _yes(definition["enabled"]),
        "Public keys": " ".join(definition["keys"]),
        "Origins": " ".join(definition["origins"]) or "none",
        "Developer mode": _yes(definition["developerMode"]),
        "Native apps": _yes(definition["allowNativeApps"]),
        "Languages": " ".join(definition["languages"]),
        "Proofs": f"kept for {days} days" if definition["saveConsentProof"] else "not stored",
    }
    _table(("", ""), facts.items(), header=False)
    line("")
    services = [_service(service) for service in definition["services"]]
    _table(("Service", "Name", "Purpose", "Cookies"), services)


def statistics(counted: Statistics, title: str) -> None:
    """Print charts made of text, for 80 columns."""
    console = statistics_terminal.console_for(is_terminal=sys.stdout.isatty())
    statistics_terminal.draw(counted, _printable(title), console)


class Progress:
    """Shows the progress of a long command on standard error, if that is a terminal."""

    def __init__(self, bar: Bar) -> None:
        self.total = 0
        self._bar = bar
        self._task: TaskID | None = None

    def days(self, days: Sequence[str]) -> Iterator[str]:
        """Yield the days, and show each."""
        self._task = self._bar.add_task("", total=len(days), proofs=0)
        for day in days:
            self._bar.update(self._task, description=day)
            yield day
            self._bar.update(self._task, advance=1, proofs=self.total)

    def counting[T](self, proofs: Iterable[T]) -> Iterator[T]:
        """Yield the proofs, and count them."""
        for proof in proofs:
            self.total += 1
            if self._task is not None and self.total % _SHOWN_EVERY == 0:
                self._bar.update(self._task, proofs=self.total)
            yield proof


_SHOWN_EVERY = 1_000


@contextmanager
def progress() -> Iterator[Progress]:
    columns = (
        "{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        "{task.fields[proofs]:,} proofs",
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        yield Progress(bar)


def _decision(stored: StoredProof) -> tuple[str, ...]:
    proof = stored.proof
    services = proof["consents"]["cookieConsents"]
    facts = (
        f"{proof['date']} {proof.get('action', '')}",
        f"widget {proof['widgetId']} on {proof.get('origin', 'a native app')}",
        f"version {proof['consents']['versionKey']}",
        f"{'expired' if stored.expired else 'expires'} {proof['dateExpiration']}",
    )
    return (
        "\n".join(_printable(fact).strip() for fact in facts),
        "\n".join(service["slug"] for service in services if service["consent"]),
        "\n".join(service["slug"] for service in services if not service["consent"]),
    )


def _service(service: Mapping[str, Any]) -> tuple[str, ...]:
    return service["slug"], _printable(service["name"]), Purpose(service["purpose"]).label, _cookies(service)


def _cookies(service: Mapping[str, Any]) -> str:
    return " ".join(cookie["name"] for cookie in service["cookies"])


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, header: bool = True, leading: int = 0) -> None:
    table = Table(box=SIMPLE, show_edge=False, show_header=header, leading=leading)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(width=None if sys.stdout.isatty() else _UNBOUNDED).print(table)


def _printable(text: str) -> str:
    """Replace the control characters that a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
