"""Statistics of the stack on one machine: what a visitor's browser sends is found in log and proofs, and counted."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import Any

import requests

from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from consent_ops.stack import Stack
from local import ROOT
from local.demo_data import DECISIONS, WIDGET_ID
from local.embedded_aws import DEMO_WIDGETS
from tests.local_process import LocalStack

WIDGET, TIMEOUT = 2001, 30.0


def sent(stack: LocalStack, **body: object) -> int:
    """Send a request of the SDK's; return the status."""
    address = f"{stack.api}/v1/client/collect/{WIDGET}?key=demo-public-key-43"
    answer = requests.post(address, json=body, headers={"Origin": stack.shop}, timeout=TIMEOUT)
    return answer.status_code


def stats(stack: LocalStack, widget: int = WIDGET, days: int = 2) -> dict[str, Any]:
    asked = ("stats", str(widget), "--days", str(days), "--json")
    finished = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "ops", "--endpoint-url", stack.aws, *asked],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    said: dict[str, Any] = json.loads(finished.stdout)
    return said


def test_what_visitors_do_is_counted_without_a_write_per_visit(local_stack: LocalStack) -> None:
    stack = Stack(local_stack.aws)
    definition = {**json.loads(DEMO_WIDGETS[0].read_text("utf-8")), "id": WIDGET}
    publish(stack.widgets(), definition_from_json(json.dumps(definition)), actor="test", now=datetime.now(UTC))
    for language in ("fr", "fr", "nl"):
        assert sent(local_stack, type="Visit", lang=language, typeDevice=2) == 202
    assert sent(local_stack, type="Quit", lang="nl", typeDevice=2) == 202
    all_of_it = {"lang": "fr", "purposes": {"Analytical": True, "Marketing": True}}
    decision = {"id": "6185fe65-0924-410d-9132-3cde838c4627", "typeDevice": 2, "action": "AcceptAll"}
    for status in (201, 200):  # sent again
        assert sent(local_stack, type="Consents", consents=all_of_it, **decision) == status

    deadline = time.monotonic() + TIMEOUT  # log lines are kept a moment later
    while len(list(stack.impressions().of(WIDGET, datetime.now(UTC).date().isoformat()))) < 4:
        assert time.monotonic() < deadline
    said = stats(local_stack)

    assert said["total"] == {
        "shown": 3,
        "closed": 1,
        "decisions": 1,
        "acceptedAll": 1,
        "selection": 0,
        "refusedAll": 0,
        "notRefused": 0,
    }
    assert [(each["language"], each["shown"], each["closed"]) for each in said["languages"]] == [
        ("fr", 2, 0),
        ("nl", 1, 1),
    ]
    assert [(each["slug"], each["agreed"]) for each in said["services"]] == [
        ("analytics", 1),
        ("drift", 1),
        ("youtube", 1),
    ]


def test_the_demo_widget_has_decisions_on_the_days_before_today(local_stack: LocalStack) -> None:
    days = stats(local_stack, WIDGET_ID, days=len(DECISIONS) + 1)["days"]

    assert [day["decisions"] for day in days[:-1]] == list(reversed(DECISIONS))
