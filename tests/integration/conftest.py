"""A second DynamoDB engine, in a process of its own: what passes here does not hang on how moto reads the manual."""

import itertools
import os
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import boto3
import pytest
import requests

from local import ROOT, embedded_aws
from local.gateway import read_template
from local.serving import address, listen, serving
from local.tables import Tables
from tests.integration.concurrent_writers import tables_for_operators
from tests.ministack_process import TIMEOUT, running_engine
from tests.repository_contract import proof

_ACCOUNTS = itertools.count(1)


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The engine's base URL. It needs ``make .venv-ministack/.installed``."""
    with running_engine(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="session")
def resources() -> Mapping[str, Any]:
    """The template's resources, as SAM reads them."""
    template: Mapping[str, Any] = read_template(ROOT / "template.yaml")[0].resources
    return template


@pytest.fixture(scope="module")
def embedded(resources: Mapping[str, Any]) -> Iterator[str]:
    """The URL of an AWS of the local stack, with the template's tables in it, and an environment that leads there."""
    with pytest.MonkeyPatch.context() as environment, listen("NO_PORT_IS_SET", 0) as listener:
        url = address(listener)
        for name in ("DYNAMODB", "S3"):
            environment.setenv(f"AWS_ENDPOINT_URL_{name}", url)
        for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
            environment.setenv(f"AWS_{name}", "local")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        with serving(listener, embedded_aws.application()):
            requests.post(f"{url}/moto-api/reset", timeout=TIMEOUT).raise_for_status()  # a process has one moto
            embedded_aws.fill(resources)
            yield url


@pytest.fixture
def tables(ministack: str, resources: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Tables:
    """The template's tables with the demo widgets in them, and an environment that leads there."""
    return _new_tables(ministack, resources, monkeypatch)


@pytest.fixture(scope="session", autouse=True)
def expired(ministack: str, resources: Mapping[str, Any]) -> Tables:
    """Tables with one proof whose time is over.

    Stored before the first test, for the engine looks for such items once a minute.
    """
    with pytest.MonkeyPatch.context() as monkeypatch:
        doomed = _new_tables(ministack, resources, monkeypatch)
    doomed.consents.put_proof(proof(ttl=int(time.time())))
    return doomed


def _new_tables(url: str, resources: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> Tables:
    """Make tables for one test alone: the engine separates accounts, and takes an account's number as its key."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    environment = {
        "AWS_ENDPOINT_URL_DYNAMODB": url,
        "AWS_ACCESS_KEY_ID": f"{next(_ACCOUNTS):012}",
        "AWS_SECRET_ACCESS_KEY": str(uuid.uuid4()),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
        "WIDGETS_TABLE": "WidgetsTable",
        "CONSENTS_TABLE": "ConsentsTable",
        "ORIGIN_VERIFY": "off",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)  # it holds the credentials that there were when it was made
    embedded_aws.fill(resources)
    return tables_for_operators()
