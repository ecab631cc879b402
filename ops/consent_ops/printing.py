"""The one way from a command to a terminal or a pipe, and the one rule for what may pass.

Labels, pages, names, messages of servers, file names and arguments come from others. A terminal obeys some of their
characters: control characters, direction marks and invisible ones. Text shows each as U+FFFD, JSON as an escape.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Container, Iterable, Sequence

import typer
from rich.box import SIMPLE
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

type Cell = str | Sequence[str]
"""A cell of a table: one line, or several."""

_UNBOUNDED = 100_000  # columns; only a terminal wraps
_OF_JSON = re.compile(r"[^\n -~]")


def printable(text: str, *, kept: Container[str] = "") -> str:
    """Return ``text`` without the characters that are not printable (``str.isprintable``), except those ``kept``.

    A space of any kind becomes a space. Any other one becomes U+FFFD: C0, DEL, C1, format characters such as direction
    marks, separators of lines, lone surrogates, and code points that have no character.
    """
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each in kept else _replacement(each) for each in text)


def _replacement(character: str) -> str:
    return " " if unicodedata.category(character) == "Zs" else "\N{REPLACEMENT CHARACTER}"


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


def escaped(text: str) -> str:
    """Return JSON in which every character that is not printable is an escape: outside strings there is none."""
    return _OF_JSON.sub(lambda found: found[0] if found[0].isprintable() else json.dumps(found[0])[1:-1], text)


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
