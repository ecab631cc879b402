"""The cost of a proof, as the benchmarks count it: a figure that must not grow unnoticed."""
# mypy: disable-error-code="import-untyped"

from datetime import UTC, datetime

import pytest
from samcli.yamlhelper import yaml_parse

from bench import definitions, flood
from bench.proofs import requests_of_a_post, size_of
from bench.report import Table
from bench.tables import proof, published
from consent_core.publishing.changes import plan
from consent_core.publishing.definitions import definition_from_json
from local import ROOT

UNIT = 1024  # bytes of a DynamoDB write unit


@pytest.mark.parametrize(("services", "units"), [(2, 1), (10, 3)])
def test_a_proof_takes_few_write_units(services: int, units: int) -> None:
    assert size_of(proof(services)) <= units * UNIT


def test_a_decision_is_one_write_and_no_read_while_what_is_live_is_fresh() -> None:
    assert requests_of_a_post() == ["PutItem"]


@pytest.mark.parametrize("name", definitions.DEFINITIONS)
def test_a_dear_definition_is_no_longer_than_may_be_sent(name: str) -> None:
    assert len(definitions.DEFINITIONS[name].encode()) <= definitions.LIMIT


def test_the_plain_definitions_can_be_read_and_the_smaller_one_be_published() -> None:
    widgets = published(definitions.SERVICES).tables().widgets
    found = plan(widgets, definition_from_json(definitions.plain(definitions.STORED)), now=datetime.now(UTC))
    assert found.is_new_version
    assert definitions.LIMIT - len(definitions.plain(definitions.LIMIT).encode()) < 20_000


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


def test_the_page_on_growth_quotes_the_flood_as_it_is_computed() -> None:
    page = (ROOT / "docs" / "scale.md").read_text("utf-8").partition("## A flood of forged decisions")[2]
    quoted = {
        cells[0].strip(): cells[-3:]
        for line in page.splitlines()
        if line.startswith("| ") and len(cells := [cell.strip(" *") for cell in line.strip("|").split("|")]) >= 4
    }
    (table,) = flood.measure(1)
    for name, *amounts in table.rows:
        assert quoted[name] == amounts


@pytest.mark.parametrize(("addresses", "passing"), [(1, 15_000), (75, 43_200_000), (74, 15_000)])
def test_the_rules_stop_an_address_above_their_limit_and_no_other(addresses: int, passing: int) -> None:
    assert flood.Flood(addresses=addresses).passing(flood.Firewall()) == passing
    assert flood.Flood(addresses=addresses).passing(None) == 43_200_000


def test_the_flood_is_computed_with_the_shipped_limits() -> None:
    template = yaml_parse((ROOT / "edge-protection.yaml").read_text("utf-8"))
    defaults = {name: each["Default"] for name, each in template["Parameters"].items()}
    firewall = flood.Firewall()
    assert (firewall.limit, firewall.window) == (defaults["CollectLimit"], defaults["WindowSeconds"])
    assert firewall.rules == len(template["Resources"]["WebAcl"]["Properties"]["Rules"])


def test_a_table_is_markdown() -> None:
    table = Table("Title", ("what", "ms"))
    table.add("one", "1")
    table.notes.append("A note.")
    assert str(table) == "### Title\n\n| what | ms |\n|------|---:|\n| one  |  1 |\n\nA note."
