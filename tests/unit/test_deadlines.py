"""One deadline is set at the top and known everywhere below."""

import threading
from math import inf

import pytest

from consent_core import deadlines
from tests.handlers import LambdaContext


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_request_the_deadline_never_comes() -> None:
    assert deadlines.current().remaining == inf
    assert deadlines.current().limited(7) == 7


def test_a_wait_is_never_longer_than_what_is_left() -> None:
    clock = Clock()
    with deadlines.within(2.5, clock) as deadline:
        assert deadline.limited(0.5) == 0.5
        clock.now += 2.25
        assert deadline.limited(0.5) == 0.25
        clock.now += 0.25
        assert deadline.remaining == 0
        with pytest.raises(TimeoutError):
            deadline.limited(0.5)
    assert deadlines.current().remaining == inf


def test_the_earlier_of_two_deadlines_counts() -> None:
    clock = Clock()
    with deadlines.within(2, clock):
        with deadlines.within(5):
            assert deadlines.current().remaining == 2
        with deadlines.within(1):
            assert deadlines.current().remaining == 1
        assert deadlines.current().remaining == 2


def test_a_function_ends_its_work_a_second_before_lambda_ends_the_function() -> None:
    with deadlines.within(inf, Clock()), deadlines.before_timeout(LambdaContext(milliseconds=29_000)):
        assert deadlines.current().remaining == 28


def test_a_context_without_a_clock_sets_no_deadline() -> None:
    with deadlines.before_timeout(object()):
        assert deadlines.current().remaining == inf


def test_a_thread_has_the_deadline_that_it_is_handed() -> None:
    found = []

    def work(deadline: deadlines.Deadline | None) -> None:
        if deadline is not None:
            deadlines.hand_down(deadline)
        found.append(deadlines.current().remaining)

    with deadlines.within(2, Clock()) as own:
        for handed in (None, own):
            thread = threading.Thread(target=work, args=(handed,))
            thread.start()
            thread.join()
    assert found == [inf, 2]
