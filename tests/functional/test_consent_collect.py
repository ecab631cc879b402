"""POST /v1/client/collect/{id}, from the event to the stored item."""

import base64
import json
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from consent_core.catalogue import Policy
from consent_core.dates import timestamp
from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_core.widget_table import Change, Version
from local.tables import Tables
from tests.functional.conftest import Answer, Call, at_widget, caller, event, history, with_body, with_headers

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
DECISION = event("collect")
PAGE_CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
SERVICE_VERSION = "6f65cb1d-85eb-4a64-976d-519679189f8d"
IGNORED = {
    "collect-details": ["userId", "sessionId", "typeDevice", "action", "referrer", "versionKey"],
    "collect-removed-services": ["cookieConsents.1", "cookieConsents.2"],
}
"""The places that the service leaves out of the decisions of these events."""
OF_EVERY_LINE = {"level", "service", "function_request_id"}


def republish(tables: Tables, **changes: object) -> str:
    definition = json.loads((Path(__file__).parents[2] / "local" / "widgets" / "43.json").read_text("utf-8"))
    changed = definition_from_json(json.dumps({**definition, **changes}))
    return publish(tables.widgets, changed, actor="test", now=NOW).version_key


def live_version(tables: Tables, widget_id: int = 43) -> str:
    live = tables.widgets.live(widget_id)
    assert live is not None
    return live.version_key


def with_policies(tables: Tables, **policies: Policy) -> str:
    """Publish the demo widget with policies, and its analytics as exempt. Return the version's key."""
    live = tables.widgets.live(43)
    assert live is not None
    catalogue = tables.widgets.catalogue(43, live.version_key)
    assert catalogue is not None
    services = tuple(replace(each, exempt=each.slug == "analytics") for each in catalogue.services)
    told = replace(catalogue, version_key=str(uuid.uuid4()), services=services, policies=policies)
    following = replace(live, version_key=told.version_key, revision=live.revision + 1)
    change = Change(timestamp(NOW), "test", "publish", "")
    tables.widgets.publish(following, change, Version(told, "{}", timestamp(NOW), {}))
    return told.version_key


def choices(answer_tables: Tables, consent_id: str) -> dict[str, bool]:
    (stored,) = history(answer_tables, consent_id)
    return {entry["slug"]: entry["consent"] for entry in stored.proof["consents"]["cookieConsents"]}


def logged(answer: Answer) -> dict[str, Any]:
    """The one log line of a request, without what is on each."""
    (line,) = answer.log
    return {name: value for name, value in line.items() if name not in OF_EVERY_LINE}


def with_consents(**consents: object) -> dict[str, Any]:
    return with_body(DECISION, consents={"lang": "fr", "versionKey": None, **consents})


def test_the_proof_of_the_documentation_page_is_found_again_by_its_consent_id(collect: Call, tables: Tables) -> None:
    before = datetime.now(UTC)
    answer = collect(event("collect-proof-en"))
    after = datetime.now(UTC)

    assert (answer.status, answer.body, answer.metrics) == (201, {"consentId": PAGE_CONSENT}, {"ProofsStored": 1.0})
    (stored,) = history(tables, PAGE_CONSENT)
    received = datetime.fromisoformat(stored.proof["date"])
    assert before - timedelta(milliseconds=1) <= received <= after
    assert datetime.fromisoformat(stored.proof["dateExpiration"]) == received + timedelta(days=180)
    assert stored.proof["ttl"] == int((received + timedelta(days=180)).timestamp())
    services = {entry.pop("slug"): entry for entry in stored.proof["consents"]["cookieConsents"]}
    assert services["drift"] == {
        "id": "584ffef3-251c-4e9a-efb8-08d7fbfbee92",
        "tenantId": 0,
        "name": "Drift",
        "consent": True,
        "version": SERVICE_VERSION,
        "date": stored.proof["date"],
        "purpose": 3,
    }
    assert services["analytics"] == {
        "id": "1c3baa61-0d05-44e4-da3d-08d7eeadee05",
        "tenantId": 0,
        "name": "Google Analytics (universal)",
        "consent": True,
        "version": SERVICE_VERSION,
        "date": stored.proof["date"],
        "purpose": 2,
    }
    assert {slug: entry["consent"] for slug, entry in services.items()} == {
        "session": True,
        "analytics": True,
        "drift": True,
        "youtube": False,
    }
    expected = {
        "id": "6185fe65-0924-410d-9132-3cde838c4627",
        "sessionId": "0b93b823-ff36-4d61-8959-e9e8deee5ef8",
        "consentId": PAGE_CONSENT,
        "widgetId": 43,
        "workSpaceId": 19,
        "type": 2,
        "typeDevice": 2,
        "versionAssumed": True,
        "origin": "http://localhost:8080",
    }
    assert {name: stored.proof[name] for name in expected} == expected
    assert stored.proof["consents"]["lang"] == "fr-FR"
    assert stored.proof["consents"]["versionKey"] == live_version(tables)
    assert stored.proof.keys() == expected.keys() | {"date", "dateExpiration", "ttl", "requestHash", "consents"}


def test_the_dutch_spelling_is_the_same_decision(collect: Call, tables: Tables) -> None:
    collect(event("collect-proof-en"))
    answer = collect(event("collect-proof-nl"))

    assert (answer.status, answer.body, answer.metrics) == (200, {"consentId": PAGE_CONSENT}, {"ProofsRepeated": 1.0})
    assert len(history(tables, PAGE_CONSENT)) == 1


def test_the_stored_item_is_a_native_map_with_a_numeric_ttl(collect: Call) -> None:
    collect(event("collect-proof-en"))

    items = boto3.client("dynamodb").scan(TableName="ConsentsTable")["Items"]

    (item,) = items
    assert {name: next(iter(value)) for name, value in item.items()} == {
        "id": "S",
        "sessionId": "S",
        "date": "S",
        "dateExpiration": "S",
        "type": "N",
        "widgetId": "N",
        "typeDevice": "N",
        "workSpaceId": "N",
        "consentId": "S",
        "consents": "M",
        "origin": "S",
        "versionAssumed": "BOOL",
        "requestHash": "S",
        "ttl": "N",
    }


def test_the_short_form_decides_for_a_purpose_and_an_entry_wins_over_it(collect: Call, tables: Tables) -> None:
    answer = collect(
        with_consents(purposes={"Marketing": True}, cookieConsents=[{"slug": "youtube", "consent": False}])
    )
    assert choices(tables, answer.body["consentId"]) == {
        "session": True,
        "analytics": False,
        "drift": True,
        "youtube": False,
    }


def test_omitted_services_are_refused_and_necessary_ones_consented(collect: Call, tables: Tables) -> None:
    answer = collect(with_consents(purposes={"Marketing": False}))
    assert choices(tables, answer.body["consentId"]) == {
        "session": True,
        "analytics": False,
        "drift": False,
        "youtube": False,
    }


def test_a_retried_decision_is_stored_once_and_gets_the_same_answer(collect: Call, tables: Tables) -> None:
    first, again = collect(DECISION), collect(DECISION)

    assert (first.status, again.status) == (201, 200)
    assert first.body == again.body
    assert len(history(tables, first.body["consentId"])) == 1


def test_an_altered_replay_is_refused_and_the_stored_proof_stays(collect: Call, tables: Tables) -> None:
    first = collect(DECISION)
    before = history(tables, first.body["consentId"])

    altered = collect(with_consents(cookieConsents=[{"slug": "drift", "consent": False}]))

    assert (altered.status, altered.problem, altered.metrics) == (
        409,
        "altered-replay",
        {"ProofsRefusedAltered": 1.0, "DecisionsRefused": 1.0},
    )
    assert history(tables, first.body["consentId"]) == before


def test_a_retry_may_differ_in_anything_but_its_choices(collect: Call) -> None:
    collect(DECISION)
    retried = collect(
        with_body(DECISION, action="Api", referrer="https://other.example/", sessionId=None, userId="u-1")
    )
    assert retried.status == 200


def test_the_same_ids_at_another_widget_are_an_altered_replay(collect: Call, tables: Tables) -> None:
    nothing: dict[str, object] = {"lang": "en", "versionKey": None, "cookieConsents": []}
    sent = with_body(event("collect-proof-en"), consents=nothing, action="RefuseAll")
    collect(sent)

    elsewhere = at_widget(with_headers(sent, origin="https://shop.example"), "44", "demo-public-key-44")

    assert collect(elsewhere).status == 409
    assert [stored.proof["widgetId"] for stored in history(tables, PAGE_CONSENT)] == [43]


def test_the_proofs_of_one_consent_form_a_history(collect: Call, tables: Tables) -> None:
    first = collect(DECISION)
    consent_id = first.body["consentId"]

    second = collect(
        with_body(
            DECISION,
            id="11111111-2222-4333-8444-555555555555",
            consentId=consent_id.upper(),
            action="RefuseAll",
            consents={"lang": "fr", "versionKey": live_version(tables), "cookieConsents": []},
        )
    )

    assert (second.status, second.body) == (201, {"consentId": consent_id})
    proofs = [stored.proof for stored in history(tables, consent_id)]
    assert [proof["action"] for proof in proofs] == ["Selection", "RefuseAll"]
    assert [proof["versionAssumed"] for proof in proofs] == [True, False]


def test_a_decision_without_id_gets_one(collect: Call, tables: Tables) -> None:
    sent = json.loads(DECISION["body"])
    del sent["id"]
    answers = [collect({**DECISION, "body": json.dumps(sent)}) for _ in range(2)]

    assert [answer.status for answer in answers] == [201, 201]
    assert answers[0].body != answers[1].body


def test_an_older_version_stays_usable_and_names_the_services_it_had(collect: Call, tables: Tables) -> None:
    old = live_version(tables)
    new = republish(tables, services=[{"name": "Piwik", "slug": "piwik", "purpose": 2}])

    answer = collect(with_consents(versionKey=old, purposes={"Marketing": True}))
    latest = collect(with_body(with_consents(versionKey=new, purposes={"Analytical": True}), id=PAGE_CONSENT))

    assert choices(tables, answer.body["consentId"]) == {
        "session": True,
        "analytics": False,
        "drift": True,
        "youtube": True,
    }
    assert choices(tables, latest.body["consentId"]) == {"piwik": True}


@pytest.mark.parametrize(
    "version", ["live", "43#fr", "audit#x", "00000000-0000-4000-8000-000000000000", "v" * 9000, 43, ["live"], False]
)
def test_an_unknown_version_is_named_and_the_live_one_is_used(collect: Call, tables: Tables, version: object) -> None:
    answer = collect(with_consents(versionKey=version, purposes={"Analytical": True}))

    assert (answer.status, answer.body["ignored"]) == (201, ["versionKey"])
    (stored,) = history(tables, answer.body["consentId"])
    assert stored.proof["consents"]["versionKey"] == live_version(tables)
    assert stored.proof["versionAssumed"] is True


def test_the_version_of_another_widget_is_unknown(collect: Call, tables: Tables) -> None:
    answer = collect(with_consents(versionKey=live_version(tables, 44), purposes={"Analytical": True}))
    assert (answer.status, answer.body["ignored"]) == (201, ["versionKey"])


@pytest.mark.parametrize(
    "entry",
    [
        {"slug": "unknown"},
        {"slug": "constructor"},
        {"slug": "${jndi:x}"},
        {"id": "584ffef3-251c-4e9a-efb8-08d7fbfbee93"},
        {"id": "584ffef3-251c-4e9a-efb8-08d7fbfbee92", "slug": "analytics"},
        {},
    ],
)
def test_an_entry_for_no_service_is_named_and_the_rest_is_stored(
    collect: Call, tables: Tables, entry: dict[str, str]
) -> None:
    answer = collect(with_consents(cookieConsents=[{"slug": "drift", "consent": True}, {**entry, "consent": True}]))
    assert (answer.status, answer.body["ignored"]) == (201, ["cookieConsents.1"])
    assert choices(tables, answer.body["consentId"]) == {
        "session": True,
        "analytics": False,
        "drift": True,
        "youtube": False,
    }


def test_a_decision_on_services_that_were_removed_is_stored_as_a_refusal(collect: Call, tables: Tables) -> None:
    answer = collect(with_consents(cookieConsents=[{"slug": "a", "consent": True}, {"slug": "b", "consent": True}]))
    assert (answer.status, answer.body["ignored"]) == (201, ["cookieConsents.0", "cookieConsents.1"])
    assert set(choices(tables, answer.body["consentId"]).items()) == {
        ("session", True),
        *((slug, False) for slug in ("analytics", "drift", "youtube")),
    }


def test_a_request_without_choices_is_refused(collect: Call) -> None:
    answer = collect(with_consents(cookieConsents=[]))
    assert (answer.status, answer.problem, answer.body["field"]) == (422, "unprocessable-decision", "consents")
    assert answer.metrics == {"ProofsRefusedUnprocessable": 1.0, "DecisionsRefused": 1.0}
    assert boto3.client("dynamodb").scan(TableName="ConsentsTable")["Items"] == []


def test_contradicting_entries_for_one_service_are_malformed(collect: Call) -> None:
    entries = [
        {"slug": "drift", "consent": True},
        {"id": "584FFEF3-251C-4E9A-EFB8-08D7FBFBEE92", "consent": False},
    ]
    answer = collect(with_consents(cookieConsents=entries))
    assert (answer.status, answer.body["errors"]) == (
        400,
        [{"loc": ["consents", "cookieConsents", 1], "type": "contradiction"}],
    )


@pytest.mark.parametrize(
    "user_id",
    ["me@shop.example", "bWVAc2hvcC5leGFtcGxl", "me%40shop.example", "x" * 129, "é", "tab\there", "Zoë Müller", []],
)
def test_a_decision_is_stored_without_an_unusable_user_id(collect: Call, tables: Tables, user_id: object) -> None:
    answer = collect(with_body(DECISION, userId=user_id))
    assert (answer.status, answer.body["ignored"]) == (201, ["userId"])
    (stored,) = history(tables, answer.body["consentId"])
    assert "userId" not in stored.proof
    assert not {"ignored", "userId"} & stored.proof.keys()
    assert answer.metrics == {"ProofsStored": 1.0}


@pytest.mark.parametrize("name", ["collect-details", "collect-removed-services"])
def test_what_is_left_out_is_named_again_when_the_decision_is_repeated(collect: Call, name: str) -> None:
    first, again = collect(event(name)), collect(event(name))
    assert (first.status, again.status) == (201, 200)
    assert first.body["ignored"] == again.body["ignored"] == IGNORED[name]
    assert first.body == again.body


def test_a_number_is_a_user_id(collect: Call, tables: Tables) -> None:
    answer = collect(with_body(DECISION, userId=4711))
    (stored,) = history(tables, answer.body["consentId"])
    assert (stored.proof["userId"], answer.body.keys()) == ("4711", {"consentId"})


def test_a_consent_id_among_the_consents_names_the_history(collect: Call, tables: Tables) -> None:
    sent = with_consents(consentId=PAGE_CONSENT, purposes={"Analytical": True})
    assert collect(with_body(sent, consentId="")).body == {"consentId": PAGE_CONSENT}
    assert len(history(tables, PAGE_CONSENT)) == 1


def test_a_user_id_is_stored_as_it_was_sent(collect: Call, tables: Tables) -> None:
    answer = collect(with_body(DECISION, userId="Y3JtLTQy"))
    (stored,) = history(tables, answer.body["consentId"])
    assert stored.proof["userId"] == "Y3JtLTQy"


@pytest.mark.parametrize(("kind", "metric"), [("Visit", "Visits"), (0, "Visits"), ("Quit", "Quits"), (1, "Quits")])
def test_visits_and_quits_are_counted_and_not_stored(collect: Call, kind: object, metric: str) -> None:
    answer = collect({**DECISION, "body": json.dumps({"type": kind, "lang": "fr", "typeDevice": 1})})

    assert (answer.status, answer.body, answer.metrics) == (202, {}, {metric: 1.0})
    assert logged(answer) == {"message": metric, "status": 202, "widgetId": 43, "lang": "fr", "device": "mobile"}
    assert boto3.client("dynamodb").scan(TableName="ConsentsTable")["Items"] == []


def test_a_widget_that_saves_no_proofs_stores_none(collect: Call, tables: Tables) -> None:
    republish(tables, saveConsentProof=False)
    answer = collect(DECISION)

    assert (answer.status, answer.body, answer.metrics) == (202, {}, {"ProofsUnwanted": 1.0})
    assert boto3.client("dynamodb").scan(TableName="ConsentsTable")["Items"] == []


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        '{"type": "Consents"}',
        '{"type": "Consents", "consents": []}',
        '{"type": true, "consents": {}}',
        '{"type": 3, "consents": {}}',
        '{"type": NaN, "consents": {}}',
        '{"type": 2.0, "consents": {}}',
        '{"type": 2, "consents": {}, "consents": {}}',
        '{"type": 2, "consents": {}, "toestemmingen": {}}',
        '{"type": 2, "consents": {"purposes": {"Analytical": 1}}}',
        '{"type": 2, "consents": {"purposes": {"analytical": true}}}',
        '{"type": 2, "consents": {"cookieConsents": [{"slug": "drift", "consent": "yes"}]}}',
        '{"type": 2, "consents": {"cookieConsents": [{"slug": "drift"}]}}',
        '{"type": 2, "consents": {"cookieConsents": ["${jndi:x}"]}}',
        '{"type": 2, "consents": {"purposes": {"${jndi:x}": true}}}',
        '{"type": 2, "id": "00000000-0000-0000-0000-000000000000", "consents": {}}',
        '{"type": 2, "consentId": "not-a-uuid", "consents": {}}',
        "[" * 30_000,
        '{"a":' * 5_000,
    ],
    ids=lambda body: body[:60],
)
def test_a_malformed_body_is_refused_without_being_quoted(collect: Call, body: str) -> None:
    answer = collect({**DECISION, "body": body})

    assert (answer.status, answer.problem, answer.metrics) == (
        400,
        "malformed-request",
        {"ProofsRefusedMalformed": 1.0, "DecisionsRefused": 1.0},
    )
    assert answer.body["errors"]
    for error in answer.body["errors"]:
        assert error.keys() == {"loc", "type"}
    assert "jndi" not in json.dumps(answer.body)


def test_a_body_of_the_largest_size_is_taken_and_one_byte_more_is_not(collect: Call) -> None:
    body = DECISION["body"]
    padded = body + " " * (32_768 - len(body.encode()))

    assert collect({**DECISION, "body": padded}).status == 201
    refused = collect({**DECISION, "body": padded + " "})
    assert (refused.status, refused.problem, refused.body["limit"]) == (413, "body-too-large", 32_768)


def test_a_base64_body_is_decoded(collect: Call) -> None:
    encoded = base64.b64encode(DECISION["body"].encode()).decode()
    assert collect({**DECISION, "body": encoded, "isBase64Encoded": True}).status == 201


def test_a_body_that_is_not_utf8_is_malformed(collect: Call) -> None:
    encoded = base64.b64encode(b'{"type": "\xff"}').decode()
    answer = collect({**DECISION, "body": encoded, "isBase64Encoded": True})
    assert (answer.status, answer.body["errors"]) == (400, [{"loc": ["body"], "type": "not_utf8"}])


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON; charset=utf-8", "text/plain"])
def test_json_comes_as_json_or_as_plain_text(collect: Call, media_type: str) -> None:
    assert collect(with_headers(DECISION, content_type=media_type)).status == 201


@pytest.mark.parametrize(
    "media_type", [None, "", "text/html", "application/x-www-form-urlencoded", "application/json2"]
)
def test_other_content_types_are_not_taken(collect: Call, media_type: str | None) -> None:
    answer = collect(with_headers(DECISION, content_type=media_type))
    assert (answer.status, answer.problem) == (415, "unsupported-media-type")


@pytest.mark.parametrize(
    ("widget_id", "key", "origin", "status", "metric"),
    [
        ("43", None, "http://localhost:8080", 400, "ProofsRefusedMalformed"),
        ("0", "demo-public-key-43", "http://localhost:8080", 400, "ProofsRefusedMalformed"),
        ("45", "demo-public-key-43", "http://localhost:8080", 404, "ProofsRefusedNotFound"),
        ("43", "demo-public-key-44", "http://localhost:8080", 404, "ProofsRefusedNotFound"),
        ("43", "demo-public-key-43", "https://evil.test", 403, "ProofsRefusedForbidden"),
        ("43", "demo-public-key-43", None, 403, "ProofsRefusedForbidden"),
        ("43", "demo-public-key-43", "null", 403, "ProofsRefusedForbidden"),
        ("44", "demo-public-key-44", "http://localhost:8080", 403, "ProofsRefusedForbidden"),
    ],
)
def test_key_and_origin_are_checked_as_for_the_settings(
    collect: Call, widget_id: str, key: str | None, origin: str | None, status: int, metric: str
) -> None:
    answer = collect(with_headers(at_widget(DECISION, widget_id, key), origin=origin))
    assert (answer.status, answer.metrics) == (status, {metric: 1.0, "DecisionsRefused": 1.0})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"body": '{"type": "Visit", "id": 4}'}, 404),
        ({"body": '{"type": 1}', "isBase64Encoded": False}, 404),
        ({"body": base64.b64encode(b'{"type": "Quit"}').decode(), "isBase64Encoded": True}, 404),
        ({"body": '{"type": "Visit"}', "headers": {"content-type": "text/html"}}, 415),
    ],
)
def test_a_refused_visit_is_no_refused_decision(collect: Call, changes: dict[str, Any], status: int) -> None:
    answer = collect({**at_widget(DECISION, "43", "another-key"), **changes})
    reason = {404: "NotFound", 415: "MediaType"}[status]
    assert (answer.status, answer.metrics) == (status, {f"ProofsRefused{reason}": 1.0})


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"body": '{"type": "Visit", "x": "' + "x" * 33_000 + '"}'}, 413, "TooLarge"),
        ({"body": "%%%", "isBase64Encoded": True}, 400, "Malformed"),
        ({"body": None}, 400, "Malformed"),
        ({"headers": {"content-type": "text/html"}}, 415, "MediaType"),
    ],
)
def test_a_refusal_counts_as_a_decision_unless_it_says_that_it_is_none(
    collect: Call, changes: dict[str, Any], status: int, reason: str
) -> None:
    answer = collect({**DECISION, **changes})
    assert (answer.status, answer.metrics) == (status, {f"ProofsRefused{reason}": 1.0, "DecisionsRefused": 1.0})


def test_a_decision_that_bypasses_cloudfront_counts_as_refused(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORIGIN_VERIFY", "the-secret")
    answer = caller("consent_collect")(DECISION)
    assert (answer.status, answer.metrics) == (403, {"ProofsRefusedBypassed": 1.0, "DecisionsRefused": 1.0})


def test_a_bug_is_no_refused_decision(collect: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("consent_core.widget_table._live_of", lambda item: item["a visitor's secret"])
    answer = collect(DECISION)
    assert (answer.status, answer.metrics) == (500, {"ProofsRefusedBug": 1.0})


@pytest.mark.parametrize("accept", ["text/plain", "Text/Plain; charset=utf-8", "text/*", "text/plain, */*;q=0.8"])
def test_plain_text_is_the_consent_id_alone(collect: Call, accept: str) -> None:
    told = with_body(DECISION, userId="me@shop.example", referrer="https://other.example/")
    stored, again = (collect(with_headers(told, accept=accept)) for _ in range(2))

    assert (stored.status, again.status) == (201, 200)
    assert stored.body == again.body == collect(DECISION).body["consentId"]
    assert stored.headers == {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }


@pytest.mark.parametrize("accept", [None, "", "*/*", "application/json", "text/html", "text/plain, application/json"])
def test_json_stays_the_default(collect: Call, accept: str | None) -> None:
    answer = collect(with_headers(DECISION, accept=accept))
    assert (answer.headers["content-type"], answer.body.keys()) == ("application/json", {"consentId"})


def test_a_client_that_asks_for_plain_text_gets_an_empty_answer_to_a_visit_and_problems_as_they_are(
    collect: Call,
) -> None:
    visit = collect({**with_headers(DECISION, accept="text/plain"), "body": '{"type": "Visit"}'})
    refused = collect({**with_headers(DECISION, accept="text/plain"), "body": "{"})

    assert (visit.status, visit.body, visit.headers["content-type"]) == (202, None, "text/plain; charset=utf-8")
    assert (refused.status, refused.problem) == (400, "malformed-request")


def test_a_page_is_stored_only_if_the_widget_asks_for_it(collect: Call, tables: Tables) -> None:
    page = "http://me:pw@localhost:8080/a/me%40x.test/b;v=1?mail=me@x.test#top"
    unasked = collect(with_body(DECISION, referrer=page))
    republish(tables, storePageAddress=True)
    asked = caller("consent_collect")(with_body(DECISION, referrer=page, id=PAGE_CONSENT))

    assert unasked.body.keys() == asked.body.keys() == {"consentId"}
    (without,), (with_page,) = (history(tables, answer.body["consentId"]) for answer in (unasked, asked))
    assert "referrer" not in without.proof
    assert with_page.proof["referrer"] == "http://localhost:8080/a/b"


def test_nothing_of_the_visitor_is_logged(collect: Call) -> None:
    answer = collect(with_body(DECISION, userId="user-4711"))
    assert answer.log[0]["message"] == "ProofsStored"
    logged = json.dumps(answer.log) + json.dumps(answer.metrics)
    sent = json.loads(DECISION["body"])
    for secret in (sent["id"], sent["sessionId"], answer.body["consentId"], "user-4711", "basket", "localhost:8080"):
        assert secret not in logged


def test_a_decision_is_logged_with_the_facts_of_statistics_only(collect: Call) -> None:
    counted_by = {"widgetId": 43, "lang": "fr", "device": "desktop", "action": "Selection"}
    assert logged(collect(DECISION)) == {"message": "ProofsStored", "status": 201, **counted_by}
    assert logged(collect(DECISION)) == {"message": "ProofsRepeated", "status": 200, **counted_by}


def test_missing_facts_of_a_decision_are_logged_as_unknown(collect: Call) -> None:
    bare = {"type": "Consents", "consents": {"purposes": {"Marketing": False}}}
    answer = collect({**DECISION, "body": json.dumps(bare)})
    assert {name: logged(answer)[name] for name in ("lang", "device", "action")} == dict.fromkeys(
        ("lang", "device", "action"), "unknown"
    )


@pytest.mark.parametrize(
    "words", [{"lang": "fr, me@shop.example"}, {"lang": "x" * 99}, {"typeDevice": 4}, {"action": "me@shop.example"}]
)
def test_words_of_other_shapes_are_counted_as_unknown(collect: Call, words: dict[str, object]) -> None:
    answer = collect({**DECISION, "body": json.dumps({"type": "Visit", **words})})
    assert (answer.status, answer.body) == (202, {})
    visit = {"message": "Visits", "status": 202, "widgetId": 43, "lang": "unknown", "device": "unknown"}
    assert logged(answer) == visit


def test_a_consent_costs_one_write_and_no_read_while_the_widget_is_fresh(
    collect: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(DECISION)
    operations: list[str] = []
    make_call = "botocore.client.BaseClient._make_api_call"
    original = __import__("botocore.client").client.BaseClient._make_api_call

    def counted(self: object, operation: str, parameters: object) -> object:
        operations.append(operation)
        return original(self, operation, parameters)

    monkeypatch.setattr(make_call, counted)
    collect(with_body(DECISION, id=PAGE_CONSENT))
    assert operations == ["PutItem"]


def test_the_widget_is_read_again_after_thirty_seconds(
    collect: Call, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    collect(DECISION)
    republish(tables, keys=["another-key-43"])
    assert collect(DECISION).status == 200  # the widget as it was, for at most half a minute

    later = time.monotonic() + 31
    monkeypatch.setattr("consent_core.widget_table.time.monotonic", lambda: later)

    assert collect(DECISION).status == 404


# --- Policies and signals ---------------------------------------------------------------------------------------------

EVERYTHING = {"purposes": {"Preference": True, "Analytical": True, "Marketing": True, "Other": True}}
US = Policy(frozenset({1, 2, 3, 4}))
GB = Policy(exempt=True)
SIGNALS = {"gpc": True, "dnt": False}


def stored_consents(tables: Tables, answer: Answer) -> dict[str, Any]:
    (stored,) = history(tables, answer.body["consentId"])
    consents: dict[str, Any] = stored.proof["consents"]
    return consents


def not_refused(consents: dict[str, Any]) -> list[str]:
    return [entry["slug"] for entry in consents["cookieConsents"] if entry.get("notRefused")]


@pytest.mark.parametrize(
    ("policy", "marked"),
    [
        ("us", ["analytics", "drift", "youtube"]),
        ("gb", ["analytics"]),
        ("strict", []),
        (None, []),
    ],
)
def test_a_proof_says_under_which_policy_and_signals_it_was_given(
    collect: Call, tables: Tables, policy: str | None, marked: list[str]
) -> None:
    key = with_policies(tables, us=US, gb=GB)
    stated = {**EVERYTHING, "versionKey": key, "policy": policy, "signals": SIGNALS}
    answer = collect(with_body(DECISION, consents=stated))
    consents = stored_consents(tables, answer)
    assert (answer.status, answer.body.keys()) == (201, {"consentId"})
    assert (consents.get("policy"), consents["signals"], not_refused(consents)) == (policy, SIGNALS, marked)
    assert all(entry["consent"] for entry in consents["cookieConsents"])


def test_an_unknown_policy_is_stored_as_unknown_and_named_also_when_the_decision_is_repeated(
    collect: Call, tables: Tables
) -> None:
    key = with_policies(tables, us=US)
    sent = with_body(DECISION, consents={**EVERYTHING, "versionKey": key, "policy": "fr"})
    first, again = collect(sent), collect(sent)
    assert ((first.status, again.status), first.body) == ((201, 200), again.body)
    assert first.body["ignored"] == ["policy"]
    consents = stored_consents(tables, first)
    assert (consents["policy"], not_refused(consents)) == ("unknown", ["analytics", "drift", "youtube"])


@pytest.mark.parametrize("changed", [{"policy": "strict"}, {"policy": None}, {"signals": {"gpc": False, "dnt": False}}])
def test_a_retry_under_another_policy_or_signal_is_an_altered_replay(
    collect: Call, tables: Tables, changed: dict[str, object]
) -> None:
    stated = {**EVERYTHING, "versionKey": with_policies(tables, us=US), "policy": "us", "signals": SIGNALS}
    first = collect(with_body(DECISION, consents=stated))
    again = collect(with_body(DECISION, consents={**stated, **changed}))
    assert (first.status, again.status) == (201, 409)
    assert stored_consents(tables, first)["policy"] == "us"


@pytest.mark.parametrize("wrong", [{"policy": "US"}, {"policy": 1}, {"signals": {"gpc": True}}, {"signals": [True]}])
def test_a_policy_or_signals_of_another_shape_are_malformed(
    collect: Call, tables: Tables, wrong: dict[str, object]
) -> None:
    answer = collect(with_body(DECISION, consents={**EVERYTHING, **wrong}))
    assert (answer.status, answer.body["type"]) == (400, "urn:consent-platform:problem:malformed-request")
    assert answer.body["errors"][0]["loc"][:2] == ["consents", *wrong]


def test_a_signal_is_kept_as_long_as_any_other_decision(collect: Call, tables: Tables) -> None:
    stated = {**EVERYTHING, "versionKey": with_policies(tables, us=US), "policy": "us", "signals": SIGNALS}
    answer = collect(with_body(DECISION, action="Signal", consents=stated))
    (stored,) = history(tables, answer.body["consentId"])
    kept = datetime.fromisoformat(stored.proof["dateExpiration"]) - datetime.fromisoformat(stored.proof["date"])
    assert (stored.proof["action"], kept) == ("Signal", timedelta(days=180))


def test_a_widget_that_release_1_0_0_published_takes_decisions(collect: Call, tables: Tables) -> None:
    boto3.client("dynamodb").update_item(
        TableName="WidgetsTable",
        Key={"widgetId": {"N": "43"}, "version": {"S": "live"}},
        UpdateExpression="REMOVE storePageAddress",
    )
    answer = collect(DECISION)
    (stored,) = history(tables, answer.body["consentId"])
    assert (answer.status, "referrer" in stored.proof) == (201, False)
