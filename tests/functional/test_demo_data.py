"""The decisions that ``make run`` starts with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from consent_core.archive import integrity
from consent_core.archive.objects import Archive
from local import demo_data
from local.tables import Tables

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAYS = {
    (NOW.date() - timedelta(days=days_ago)).isoformat(): number
    for days_ago, number in enumerate(demo_data.DECISIONS, start=1)
}


def stored(tables: Tables) -> list[dict[str, Any]]:
    items = tables.consents.proofs_since("2026-01-01", now=int(NOW.timestamp()), widget_id=demo_data.WIDGET_ID)
    return sorted(map(dict, items), key=lambda item: item["id"]["S"])


def test_each_day_before_today_has_decisions_in_table_and_archive(tables: Tables, archive: Archive) -> None:
    demo_data.seed(tables, archive, now=NOW)

    dates = [item["date"]["S"][:10] for item in stored(tables)]
    assert {day: dates.count(day) for day in dates} == DAYS
    assert archive.days(demo_data.WIDGET_ID) == sorted(DAYS)
    for day, number in DAYS.items():
        report = integrity.verify(archive, demo_data.WIDGET_ID, day)
        assert (report.proofs, report.faults) == (number, [])
    assert {item["action"]["S"] for item in stored(tables)} == {"AcceptAll", "RefuseAll", "Selection"}


def test_another_start_on_the_same_day_stores_the_same_decisions(tables: Tables, archive: Archive) -> None:
    demo_data.seed(tables, archive, now=NOW)
    before = stored(tables)
    demo_data.seed(tables, archive, now=NOW + timedelta(hours=3))

    assert stored(tables) == before
