"""The time by which a whole request must be answered. Everything that waits for another service asks how much is left.

A handler sets the deadline once, and it is known below without being passed on: ``connections`` ends every wait of a
socket there, and ``aws`` starts no attempt after it. A thread has no deadline unless it is handed one (``current``).
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf

type Clock = Callable[[], float]

RESERVE = 1.0
"""Seconds before a function's own timeout in which it makes and logs its answer."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """The time ``end`` of a clock, in seconds."""

    end: float
    clock: Clock

    @property
    def remaining(self) -> float:
        """The seconds that are left; 0 or less when the time is over."""
        return self.end - self.clock()

    def limited(self, seconds: float) -> float:
        """Return ``seconds``, or the time that is left if it is shorter. Raises TimeoutError when it is over."""
        if (left := self.remaining) <= 0:
            raise TimeoutError("The request's time is over.")
        return min(seconds, left)


_NEVER = Deadline(inf, time.monotonic)
_CURRENT = ContextVar("deadline", default=_NEVER)


def current() -> Deadline:
    """Return the deadline of the request at hand. Without a request, as in a command line, it never comes."""
    return _CURRENT.get()


def hand_down(deadline: Deadline) -> None:
    """Set the deadline in a new thread, which is to have that of the thread that started it."""
    _CURRENT.set(deadline)


@contextmanager
def within(seconds: float, clock: Clock | None = None) -> Iterator[Deadline]:
    """Set a deadline in ``seconds`` from now for as long as the context lasts, or keep an earlier one.

    The clock is the present deadline's unless ``clock`` replaces it. So a test that sets one drives everything below.
    """
    before = current()
    now = clock or before.clock
    deadline = Deadline(min(before.end, now() + seconds), now)
    token = _CURRENT.set(deadline)
    try:
        yield deadline
    finally:
        _CURRENT.reset(token)


def before_timeout(context: object) -> AbstractContextManager[Deadline]:
    """Set the deadline of a function that no visitor waits for: shortly before Lambda would end it.

    ``context`` is Lambda's; one without a clock, as a test may pass it, sets no deadline.
    """
    remaining = getattr(context, "get_remaining_time_in_millis", None)
    return within(inf if remaining is None else remaining() / 1000 - RESERVE)
