"""The privacy officer's desk over HTTP: ids and reasons in bodies alone, and answers of the right shape."""

import json

import pytest
from botocore.awsrequest import AWSPreparedRequest

from consent_core.consent_table import UserConsent
from consent_core.errors import NotFoundError
from consent_ops.administration import AdministrationError
from consent_ops.desk import DeskOverHttp, Erased
from consent_ops.failures import OperatorError
from tests.unit.test_administration import ADDRESS, answering, over_http

CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
FOUND = {"consentId": CONSENT, "decisions": 2, "first": "2026-11-24T10:00:00.000Z", "last": "2026-11-25T10:00:00.000Z"}


def sent_in(request: AWSPreparedRequest) -> object:
    assert isinstance(request.body, bytes)
    return json.loads(request.body)


@pytest.fixture
def desk() -> DeskOverHttp:
    return DeskOverHttp(over_http())


def test_a_user_is_searched_for_in_a_body(monkeypatch: pytest.MonkeyPatch, desk: DeskOverHttp) -> None:
    sent = answering(monkeypatch, 200, {"consents": [FOUND]})

    assert desk.find_user(43, "CRM-42", reason="Case 4711") == [UserConsent(CONSENT, 2, FOUND["first"], FOUND["last"])]  # type: ignore[arg-type]

    (request,) = sent
    assert (request.method, request.url) == ("POST", f"{ADDRESS}/v1/consents/search")
    assert sent_in(request) == {"widgetId": 43, "userId": "CRM-42", "reason": "Case 4711"}
    assert "Authorization" in request.headers


def test_a_consent_is_erased_by_a_body(monkeypatch: pytest.MonkeyPatch, desk: DeskOverHttp) -> None:
    sent = answering(monkeypatch, 200, {"erased": 2, "proofs": 3})

    assert desk.erase(CONSENT, reason="Case 4711") == Erased(2, 3)

    (request,) = sent
    assert (request.method, request.url) == ("POST", f"{ADDRESS}/v1/consents/erase")
    assert sent_in(request) == {"consentId": CONSENT, "reason": "Case 4711"}


def test_an_erasure_without_a_reason_is_not_sent(monkeypatch: pytest.MonkeyPatch, desk: DeskOverHttp) -> None:
    sent = answering(monkeypatch, 200, {})

    with pytest.raises(OperatorError, match="add --reason"):
        desk.erase(CONSENT, reason=None)

    assert sent == []


def test_an_unknown_consent_is_not_found(monkeypatch: pytest.MonkeyPatch, desk: DeskOverHttp) -> None:
    problem = {"type": "urn:consent-platform:problem:not-found", "detail": "No proofs found for this consent."}
    answering(monkeypatch, 404, problem)

    with pytest.raises(NotFoundError, match="No proofs found for this consent"):
        desk.erase(CONSENT, reason="Case 4711")


@pytest.mark.parametrize("answer", [{}, {"consents": [{}]}, {"consents": 1}, b"<html>"])
def test_another_service_is_told_from_this_one(
    monkeypatch: pytest.MonkeyPatch, desk: DeskOverHttp, answer: object
) -> None:
    answering(monkeypatch, 200, answer)

    with pytest.raises(AdministrationError, match="does not answer like the administration's API"):
        desk.find_user(43, "CRM-42", reason="Case 4711")
