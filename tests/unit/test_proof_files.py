"""The cells of an export as CSV: no program runs one, and each can be read as what was stored."""

import re

import duckdb
from hypothesis import example, given
from hypothesis import strategies as st

from consent_ops import proof_files
from tests.functional.test_export_and_stats import FORMULAS, SKIPPED

PIECES = st.sampled_from([*FORMULAS, *SKIPPED, ";", ",", "|", "\t", "\r", "\n", "a", "1", "("])


@given(st.lists(PIECES, max_size=8).map("".join))
@example("\t=1")
@example("'\t=1")
@example("a;b|'=1")
@example("1")
def test_no_part_of_a_cell_is_a_formula_and_an_apostrophe_less_is_the_value(text: str) -> None:
    with duckdb.connect() as database:
        database.execute(proof_files.GUARD)
        [(cell,)] = database.execute("SELECT cell(?)", [text]).fetchall()

    signs = re.escape(FORMULAS)  # a bare + - @ would be a range
    skipped = "[^\\w;,|\\t\\r\\n()" + signs + "]*"
    runs = re.compile(f"{skipped}[{signs}]")
    assert not any(runs.match(part) and not part.startswith("'") for part in re.split(r"[;,|\t\r\n]", cell))
    assert not cell.startswith(("\t", "\r", "\n"))
    undone = re.sub(f"^'({skipped}[\t\r\n])", r"\1", cell)
    assert re.sub(f"(^|[;,|\t\r\n])'({skipped}[{signs}])", r"\1\2", undone) == text
