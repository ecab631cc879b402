"""Athena queries that find the proofs of a consent in the archive. The only module that talks to Athena.

The names of objects contain widget and day, but no consent, so a query reads all objects of the widgets.
"""

import time
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from botocore.config import Config

from consent_core import aws
from consent_core.errors import ConsentPlatformError, UnavailableError

if TYPE_CHECKING:
    from mypy_boto3_athena import AthenaClient

PAUSE = 0.5  # seconds between two checks of a query's state

_CLIENT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
_PENDING = frozenset({"QUEUED", "RUNNING"})


def connect() -> "AthenaClient":
    """Create a client; region, credentials and endpoint come from the environment."""
    client: AthenaClient = aws.client("athena", _CLIENT)
    return client


def finder(workgroup: str, database: str) -> "Finder | None":
    """Return a finder, or None if ``workgroup`` is empty: the local stack has no Athena."""
    return Finder(connect(), workgroup=workgroup, database=database) if workgroup else None


class NotAnsweredError(ConsentPlatformError):
    """Athena had no answer, so the archive was not searched. The message says why."""


class Finder:
    """Runs queries in a workgroup, which limits the cost of a query and says where its result is stored."""

    def __init__(self, client: "AthenaClient", *, workgroup: str, database: str) -> None:
        self._client = client
        self._workgroup = workgroup
        self._database = database

    def objects(self, consent_id: str, widget_ids: Iterable[int], *, seconds: float) -> list[str]:
        """Return the sorted keys of the objects that contain proofs of a consent.

        The consent is a parameter of the query, never part of its text, and the result that Athena keeps contains keys
        only. The parameter stays in the workgroup's history for 45 days, for every reader of that history.
        Raises NotAnsweredError if Athena had no result within ``seconds``, failed, or was unavailable.
        """
        deadline = time.monotonic() + seconds
        widgets = ", ".join(f"'{widget_id:d}'" for widget_id in widget_ids)
        if not widgets:
            return []
        try:
            with aws.errors():
                return self._answer(self._ask(consent_id, widgets), deadline)
        except UnavailableError as error:
            raise NotAnsweredError("Athena could not be reached.") from error

    def _ask(self, consent_id: str, widgets: str) -> str:
        return self._client.start_query_execution(
            QueryString=f'SELECT DISTINCT "$path" FROM proofs WHERE widget IN ({widgets}) AND consentid = ?',  # noqa: S608 - numbers
            ExecutionParameters=[f"'{uuid.UUID(consent_id)}'"],
            QueryExecutionContext={"Database": self._database},
            WorkGroup=self._workgroup,
        )["QueryExecutionId"]

    def _answer(self, asked: str, deadline: float) -> list[str]:
        while (state := self._state(asked)) in _PENDING:
            if time.monotonic() >= deadline:
                self._client.stop_query_execution(QueryExecutionId=asked)
                raise NotAnsweredError("Athena had no answer in time.")
            time.sleep(PAUSE)
        if state == "SUCCEEDED":
            return self._keys(asked)
        what = "was stopped: AthenaBytesLimit was reached, or a person stopped it" if state == "CANCELLED" else "failed"
        says = f"`aws athena get-query-execution --query-execution-id {asked}` says why."
        raise NotAnsweredError(f"Athena's query {what}. {says}")

    def _state(self, asked: str) -> str:
        return self._client.get_query_execution(QueryExecutionId=asked)["QueryExecution"]["Status"]["State"]

    def _keys(self, asked: str) -> list[str]:
        pages = self._client.get_paginator("get_query_results").paginate(QueryExecutionId=asked)
        rows = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
        return sorted(path.removeprefix("s3://").partition("/")[2] for path in rows if path.startswith("s3://"))
