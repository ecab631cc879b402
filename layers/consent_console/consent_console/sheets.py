"""Texts as CSV, for translators and their spreadsheets: the name of a text, the text in another language, the text.

A cell that a spreadsheet would run as a formula has an apostrophe before it, which is taken away when it is read.
"""

import csv
import difflib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from consent_core.publishing import texts

NAME = "name"
BUILT_IN = "built in"
"""The heads of the columns beside the one of the language."""

_HEAD = re.compile(rf'"?{NAME}"?([,;\t])', re.IGNORECASE)
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""The start of a cell that spreadsheets may run: with the signs in their wide forms, too."""

_PROTECTED = re.compile(rf"'(?={_FORMULA.pattern})")
_MOST_ROWS = 1_000
_MOST_FAULTS = 50


class Fault(NamedTuple):
    """A fault in a row, which is counted as spreadsheets do: the heads are row 1. Row 0 is the whole file."""

    row: int
    name: str
    sentence: str


class Sheet(NamedTuple):
    """The content of a file: texts by their names, empty for a built-in one. One with faults is not used."""

    texts: Mapping[str, str]
    faults: Sequence[Fault]


def written(reference: str, culture: str, rows: Iterable[tuple[str, str, str]]) -> str:
    """Return a file with these rows: name, text of the reference, own text. ``reference`` is a language or BUILT_IN."""
    output = io.StringIO(newline="")
    sheet = csv.writer(output)
    sheet.writerow((NAME, reference, culture))
    sheet.writerows([_protected(cell) for cell in row] for row in rows)
    return f"\ufeff{output.getvalue()}"


def read(content: str, culture: str) -> Sheet:
    """Read the texts in one language: with commas, semicolons or tabs, as spreadsheets write them."""
    content = content.removeprefix("\ufeff").lstrip()
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
    return _texts_of(rows, culture)


def _texts_of(rows: Sequence[Sequence[str]], culture: str) -> Sheet:
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
        sentence = _wrong_row(name, row, len(heads), column, found)
        found[name] = "" if sentence else _plain(row[column])
        if sentence is None and found[name].strip():
            sentence = _wrong_text(name, found[name])
        if sentence is not None:
            faults.append(Fault(number, name[:64], sentence))
    return Sheet(found, faults[:_MOST_FAULTS])


def _wrong_row(name: str, row: Sequence[str], width: int, column: int, found: Mapping[str, str]) -> str | None:
    if name not in texts.names():
        near = difflib.get_close_matches(name[:64], texts.names(), n=1)
        return "the widget has no text of this name" + (f": is it {near[0]}?" if near else "")
    if name in found:
        return "it is there twice"
    if len(row) <= column:
        return "it has no cell for the text"
    if any(cell.strip() for cell in row[width:]):
        return "it has more columns than the first row: put a text with commas into quotation marks"
    return None


def _wrong_text(name: str, text: str) -> str | None:
    try:
        texts.checked(name, text)
    except ValueError as error:
        return str(error)
    return None


def _unreadable(said: str) -> Sheet:
    return Sheet({}, [Fault(0, "", f"The file {said}.")])


def _protected(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _plain(cell: str) -> str:
    """Return a cell as it was before ``_protected``, with line feeds for the ends of lines."""
    protected = _PROTECTED.match(cell)
    return (cell[1:] if protected else cell).replace("\r\n", "\n").replace("\r", "\n")
