"""Processes that do the same at the same moment, as the execution environments of a function do."""

import json
from collections import Counter

from consent_core.dynamodb import connect
from local.tables import Tables
from tests.integration.concurrent_writers import PROCESSES, ROUNDS, decide, in_each_process, publish_in_rounds
from tests.repository_contract import WIDGET


def test_one_decision_sent_by_eight_processes_is_stored_once(tables: Tables) -> None:
    for answers in zip(*in_each_process(decide), strict=True):
        assert Counter(status for status, _ in answers) == {201: 1, 200: PROCESSES - 1}
        (body,) = {body for _, body in answers}
        (stored,) = tables.consents.history(json.loads(body)["consentId"], now=0)
        assert stored.proof["widgetId"] == 43

    items = connect().scan(TableName="ConsentsTable")["Items"]
    assert len(items) == ROUNDS + PROCESSES  # one a round, and each process's own first one


def test_of_eight_publishers_one_wins_each_round_and_the_others_are_told_which(tables: Tables) -> None:
    winners = []
    for outcomes in zip(*in_each_process(publish_in_rounds), strict=True):
        assert Counter(won for won, _ in outcomes) == {True: 1, False: PROCESSES - 1}
        (winner,) = {version_key for _, version_key in outcomes}
        assert winner is not None
        winners.append(winner)

    live = tables.widgets.live(WIDGET)
    assert live is not None
    assert (live.version_key, live.revision) == (winners[-1], ROUNDS)
    renderings = [f"{version_key}#{language}" for version_key in winners for language in ("fr", "en")]
    keys = sort_keys(WIDGET)
    audits = [key for key in keys if key.startswith("audit#")]
    assert sorted(int(key.rpartition("#")[2]) for key in audits) == list(range(1, ROUNDS + 1))
    assert sorted(set(keys) - set(audits)) == sorted(["live", *winners, *renderings])


def sort_keys(widget_id: int) -> list[str]:
    items = connect().query(
        TableName="WidgetsTable",
        KeyConditionExpression="widgetId = :widget",
        ExpressionAttributeValues={":widget": {"N": str(widget_id)}},
        ProjectionExpression="version",
    )["Items"]
    return sorted(item["version"]["S"] for item in items)
