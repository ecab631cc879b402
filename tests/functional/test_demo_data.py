"""The decisions that ``make run`` starts with."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from local import demo_data
from local.tables import Tables

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_the_days_before_today_have_decisions_and_today_has_none(tables: Tables) -> None:
    assert demo_data.seed(tables, now=NOW) == sum(demo_data.DECISIONS)

    stored = list(tables.consents.proofs_since("2026-01-01", now=int(NOW.timestamp()), widget_id=demo_data.WIDGET_ID))
    assert Counter(item["date"]["S"][:10] for item in stored) == {
        (NOW.date() - timedelta(days=days_ago)).isoformat(): number
        for days_ago, number in enumerate(demo_data.DECISIONS, start=1)
    }
    assert {item["action"]["S"] for item in stored} == {"AcceptAll", "RefuseAll", "Selection"}


def test_another_start_on_the_same_day_stores_the_same_decisions(tables: Tables) -> None:
    demo_data.seed(tables, now=NOW)

    assert demo_data.seed(tables, now=NOW + timedelta(hours=3)) == 0
