"""Matrices of cases: every combination runs with ``--full`` (``make test-all``), a fixed sample of them without."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle, islice
from typing import Any

import pytest

type Case = Any
"""The result of ``pytest.param``: its class is private to pytest."""

_BEYOND_SAMPLE = pytest.mark.full


def matrix(
    rows: Mapping[str, tuple[object, ...]], columns: Mapping[str, tuple[object, ...]], *, sample: int = 0
) -> list[Case]:
    """Return every combination of a row with a column. The sample has each row and each column at least once.

    With a number, the sample is that long, and has the first rows and columns alone.
    """
    size = sample or max(len(rows), len(columns))
    chosen = set(islice(zip(cycle(rows), cycle(columns), strict=False), size))
    return [
        pytest.param(*row, *column, id=f"{name}-{other}", marks=() if (name, other) in chosen else _BEYOND_SAMPLE)
        for name, row in rows.items()
        for other, column in columns.items()
    ]


def rows(values: Mapping[str, object]) -> dict[str, tuple[object]]:
    """Return rows, or columns, of one value each."""
    return {name: (value,) for name, value in values.items()}


def sampled(values: Iterable[object], *, sample: int) -> list[Case]:
    """Return a case for each value. The first ``sample`` of them are the sample."""
    return [pytest.param(value, marks=() if index < sample else _BEYOND_SAMPLE) for index, value in enumerate(values)]


def share(values: Mapping[str, object], number: int, *, of: int) -> list[Case]:
    """Return a case for each value. Every ``of``-th from the one at ``number`` on is the sample.

    Tests of the same values take one share each, so that the sample has every value at least once.
    """
    return [
        pytest.param(value, id=name, marks=() if index % of == number else _BEYOND_SAMPLE)
        for index, (name, value) in enumerate(values.items())
    ]


class SampledMatrices:
    """A plugin of pytest that leaves out the cases beyond the samples.

    The marker counts on cases alone, not on whole tests: no test can be left out by it. A case that is named in full
    on the command line runs.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        if config.option.full or any("[" in argument for argument in config.args):
            return
        config.hook.pytest_deselected(items=[item for item in items if _is_beyond_sample(item)])
        items[:] = [item for item in items if not _is_beyond_sample(item)]


def _is_beyond_sample(item: pytest.Item) -> bool:
    marks: Sequence[pytest.Mark] = getattr(getattr(item, "callspec", None), "marks", ())
    return any(mark.name == _BEYOND_SAMPLE.name for mark in marks)
