"""The log lines of visitors' functions: whatever the outcome is, none holds what a request says of its visitor."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from consent_core.http import Request
from local.tables import Tables
from tests import dossiers
from tests.functional.conftest import at_widget, caller, event, with_body, with_headers
from tests.repository_contract import proof

SECRET = "s3cret" * 8
CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
NETWORK = {"sourceIp": "198.51.100.77", "userAgent": "Agent-4711"}
HEADERS = {
    "user-agent": "Agent-4711",
    "x-forwarded-for": "203.0.113.88, 198.51.100.77",
    "forwarded": "for=203.0.113.88",
    "cloudfront-viewer-address": "203.0.113.88:4711",
    "cloudfront-viewer-country": "country-4711",
    "cloudfront-viewer-country-region": "region-4711",
    "cookie": "cookie-of-the-page=1",
    "referer": "https://referring.example/basket",
    "accept-language": "nl-SR",
    "x-origin-verify": SECRET,
}
BODY = {
    "id": "2f1d8a3e-6c0b-4f57-9a5e-0d1c2b3a4f5e",
    "userId": "user-4711",
    "sessionId": "0b93b823-ff36-4d61-8959-e9e8deee5ef8",
    "consentId": CONSENT,
    "referrer": "http://localhost:8080/basket",
}
HIDDEN = (
    *("198.51.100.77", "203.0.113.88", "Agent-4711", "cookie-of-the-page", "referring.example", "nl-SR", SECRET),
    *("country-4711", "region-4711"),
    *("localhost", "foreign.example", "basket", "padding", *BODY.values()),
)
STATUSES: dict[str, list[int]] = {
    "sdk": [200, 403, 200, 404, 200, 500, 200],
    "settings": [200, 403, 403, 404, 400, 500, 503],
    "collect": [201, 403, 403, 404, 400, 500, 503, 400, 413, 415, 200, 409, 202, 201],
    "history": [200, 403, 403, 404, 400, 500, 503, 400, 413, 415],
    "receipt": [200, 403, 403, 404, 400, 500, 503, 400, 413, 415],
    "erase": [204, 403, 403, 404, 400, 500, 503, 400, 413, 415],
}
"""The statuses of a file's requests, in the order of ``requests``."""
FUNCTIONS = {"sdk": "widget_sdk", "settings": "widget_settings", "collect": "consent_collect"}


def visitors(name: str) -> dict[str, Any]:
    """Return the event of a file as a visitor's request who can be told from others by each part of it."""
    sent = event(name)
    context = {**sent["requestContext"], "http": {**sent["requestContext"]["http"], **NETWORK}}
    sent = {**sent, "headers": {**sent["headers"], **HEADERS}, "requestContext": context}
    return with_body(sent, **BODY) if "body" in sent else sent


def requests(name: str) -> list[dict[str, Any]]:
    """Return a request that succeeds, and one for each refusal. The sixth meets a bug, the seventh a fault."""
    sent = visitors(name)
    plain = [
        sent,
        with_headers(sent, x_origin_verify="Agent-4711"),
        with_headers(sent, origin="https://foreign.example"),
        {**sent, "pathParameters": {"id": "203.0.113.88"}, "rawPath": "/Agent-4711"},
        {**sent, "queryStringParameters": {"key": "Agent-4711 <user-4711>"}},
        sent,
        sent,
    ]
    if "pathParameters" in sent:
        plain[3] = at_widget(sent, "404", "demo-public-key-43")
    if "body" not in sent:
        return plain
    bodies = [
        {**sent, "body": sent["body"][:-1]},
        {**sent, "body": sent["body"] + "padding" * 5_000},
        with_headers(sent, content_type="user-4711"),
    ]
    choices = {"lang": "fr", "purposes": {"Analytical": False}}
    decisions = [
        sent,
        with_body(sent, consents=choices),
        with_body(sent, type="Visit"),
        with_body(sent, id=None, userId="jan@203.0.113.88", sessionId="Agent-4711", referrer="basket"),
    ]
    return [*plain, *bodies, *(decisions if name == "collect" else [])]


def bug(request: Request, _secret: str) -> None:
    raise RuntimeError(str(vars(request)))


def fault(_client: object, operation: str, parameters: object) -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": f"{parameters} {HIDDEN}"}}, operation)


@pytest.mark.parametrize("name", STATUSES)
def test_no_line_names_address_agent_page_origin_or_an_id_of_the_visitor(
    tables: Tables,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    name: str,
) -> None:
    """Answers, refusals, a bug and a fault of the store: each has a line, of which CloudWatch gets every word."""
    caplog.set_level("INFO")
    monkeypatch.setenv("ORIGIN_VERIFY", SECRET)
    if name in {"history", "receipt", "erase"}:
        made = dossiers.proof(ttl=4_000_000_000) if name == "receipt" else proof(widgetId=43)
        tables.consents.put_proof({**made, "consentId": CONSENT, **BODY})
    function = FUNCTIONS.get(name, "visitor_rights")
    call, answers = caller(function), []
    for number, sent in enumerate(requests(name), start=1):
        with monkeypatch.context() as patched:
            if number == 6:
                patched.setattr(Request, "check_front_door", bug)
            if number == 7:
                patched.setattr("botocore.client.BaseClient._make_api_call", fault)
            is_cold = number == 7  # it then keeps no widget that it could answer from
            answers.append((caller(function) if is_cold else call)(sent))

    assert [answer.status for answer in answers] == STATUSES[name]
    output = json.dumps([(answer.log, answer.metrics) for answer in answers]) + caplog.text + str(capsys.readouterr())
    assert {hidden for hidden in HIDDEN if hidden in output} == set()
