"""Files for spreadsheets: nothing in them runs, and proofs are written as the command line's export writes them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.archive.objects import archived
from consent_core.reports.spreadsheets import PROOF_COLUMNS, cell, file_of, file_of_proofs, text_of
from consent_ops.proof_files import COLUMNS, Format, ProofFiles
from tests.dossiers import proof

FORMULAS = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    " =1",
    "\u200b=1",
    "\u00a0\u3000=1",
    '"=1',
    "‘=1",
    "\u2212 1",
    "＝1",
    "⁺1",
    "₋1",
    "﹢1",
    "\x00=1",
    "\x0b=1",
    "a\t=1",
    "a\n=1",
    "a\r\n =1",
    "a;=1",
    "a,=1|@b",
    ";=",
    "\t1",
    " \r1",
    "'=1",
    "\u202e=1",
]
PLAIN = ["", "a", "a=1", "1-2", "fr-BE", "2026-11-24T10:00:00.000Z", "a;b", "a\nb", "'a", "https://shop.example"]


def written(folder: Path, *lines: dict[str, Any]) -> list[list[str]]:
    """Return the rows that the command line writes."""
    files = ProofFiles(folder, 43, Format.CSV)
    with files.working_folder() as working:
        files.write(lines, "2026-11-24", working)
    return read(files.path("2026-11-24").read_text("utf-8", newline=""))


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_a_formula_gets_an_apostrophe(text: str) -> None:
    assert cell(text) != text
    assert cell(text).replace("'", "") == text.replace("'", "")


@given(st.text(st.sampled_from("=-@'\";, \t\r\na\u200b＝")))
def test_a_cell_is_read_equal(text: str) -> None:
    assert text_of(cell(text)) == text


@pytest.mark.parametrize("text", PLAIN, ids=ascii)
def test_other_text_stays(text: str) -> None:
    assert cell(text) == text


def test_a_file_has_a_header_and_no_cell_for_none() -> None:
    assert file_of(("a", "b"), [(1, None), (True, 'x "y"'), ("=1", "a\nb")]) == (
        'a,b\r\n1,\r\ntrue,"x ""y"""\r\n\'=1,"a\nb"\r\n'
    )


def test_proofs_are_written_as_the_command_line_writes_them(tmp_path: Path) -> None:
    told = proof(id="2", action="Signal")
    told["consents"] |= {"policy": "us", "signals": {"gpc": True, "dnt": False}}
    told["consents"]["cookieConsents"][1] |= {"notRefused": True}
    bare = proof(
        id="1", date="2026-11-24T09:00:00.000Z", consents={"lang": None, "versionKey": "v", "cookieConsents": []}
    )
    del bare["action"], bare["origin"]
    lines = [archived(each, "e") for each in (told, proof(id="3"), bare)]
    lines += [archived(proof(id=f"4{text}", action=text), "e") for text in FORMULAS if "\x00" not in text]

    ours = read(file_of_proofs(lines))

    assert tuple(ours[0]) == PROOF_COLUMNS == tuple(COLUMNS)
    assert sorted(ours) == sorted(written(tmp_path, *lines))
    assert [row[2] for row in ours[1:4]] == ["1", "2", "3"]
