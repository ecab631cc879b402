"""The work of several processes at the same moment. This module imports little, because each process imports it."""

import json
import multiprocessing
import uuid
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from io import StringIO
from threading import Barrier

import boto3

from consent_core.errors import ConflictError
from consent_core.publishing.changes import publish
from local import ROOT
from local.tables import Tables
from local.tables import tables as open_tables
from tests.handlers import LambdaContext, load_handler
from tests.repository_contract import definition

PROCESSES = 8
ROUNDS = 10

_TIMEOUT = 60.0  # seconds after which one that has failed is given up
_NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)

_barrier: Barrier


def in_each_process[T](task: Callable[[int], T]) -> list[T]:
    """Run ``task`` with the numbers 0 to 7, each in a process of its own."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES, timeout=_TIMEOUT)
    with ProcessPoolExecutor(PROCESSES, context, initializer=_take, initargs=(barrier,)) as pool:
        return list(pool.map(task, range(PROCESSES)))


def _take(barrier: Barrier) -> None:
    global _barrier
    _barrier = barrier


def tables_for_operators() -> Tables:
    """On a busy machine a second attempt, whose first was only slow, would be told that the proof is there already."""
    return open_tables(boto3.client("dynamodb"))


def decide(_number: int) -> list[tuple[int, str]]:
    """Send, in each round, the one decision that all the others send. Return status and body of each answer.

    A request has 100 seconds instead of a visitor's 2.5: all processes share one busy engine.
    """
    function = load_handler("consent_collect", POWERTOOLS_SERVICE_NAME="consent_collect", STORE_TIMEOUT_SECONDS="20")
    vars(function)["WIDGETS"], vars(function)["CONSENTS"] = tables_for_operators()
    sent = json.loads((ROOT / "events" / "collect.json").read_text("utf-8"))

    def decision(id_: uuid.UUID) -> tuple[int, str]:
        body = json.dumps({**json.loads(sent["body"]), "id": str(id_)})
        with redirect_stdout(StringIO()):
            answer = function.handler({**sent, "body": body}, LambdaContext())
        return answer["statusCode"], answer["body"]

    decision(uuid.uuid4())  # connects, and reads the widget: what follows is the write alone
    answers = []
    for round_ in range(ROUNDS):
        _barrier.wait()
        answers.append(decision(uuid.UUID(int=round_ + 1)))
    return answers


def publish_in_rounds(number: int) -> list[tuple[bool, str | None]]:
    """Publish a definition of one's own in each round; give whether it was the first, and the version that was."""
    tables = tables_for_operators()
    now = _NOW + timedelta(milliseconds=number)  # of one date only one audit entry could be written

    def when_all_have_read() -> uuid.UUID:
        _barrier.wait()
        return uuid.uuid4()

    outcomes: list[tuple[bool, str | None]] = []
    for round_ in range(ROUNDS):
        mine = definition(label=f"Round {round_}, process {number}")
        try:
            won = publish(tables.widgets, mine, actor=f"process {number}", now=now, new_key=when_all_have_read)
            outcomes.append((True, won.version_key))
        except ConflictError as conflict:
            outcomes.append((False, conflict.version_key))
        _barrier.wait()
    return outcomes
