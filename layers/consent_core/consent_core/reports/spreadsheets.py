"""Files for spreadsheets (CSV): no cell of them runs as a formula.

A spreadsheet runs a cell that begins like a formula. No value of ours does; one may have been smuggled in. Some
programs skip invisible characters and quotes, read wide and small forms as well, or split cells where we do not: so a
formula gets an apostrophe wherever a cell could begin. docs/statistics.md says how to remove it.
"""

import csv
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any

_FORMULA = frozenset("=+-@\u2212\uff0b\uff0d\uff1d\uff20\u207a\u207b\u207c\u208a\u208b\u208c\ufe62\ufe63\ufe66\ufe6b")
_QUOTES = frozenset("\"'`\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f")
_SPLITTING = re.compile(r"([;,|\t\r\n])")
_BREAKS = frozenset("\t\r\n")

PROOF_COLUMNS = (
    "date",
    "consentId",
    "id",
    "widgetId",
    "workSpaceId",
    "versionKey",
    "versionAssumed",
    "lang",
    "typeDevice",
    "action",
    "origin",
    "accepted",
    "refused",
    "dateExpiration",
    "requestHash",
    "eventId",
    "policy",
    "gpc",
    "dnt",
    "notRefused",
)
"""The columns of a file of proofs, as `consent-ops export` writes them."""


def file_of(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a CSV file (RFC 4180). None is an empty cell."""
    written = StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([_written(value) for value in row] for row in rows)
    return written.getvalue()


def file_of_proofs(lines: Iterable[Mapping[str, Any]]) -> str:
    """Return a CSV file with a row for each archived proof, the oldest first."""
    rows = sorted(map(_row, lines), key=lambda row: list(map(str, row[:3])))
    return file_of(PROOF_COLUMNS, rows)


def cell(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    guarded = "".join(_guarded(part) for part in _SPLITTING.split(text))
    return f"'{guarded}" if _first(guarded) in _BREAKS else guarded


def text_of(written: str) -> str:
    """Return the text of which ``cell`` made this: without the apostrophes that it added."""
    guarded = written[1:] if written.startswith("'") and _first(written) in _BREAKS else written
    return "".join(
        part[1:] if part.startswith("'") and _first(part) in _FORMULA else part for part in _SPLITTING.split(guarded)
    )


def _guarded(part: str) -> str:
    return f"'{part}" if _first(part) in _FORMULA else part


def _first(part: str) -> str:
    """Return the first character that counts; empty if there is none."""
    return next((each for each in part if not _is_skipped(each)), "")


def _is_skipped(character: str) -> bool:
    if character in _BREAKS:
        return False
    return character in _QUOTES or unicodedata.category(character) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


def _written(value: object) -> object:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return cell(value)
    return value


def _row(line: Mapping[str, Any]) -> list[object]:
    consents = line["consents"]
    entries, signals = consents["cookieConsents"], consents.get("signals") or {}
    values = {
        **line,
        **consents,
        **signals,
        "accepted": _slugs(each for each in entries if each["consent"] and "notRefused" not in each),
        "refused": _slugs(each for each in entries if not each["consent"]),
        "notRefused": _slugs(each for each in entries if each.get("notRefused")),
    }
    return [values.get(name) for name in PROOF_COLUMNS]


def _slugs(entries: Iterable[Mapping[str, Any]]) -> str:
    return " ".join(each["slug"] for each in entries)
