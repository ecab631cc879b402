"""What the commands print: nothing is cut off, and what visitors and owners wrote is shown, never interpreted."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.text import Text

from consent_core.catalogue import Purpose
from consent_core.known_services import KnownService
from consent_core.publishing import Published
from consent_core.tables import Entry, StoredProof
from ops.administration import Listed, Origins, Shown

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


def changes(entries: Sequence[Entry]) -> None:
    """A row a change."""
    rows = [(e.change.at, e.change.what, e.change.detail or "-", e.change.actor, e.version_key) for e in entries]
    _table(("When", "What", "", "Who", "Version then"), [tuple(map(_printable, row)) for row in rows])


def versions(listed: Sequence[Listed]) -> None:
    """A line a version."""
    rows = [(each.version_key, each.published_at, "live" if each.is_live else "") for each in listed]
    _table(("Version", "Published", ""), rows)


def known_services(found: Sequence[KnownService]) -> None:
    """A row a service."""
    rows = ((known.category, known.service) for known in found)
    cells = [(service["slug"], category, service["purpose"], _cookies(service)) for category, service in rows]
    _table(("Slug", "Category", "Purpose", "Cookies"), cells)


def widget(shown: Shown) -> None:
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
