"""The one way from a command to a terminal or a pipe. Only text that ``printable`` lets through passes."""

import json
import sys
from collections.abc import Iterable, Sequence

import typer
from rich.box import SIMPLE
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from consent_core.reports.printable import escaped, printable

type Cell = str | Sequence[str]
"""A cell of a table: one line, or several."""

_UNBOUNDED = 100_000  # columns; only a terminal wraps


def line(text: str = "") -> None:
    """Print one line."""
    typer.echo(printable(text))


def error_line(text: str) -> None:
    """Print one line on standard error."""
    typer.echo(printable(text), err=True)


def ask_for(name: str) -> None:
    """Ask on standard error for a line of standard input, if a person sits there."""
    if sys.stdin is not None and sys.stdin.isatty():
        typer.echo(f"{printable(name)}: ", nl=False, err=True)


def confirmed(question: str) -> bool:
    """Ask on standard error, with no for an answer by default. Return False without a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and typer.confirm(printable(question), err=True)


def json_text(value: object) -> None:
    """Print JSON. A character that is not printable is an escape, so that programs read the same value."""
    typer.echo(json_of(value), nl=False)


def json_of(value: object) -> str:
    """Return JSON as it is printed and written to files, with a line's end."""
    return escaped(json.dumps(value, indent=2, ensure_ascii=False)) + "\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, header: bool = True, leading: int = 0) -> None:
    """Print a table, as wide as a terminal if there is one."""
    made = Table(box=SIMPLE, show_edge=False, show_header=header, leading=leading)
    for column in columns:
        made.add_column(column, overflow="fold")
    for row in rows:
        made.add_row(*map(_cell, row))
    show(made, Console(width=None if sys.stdout.isatty() else _UNBOUNDED))


def show(renderable: RenderableType, console: Console) -> None:
    """Print what rich has laid out."""
    console.print(_Guarded(renderable))


def _cell(cell: Cell) -> Text:
    lines = (cell,) if isinstance(cell, str) else cell
    return Text("\n".join(map(printable, lines)))


class _Guarded:
    """A renderable whose text is printable. The sequences of its colours are rich's own."""

    def __init__(self, renderable: RenderableType) -> None:
        self._renderable = renderable

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(self._renderable, options):
            yield segment if segment.control else Segment(printable(segment.text, kept="\n"), segment.style)
