"""A sample leaves out cases of a matrix, never a test: tried on small runs of pytest's own."""

from pathlib import Path

import pytest

from tests.matrices import matrix, sampled, share
from tests.unit.test_no_skipped_tests import PARALLEL, run

CONFTEST = """
from tests.matrices import SampledMatrices
from tests.no_skipped_tests import NoSkippedTests

def pytest_addoption(parser):
    parser.addoption("--full", action="store_true")

def pytest_configure(config):
    config.addinivalue_line("markers", "full: beyond the sample")
    config.pluginmanager.register(SampledMatrices())
    config.pluginmanager.register(NoSkippedTests())
"""
MATRIX = """
import pytest
from tests.matrices import sampled

@pytest.mark.parametrize("number", sampled(range(5), sample=2))
def test_number(number):
    pass
"""
WHOLE_TEST = "import pytest\n\n@pytest.mark.full\ndef test_whole():\n    pass\n"


@pytest.mark.parametrize(("rows", "columns"), [("abc", "x"), ("abc", "xyz"), ("abcdefg", "xy"), ("ab", "vwxyz")])
def test_a_sample_has_each_row_and_each_column(rows: str, columns: str) -> None:
    cases = matrix({row: (row,) for row in rows}, {column: (column,) for column in columns})
    assert [case.values for case in cases] == [(row, column) for row in rows for column in columns]
    sample = [case.values for case in cases if not case.marks]
    assert len(sample) == max(len(rows), len(columns))
    assert {row for row, _ in sample} == set(rows)
    assert {column for _, column in sample} == set(columns)


def test_the_first_values_are_the_sample() -> None:
    assert [(case.values, bool(case.marks)) for case in sampled("abc", sample=2)] == [
        (("a",), False),
        (("b",), False),
        (("c",), True),
    ]


@pytest.mark.parametrize("of", [1, 2, 3])
def test_shares_have_each_value_once(of: int) -> None:
    values = {name: ord(name) for name in "abcdefg"}
    shares = [share(values, number, of=of) for number in range(of)]
    assert [[case.values for case in each] for each in shares] == [[(ord(name),) for name in "abcdefg"]] * of
    assert sorted(case.id or "" for each in shares for case in each if not case.marks) == list("abcdefg")


@pytest.mark.parametrize(
    ("module", "options", "passed"),
    [
        (MATRIX, (), 1 + 2),
        (MATRIX, PARALLEL, 1 + 2),
        (MATRIX, ("--full",), 1 + 5),
        (MATRIX, ("test_two.py::test_number[4]",), 1 + 5),
        (WHOLE_TEST, (), 1 + 1),
    ],
    ids=["sample", "in parallel", "full", "a case that is named", "whole test"],
)
def test_a_run_leaves_out_the_cases_beyond_the_sample_alone(
    tmp_path: Path, module: str, options: tuple[str, ...], passed: int
) -> None:
    code, output = run(tmp_path, module, *options, conftest=CONFTEST)
    assert code == 0
    assert f"{passed} passed" in output
