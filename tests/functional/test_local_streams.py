"""What stands in for Lambda's event source mappings on one machine."""

from datetime import UTC, datetime
from threading import Event
from typing import Any

import pytest

from consent_core.publishing import add_origin, raise_renewal
from consent_core.tables import Tables
from local import ROOT
from local.gateway import read_template
from local.streams import Mapped, delivering, fits, mappings

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
PATIENCE = 30.0  # seconds after which a delivery that never comes is given up


@pytest.fixture
def mapped() -> Mapped:
    """The mapping of the template that the widgets' stream has."""
    found = mappings(read_template(ROOT / "template.yaml")[0].raw_resources)
    return next(each for each in found if each.function == "WidgetPublishedFunction")


def test_what_is_live_is_delivered_and_a_failed_batch_comes_again(tables: Tables, mapped: Mapped) -> None:
    batches: list[list[dict[str, Any]]] = []
    is_taken = Event()

    def function(event: dict[str, Any]) -> dict[str, Any]:
        batches.append(event["Records"])
        if len(batches) == 1:
            return {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["dynamodb"]["SequenceNumber"]}]}
        is_taken.set()
        return {"batchItemFailures": []}

    with delivering(mapped, function):
        raise_renewal(tables, 44, actor="test", now=NOW)
        add_origin(tables, 44, "https://new.example", actor="test", now=NOW)
        assert is_taken.wait(PATIENCE)

    first, again = batches[0][0], batches[1][0]
    assert first == again
    assert (first["eventName"], first["dynamodb"]["Keys"]["version"]) == ("MODIFY", {"S": "live"})
    assert {record["dynamodb"]["Keys"]["version"]["S"] for batch in batches for record in batch} == {"live"}


@pytest.mark.parametrize(
    ("pattern", "is_fitting"),
    [
        ({"eventName": ["INSERT", "MODIFY"]}, True),
        ({"eventName": ["REMOVE"]}, False),
        ({"dynamodb": {"Keys": {"version": {"S": ["live"]}}}}, True),
        ({"dynamodb": {"Keys": {"version": {"S": ["v1"]}}}}, False),
        ({"dynamodb": {"NewImage": {"version": {"S": ["live"]}}}}, False),
    ],
)
def test_a_pattern_chooses_records(pattern: dict[str, Any], is_fitting: bool) -> None:
    assert fits(pattern, {"eventName": "INSERT", "dynamodb": {"Keys": {"version": {"S": "live"}}}}) is is_fitting
