"""Texts as CSV, for translators and their spreadsheets: the name of a text, what helps to translate it, the text.

A cell that a spreadsheet could run as a formula has an apostrophe, which is taken away when it is read.
"""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from consent_core.reports import spreadsheets

NAME = "name"
"""The head of the first column. That of the texts is their language; all other columns are for people alone."""

_HEAD = re.compile(rf'"?{NAME}"?([,;\t])', re.IGNORECASE)
_MOST_ROWS = 10_000
"""More than the texts of the largest definition: each cookie takes 40 of its 350,000 bytes."""

_MOST_FAULTS = 50
_LONGEST_NAME = 200

type Checks = Mapping[str, Callable[[str], str]]
"""The texts that a file may have, by their names, each with its check.

A check returns the text as it is published, or raises ValueError with a sentence.
"""


class Fault(NamedTuple):
    """A fault in a row, which is counted as spreadsheets do: the heads are row 1. Row 0 is the whole file."""

    row: int
    name: str
    sentence: str


class Sheet(NamedTuple):
    """The content of a file: texts by their names, empty for a built-in one. One with faults is not used."""

    texts: Mapping[str, str]
    faults: Sequence[Fault]


def written(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a file with these rows, whose first cell is the name. ``heads`` are those of the other columns."""
    output = io.StringIO(newline="")
    sheet = csv.writer(output)
    sheet.writerow((NAME, *heads))
    sheet.writerows([spreadsheets.cell(each) for each in row] for row in rows)
    return f"\ufeff{output.getvalue()}"


def read(content: str, culture: str, checks: Checks, unknown: Callable[[str], str]) -> Sheet:
    """Read the texts in one language: with commas, semicolons or tabs, as spreadsheets write them.

    ``unknown`` returns the sentence about a name without a check.
    """
    content = content.removeprefix("\ufeff").lstrip()
    if not content:
        return Sheet({}, [Fault(0, "", "There is nothing to read: choose a file, or paste its rows.")])
    if "\ufffd" in content:
        return _unreadable("is not in UTF-8: save it as “CSV UTF-8”")
    head = _HEAD.match(content)
    if head is None:
        return _unreadable(f"must begin with the heads of the columns, the first of which is “{NAME}”")
    rows: list[list[str]] = []
    try:
        rows.extend(csv.reader(io.StringIO(content, newline=""), delimiter=head[1], strict=True))
    except csv.Error as error:
        return _unreadable(f"cannot be read as CSV: {error}")
    if len(rows) > _MOST_ROWS:
        return _unreadable(f"must have at most {_MOST_ROWS:,} rows")
    return _texts_of(rows, culture, checks, unknown)


def _texts_of(rows: Sequence[Sequence[str]], culture: str, checks: Checks, unknown: Callable[[str], str]) -> Sheet:
    heads = [_plain(cell).strip() for cell in rows[0]]
    if heads.count(culture) != 1:
        said = ", ".join(heads[1:])[:200]
        return _unreadable(f"has no column “{culture}”, which the texts are to be in: its columns are {said}")
    column = heads.index(culture)
    found: dict[str, str] = {}
    faults: list[Fault] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        name = _plain(row[0]).strip()
        check = checks.get(name)
        sentence = unknown(name) if check is None else _wrong_row(row, len(heads), column, is_there=name in found)
        found[name] = ""
        if check and not sentence:
            found[name], sentence = _checked(check, _plain(row[column]))
        if sentence:
            faults.append(Fault(number, name[:_LONGEST_NAME], sentence))
        if len(faults) == _MOST_FAULTS:
            break
    return Sheet(found, faults)


def _wrong_row(row: Sequence[str], width: int, column: int, *, is_there: bool) -> str | None:
    if is_there:
        return "it is there twice"
    if len(row) <= column:
        return "it has no cell for the text"
    if any(cell.strip() for cell in row[width:]):
        return "it has more columns than the first row: put a text with commas into quotation marks"
    return None


def _checked(check: Callable[[str], str], text: str) -> tuple[str, str | None]:
    """Return a text as it is published, and what is wrong with it."""
    try:
        return check(text) if text.strip() else "", None
    except ValueError as error:
        return "", str(error)


def _unreadable(said: str) -> Sheet:
    return Sheet({}, [Fault(0, "", f"The file {said}.")])


def _plain(cell: str) -> str:
    """Return the text of a cell, with line feeds for the ends of lines."""
    return spreadsheets.text_of(cell).replace("\r\n", "\n").replace("\r", "\n")
