"""Each function answers before its time is over, instead of waiting on or of being ended by Lambda."""

from math import inf
from types import ModuleType
from typing import Any

import pytest

from consent_core import deadlines
from consent_core.archive.objects import Archive
from consent_core.errors import UnavailableError
from consent_core.widget_table import WidgetTable
from local.tables import Tables
from tests.functional.conftest import caller, event
from tests.handlers import invoked, load_handler

VISITORS = {
    "widget_settings": ("settings", 200),
    "consent_collect": ("collect", 201),
    "visitor_rights": ("history", 200),
}
OVER = 1_000
"""Milliseconds that a function has left when only those for its answer remain."""


@pytest.mark.parametrize("seconds", [2.49, 2.5])
@pytest.mark.parametrize("function", VISITORS)
def test_a_visitors_request_is_answered_at_its_deadline(
    tables: Tables, monkeypatch: pytest.MonkeyPatch, function: str, seconds: float
) -> None:
    """The first read takes so many seconds by the request's clock. Then it is answered from what there is, or 503."""
    clock, read = [0.0], WidgetTable.live
    name, status = VISITORS[function]
    call = caller(function)

    def slow(table: WidgetTable, widget_id: int) -> object:
        live = read(table, widget_id)
        clock[0] += seconds
        return live

    monkeypatch.setattr(WidgetTable, "live", slow)
    with deadlines.within(inf, lambda: clock[0]):
        answer = call(event(name))

    if seconds < 2.5:
        assert answer.status == status
    else:
        assert (answer.status, answer.problem) == (503, "store-unavailable")


def test_a_slower_machine_has_more_time(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORE_TIMEOUT_SECONDS", "20")
    assert load_handler("widget_settings", POWERTOOLS_SERVICE_NAME="widget_settings").visitors_wait() == 100


def called(function: str, sent: dict[str, Any]) -> tuple[Any, dict[str, float]]:
    """Call a function that has time for its answer alone. Return the answer and the metrics."""
    module: ModuleType = load_handler(function, POWERTOOLS_SERVICE_NAME=function)
    answer, printed = invoked(module.handler, sent, module.TELEMETRY, milliseconds=OVER)
    return answer, printed.metrics


@pytest.mark.parametrize(
    ("function", "name", "metric"),
    [
        ("widget_admin", "admin-show", "AdministrationRefusedUnavailable"),
        ("consent_lookup", "lookup", "LookupsRefusedUnavailable"),
        ("consent_lookup", "search", "LookupsRefusedUnavailable"),
        ("consent_lookup", "erase-consent", "LookupsRefusedUnavailable"),
        ("consent_statistics", "statistics", "StatisticsRefusedUnavailable"),
    ],
)
def test_an_operators_request_is_answered_before_lambda_ends_the_function(
    archive: Archive, function: str, name: str, metric: str
) -> None:
    answer, metrics = called(function, event(name))
    assert (answer["statusCode"], metrics) == (503, {metric: 1.0})


def test_records_that_there_is_no_time_for_come_again(archive: Archive) -> None:
    sent = event("consent-archive")
    answer, metrics = called("consent_archive", sent)
    first = sent["Records"][0]["dynamodb"]["SequenceNumber"]
    assert answer == {"batchItemFailures": [{"itemIdentifier": first}]}
    assert metrics["BatchesPostponed"] == 1.0
    assert archive.widgets() == []


def test_an_invalidation_that_there_is_no_time_for_is_tried_again(tables: Tables) -> None:
    with pytest.raises(UnavailableError):
        called("invalidate_cache", event("invalidate-cache"))
