"""Operators over HTTP: requests signed as IAM wants them, and refusals that say what the tables would have said."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from consent_core.errors import AwsConfigurationError, ConflictError, DefinitionError, NotFoundError, ThrottledError
from consent_ops import administration
from consent_ops.administration import AdministrationError, OverHttp
from tests.factories import definition

ADDRESS = "https://abc123.execute-api.eu-west-3.amazonaws.com"
ORIGINS = {"widgetId": 43, "revision": 2, "origins": ["https://*.shop.example"]}

type Sent = list[AWSPreparedRequest]


def answering(monkeypatch: pytest.MonkeyPatch, status: int, body: object) -> Sent:
    """Have every request answered like this; give those that are sent."""
    requests: Sent = []

    def send(_session: URLLib3Session, request: AWSPreparedRequest) -> SimpleNamespace:
        requests.append(request)
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return SimpleNamespace(status_code=status, content=content)

    monkeypatch.setattr(URLLib3Session, "send", send)
    return requests


def over_http(address: str = ADDRESS) -> OverHttp:
    session = Session()
    session.set_credentials("an-id", "a-secret", "a-token")
    session.set_config_variable("region", "us-west-2")
    return OverHttp(address, session)


def test_a_request_is_signed_for_the_region_of_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = answering(monkeypatch, 200, ORIGINS)
    assert over_http().add_origin(43, "https://*.shop.example") == ("https://*.shop.example",)

    (request,) = sent
    assert (request.method, request.url) == ("POST", f"{ADDRESS}/v1/widgets/43/origins")
    assert request.body == b'{"origin": "https://*.shop.example"}'
    scheme, credential, signed, signature = request.headers["Authorization"].split(" ")
    day = request.headers["X-Amz-Date"][:8]
    assert (scheme, credential) == ("AWS4-HMAC-SHA256", f"Credential=an-id/{day}/eu-west-3/execute-api/aws4_request,")
    assert signed == "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token,"
    assert len(signature.removeprefix("Signature=")) == 64
    assert request.headers["X-Amz-Security-Token"] == "a-token"


@pytest.mark.parametrize(
    ("address", "region"),
    [("https://admin.example.org/", "us-west-2"), ("https://x.execute-api.eu-west-3.amazonaws.com/", "eu-west-3")],
)
def test_an_address_of_ones_own_is_signed_for_the_callers_region(
    monkeypatch: pytest.MonkeyPatch, address: str, region: str
) -> None:
    (request,) = sent_by(monkeypatch, address)
    assert request.url == f"{address}v1/widgets/43/renewal"
    assert f"/{region}/execute-api/" in request.headers["Authorization"]


def test_requests_to_this_machine_are_not_signed(monkeypatch: pytest.MonkeyPatch) -> None:
    (request,) = sent_by(monkeypatch, "http://127.0.0.1:3001")
    assert "Authorization" not in request.headers


@pytest.mark.parametrize(("address", "seconds"), [(ADDRESS, 30), ("http://127.0.0.1:3001", 120)])
def test_a_stack_on_this_machine_is_waited_for_longer(
    monkeypatch: pytest.MonkeyPatch, address: str, seconds: int
) -> None:
    waits: list[int] = []

    class Watched(URLLib3Session):
        def __init__(self, *, timeout: int) -> None:
            waits.append(timeout)
            super().__init__(timeout=timeout)

    monkeypatch.setattr(administration, "URLLib3Session", Watched)
    sent_by(monkeypatch, address)
    assert waits == [seconds]


def sent_by(monkeypatch: pytest.MonkeyPatch, address: str) -> Sent:
    sent = answering(monkeypatch, 200, {"versionKey": "v", "revision": 2, "isNewVersion": True})
    over_http(address).raise_renewal(43)
    return sent


def test_without_credentials_nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = answering(monkeypatch, 200, ORIGINS)
    anonymous: Any = SimpleNamespace(get_config_variable=lambda _: "eu-west-1", get_credentials=lambda: None)
    with pytest.raises(AwsConfigurationError) as refused:
        OverHttp(ADDRESS, anonymous).add_origin(43, "https://shop.example")
    assert isinstance(refused.value.__cause__, NoCredentialsError)
    assert sent == []


PROBLEM = "urn:consent-platform:problem:"
FOREIGN = f"{ADDRESS} does not answer like the administration's API. Check --api: the stack's output AdminApiUrl."


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (
            404,
            {"type": f"{PROBLEM}not-found", "detail": "Widget 43 not found."},
            NotFoundError,
            "Widget 43 not found.",
        ),
        (422, {"type": f"{PROBLEM}unpublishable-definition", "problems": ["a", "b"]}, DefinitionError, "a; b"),
        (
            403,
            {"message": "Forbidden"},
            AdministrationError,
            f"{ADDRESS} refused the request (403). Check --profile, and the permission execute-api:Invoke.",
        ),
        (404, {"message": "Not Found"}, AdministrationError, FOREIGN),
        (413, ["no", "object"], AdministrationError, FOREIGN),
        (413, {"type": f"{PROBLEM}body-too-large", "detail": "Too large."}, AdministrationError, "Too large."),
        (429, {"message": "Too Many Requests"}, ThrottledError, "Keep what was sent, and send it again later."),
        (
            503,
            None,
            AdministrationError,
            f"{ADDRESS} failed (503). Wait a minute and repeat the command.",
        ),
        (200, b"[" * 100_000, AdministrationError, FOREIGN),
        (400, b'{"a":' * 100_000, AdministrationError, FOREIGN),
        (200, b"\xff", AdministrationError, FOREIGN),
    ],
    ids=[
        *("no widget", "definition", "IAM", "another API", "no object", "another problem", "throttled", "away"),
        *("lists in lists", "objects in objects", "no text"),
    ],
)
def test_a_refusal_is_what_it_would_be_at_the_tables(
    monkeypatch: pytest.MonkeyPatch, status: int, body: object, kind: type[Exception], words: str
) -> None:
    answering(monkeypatch, status, body)
    with pytest.raises(kind) as refused:
        over_http().raise_renewal(43)
    assert str(refused.value) == words


def test_a_check_is_what_the_service_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {"problems": [{"loc": ["services", 0, "slug"], "detail": "is bad"}], "warnings": []}
    sent = answering(monkeypatch, 200, {**found, "more": 1})

    assert over_http().check(definition()) == found
    (request,) = sent
    assert (request.method, request.url) == ("POST", f"{ADDRESS}/v1/widgets/43/check")
    assert isinstance(request.body, bytes)
    assert json.loads(request.body)["id"] == 43


@pytest.mark.parametrize("answer", [{}, {"problems": [{}], "warnings": []}, {"problems": 7, "warnings": []}])
def test_another_services_check_is_not_believed(monkeypatch: pytest.MonkeyPatch, answer: object) -> None:
    answering(monkeypatch, 200, answer)
    with pytest.raises(AdministrationError) as refused:
        over_http().check(definition())
    assert str(refused.value) == FOREIGN


def test_who_lost_is_told_what_has_won(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, 409, {"type": f"{PROBLEM}conflict", "versionKey": "winner", "revision": 7})
    with pytest.raises(ConflictError) as lost:
        over_http().raise_renewal(43)
    assert (lost.value.version_key, lost.value.revision) == ("winner", 7)
