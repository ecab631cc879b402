"""Asking Athena where the archive has a consent: what is asked, and what becomes of each kind of answer."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from consent_core.archive.athena import Finder, NotAnsweredError, finder

CONSENT = "8a5e89c4-2243-4598-97c5-ba3cfb35a138"
QUESTION = {
    "QueryString": "SELECT DISTINCT \"$path\" FROM proofs WHERE widget IN ('43', '44') AND consentid = ?",
    "ExecutionParameters": [f"'{CONSENT}'"],
    "QueryExecutionContext": {"Database": "consent_platform"},
    "WorkGroup": "archive",
}
ASKED = {"QueryExecutionId": "q-1"}
FOLDER = "proofs/widget=43/date=2026-11-26/lane=2"


class Clock(SimpleNamespace):
    """Time that passes only during sleeps."""

    def __init__(self) -> None:
        super().__init__(now=0.0)

    def monotonic(self) -> float:
        return float(self.now)

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    monkeypatch.setattr("consent_core.archive.athena.time", Clock())
    with Stubber(boto3.client("athena")) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def asked(stub: Stubber, *states: str) -> None:
    stub.add_response("start_query_execution", ASKED, QUESTION)
    for state in states:
        stub.add_response("get_query_execution", {"QueryExecution": {"Status": {"State": state}}}, ASKED)


def rows(*values: str, **more: str) -> dict[str, Any]:
    return {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": value}]} for value in values]}, **more}


def ask(stub: Stubber, *, consent_id: str = CONSENT, widgets: tuple[int, ...] = (43, 44), seconds: float = 3) -> Any:  # noqa: ANN401 - to be compared
    client: Any = stub.client
    return Finder(client, workgroup="archive", database="consent_platform").objects(
        consent_id, widgets, seconds=seconds
    )


def test_the_answer_is_the_keys_of_all_pages(stub: Stubber) -> None:
    asked(stub, "QUEUED", "RUNNING", "SUCCEEDED")
    paths = [f"s3://archivebucket/{FOLDER}/000000000{number}.ndjson.gz" for number in (2, 1)]
    stub.add_response("get_query_results", rows("$path", paths[0], NextToken="more"), ASKED)
    stub.add_response("get_query_results", rows(paths[1]), {**ASKED, "NextToken": "more"})

    assert ask(stub) == [f"{FOLDER}/0000000001.ndjson.gz", f"{FOLDER}/0000000002.ndjson.gz"]


def test_an_unknown_consent_has_no_keys(stub: Stubber) -> None:
    asked(stub, "SUCCEEDED")
    stub.add_response("get_query_results", rows("$path"), ASKED)

    assert ask(stub) == []


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("FAILED", "failed"),
        ("CANCELLED", "was stopped: AthenaBytesLimit was reached, or a person stopped it"),
    ],
)
def test_a_query_that_fails_while_running_is_told_as_such(stub: Stubber, state: str, what: str) -> None:
    asked(stub, "RUNNING", state)
    says = "`aws athena get-query-execution --query-execution-id q-1` says why."
    with pytest.raises(NotAnsweredError) as told:
        ask(stub)
    assert str(told.value) == f"Athena's query {what}. {says}"


def test_a_question_that_takes_too_long_is_taken_back(stub: Stubber) -> None:
    asked(stub, *["RUNNING"] * 3)
    stub.add_response("stop_query_execution", {}, ASKED)

    with pytest.raises(NotAnsweredError, match=r"^Athena had no answer in time\.$"):
        ask(stub, seconds=1)


def test_a_busy_athena_has_no_answer_and_a_denied_query_is_a_bug(stub: Stubber) -> None:
    stub.add_client_error("start_query_execution", "TooManyRequestsException")
    with pytest.raises(NotAnsweredError, match=r"^Athena could not be reached\.$"):
        ask(stub)
    stub.add_client_error("start_query_execution", "AccessDeniedException")
    with pytest.raises(ClientError):
        ask(stub)


def test_an_invalid_consent_id_never_enters_a_query(stub: Stubber) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        ask(stub, consent_id="x' OR '1'='1")


def test_without_a_widget_no_query_is_sent(stub: Stubber) -> None:
    assert ask(stub, widgets=()) == []


def test_without_a_workgroup_no_finder_is_made() -> None:
    assert finder("", "") is None
    assert isinstance(finder("archive", "consent_platform"), Finder)
