"""The work of reading a decision is bounded by the length of its body, whatever the body holds.

Steps are lines of Python that run, in our modules and in those that they call. Time is not measured.
"""

import json
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bench.dearest import BODIES
from consent_core.catalogue import Catalogue, Purpose, Service
from consent_core.decisions import decision_from_json, is_a_count
from consent_core.errors import RefusedError
from consent_core.http import BODY_LIMIT
from consent_core.proofs import RequestContext, proof_of
from tests.factories import VERSION_KEY, live_widget

MOST_STEPS = 4 * BODY_LIMIT
"""The dearest body that is known takes three quarters of them, and a single loop over a body's levels takes more."""

SERVICES = tuple(
    Service(str(uuid.UUID(int=number + 1)), "Service", f"service-{number}", VERSION_KEY, Purpose(number % 6))
    for number in range(500)
)
CONTEXT = RequestContext(
    live_widget(store_page_address=True),
    Catalogue(VERSION_KEY, workspace_id=19, tenant_id=7, services=SERVICES),
    "https://shop.example",
    datetime(2026, 11, 24, tzinfo=UTC),
)


@contextmanager
def counted(steps: list[int]) -> Iterator[None]:
    """Count the lines that run until the context ends; ``steps`` gets their number."""
    tool, number = sys.monitoring.PROFILER_ID, 0

    def count(_code: object, _line: int) -> None:
        nonlocal number
        number += 1

    sys.monitoring.use_tool_id(tool, "steps")
    sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, count)
    sys.monitoring.set_events(tool, sys.monitoring.events.LINE)
    try:
        yield
    finally:
        sys.monitoring.set_events(tool, 0)
        sys.monitoring.free_tool_id(tool)
        steps.append(number)


def steps_of(body: str) -> int:
    """Return the steps of reading a body, as the function does, and of looking at it when it was refused."""
    steps: list[int] = []
    with counted(steps), suppress(RefusedError):
        is_a_count(body)
        decision = decision_from_json(body)
        if decision.consents is not None:
            proof_of(decision, decision.consents, CONTEXT, new_id=lambda: uuid.UUID(int=1))
    return steps[0]


@pytest.mark.parametrize("name", BODIES)
def test_a_dear_body_takes_few_steps(name: str) -> None:
    assert steps_of(BODIES[name]) <= MOST_STEPS


def test_steps_are_counted() -> None:
    few, many = (steps_of(json.dumps({"type": 2, "consents": {"cookieConsents": [{}] * n}})) for n in (1, 20))
    assert 0 < few < many


# --- Generated bodies: every member holds what is dear for it, as often as fits ---------------------------------------

ENCODED = st.sampled_from(
    ["%25", "25", "%2525", "%40", "%", "a/", "%2f", ";a", "=", "A1b2", "+", "é", "\\u0000", "0", "@"]
)
TEXTS = st.builds(
    lambda start, parts, times: start + "".join(parts) * times,
    st.sampled_from(["", "https://shop.example/", "https://shop.example/%", "%", "https://shop.example/a;"]),
    st.lists(ENCODED, min_size=1, max_size=4),
    st.integers(1, BODY_LIMIT),
)
DEAR: st.SearchStrategy[object] = (
    TEXTS
    | st.integers(0, 4_200).map(lambda digits: 10**digits)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from([None, True, "", [], {}])
)
ENTRIES = st.fixed_dictionaries(
    {"consent": st.booleans() | DEAR},
    optional={"id": DEAR | st.uuids().map(str), "slug": DEAR | st.sampled_from(["service-1", "gone"]), "date": DEAR},
)
CONSENTS = st.fixed_dictionaries(
    {},
    optional={
        "lang": DEAR,
        "consentId": DEAR,
        "versionKey": DEAR,
        "purposes": st.dictionaries(st.sampled_from(["Other", "Marketing", "x"]), st.booleans() | DEAR) | DEAR,
    },
)
DETAILS = ("id", "sessionId", "consentId", "userId", "typeDevice", "action", "referrer", "lang", "other")
OUTER = st.fixed_dictionaries(
    {"type": st.sampled_from([2, "Consents", 2, 0, 3])}, optional=dict.fromkeys(DETAILS, DEAR)
)


def filled(make: Callable[[int], str]) -> str:
    """Return the longest body that fits, by doubling."""
    times = 1
    while len(make(2 * times).encode()) <= BODY_LIMIT:
        times *= 2
    return make(times)[:BODY_LIMIT]


def body_of(outer: dict[str, object], consents: dict[str, object], entries: list[object]) -> str:
    """Return a body of at most the limit: long texts are cut, and entries repeated as often as they fit."""
    room = BODY_LIMIT // 4

    def cut(value: object) -> object:
        return value[:room] if isinstance(value, str) else value

    outer = {name: cut(value) for name, value in outer.items()}
    consents = {name: cut(value) for name, value in consents.items()}
    repeated = [{name: cut(value) for name, value in entry.items()} for entry in entries if isinstance(entry, dict)]

    def make(times: int) -> str:
        sent = {**consents, **({"cookieConsents": repeated * times} if repeated else {"x": "x" * times})}
        return json.dumps({**outer, "consents": sent}, separators=(",", ":"), ensure_ascii=False)

    return filled(make)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.builds(body_of, OUTER, CONSENTS, st.lists(ENTRIES, max_size=3)))
@example(json.dumps({"type": 2, "referrer": "https://shop.example/%" + "25" * 16_000, "consents": {}}))
@example(json.dumps({"type": 2, "userId": "%" + "25" * 16_000, "consents": {}}))
@example('{"type": 2, "consents": {}, "x": ' + "[" * 30_000)
@example('{"x":' * 6_000)
def test_no_body_of_the_largest_size_takes_many_steps(body: str) -> None:
    assert len(body) <= BODY_LIMIT
    assert steps_of(body) <= MOST_STEPS
