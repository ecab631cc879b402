"""/v1/consents/…, from the event to the answer."""

import json
from datetime import UTC, date, datetime

import pytest
from botocore.exceptions import ClientError

from consent_core.access_audit import Access, AccessAudit, Kind, Subjects
from consent_core.archive.athena import Finder
from consent_core.archive.objects import Archive, Lane, archived
from consent_core.aws import errors as aws_errors
from consent_core.dossier.claims import ADVICE
from consent_core.dynamodb import connect
from local.tables import Tables
from tests.dossiers import PERSONAL, holding, proof
from tests.functional.conftest import Call, caller, event, with_body
from tests.functional.test_evidence import made, version

__all__ = ["version"]  # a fixture

LOOKUP, SEARCH, ERASE = event("lookup"), event("search"), event("erase-consent")
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
ADA = "arn:aws:sts::123456789012:assumed-role/ConsentOperators/ada"


SUBJECTS = Subjects("key-of-the-audit")


def recorded() -> list[Access]:
    """Return the entries of the audit, the newest first."""
    audit = AccessAudit(connect(), "AccessAuditTable", days=1095)
    return list(audit.between(date(2026, 1, 1), datetime.now(UTC).date()))


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


# --- search -----------------------------------------------------------------------------------------------------------


def test_a_search_returns_the_consents_of_one_user_of_one_widget(lookup: Call, tables: Tables) -> None:
    dates = ["2026-11-24T10:00:00.000Z", "2026-11-25T10:00:00.000Z"]
    for number, at in enumerate(dates):
        tables.consents.put_proof(proof(consentId=CONSENT, id=str(number), date=at, userId="CRM-42"))
    tables.consents.put_proof(proof(consentId=CONSENT[::-1], widgetId=44, userId="CRM-42"))

    answer = lookup(SEARCH)

    assert (answer.status, answer.headers["cache-control"]) == (200, "no-store")
    assert answer.body == {"consents": [{"consentId": CONSENT, "decisions": 2, "first": dates[0], "last": dates[1]}]}
    assert answer.metrics == {"SearchesServed": 1.0}


def test_an_unknown_user_has_no_consents(lookup: Call) -> None:
    answer = lookup(SEARCH)
    assert (answer.status, answer.body) == (200, {"consents": []})


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"userId": ""}, {"loc": ["body", "userId"], "type": "string_pattern_mismatch"}),
        ({"userId": "x" * 129}, {"loc": ["body", "userId"], "type": "string_pattern_mismatch"}),
        ({"userId": "é"}, {"loc": ["body", "userId"], "type": "string_pattern_mismatch"}),
        ({"userId": 42}, {"loc": ["body", "userId"], "type": "str_type"}),
        ({"widgetId": None}, {"loc": ["body", "widgetId"], "type": "int_type"}),
        ({"widgetId": 0}, {"loc": ["body", "widgetId"], "type": "string_pattern_mismatch"}),
        ({"reason": None}, {"loc": ["body", "reason"], "type": "str_type"}),
        ({"reason": " \n"}, {"loc": ["body", "reason"], "type": "string_pattern_mismatch"}),
        ({"reason": "x" * 501}, {"loc": ["body", "reason"], "type": "string_pattern_mismatch"}),
        ({"reason": "case \x1b[2J"}, {"loc": ["body", "reason"], "type": "string_pattern_mismatch"}),
        ({"reason": "case \ud800"}, {"loc": ["body", "reason"], "type": "string_pattern_mismatch"}),
    ],
    ids=ascii,
)
def test_a_search_of_another_shape_is_refused_and_not_recorded(
    lookup: Call, changes: dict[str, object], error: dict[str, object]
) -> None:
    answer = lookup(with_body(SEARCH, **changes))

    assert (answer.status, answer.body["errors"]) == (400, [error])
    assert recorded() == []


@pytest.mark.parametrize("sent", [SEARCH, ERASE], ids=["search", "erase"])
def test_a_search_and_an_erasure_need_a_reason(lookup: Call, sent: dict[str, object]) -> None:
    body = {name: value for name, value in json.loads(str(sent["body"])).items() if name != "reason"}

    answer = lookup({**sent, "body": json.dumps(body)})

    assert (answer.status, answer.body["errors"]) == (400, [{"loc": ["body", "reason"], "type": "missing"}])


# --- erase ------------------------------------------------------------------------------------------------------------


def test_an_erasure_takes_what_identifies_the_visitor_and_says_from_how_many_proofs(
    lookup: Call, tables: Tables
) -> None:
    for number, widget_id in enumerate((43, 44)):
        tables.consents.put_proof(proof(consentId=CONSENT, id=str(number), widgetId=widget_id, **PERSONAL))
    tables.consents.put_proof(proof(consentId=CONSENT, id="2"))

    answers = [lookup(ERASE), lookup(ERASE)]

    assert [(each.status, each.body) for each in answers] == [
        (200, {"erased": 2, "proofs": 3}),
        (200, {"erased": 0, "proofs": 3}),
    ]
    assert answers[0].metrics == {"Erasures": 1.0}
    history = [each.proof for each in tables.consents.history(CONSENT, now=0)]
    assert [each.keys() & PERSONAL.keys() for each in history] == [set(), set(), set()]
    assert ["erasedAt" in each for each in history] == [True, True, False]
    assert tables.consents.of_user(43, PERSONAL["userId"]) == []


def test_an_unknown_consent_cannot_be_erased(lookup: Call) -> None:
    answer = lookup(ERASE)

    assert (answer.status, answer.problem) == (404, "not-found")
    assert answer.metrics == {"LookupsRefusedAbsent": 1.0}


# --- The audit --------------------------------------------------------------------------------------------------------


def test_each_access_is_recorded_with_caller_reason_and_a_hidden_subject(lookup: Call, tables: Tables) -> None:
    tables.consents.put_proof(proof(consentId=CONSENT, userId="CRM-42"))

    for sent in (LOOKUP, with_body(LOOKUP, widgetId=43, reason="Complaint 7"), SEARCH, ERASE):
        assert lookup(sent).status == 200

    consent, user = SUBJECTS.of(CONSENT), SUBJECTS.of("CRM-42")
    assert [(each.kind, each.actor, each.reason, each.widget_id, each.subject) for each in recorded()[::-1]] == [
        (Kind.LOOKUP, ADA, None, None, consent),
        (Kind.LOOKUP, ADA, "Complaint 7", 43, consent),
        (Kind.SEARCH, ADA, "Request for access, case 4711", 43, user),
        (Kind.ERASURE, ADA, "Request for erasure, case 4711", None, consent),
    ]
    items = json.dumps(connect().scan(TableName="AccessAuditTable")["Items"])
    assert not [secret for secret in (CONSENT, "CRM-42", "key-of-the-audit") if secret in items]


@pytest.mark.parametrize("sent", [LOOKUP, SEARCH, ERASE], ids=["lookup", "search", "erase"])
@pytest.mark.parametrize(
    ("code", "status"), [("ProvisionedThroughputExceededException", 503), ("AccessDeniedException", 500)]
)
def test_what_cannot_be_recorded_is_refused(
    lookup: Call,
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
    sent: dict[str, object],
    code: str,
    status: int,
) -> None:
    stored = proof(consentId=CONSENT, userId="CRM-42")
    tables.consents.put_proof(stored)

    def refuse(*_: object) -> None:
        with aws_errors():
            raise ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "PutItem")  # type: ignore[typeddict-item]

    monkeypatch.setattr(AccessAudit, "record", refuse)
    answer = lookup(sent)

    assert answer.status == status
    assert CONSENT not in json.dumps(answer.body)
    assert [each.proof for each in tables.consents.history(CONSENT, now=0)] == [stored]


def test_no_line_names_consent_user_or_reason(lookup: Call, tables: Tables) -> None:
    tables.consents.put_proof(proof(consentId=CONSENT, userId="CRM-42"))

    answers = [lookup(each) for each in (SEARCH, ERASE, with_body(SEARCH, userId="é"), with_body(ERASE, reason=""))]

    assert [answer.log[0].get("principal") for answer in answers] == [ADA, ADA, None, None]
    logged = json.dumps([(answer.log, answer.metrics) for answer in answers])
    secrets = (CONSENT, "CRM-42", "4711", "key-of-the-audit", SUBJECTS.of(CONSENT))
    assert not [each for each in secrets if each in logged]
