"""What the commands print: nothing is cut off, and what visitors and owners wrote is shown, never interpreted."""

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

_UNBOUNDED = 100_000  # columns, where there is no terminal to wrap at


def line(text: str) -> None:
    typer.echo(text)


def json_text(value: object) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def history(proofs: Sequence[StoredProof]) -> None:
    """A row a decision, the oldest first. Eighty columns are enough."""
    line(f"Consent {proofs[0].proof['consentId']}\n")
    _table(("Decision", "Accepted", "Refused"), [_decision(stored) for stored in proofs], leading=1)


def published(widget_id: int, outcome: Published) -> None:
    said = "published version" if outcome.is_new_version else "its settings are already those of version"
    line(f"Widget {widget_id}: {said} {outcome.version_key}")


def origins(widget_id: int, allowed: Origins) -> None:
    line(f"Widget {widget_id} may be used on: {' '.join(allowed) or 'no origin'}")


def changes(entries: Sequence[AuditEntry]) -> None:
    """A row a change."""
    rows = [(e.change.at, e.change.what, e.change.detail or "-", e.change.actor, e.version_key) for e in entries]
    _table(("When", "What", "", "Who", "Version then"), [tuple(map(_printable, row)) for row in rows])


def versions(listed: Sequence[VersionSummary]) -> None:
    """A line a version."""
    rows = [(each.version_key, each.published_at, "live" if each.is_live else "") for each in listed]
    _table(("Version", "Published", ""), rows)


def known_services(found: Sequence[KnownService]) -> None:
    """A row a service."""
    rows = ((known.category, known.service) for known in found)
    cells = [(service["slug"], category, service["purpose"], _cookies(service)) for category, service in rows]
    _table(("Slug", "Category", "Purpose", "Cookies"), cells)


def integrity(report: Report) -> None:
    """A row a lane, whose last link is worth noting elsewhere; then a line a fault."""
    rows = [(str(each.lane), str(each.objects), str(each.lines), _last(each)) for each in report.lanes]
    if rows:
        _table(("Lane", "Objects", "Lines", "Last link"), rows)
    for fault in report.faults:
        line(f"{_printable(fault.where)}: {_printable(fault.what)}")
    line(f"{'Not whole' if report.faults else 'Whole'}: {report.proofs} proofs")


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
    """What is live, then a line a service."""
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
    """Charts of text, for 80 columns."""
    console = statistics_terminal.console_for(is_terminal=sys.stdout.isatty())
    statistics_terminal.draw(counted, _printable(title), console)


class Progress:
    """Shows the progress of a long command on standard error, if that is a terminal."""

    def __init__(self, bar: Bar) -> None:
        self.total = 0
        self._bar = bar
        self._task: TaskID | None = None

    def days(self, days: Sequence[str]) -> Iterator[str]:
        """Go through days."""
        self._task = self._bar.add_task("", total=len(days), proofs=0)
        for day in days:
            self._bar.update(self._task, description=day)
            yield day
            self._bar.update(self._task, advance=1, proofs=self.total)

    def counting[T](self, proofs: Iterable[T]) -> Iterator[T]:
        """Pass proofs on, and count them."""
        for proof in proofs:
            self.total += 1
            yield proof
        if self._task is not None and self.total % _SHOWN_EVERY == 0:
            self._bar.update(self._task, proofs=self.total)


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
    """Without the control characters that a terminal would obey."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
