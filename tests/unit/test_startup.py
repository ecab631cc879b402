"""How a function starts in Lambda: no look for garbage in what it loads, and a connection before the first request."""

import os
import subprocess
import sys
from threading import Event
from typing import Any, cast

import pytest

from consent_core import startup
from consent_core.widget_table import WidgetTable
from local import ROOT

PROGRAM = """
import gc
import consent_core
loading = gc.isenabled()
from consent_core.observability import Telemetry
Telemetry().observed(print)
print(loading, gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


@pytest.mark.parametrize(
    ("environment", "printed"),
    [({"AWS_LAMBDA_FUNCTION_NAME": "widget_settings"}, "False True True"), ({}, "True True False")],
    ids=["in Lambda", "elsewhere"],
)
def test_garbage_is_collected_neither_during_loading_nor_in_what_was_loaded(
    environment: dict[str, str], printed: str
) -> None:
    finished = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers" / "consent_core"), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == printed


class Store:
    """A client that answers once it is told to, if at all."""

    def __init__(self, *, error: Exception | None = None) -> None:
        self.answers = Event()
        self.asked: list[dict[str, object]] = []
        self._error = error

    def get_item(self, **request: object) -> dict[str, object]:
        self.asked.append(request)
        self.answers.wait()
        if self._error:
            raise self._error
        return {}


def table(store: Store) -> WidgetTable:
    return WidgetTable(cast("Any", store), "WidgetsTable")


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "CONNECTS_EARLY", True)


def test_a_start_asks_the_store_for_a_widget_that_there_is_not(in_lambda: None) -> None:
    store = Store()
    store.answers.set()
    table(store).connect_early().join()
    (request,) = store.asked
    assert request["Key"] == {"widgetId": {"N": "0"}, "version": {"S": "live"}}
    assert request["ConsistentRead"] is False


def test_a_store_that_is_away_keeps_no_function_from_starting(in_lambda: None) -> None:
    store = Store()
    thread = table(store).connect_early()
    assert thread.is_alive()  # we are here, though no answer has come
    store.answers.set()
    thread.join()


def test_a_store_that_fails_keeps_no_function_from_starting(in_lambda: None) -> None:
    store = Store(error=RuntimeError("anything"))
    store.answers.set()
    table(store).connect_early().join()
    assert store.asked


def test_no_early_connection_is_opened_outside_lambda() -> None:
    store = Store()
    assert not table(store).connect_early().is_alive()
    assert not store.asked


@pytest.mark.parametrize(
    ("kind", "early"),
    [("on-demand", True), ("provisioned-concurrency", True), ("snap-start", False), ("", False)],
)
def test_a_connection_that_a_snapshot_would_hold_is_not_opened(kind: str, early: bool) -> None:
    program = "from consent_core import startup; print(startup.CONNECTS_EARLY)"
    finished = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "layers" / "consent_core"),
            "AWS_LAMBDA_INITIALIZATION_TYPE": kind,
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == str(early)
