"""The output of each benchmark: a table in Markdown, and notes."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def __str__(self) -> str:
        widths = [max(len(row[index]) for row in (self.columns, *self.rows)) for index in range(len(self.columns))]

        def line(cells: Sequence[str]) -> str:
            first, *rest = (
                f"{cell:<{width}}" if not index else f"{cell:>{width}}"
                for index, (cell, width) in enumerate(zip(cells, widths, strict=True))
            )
            return f"| {' | '.join([first, *rest])} |"

        rule = "|".join(
            "-" * (width + 2) if not index else "-" * (width + 1) + ":" for index, width in enumerate(widths)
        )
        return "\n".join(
            [f"### {self.title}", "", line(self.columns), f"|{rule}|", *map(line, self.rows), "", *self.notes]
        )


def against(value: float, target: float, *, unit: str = "") -> str:
    """A measured value beside what it may be at most."""
    digits = 0 if isinstance(value, int) else 2
    return f"{value:.{digits}f}{unit} of {target:.{digits}f}{unit} {'✓' if value <= target else '✗'}"


def progress(text: str) -> None:
    """Print progress, on a terminal only."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r  {text}\033[K")
