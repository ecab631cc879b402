"""Which consents are valid, and end when everybody is asked again: counted from decisions, the newest day first."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from consent_core.publishing.history import sets_renewal, under_renewal
from consent_core.statistics.consents import Consents
from consent_core.widget_table import AuditEntry, Change

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
LATER = "2026-12-01T10:00:00.000Z"
NOW_EXACTLY, NEXT = "2026-11-26T12:00:00.000Z", "2026-11-26T12:00:00.001Z"


def proof(consent: str = "a", at: str = "2026-11-20T10:00:00.000Z", **changes: object) -> dict[str, Any]:
    made = {"consentId": consent, "id": at, "date": at, "dateExpiration": LATER, "action": "AcceptAll"}
    return {**made, "consents": {"versionKey": "present"}, **changes}


def of_version(name: str) -> dict[str, Any]:
    return {"consents": {"versionKey": name}}


def counted(*days: list[dict[str, Any]]) -> int:
    """Count days, the newest first."""
    consents = Consents({"present", "newest"}, now=NOW)
    for day in days:
        consents.count_day(day)
    return consents.valid


def test_a_consent_counts_once_whatever_was_chosen_and_however_often() -> None:
    refused = proof("b", action="RefuseAll")

    assert (
        counted([proof("a"), refused, proof("a"), proof("a", "2026-11-20T11:00:00.000Z")], [refused, proof("c")]) == 3
    )


@pytest.mark.parametrize(
    ("changes", "number"),
    [
        ({"dateExpiration": NOW_EXACTLY}, 0),
        ({"dateExpiration": NEXT}, 1),
        (of_version("newest"), 1),
        (of_version("older"), 0),
        ({"action": "Signal"}, 0),
        ({"action": None}, 1),
    ],
)
def test_a_consent_counts_while_it_lasts_and_if_its_visitor_is_not_asked_anyway(
    changes: dict[str, Any], number: int
) -> None:
    assert counted([proof(**changes)]) == number


def test_a_proof_without_an_action_is_a_decision() -> None:
    made = proof()
    del made["action"]

    assert counted([made]) == 1


ENDED = {"dateExpiration": NOW_EXACTLY}


@pytest.mark.parametrize(("newer", "older", "number"), [({}, ENDED, 1), (ENDED, {}, 0), (of_version("older"), {}, 0)])
def test_the_newest_decision_of_a_consent_says_whether_it_is_valid(
    newer: dict[str, Any], older: dict[str, Any], number: int
) -> None:
    first, second = proof(at="2026-11-20T10:00:00.000Z", **older), proof(at="2026-11-20T11:00:00.000Z", **newer)

    assert counted([first, second]) == counted([second, first]) == number
    assert counted([second], [first]) == number


def test_a_signal_leaves_the_decision_before_it_as_it_is() -> None:
    signal = proof(at="2026-11-20T12:00:00.000Z", action="Signal", **of_version("older"))

    assert counted([proof(), signal]) == counted([signal], [proof()]) == 1


def test_a_day_that_is_not_read_to_its_end_does_not_count() -> None:
    consents = Consents({"present"}, now=NOW)
    consents.count_day([proof("a")])

    def broken() -> Iterator[dict[str, Any]]:
        yield proof("b")
        raise TimeoutError

    with pytest.raises(TimeoutError):
        consents.count_day(broken())

    assert consents.valid == 1
    consents.count_day([proof("b")])
    assert consents.valid == 2


# --- The versions with the present renewal ----------------------------------------------------------------------------


def entry(revision: int, what: str, detail: str) -> AuditEntry:
    return AuditEntry(Change(f"2026-11-{revision:02}", "olga", what, detail), revision, f"v{revision}")


@pytest.mark.parametrize(
    ("change", "is_set"),
    [
        (entry(2, "raise-renewal", "3"), True),
        (entry(2, "publish", "bgColor, renewal"), True),
        (entry(2, "publish", "renewOnNewService"), False),
        (entry(2, "roll-back", "v1"), False),
        (entry(1, "publish", ""), True),
    ],
)
def test_a_change_says_whether_it_set_renewal(change: AuditEntry, is_set: bool) -> None:
    assert sets_renewal(change) is is_set


def test_the_entries_under_the_present_renewal_end_with_the_one_that_set_it() -> None:
    first, raised = entry(1, "publish", ""), entry(3, "raise-renewal", "1")
    entries = [entry(5, "roll-back", "v2"), entry(4, "publish", "bgColor"), raised, entry(2, "publish", ""), first]

    assert [each.revision for each in under_renewal(entries)] == [5, 4, 3]
    assert [each.revision for each in under_renewal(entries[3:])] == [2, 1]
    assert under_renewal([]) == []
