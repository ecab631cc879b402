"""Keep the local stack busy at a steady rate while its store fails at random, then count every proof.

    python -m tests.soak --seconds 1200       (``make soak``)

The functions are processes with the built layer, as in ``make run``; the faults lie between them and DynamoDB. In the
end each acknowledged decision is in the table once and in the archive once, the metrics say the same numbers, and the
functions hold no more memory than after they had warmed up.
"""

import argparse
import json
import random
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from consent_core.archive.objects import Archive, connect
from local import ROOT, embedded_aws, gateway, layer, streams
from local.__main__ import _stay_on_this_machine
from local.functions import Functions
from local.serving import address, listen, serving
from tests.fault_schedules import Fault, Store, drawn_fault
from tests.fault_schedules import serving as store_serving

type Json = dict[str, Any]

RATE = 5.0
"""Decisions a second."""
TIMEOUT = 0.25
"""Seconds that a function waits for an answer of the store; a request has five times as long."""
SHARE = 0.1
"""The share of calls that meet a fault."""
WARM_UP = 0.25
"""The share of the time after which memory is measured for the first time."""
GROWTH = 4_096
"""Kilobytes that a function's resident memory may grow by until the end."""
MOST_ATTEMPTS = 100
"""After so many refusals, the visitor gives a decision up; the service must not let it come to that."""
PATIENCE = 120.0
"""Seconds in which the archive has all proofs."""
WIDGET, KEY, ORIGIN = 44, "demo-public-key-44", "https://shop.example"
CREDENTIALS = (
    "AWS4-HMAC-SHA256 Credential=local/20261128/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
)


@dataclass
class Forwarding:
    """The engine of the local stack, behind the faults."""

    url: str

    def do(self, operation: str, asked: Json) -> tuple[int, Json]:
        headers = {
            "X-Amz-Target": f"DynamoDB_20120810.{operation}",
            "Content-Type": "application/x-amz-json-1.0",
            "Authorization": CREDENTIALS,
        }
        answer = requests.post(self.url, json=asked, headers=headers, timeout=60)
        return answer.status_code, answer.json()


class FailingStore(Store):
    """A store that fails at random for as long as it is told to."""

    def __init__(self, url: str, seed: int) -> None:
        super().__init__(Forwarding(url))
        self._draw = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.share = SHARE

    def next_fault(self) -> Fault:
        return drawn_fault(self._draw, share=self.share, timeout=TIMEOUT)


@dataclass
class Outcome:
    """The numbers of a run. ``memory`` has the kilobytes of each function when warm and in the end."""

    made: int = 0
    acknowledged: list[tuple[str, str]] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    metrics: Counter[str] = field(default_factory=Counter)
    stored: list[tuple[str, str]] = field(default_factory=list)
    archived: list[tuple[str, str]] = field(default_factory=list)
    memory: dict[str, tuple[int, int]] = field(default_factory=dict)
    met: Counter[str] = field(default_factory=Counter)

    def faults(self) -> list[str]:
        """Return a sentence for each promise that was not kept."""
        expected = sorted(self.acknowledged)
        kept = self.answers[200] + self.answers[201]
        counted = self.metrics["ProofsStored"] + self.metrics["ProofsRepeated"]
        statements = {
            "A decision was acknowledged that is not in the table once.": sorted(self.stored) == expected,
            "A proof is not in the archive once.": sorted(self.archived) == expected,
            "A decision was acknowledged as two.": len(set(expected)) == len(expected),
            f"{kept} answers acknowledged a proof, and the metrics say {counted}.": kept == counted,
            "A decision was never acknowledged.": len(expected) == self.made,
            "The metrics and the archive disagree.": self.metrics["ProofsArchived"] == len(self.archived),
            f"A request was answered otherwise than 200, 201 or 503: {dict(self.answers)}.": self.answers.keys()
            <= {200, 201, 503},
        }
        grown = [
            f"{name} grew from {warm} to {end} kB." for name, (warm, end) in self.memory.items() if end - warm > GROWTH
        ]
        return [sentence for sentence, holds in statements.items() if not holds] + grown


def soak(seconds: float, *, seed: int = 1) -> Outcome:
    """Run for so many seconds. Return what was counted."""
    outcome, lock = Outcome(), threading.Lock()

    def log(line: str) -> None:
        with lock:
            _count(outcome.metrics, line)

    with ExitStack() as running:
        aws = running.enter_context(listen("NO_PORT_IS_SET", 0))
        _stay_on_this_machine(address(aws))
        template = gateway.read_template(ROOT / "template.yaml")
        resources = template[0].resources
        writes = embedded_aws.Writes()
        running.enter_context(serving(aws, embedded_aws.application(writes)))
        tables = embedded_aws.fill(resources)
        store = FailingStore(address(aws), seed)
        variables = {
            "ARCHIVE_BUCKET": embedded_aws.create_bucket(resources),
            "DISTRIBUTION_ID": embedded_aws.create_distribution(),
            "ATHENA_WORKGROUP": "",
            "ORIGIN_VERIFY": "off",
            "STORE_TIMEOUT_SECONDS": str(TIMEOUT),
            "AWS_ENDPOINT_URL_DYNAMODB": running.enter_context(store_serving(store)),
        }
        functions = running.enter_context(Functions(template, ROOT, layer.built(), variables=variables, log=log))
        for mapping in streams.mappings(resources):
            running.enter_context(streams.delivering(mapping, functions[mapping.function].invoke, writes))
        archive = Archive(connect(), bucket=variables["ARCHIVE_BUCKET"])

        warm = _decide_for(seconds, functions, outcome)
        store.share = 0.0
        _wait_until(lambda: len(_archived(archive)) >= outcome.made)
        outcome.memory = {name: (warm[name], size) for name, size in _memory(functions).items() if name in warm}
        outcome.stored = [_key(item) for item in _items(tables)]
        outcome.archived = _archived(archive)
        outcome.met.update(store.met)
    return outcome


def _decide_for(seconds: float, functions: Functions, outcome: Outcome) -> dict[str, int]:
    """Decide at the steady rate. Return the functions' memory after they have warmed up."""
    begun, warm = time.monotonic(), dict[str, int]()
    while time.monotonic() - begun < seconds:
        _decide(functions, outcome, outcome.made)
        outcome.made += 1
        if not warm and time.monotonic() - begun > seconds * WARM_UP:
            warm = _memory(functions)
        time.sleep(max(0.0, begun + outcome.made / RATE - time.monotonic()))
    return warm


def _decide(functions: Functions, outcome: Outcome, number: int) -> None:
    """Send one decision until it is acknowledged, as the SDK does."""
    decision = str(uuid.UUID(int=number + 1))
    body = {"type": "Consents", "id": decision, "consents": {"lang": "en", "purposes": {"Analytical": True}}}
    event = {
        "routeKey": "POST /v1/client/collect/{id}",
        "rawPath": f"/v1/client/collect/{WIDGET}",
        "headers": {"content-type": "application/json", "origin": ORIGIN},
        "queryStringParameters": {"key": KEY},
        "pathParameters": {"id": str(WIDGET)},
        "body": json.dumps(body),
    }
    for _ in range(MOST_ATTEMPTS):
        answer = functions["ConsentCollectFunction"].invoke(event)
        outcome.answers[answer["statusCode"]] += 1
        if answer["statusCode"] in {200, 201}:
            outcome.acknowledged.append((json.loads(answer["body"])["consentId"], decision))
        if answer["statusCode"] != 503:
            return


def _count(metrics: Counter[str], line: str) -> None:
    try:
        record = json.loads(line)
    except ValueError:
        return
    for counted in record.get("_aws", {}).get("CloudWatchMetrics", ()) if isinstance(record, dict) else ():
        for metric in counted["Metrics"]:
            metrics[metric["Name"]] += int(sum(record[metric["Name"]]))


def _memory(functions: Functions) -> dict[str, int]:
    """Return the resident memory of each function that runs, in kilobytes."""
    found = {}
    for name, process in functions._processes.items():
        if process._running is not None:
            status = Path(f"/proc/{process._running._process.pid}/status").read_text("utf-8")
            found[name] = int(status.partition("VmRSS:")[2].split()[0])
    return found


def _items(tables: Any) -> list[Json]:  # noqa: ANN401 - the tables of the local stack
    pages = tables.consents._client.get_paginator("scan").paginate(TableName="ConsentsTable")
    return [item for page in pages for item in page["Items"]]


def _key(item: Json) -> tuple[str, str]:
    return item["consentId"]["S"], item["id"]["S"]


def _archived(archive: Archive) -> list[tuple[str, str]]:
    places = [(widget, day) for widget in archive.widgets() for day in archive.days(widget)]
    return [(line["consentId"], line["id"]) for place in places for line in archive.lines(*place)]


def _wait_until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds() and time.monotonic() < end:
        time.sleep(streams.PAUSE)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description="Keep the local stack busy while its store fails.")
    parser.add_argument("--seconds", type=float, default=1_200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    sys.stdout.write(f"{options.seconds:g} seconds at {RATE:g} decisions a second, seed {options.seed} …\n")
    sys.stdout.flush()
    outcome = soak(options.seconds, seed=options.seed)
    sys.stdout.write(f"Acknowledged {len(outcome.acknowledged)}, in the table {len(outcome.stored)}, ")
    sys.stdout.write(f"in the archive {len(outcome.archived)}; answers {dict(outcome.answers)}\n")
    sys.stdout.write(f"Metrics {dict(outcome.metrics)}\nCalls {dict(outcome.met)}\nMemory in kB {outcome.memory}\n")
    sys.stdout.write("\n".join(outcome.faults()) + "\n")
    return 1 if outcome.faults() else 0


if __name__ == "__main__":
    sys.exit(main())
