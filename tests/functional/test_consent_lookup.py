"""POST /v1/consents/lookup, from the event to the answer."""

import json

import pytest

from consent_core.archive.athena import Finder
from consent_core.archive.objects import Archive, Lane, archived
from consent_core.dossier.claims import ADVICE
from local.tables import Tables
from tests.dossiers import PERSONAL, holding, proof
from tests.functional.conftest import Call, caller, event, with_body
from tests.functional.test_evidence import made, version

__all__ = ["version"]  # a fixture

LOOKUP = event("lookup")
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
ADA = "arn:aws:sts::123456789012:assumed-role/ConsentOperators/ada"


@pytest.fixture
def lookup(archive: Archive) -> Call:
    return caller("consent_lookup")


def test_a_lookup_returns_the_consent_the_version_shown_and_the_evidence(
    lookup: Call, tables: Tables, archive: Archive, version: str
) -> None:
    stored = made(version, consentId=CONSENT)
    tables.consents.put_proof(stored)
    Lane(archive, 0).append(45, "2026-11-24", [archived(stored, "e1")])

    answer = lookup(LOOKUP)

    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.metrics == {"LookupsServed": 1.0}
    (decision,), (shown,) = answer.body["decisions"], answer.body["shown"]
    assert decision["proof"] == stored
    assert set(holding(decision).values()) == {True}
    assert (shown["versionKey"], shown["lang"], shown["settings"]["label"]) == (version, "fr", "Shop")


def test_an_expired_proof_is_marked_and_read_from_the_archive(lookup: Call, archive: Archive, version: str) -> None:
    old = made(version, consentId=CONSENT, date="2025-11-24T10:00:00.000Z", dateExpiration="2026-05-23T10:00:00.000Z")
    Lane(archive, 0).append(45, "2025-11-24", [archived(old, "e1")])

    asked = [lookup(with_body(LOOKUP, dates=dates)) for dates in (None, ["2025-11-23"], ["2025-11-24"])]

    assert [answer.status for answer in asked] == [200, 200, 200]
    assert [len(answer.body["decisions"]) for answer in asked] == [0, 0, 1]
    (decision,) = asked[2].body["decisions"]
    assert (decision["isExpired"], decision["isInTable"]) == (True, False)
    assert not decision["proof"].keys() & PERSONAL.keys()
    assert asked[2].body["archive"]["searched"] == [{"widgetId": 45, "date": "2025-11-24"}]


def test_without_athena_the_answer_says_that_a_day_is_needed(lookup: Call) -> None:
    answer = lookup(with_body(LOOKUP, dates=None))

    archive = {"searched": [], "isWhole": False, "isComplete": True, "advice": ADVICE, "unreadable": []}
    assert (answer.status, answer.body["decisions"], answer.body["archive"]) == (200, [], archive)


@pytest.mark.parametrize(("dates", "is_asked"), [(None, True), ([], False), (["2026-11-24"], False)])
def test_with_athena_it_is_asked_where_no_day_is_named(
    archive: Archive, monkeypatch: pytest.MonkeyPatch, dates: list[str] | None, is_asked: bool
) -> None:
    monkeypatch.setenv("ATHENA_WORKGROUP", "archive")
    asked: list[object] = []

    def objects(_self: Finder, *question: object, seconds: float) -> list[str]:
        asked.append((*question, seconds))
        return []

    monkeypatch.setattr(Finder, "objects", objects)

    answer = caller("consent_lookup")(with_body(LOOKUP, dates=dates))

    assert answer.body["archive"]["isWhole"] is is_asked
    assert asked == ([(CONSENT, [], 10.0)] if is_asked else [])


def test_one_widget_may_be_named(lookup: Call, tables: Tables) -> None:
    for widget_id, decision in ((43, "1"), (44, "2")):
        tables.consents.put_proof(proof(consentId=CONSENT, widgetId=widget_id, id=decision))

    decisions = lookup(with_body(LOOKUP, widgetId=44)).body["decisions"]

    assert [decision["proof"]["widgetId"] for decision in decisions] == [44]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"consentId": "43"}, {"loc": ["body", "consentId"], "type": "string_pattern_mismatch"}),
        ({"widgetId": "43"}, {"loc": ["body", "widgetId"], "type": "int_type"}),
        ({"widgetId": True}, {"loc": ["body", "widgetId"], "type": "int_type"}),
        ({"widgetId": 0}, {"loc": ["body", "widgetId"], "type": "string_pattern_mismatch"}),
        ({"dates": "2026-11-24"}, {"loc": ["body", "dates"], "type": "list_type"}),
        ({"dates": ["2026-11-24", "2026-11-31"]}, {"loc": ["body", "dates", 1], "type": "date_invalid"}),
        ({"dates": ["20261124"]}, {"loc": ["body", "dates", 0], "type": "date_invalid"}),
        ({"dates": ["../../proofs"]}, {"loc": ["body", "dates", 0], "type": "date_invalid"}),
        ({"dates": [1]}, {"loc": ["body", "dates", 0], "type": "date_invalid"}),
        ({"dates": ["2026-11-24"] * 32}, {"loc": ["body", "dates"], "type": "too_long"}),
    ],
    ids=str,
)
def test_a_question_of_another_shape_is_refused(
    lookup: Call, changes: dict[str, object], error: dict[str, object]
) -> None:
    answer = lookup(with_body(LOOKUP, **changes))

    assert (answer.status, answer.body["errors"]) == (400, [error])
    assert answer.metrics == {"LookupsRefusedMalformed": 1.0}


def test_an_answer_that_would_be_too_large_is_refused(lookup: Call, tables: Tables) -> None:
    for number in range(11):
        tables.consents.put_proof(proof(consentId=CONSENT, id=str(number), origin=f"https://{'x' * 390_000}.example"))

    answer = lookup(LOOKUP)

    assert (answer.status, answer.problem, answer.body["field"]) == (422, "unprocessable-decision", "consentId")


@pytest.mark.parametrize(("count", "has_receipts"), [(3, True), (6, False)])
def test_receipts_are_left_out_where_the_rest_fits_without_them(
    lookup: Call, tables: Tables, count: int, has_receipts: bool
) -> None:
    for number in range(count):
        tables.consents.put_proof(proof(consentId=CONSENT, id=str(number), origin=f"https://{'x' * 300_000}.example"))

    answer = lookup(LOOKUP)

    assert (answer.status, len(answer.body["decisions"])) == (200, count)
    members = {"proof", "isExpired", "isInTable", "archived", "shown", "claims"}
    members |= {"receipt"} if has_receipts else set()
    assert [each.keys() for each in answer.body["decisions"]] == [members] * count


def test_the_caller_is_logged_and_the_consent_is_not(lookup: Call, tables: Tables) -> None:
    stored = proof(consentId=CONSENT, **PERSONAL)
    tables.consents.put_proof(stored)

    answers = [lookup(LOOKUP), lookup(with_body(LOOKUP, consentId=f"{CONSENT}0"))]

    assert answers[0].log[0]["principal"] == ADA
    logged = json.dumps([(answer.log, answer.metrics) for answer in answers])
    for secret in (CONSENT, stored["id"], *PERSONAL.values()):
        assert secret not in logged
