"""The audit of accesses: entries are added, found by day, and deleted in time. AWS is in memory."""

import hashlib
import hmac
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent_core.access_audit import Access, AccessAudit, Kind, Subjects
from consent_core.dynamodb import connect
from local.tables import Tables

ADA = "arn:aws:sts::123456789012:assumed-role/ConsentOperators/ada"
ENTRY = Access(Kind.SEARCH, ADA, "2026-11-30T10:00:00.000Z", "Case 4711", 43, "5f" * 32)
BARE = Access(Kind.DOSSIER, "local", "2026-11-30T10:00:00.000Z")
EXPORT = replace(BARE, kind=Kind.EXPORT, widget_id=43, days="2026-11-24/2026-11-28")


@pytest.fixture
def audit(tables: Tables) -> AccessAudit:
    return AccessAudit(connect(), "AccessAuditTable", days=10)


def test_entries_come_back_as_they_were_recorded(audit: AccessAudit) -> None:
    for entry in (ENTRY, BARE, EXPORT):
        audit.record(entry)

    found = list(audit.between(date(2026, 11, 30), date(2026, 11, 30)))

    assert sorted(found, key=lambda each: each.kind) == [BARE, EXPORT, ENTRY]


def test_two_entries_of_one_moment_are_both_kept(audit: AccessAudit) -> None:
    for _ in range(2):
        audit.record(ENTRY)

    assert list(audit.between(date(2026, 11, 30), date(2026, 11, 30))) == [ENTRY, ENTRY]


def test_days_limit_what_is_found_and_the_newest_comes_first(audit: AccessAudit) -> None:
    times = [
        *("2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z"),
        *("2026-02-01T00:00:00.000Z", "2026-03-01T23:59:59.999Z", "2026-03-02T00:00:00.000Z"),
    ]
    for at in times:
        audit.record(replace(ENTRY, at=at))

    found = [each.at for each in audit.between(date(2026, 1, 1), date(2026, 3, 1))]

    assert found == times[4:0:-1]
    assert list(audit.between(date(2026, 3, 2), date(2026, 3, 1))) == []


def test_an_entry_has_a_time_to_live(audit: AccessAudit) -> None:
    audit.record(ENTRY)

    (item,) = connect().scan(TableName="AccessAuditTable")["Items"]

    assert item["ttl"] == {"N": "1796896800"}  # 2026-12-10T10:00:00Z
    assert item.keys() == {"month", "entry", "ttl", "kind", "actor", "at", "reason", "widgetId", "subject"}


def test_a_subject_is_an_hmac_with_the_key_of_the_stack() -> None:
    expected = hmac.new(b"key", b"CRM-42", hashlib.sha256).hexdigest()
    assert Subjects("key").of("CRM-42") == expected
    assert Subjects("other").of("CRM-42") != expected


@given(st.text(), st.text())
def test_different_ids_are_different_subjects(one: str, other: str) -> None:
    subjects = Subjects("key")
    assert (subjects.of(one) == subjects.of(other)) is (one == other)


def test_without_a_key_there_are_no_subjects() -> None:
    with pytest.raises(ValueError, match="key is missing"):
        Subjects("")
