"""The local stack under load, on another DynamoDB engine: 64 connections for a minute. Nothing lost, nothing twice."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3

from bench import traffic
from bench.report import Table, progress
from bench.tables import decision
from local import ROOT
from tests.ministack_process import running_engine

CONNECTIONS = 64
SECONDS = 60.0
REPEATED = 0.1  # of all requests: a browser sends again what was not answered
ORIGIN = "http://localhost:8080"
PATH = "/v1/client/collect/43?key=demo-public-key-43"


@dataclass
class Decisions:
    """Return the requests: first decisions of different visitors, and some of them again."""

    sent: list[bytes] = field(default_factory=list)

    def following(self) -> bytes:
        again = self.sent and random.random() < REPEATED  # noqa: S311 - no secret
        headers = {"Origin": ORIGIN, "Content-Type": "text/plain"}
        return traffic.request("POST", PATH, headers, random.choice(self.sent) if again else self._new())  # noqa: S311

    def _new(self) -> bytes:
        body = json.loads(decision(0))
        body["consents"]["purposes"] = {"Analytical": random.random() < 0.5}  # noqa: S311
        self.sent.append(json.dumps(body).encode())
        return self.sent[-1]

    @property
    def ids(self) -> set[str]:
        return {json.loads(body)["id"] for body in self.sent}


def measure(_rounds: int) -> list[Table]:
    with TemporaryDirectory() as folder, running_engine(Path(folder)) as engine, serving(engine) as port:
        decisions = Decisions()
        progress(f"{CONNECTIONS} connections for {SECONDS:.0f} s")
        result = traffic.run(port, decisions.following, connections=CONNECTIONS, seconds=SECONDS)
        stored = Counter(_stored(engine))
    lost, twice = decisions.ids - stored.keys(), [name for name, times in stored.items() if times > 1]
    errors = sum(times for status, times in result.statuses.items() if status not in {200, 201})
    table = Table(
        f"Load: {CONNECTIONS} connections for {SECONDS:.0f} s; API and functions in one process, ministack as DynamoDB",
        ("decisions", "sent again", "per second", "p50 ms", "p99 ms", "errors", "lost", "stored twice"),
    )
    again = len(result.latencies) - len(decisions.sent)
    rate = len(result.latencies) / result.seconds
    table.add(
        *(f"{len(decisions.sent):,}", f"{again:,}", f"{rate:.0f}"),
        *(f"{result.percentile(50):.0f}", f"{result.percentile(99):.0f}", f"{errors}", f"{len(lost)}", f"{len(twice)}"),
    )
    assert (errors, len(lost), len(twice)) == (0, 0, 0), result.statuses
    assert result.statuses[201] == len(decisions.sent) == len(stored), result.statuses
    return [table]


def _stored(engine: str) -> Iterator[str]:
    """The id of every proof that is there."""
    client = boto3.client("dynamodb", endpoint_url=engine, **_CREDENTIALS)
    for page in client.get_paginator("scan").paginate(TableName="ConsentsTable", ProjectionExpression="id"):
        yield from (item["id"]["S"] for item in page["Items"])


_CREDENTIALS: dict[str, Any] = {
    "aws_access_key_id": "000000000001",  # ministack keeps accounts apart by it
    "aws_secret_access_key": str(uuid.uuid4()),
    "region_name": "us-east-1",
}


@contextmanager
def serving(engine: str) -> Iterator[int]:
    """Serve the API in a process of its own: its port."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ROOT}:{ROOT / 'layers' / 'consent_core'}",
        "AWS_ENDPOINT_URL_DYNAMODB": engine,
        "AWS_ACCESS_KEY_ID": _CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": _CREDENTIALS["aws_secret_access_key"],
        "AWS_DEFAULT_REGION": _CREDENTIALS["region_name"],
        "ORIGIN_VERIFY": "off",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def serve() -> None:
    """Be that process."""
    from local import embedded_aws, gateway, layer
    from local.functions import Functions
    from local.serving import serving as answering

    template = gateway.read_template(ROOT / "template.yaml")
    embedded_aws.fill(template[0].resources)
    listener = socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS * 2)
    port = listener.getsockname()[1]
    with Functions(template, ROOT, layer.built(), log=lambda _line: None) as functions:
        application = gateway.application(template, ROOT, functions, port=port)
        with answering(listener, application):
            sys.stdout.write(f"{port}\n")
            sys.stdout.flush()
            signal.pause()


if __name__ == "__main__":
    serve()
