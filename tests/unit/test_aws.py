"""Our clients are botocore's: for every request, the same handlers are called in the same order."""

import pytest
from botocore.config import Config
from botocore.session import Session, get_session

from aws_operations import OPERATIONS
from consent_core import aws

# The events that botocore emits around a call; the first ones when a client is made.
EVENTS = [
    *("creating-client-class.{0}", "choose-service-name"),
    *("provide-client-params.{0}.{1}", "before-parameter-build.{0}.{1}", "before-endpoint-resolution.{0}"),
    *("before-call.{0}.{1}", "request-created.{0}.{1}", "choose-signer.{0}.{1}", "before-sign.{0}.{1}"),
    *("before-send.{0}.{1}", "response-received.{0}.{1}", "needs-retry.{0}.{1}", "before-parse.{0}.{1}"),
    *("after-call.{0}.{1}", "after-call-error.{0}.{1}", "getattr.{0}.put_item"),
]
CALLS = [(service, operation) for service, names in sorted(OPERATIONS.items()) for operation in sorted(names)]


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_a_call_meets_the_handlers_that_botocore_has_for_it(service: str, operation: str) -> None:
    ours, whole = aws.session_for(service), get_session()
    for event in EVENTS:
        name = event.format(service, operation)
        assert handlers(ours, name) == handlers(whole, name), name
    assert handlers(ours, f"before-call.{service}.{operation}")


def test_a_client_takes_region_credentials_and_endpoint_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "a-key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    made = aws.client("dynamodb", Config(read_timeout=7))
    assert made.meta.region_name == "eu-west-3"
    assert made.meta.endpoint_url == "http://127.0.0.1:1"
    assert made.meta.config.read_timeout == 7
    assert made._request_signer._credentials.access_key == "a-key"


def handlers(session: Session, event: str) -> list[object]:
    """The functions of botocore that are called for an event, in their order.

    Powertools, if a test before has loaded it, adds one of its own to every session.
    """
    emitter = session.get_component("event_emitter")._emitter
    called = emitter._handlers.prefix_search(event)
    return [getattr(each, "__qualname__", each) for each in called if "powertools" not in str(each.__module__)]
