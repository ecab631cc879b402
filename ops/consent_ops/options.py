"""Arguments and options that several commands share, and how their values are read.

Typer's own conversions report faults in the words of the libraries below it, so each kind of value has a parser here.
"""

import re
import sys
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

import typer

from consent_core.shapes import DAY, LARGEST_ID, REASON
from consent_ops.printing import ask_for


def whole_number(most: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from 1 to ``most``."""

    def parsed(text: object) -> int:
        written = str(text)
        number = int(written) if written.isascii() and written.isdigit() else 0
        if not 1 <= number <= most:
            raise typer.BadParameter(f"must be a whole number from 1 to {most:,}")
        return number

    return parsed


def choice[C: StrEnum](kind: type[C]) -> Callable[[str], C]:
    """Return a parser of one of a few words."""

    def parsed(text: object) -> C:
        try:
            return kind(str(text))
        except ValueError:
            raise typer.BadParameter(f"must be one of {', '.join(kind)}") from None

    return parsed


def is_address(url: str) -> bool:
    """Return whether this is the address of a server, such as http://127.0.0.1:4566."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def parsed_service(text: object) -> str:
    """Read the service's address. Return its origin."""
    if not is_address(str(text)):
        raise typer.BadParameter("must be an address such as https://consent.example")
    parts = urlsplit(str(text))
    return f"{parts.scheme}://{parts.netloc}"


def parsed_day(text: object) -> datetime:
    """Read a day (UTC)."""
    try:
        if DAY.fullmatch(str(text)):
            return datetime.fromisoformat(str(text))
    except ValueError:
        pass
    raise typer.BadParameter("must be a day such as 2026-11-26")


def parsed_consent_id(text: object) -> UUID:
    """Read a consentId."""
    try:
        return UUID(str(text))
    except ValueError:
        raise typer.BadParameter("must be a UUID such as 8a5e89c4-2243-4598-97c5-ba3cfb35a138") from None


def parsed_reason(text: object) -> str:
    """Read why a visitor's data is asked for."""
    if not REASON.fullmatch(str(text)):
        raise typer.BadParameter("must be 1 to 500 characters")
    return str(text)


def secret_of(argument: str | None, name: str) -> str:
    """Return an argument, or a line of standard input in the place of ``-`` or of none.

    A shell keeps its history, and other users of a machine see each other's arguments.
    """
    if argument not in {None, "-"}:
        return str(argument)
    if sys.stdin is None:
        raise typer.BadParameter("standard input is closed", param_hint=name)
    ask_for(name)
    return sys.stdin.readline().rstrip("\r\n")


def origin_of(text: str) -> str:
    """Return what an operator typed as an origin: ``https://`` may be missing, and one ``/`` may follow.

    Every other fault stays, for the allow-list's own checks to report.
    """
    origin = text.strip().removesuffix("/")
    return origin if "://" in origin or not origin else f"https://{origin}"


def version_or_revision(text: str) -> str | int:
    """Return a version's key as it is, and a revision as a number."""
    return int(text) if _REVISION.fullmatch(text) else text


_REVISION = re.compile(r"[1-9][0-9]{0,14}")

WIDGET = whole_number(LARGEST_ID)

Widget = Annotated[
    int, typer.Argument(metavar="WIDGET", parser=WIDGET, show_default=False, help="A widget's id, such as 43")
]
DefinitionFile = Annotated[
    Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, show_default=False, help="A definition, as JSON")
]
DefinitionFiles = Annotated[
    list[Path],
    typer.Argument(metavar="FILE…", exists=True, dir_okay=False, show_default=False, help="Definitions, as JSON"),
]
ConsentId = Annotated[
    UUID,
    typer.Argument(
        metavar="CONSENT_ID", parser=parsed_consent_id, show_default=False, help="The visitor's browser keeps it"
    ),
]
Day = Annotated[
    datetime, typer.Argument(metavar="DATE", parser=parsed_day, show_default=False, help="A day in UTC: 2026-11-26")
]
Origin = Annotated[
    str,
    typer.Argument(
        metavar="ORIGIN", show_default=False, help="www.shop.example, or https://*.shop.example for all below it"
    ),
]
Reason = Annotated[
    str | None,
    typer.Option(
        "--reason", metavar="TEXT", parser=parsed_reason, help="Why, for the audit; without a visitor's name or id"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs")]
