"""The cost of a proof, as the benchmarks count it: a figure that must not grow unnoticed."""

import pytest

from bench.proofs import requests_of_a_post, size_of
from bench.report import Table
from bench.tables import proof

UNIT = 1024  # bytes of a DynamoDB write unit


@pytest.mark.parametrize(("services", "units"), [(2, 1), (10, 3)])
def test_a_proof_takes_few_write_units(services: int, units: int) -> None:
    assert size_of(proof(services)) <= units * UNIT


def test_a_decision_is_one_write_and_no_read_while_what_is_live_is_fresh() -> None:
    assert requests_of_a_post() == ["PutItem"]


@pytest.mark.parametrize(
    ("item", "size"),
    [
        ({"id": {"S": "é"}}, 2 + 2),
        ({"n": {"N": "100"}}, 1 + 1 + 1),  # one significant digit
        ({"n": {"N": "-1795514400"}}, 1 + 4 + 1 + 1),
        ({"b": {"BOOL": True}}, 1 + 1),
        ({"z": {"NULL": True}}, 1 + 1),
        ({"m": {"M": {"a": {"S": "bc"}}}}, 1 + 3 + (1 + 1 + 2)),
        ({"l": {"L": [{"S": "a"}, {"S": "b"}]}}, 1 + 3 + (1 + 1) + (1 + 1)),
    ],
)
def test_the_size_of_an_item_is_counted_as_dynamodb_says(item: dict[str, dict[str, object]], size: int) -> None:
    """Developer Guide, *DynamoDB item sizes and formats*."""
    assert size_of(item) == size


def test_a_table_is_markdown() -> None:
    table = Table("Title", ("what", "ms"))
    table.add("one", "1")
    table.notes.append("A note.")
    assert str(table) == "### Title\n\n| what | ms |\n|------|---:|\n| one  |  1 |\n\nA note."
