"""GET /v1/widgets/{id}/statistics, from the event to the answer: decisions, counted in the archive."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest

from consent_core.archive.objects import Archive, Lane, archived
from consent_core.statistics import archived as counting
from consent_core.statistics.counts import Statistics
from tests.dossiers import proof
from tests.functional.conftest import Call, caller, event

STATISTICS = event("statistics")
DAYS = ("2026-11-23", "2026-11-24", "2026-11-25")


@pytest.fixture
def ask(archive: Archive) -> Callable[..., Any]:
    call: Call = caller("consent_statistics")

    def asked(first: str = DAYS[0], last: str = DAYS[2], widget: str = "43") -> Any:  # noqa: ANN401 - JSON
        sent = {**STATISTICS, "queryStringParameters": {"from": first, "to": last}, "pathParameters": {"id": widget}}
        return call(sent)

    return asked


def keep(archive: Archive, day: str, *numbers: int, lane: int = 0, widget: int = 43) -> None:
    proofs = [
        proof(id=f"{number}", consentId=f"{number}", widgetId=widget, date=f"{day}T10:00:00.000Z") for number in numbers
    ]
    Lane(archive, lane).append(widget, day, [archived(each, f"e{each['id']}") for each in proofs])


class Clock:
    """A clock that says these times, one at each look, and then the last one for good."""

    def __init__(self, *times: float) -> None:
        self._times = list(times)

    def monotonic(self) -> float:
        return self._times.pop(0) if len(self._times) > 1 else self._times[0]


def test_each_decision_of_the_period_is_counted_once(ask: Callable[..., Any], archive: Archive) -> None:
    keep(archive, DAYS[0], 1, 2)
    keep(archive, DAYS[0], 2, 3, lane=1)  # 2 was sent again
    keep(archive, DAYS[2], 4)
    keep(archive, "2026-11-22", 5)
    keep(archive, DAYS[1], 6, widget=44)

    answer = ask()

    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert [(each["day"], each["decisions"], each["shown"]) for each in answer.body["days"]] == [
        (DAYS[0], 3, None),
        (DAYS[1], 0, None),
        (DAYS[2], 1, None),
    ]
    assert (answer.body["total"]["decisions"], answer.body["isComplete"], answer.body["unreadable"]) == (4, True, [])
    assert answer.metrics == {"StatisticsServed": 1.0}
    assert Statistics.from_json(answer.body).total.decisions == 4


def test_days_before_the_archive_are_left_out(ask: Callable[..., Any], archive: Archive) -> None:
    keep(archive, DAYS[1], 1)

    body = ask().body

    assert (body["from"], body["to"], body["isComplete"]) == (DAYS[1], DAYS[2], False)


def test_without_an_archived_proof_a_period_has_no_decision(ask: Callable[..., Any]) -> None:
    body = ask().body
    assert (body["total"]["decisions"], body["isComplete"], len(body["days"])) == (0, True, 3)


def test_when_the_time_is_over_the_newest_days_are_there_as_a_whole(
    ask: Callable[..., Any], archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    for day in DAYS:
        keep(archive, day, 1, 2)
    monkeypatch.setattr(counting, "time", Clock(0.0, 1.0, 2.0, 20.0))

    body = ask().body

    assert (body["from"], body["to"], body["isComplete"]) == (DAYS[1], DAYS[2], False)
    assert (body["total"]["decisions"], [each["decisions"] for each in body["days"]]) == (4, [2, 2])


def test_a_day_that_is_too_large_is_refused(
    ask: Callable[..., Any], archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(archive, DAYS[2], 1)
    monkeypatch.setattr(counting, "time", Clock(0.0, 20.0))

    answer = ask()

    assert (answer.status, answer.problem, answer.body["field"]) == (422, "unprocessable-decision", "to")


def test_a_damaged_object_is_named(ask: Callable[..., Any], archive: Archive) -> None:
    keep(archive, DAYS[2], 1)
    key = f"proofs/widget=43/date={DAYS[2]}/lane=1/0000000001.ndjson.gz"
    boto3.client("s3", region_name="us-east-1").put_object(Bucket="archivebucket", Key=key, Body=b"damaged")

    body = ask(DAYS[2]).body

    assert (body["total"]["decisions"], body["isComplete"], body["unreadable"]) == (1, False, [key])


def test_an_unknown_widget_has_no_statistics(ask: Callable[..., Any]) -> None:
    answer = ask(widget="404")
    assert (answer.status, answer.problem) == (404, "not-found")


@pytest.mark.parametrize(
    ("first", "last", "error"),
    [
        ("2026-11-31", DAYS[2], {"loc": ["query", "from"], "type": "date_invalid"}),
        ("20261124", DAYS[2], {"loc": ["query", "from"], "type": "string_pattern_mismatch"}),
        (DAYS[2], DAYS[0], {"loc": ["query", "from"], "type": "contradiction"}),
        ("2026-08-01", "2026-11-01", {"loc": ["query", "from"], "type": "too_long"}),
        ("0001-01-01", DAYS[0], {"loc": ["query", "from"], "type": "too_long"}),
        (DAYS[0], "9999-12-31", {"loc": ["query", "to"], "type": "date_past"}),
    ],
)
def test_a_period_of_another_shape_is_refused(
    ask: Callable[..., Any], first: str, last: str, error: dict[str, object]
) -> None:
    answer = ask(first, last)
    assert (answer.status, answer.body["errors"]) == (400, [error])


@pytest.mark.parametrize("query", [None, {"from": DAYS[0]}, {"to": DAYS[0]}])
def test_both_days_are_needed(ask: Callable[..., Any], query: dict[str, str] | None) -> None:
    answer = caller("consent_statistics")({**STATISTICS, "queryStringParameters": query})
    missing = "to" if query and "from" in query else "from"
    assert (answer.status, answer.body["errors"]) == (400, [{"loc": ["query", missing], "type": "missing"}])
