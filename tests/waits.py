"""Count the seconds that code waits: for a socket, for another thread, and in pauses."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Any
from unittest.mock import patch

_BLOCKING = ("connect", "recv", "recv_into", "send", "sendall")


@dataclass
class Waits:
    """``seconds`` is what the waits so far add up to."""

    seconds: float = 0.0

    def add(self, waited: float, allowed: float) -> None:
        """Count a wait: what it took, but no more than the code allowed it."""
        self.seconds += min(waited, allowed)


_COUNTED: ContextVar[Waits | None] = ContextVar("waits", default=None)


@contextmanager
def counted_waits() -> Iterator[Waits]:
    """Count the waits of this thread for as long as the context lasts.

    A wait counts with the time that it took, but never with more than its timeout. So a machine that stands still for a
    while adds at most what the code was ready to wait, and code that keeps to a deadline never waits longer than that.
    """
    waits = Waits()
    with watched_waits():
        token = _COUNTED.set(waits)
        try:
            yield waits
        finally:
            _COUNTED.reset(token)


@contextmanager
def watched_waits() -> Iterator[None]:
    """Replace what waits by what counts. Threads that count at the same time share one such context around them all."""
    with ExitStack() as patches:
        if not getattr(time.sleep, "is_watched", False):
            patches.enter_context(patch("time.sleep", _watched(time.sleep, lambda seconds: seconds)))
            result = _watched(Future.result, lambda _, timeout=None: timeout)
            patches.enter_context(patch.object(Future, "result", result))
            for name in _BLOCKING:
                method = _watched(getattr(socket.socket, name), lambda connection, *_: connection.gettimeout())
                patches.enter_context(patch.object(socket.socket, name, method))
        yield


def _watched(method: Callable[..., Any], timeout_of: Callable[..., float | None]) -> Callable[..., Any]:
    def watched(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - as the method that it stands for
        waits = _COUNTED.get()
        if waits is None:
            return method(*arguments, **named)
        allowed = timeout_of(*arguments, **named)
        begun = time.monotonic()
        try:
            return method(*arguments, **named)
        finally:
            waits.add(time.monotonic() - begun, inf if allowed is None else allowed)

    vars(watched)["is_watched"] = True
    return watched
