"""The tables on a second engine, which also deletes what has expired."""

import time

from local.tables import Tables
from tests.repository_contract import CONSENT, RepositoryContract

LONGEST_WAIT = 150.0
"""Seconds. The engine looks for expired items once a minute."""


class TestInAnotherProcess(RepositoryContract):
    """Every promise, kept by ministack."""


def test_an_expired_proof_is_deleted_by_the_engine(expired: Tables) -> None:
    deadline = time.monotonic() + LONGEST_WAIT
    while expired.consents.history(CONSENT, now=0) and time.monotonic() < deadline:
        time.sleep(0.2)

    assert expired.consents.history(CONSENT, now=0) == []
