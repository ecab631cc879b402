"""POST /v1/client/consents/{id}/history, …/receipt and …/erase, from the event to the answer and to what is stored."""

import json
import re
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Any

import boto3
import pytest

from consent_core import deadlines
from consent_core.consent_table import ConsentTable
from consent_core.receipts import receipt_of
from local.tables import Tables
from tests.functional.conftest import Answer, Call, at_widget, caller, event, history, with_body, with_headers
from tests.repository_contract import proof

HISTORY, RECEIPT, ERASE = event("history"), event("receipt"), event("erase")
EACH = pytest.mark.parametrize("sent", [HISTORY, RECEIPT, ERASE], ids=["history", "receipt", "erase"])
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
PERSONAL = {
    "userId": "user-4711",
    "sessionId": "0b93b823-ff36-4d61-8959-e9e8deee5ef8",
    "referrer": "http://localhost:8080/basket",
}
FIRST, SECOND = (f"{digit * 8}-2222-4333-8444-555555555555" for digit in "12")


@pytest.fixture
def ask(tables: Tables) -> Call:
    return caller("visitor_rights")


def store(tables: Tables, **changes: object) -> dict[str, Any]:
    """Store a proof of widget 43 that names its visitor; give it as it is shown to the visitor."""
    shown = proof(**{"widgetId": 43, **changes})
    assert tables.consents.put_proof({**shown, **PERSONAL})
    return shown


def before_erasure(proof: dict[str, Any]) -> dict[str, Any]:
    """The proof without the date of the erasure."""
    return {name: value for name, value in proof.items() if name != "erasedAt"}


# --- Seeing -----------------------------------------------------------------------------------------------------------


def test_a_visitor_sees_the_proofs_oldest_first_without_personal_data(ask: Call, tables: Tables) -> None:
    later = store(tables, id=FIRST, date="2026-11-24T11:00:00.000Z", origin="http://localhost:8080")
    earlier = store(tables, id=SECOND)

    answer = ask(HISTORY)

    assert (answer.status, answer.body) == (200, {"proofs": [earlier, later]})
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/json", "no-store")
    assert answer.metrics == {"HistoriesServed": 1.0}


def test_a_visitor_sees_the_proof_of_their_decision(ask: Call, collect: Call) -> None:
    stored = collect(with_body(event("collect"), userId="user-4711"))

    (shown,) = ask(with_body(HISTORY, consentId=stored.body["consentId"].upper())).body["proofs"]

    assert not shown.keys() & PERSONAL.keys()
    assert (shown["consentId"], shown["action"]) == (stored.body["consentId"], "Selection")
    assert {entry["slug"]: entry["consent"] for entry in shown["consents"]["cookieConsents"]} == {
        "session": True,
        "analytics": True,
        "drift": True,
        "youtube": False,
    }


def test_without_proofs_the_list_is_empty(ask: Call) -> None:
    answer = ask(HISTORY)
    assert (answer.status, answer.body, answer.metrics) == (200, {"proofs": []}, {"HistoriesServed": 1.0})


def test_an_expired_proof_is_not_shown_though_it_is_still_stored(ask: Call, tables: Tables) -> None:
    store(tables, ttl=1_700_000_000)
    assert ask(HISTORY).body == {"proofs": []}


def test_a_history_that_no_answer_could_hold_is_refused(ask: Call, tables: Tables) -> None:
    for number in range(11):  # 3.3 MB
        store(tables, id=f"{number:08}-2222-4333-8444-555555555555", origin="x" * 300_000)

    answer = ask(HISTORY)

    assert (answer.status, answer.problem, answer.body["field"]) == (422, "unprocessable-decision", "consentId")
    assert answer.metrics == {"RightsRefusedUnprocessable": 1.0}
    assert ask(ERASE).status == 204


# --- Receipts ---------------------------------------------------------------------------------------------------------


def record(answer: Answer) -> dict[str, Any]:
    made: dict[str, Any] = answer.body["dpv:hasRecordOfActivity"]
    return made


def test_a_visitor_gets_the_receipt_of_their_decision(ask: Call, collect: Call, tables: Tables) -> None:
    consent_id = collect(with_body(event("collect"), userId="user-4711")).body["consentId"]
    before = datetime.now(UTC)
    answer = ask(with_body(RECEIPT, consentId=consent_id.upper()))

    assert (answer.status, answer.metrics) == (200, {"ReceiptsServed": 1.0})
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("application/ld+json", "no-store")
    created = datetime.fromisoformat(answer.body["dct:created"])
    assert before - timedelta(milliseconds=1) <= created <= datetime.now(UTC)
    (stored,) = history(tables, consent_id)
    version = tables.widgets.shown(43, stored.proof["consents"]["versionKey"], stored.proof["consents"]["lang"])
    assert version is not None
    assert answer.body == receipt_of(stored.proof, version[1].body, created=created)
    assert record(answer)["dct:identifier"] == json.loads(event("collect")["body"])["id"]
    assert not {"user-4711", json.loads(event("collect")["body"])["sessionId"]} & set(
        re.split('[ "]', str(answer.body))
    )


def test_the_receipt_is_that_of_the_newest_decision_or_of_the_one_that_is_named(
    ask: Call, collect: Call, tables: Tables
) -> None:
    first, second = event("collect"), with_body(event("collect"), id=SECOND)
    consent_id = collect(first).body["consentId"]
    collect(with_body(second, consentId=consent_id))
    named = json.loads(first["body"])["id"]

    newest = ask(with_body(RECEIPT, consentId=consent_id))
    for decision, sent in ((SECOND, {}), (SECOND, {"id": None}), (named, {"id": named.upper()})):
        answer = ask(with_body(RECEIPT, consentId=consent_id, **sent))
        assert record(answer)["dct:identifier"] == decision
    assert record(newest)["dpv:hasDataSubject"]["dct:identifier"] == consent_id


@pytest.mark.parametrize("changes", [{"ttl": 1_700_000_000}, {"widgetId": 44}, {"consentId": SECOND}])
def test_there_is_no_receipt_of_an_expired_proof_or_of_another_widgets_or_consents(
    ask: Call, tables: Tables, changes: dict[str, object]
) -> None:
    store(tables, **changes)
    answer = ask(RECEIPT)
    assert (answer.status, answer.problem, answer.metrics) == (404, "not-found", {"RightsRefusedAbsent": 1.0})


def test_there_is_no_receipt_of_a_decision_that_was_never_stored(ask: Call, collect: Call) -> None:
    consent_id = collect(event("collect")).body["consentId"]
    assert ask(with_body(RECEIPT, consentId=consent_id, id=SECOND)).status == 404


@pytest.mark.parametrize(("written", "kind"), [(43, "str_type"), ("", "string_pattern_mismatch"), ([], "str_type")])
def test_an_invalid_decision_is_refused_without_being_quoted(ask: Call, written: object, kind: str) -> None:
    answer = ask(with_body(RECEIPT, id=written))
    assert (answer.status, answer.body["errors"]) == (400, [{"loc": ["body", "id"], "type": kind}])


def test_a_receipt_is_the_same_after_an_erasure_but_for_its_time(ask: Call, collect: Call) -> None:
    sent = with_body(RECEIPT, consentId=collect(event("collect")).body["consentId"])
    before = ask(sent)
    ask(with_body(ERASE, consentId=json.loads(sent["body"])["consentId"]))
    assert record(ask(sent)) == record(before)


# --- Erasing ----------------------------------------------------------------------------------------------------------


def test_erasing_takes_away_what_names_the_visitor_and_keeps_the_proofs(ask: Call, tables: Tables) -> None:
    kept = [store(tables, id=id_) for id_ in (FIRST, SECOND)]

    before = datetime.now(UTC)
    answer = ask(ERASE)
    after = datetime.now(UTC)

    assert (answer.status, answer.body, answer.headers["cache-control"]) == (204, None, "no-store")
    assert answer.metrics == {"Erasures": 1.0}
    erased = [stored.proof for stored in history(tables, CONSENT)]
    assert [before_erasure(each) for each in erased] == kept
    for each in erased:
        assert before - timedelta(milliseconds=1) <= datetime.fromisoformat(each["erasedAt"]) <= after


def test_an_expired_proof_is_erased_too(ask: Call, tables: Tables) -> None:
    expired = store(tables, ttl=1_700_000_000)
    ask(ERASE)
    assert [before_erasure(stored.proof) for stored in history(tables, CONSENT)] == [expired]


def test_erasing_again_or_erasing_nothing_succeeds_and_writes_nothing(
    ask: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(ERASE).status == 204
    store(tables)
    ask(ERASE)
    before = history(tables, CONSENT)
    monkeypatch.setattr(ConsentTable, "_erase_proof", None)  # to call it would be a bug

    assert (ask(ERASE).status, history(tables, CONSENT)) == (204, before)


def test_a_decision_that_is_sent_again_does_not_undo_the_erasure(ask: Call, collect: Call, tables: Tables) -> None:
    sent = with_body(event("collect"), userId="user-4711")
    consent_id = collect(sent).body["consentId"]
    ask(with_body(ERASE, consentId=consent_id))
    erased = history(tables, consent_id)

    again = collect(sent)

    assert (again.status, again.body) == (200, {"consentId": consent_id})
    assert history(tables, consent_id) == erased
    assert not erased[0].proof.keys() & PERSONAL.keys()


def test_a_proof_that_dynamodb_deletes_meanwhile_is_not_there_again(
    ask: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store(tables, id=FIRST)
    store(tables, id=SECOND)
    erase_proof = ConsentTable._erase_proof

    def after_deletion(self: ConsentTable, consent_id: str, decision_id: str, at: str) -> bool:
        key = {"consentId": {"S": consent_id}, "id": {"S": SECOND}}
        boto3.client("dynamodb").delete_item(TableName="ConsentsTable", Key=key)
        return erase_proof(self, consent_id, decision_id, at)

    monkeypatch.setattr(ConsentTable, "_erase_proof", after_deletion)

    assert ask(ERASE).status == 204
    assert [before_erasure(stored.proof) for stored in history(tables, CONSENT)] == [kept]


def test_an_erasure_that_runs_out_of_time_is_answered_503_and_goes_on_later(
    ask: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = [store(tables, id=id_) for id_ in (FIRST, SECOND)]
    clock, erase = [0.0], ConsentTable._erase_proof

    def slow(*arguments: Any) -> bool:  # noqa: ANN401 - as the method that it stands for
        erased = erase(*arguments)
        clock[0] += 3
        return erased

    with monkeypatch.context() as slowly, deadlines.within(inf, lambda: clock[0]):
        slowly.setattr(ConsentTable, "_erase_proof", slow)
        late = ask(ERASE)
    half = [bool(stored.proof.keys() & PERSONAL.keys()) for stored in history(tables, CONSENT)]

    assert (late.status, late.problem, late.headers["retry-after"]) == (503, "store-unavailable", "5")
    assert (half, ask(ERASE).status) == ([False, True], 204)
    assert [before_erasure(stored.proof) for stored in history(tables, CONSENT)] == kept


# --- Whose proofs -----------------------------------------------------------------------------------------------------


def test_only_the_proofs_of_the_widget_are_shown_and_erased(ask: Call, tables: Tables) -> None:
    own = store(tables, id=FIRST)
    other = store(tables, id=SECOND, widgetId=44)

    shown, erased = ask(HISTORY), ask(ERASE)

    assert (shown.body, erased.status) == ({"proofs": [own]}, 204)
    first, second = (stored.proof for stored in history(tables, CONSENT))
    assert (before_erasure(first), second) == (own, {**other, **PERSONAL})


def test_only_the_proofs_of_the_consent_are_erased(ask: Call, tables: Tables) -> None:
    other = store(tables, consentId=SECOND)

    assert ask(ERASE).status == 204
    assert [stored.proof for stored in history(tables, SECOND)] == [{**other, **PERSONAL}]


@EACH
@pytest.mark.parametrize(
    ("widget_id", "key", "origin", "status", "reason"),
    [
        ("43", None, "http://localhost:8080", 400, "Malformed"),
        ("0", "demo-public-key-43", "http://localhost:8080", 400, "Malformed"),
        ("45", "demo-public-key-43", "http://localhost:8080", 404, "NotFound"),
        ("43", "demo-public-key-44", "http://localhost:8080", 404, "NotFound"),
        ("43", "demo-public-key-43", "https://evil.test", 403, "Forbidden"),
        ("43", "demo-public-key-43", None, 403, "Forbidden"),
    ],
)
def test_key_and_origin_are_checked_before_anything_else(
    ask: Call,
    tables: Tables,
    sent: dict[str, Any],
    widget_id: str,
    key: str | None,
    origin: str | None,
    status: int,
    reason: str,
) -> None:
    stored = {**store(tables), **PERSONAL}

    answer = ask({**with_headers(at_widget(sent, widget_id, key), origin=origin), "body": "{"})

    assert (answer.status, answer.metrics) == (status, {f"RightsRefused{reason}": 1.0})
    assert [each.proof for each in history(tables, CONSENT)] == [stored]


# --- What is sent -----------------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "json_invalid"),
        ("{", "json_invalid"),
        ("[" * 30_000, "json_invalid"),
        ("[]", "missing"),
        ("{}", "missing"),
        ('{"consentId": null}', "str_type"),
        ('{"consentId": 43}', "str_type"),
        ('{"consentId": ["8a5e89c4-2243-4598-97c5-ba3cfb35a138"]}', "str_type"),
        ('{"consentId": "43"}', "string_pattern_mismatch"),
        ('{"consentId": "8a5e89c4-2243-4598-97c5-ba3cfb35a138\\n"}', "string_pattern_mismatch"),
        ('{"consentId": "{8a5e89c4-2243-4598-97c5-ba3cfb35a138}"}', "string_pattern_mismatch"),
        ('{"consentId": "00000000-0000-0000-0000-000000000000"}', "string_pattern_mismatch"),
    ],
    ids=lambda value: value[:50],
)
def test_an_invalid_consent_id_is_refused_without_being_quoted(
    ask: Call, sent: dict[str, Any], body: str, kind: str
) -> None:
    answer = ask({**sent, "body": body})

    assert (answer.status, answer.problem, answer.metrics) == (
        400,
        "malformed-request",
        {"RightsRefusedMalformed": 1.0},
    )
    (error,) = answer.body["errors"]
    assert error == {"loc": ["body"] if kind == "json_invalid" else ["body", "consentId"], "type": kind}


@EACH
def test_a_consent_id_is_compared_in_lower_case(ask: Call, tables: Tables, sent: dict[str, Any]) -> None:
    kept = store(tables)
    ask(with_body(sent, consentId=CONSENT.upper()))
    (stored,) = history(tables, CONSENT)

    assert (sent is ERASE) == (before_erasure(stored.proof) == kept)
    assert len(ask(with_body(HISTORY, consentId=CONSENT.upper())).body["proofs"]) == 1


@EACH
@pytest.mark.parametrize(
    ("media_type", "status"), [("application/json", None), ("text/plain", None), ("text/html", 415), (None, 415)]
)
def test_json_comes_as_json_or_as_plain_text(
    ask: Call, sent: dict[str, Any], media_type: str | None, status: int | None
) -> None:
    taken = {"history": 200, "receipt": 404, "erase": 204}[sent["rawPath"].rpartition("/")[2]]
    assert ask(with_headers(sent, content_type=media_type)).status == (status or taken)


@EACH
def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(ask: Call, sent: dict[str, Any]) -> None:
    padded = sent["body"].ljust(32_768)
    refused = ask({**sent, "body": padded + " "})

    assert ask({**sent, "body": padded}).status in {200, 204, 404}
    assert (refused.status, refused.problem, refused.metrics) == (413, "body-too-large", {"RightsRefusedTooLarge": 1.0})


@EACH
def test_nothing_of_the_visitor_is_logged(ask: Call, tables: Tables, sent: dict[str, Any]) -> None:
    stored = {**store(tables), **PERSONAL}
    answers = [ask(sent), ask(with_body(sent, consentId=f"{CONSENT}0"))]

    logged = json.dumps([(answer.log, answer.metrics) for answer in answers])
    assert '"widgetId": 43' in logged
    for secret in (CONSENT, stored["id"], *PERSONAL.values()):
        assert secret not in logged
