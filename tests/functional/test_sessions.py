"""The console's sessions at the table: what is kept, and when it is over."""

from typing import Any

import boto3
import pytest

from consent_console.people import Person
from consent_console.sessions import FRESH, IDLE, LONGEST, Session, Sessions, SignIn, Tokens
from consent_core.dynamodb import connect
from consent_core.errors import ConflictError
from local.tables import Tables

NOW = 1_800_000_000
OLGA = Person("https://id.example/pool", "person-1", "Olga Owner", ("consent-owner",))
TOKENS = Tokens("a-refresh-token", "an-id-token")
SIGN_IN = SignIn("a-state", "a-nonce", "a-verifier", "/widgets/43?a=b")


@pytest.fixture
def sessions(tables: Tables) -> Sessions:
    return Sessions(connect(), "ConsoleSessionsTable")


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = boto3.resource("dynamodb").Table("ConsoleSessionsTable").scan()["Items"]
    return found


def test_the_table_has_the_hash_of_the_value_and_never_the_value(sessions: Sessions) -> None:
    opened, begun = sessions.open(OLGA, TOKENS, now=NOW), sessions.begin(SIGN_IN, now=NOW)
    assert len(opened) == len(begun) == 43
    kept = str(rows())
    assert opened not in kept
    assert begun not in kept
    assert {len(row["id"]) for row in rows()} == {64}


def test_no_two_values_are_the_same(sessions: Sessions) -> None:
    assert len({sessions.open(OLGA, TOKENS, now=NOW) for _ in range(20)}) == 20


def test_a_row_has_what_its_session_needs_and_its_end(sessions: Sessions) -> None:
    sessions.open(OLGA, TOKENS, now=NOW)
    (row,) = rows()
    assert row.pop("id")
    assert row == {
        "person": OLGA.as_json(),
        "renewedAt": NOW,
        "endsAt": NOW + LONGEST,
        "ttl": NOW + LONGEST,
        "refreshToken": "a-refresh-token",
        "idToken": "an-id-token",
    }


def test_a_session_is_found_by_its_value_alone(sessions: Sessions) -> None:
    value = sessions.open(OLGA, TOKENS, now=NOW)
    assert sessions.find(value) == Session(OLGA, NOW, NOW + LONGEST)
    assert sessions.find(value + "x") is None
    assert sessions.find(rows()[0]["id"]) is None
    assert sessions.tokens(value) == TOKENS
    assert sessions.tokens("another") == Tokens()


def test_tokens_are_in_no_representation() -> None:
    shown = repr((TOKENS, SIGN_IN))
    assert [
        each for each in ("a-refresh-token", "an-id-token", "a-state", "a-nonce", "a-verifier") if each in shown
    ] == []


@pytest.mark.parametrize(
    ("renewed_at", "now", "is_fresh", "is_alive"),
    [
        (0, 0, True, True),
        (0, FRESH - 1, True, True),
        (0, FRESH, False, True),
        (0, IDLE - 1, False, True),
        (0, IDLE, False, False),
        (LONGEST - 10, LONGEST - 1, True, True),
        (LONGEST - 10, LONGEST, False, False),
    ],
)
def test_a_session_is_fresh_and_alive_to_the_second(renewed_at: int, now: int, is_fresh: bool, is_alive: bool) -> None:
    session = Session(OLGA, NOW + renewed_at, NOW + LONGEST)
    assert session.is_fresh(NOW + now) is is_fresh
    assert session.is_alive(NOW + now) is is_alive


def test_a_sign_in_is_finished_once(sessions: Sessions) -> None:
    value = sessions.begin(SIGN_IN, now=NOW)
    assert sessions.finish(value, SIGN_IN.state, now=NOW + 599) == SIGN_IN
    assert sessions.finish(value, SIGN_IN.state, now=NOW + 599) is None
    assert rows() == []


def test_a_sign_in_is_left_to_the_answer_with_its_state(sessions: Sessions) -> None:
    value = sessions.begin(SIGN_IN, now=NOW)
    assert sessions.finish(value, "another", now=NOW) is None
    assert sessions.finish(value, SIGN_IN.state, now=NOW) == SIGN_IN


def test_a_sign_in_is_over_after_ten_minutes(sessions: Sessions) -> None:
    value = sessions.begin(SIGN_IN, now=NOW)
    assert rows()[0]["ttl"] == NOW + 600
    assert sessions.finish(value, SIGN_IN.state, now=NOW + 600) is None
    assert sessions.finish(value, SIGN_IN.state, now=NOW) is None


def test_a_sign_in_is_no_session_and_a_session_no_sign_in(sessions: Sessions) -> None:
    assert sessions.find(sessions.begin(SIGN_IN, now=NOW)) is None
    assert sessions.finish(sessions.open(OLGA, TOKENS, now=NOW), SIGN_IN.state, now=NOW) is None


def test_a_renewal_states_the_person_anew_and_moves_no_end(sessions: Sessions) -> None:
    value = sessions.open(OLGA, TOKENS, now=NOW)
    viewer = Person(OLGA.issuer, OLGA.subject, "Olga", ("consent-viewer",))
    sessions.renew(value, viewer, Tokens("a-newer-token", "a-newer-id-token"), now=NOW + 700)
    assert sessions.find(value) == Session(viewer, NOW + 700, NOW + LONGEST)
    assert sessions.tokens(value) == Tokens("a-newer-token", "a-newer-id-token")
    assert rows()[0]["ttl"] == NOW + LONGEST


def test_a_closed_session_is_not_renewed(sessions: Sessions) -> None:
    value = sessions.open(OLGA, TOKENS, now=NOW)
    assert sessions.close(value) == TOKENS
    with pytest.raises(ConflictError):
        sessions.renew(value, OLGA, TOKENS, now=NOW)
    assert sessions.find(value) is None
    assert rows() == []


def test_a_sign_in_is_not_renewed_into_a_session(sessions: Sessions) -> None:
    value = sessions.begin(SIGN_IN, now=NOW)
    with pytest.raises(ConflictError):
        sessions.renew(value, OLGA, TOKENS, now=NOW)


def test_closing_ends_one_session_alone_and_may_be_repeated(sessions: Sessions) -> None:
    one, other = sessions.open(OLGA, TOKENS, now=NOW), sessions.open(OLGA, TOKENS, now=NOW)
    sessions.close(one)
    assert sessions.close(one) == Tokens()
    assert sessions.find(other) == Session(OLGA, NOW, NOW + LONGEST)
