"""Count the seconds that code waits by its own choice: time-outs that run out, and pauses."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

_BLOCKING = ("connect", "recv", "recv_into", "send", "sendall")


@dataclass
class Waits:
    """``seconds`` is what the waits so far add up to, each as long as the code asked for."""

    seconds: float = 0.0


@contextmanager
def counted_waits() -> Iterator[Waits]:
    """Count the waits of this process for as long as the context lasts.

    A time-out counts with the seconds that the socket was given, a pause with those that ``time.sleep`` was asked for.
    The result is therefore the same on an idle machine and on one that stands still for a while.
    """
    waits = Waits()
    sleep = time.sleep

    def counted_sleep(seconds: float) -> None:
        waits.seconds += seconds
        sleep(seconds)

    with ExitStack() as patches:
        patches.enter_context(patch("time.sleep", counted_sleep))
        for name in _BLOCKING:
            patches.enter_context(patch.object(socket.socket, name, _counted(getattr(socket.socket, name), waits)))
        yield waits


def _counted(method: Callable[..., Any], waits: Waits) -> Callable[..., Any]:
    def counted(connection: socket.socket, *arguments: Any) -> Any:  # noqa: ANN401 - as the method that it stands for
        try:
            return method(connection, *arguments)
        except TimeoutError:
            waits.seconds += connection.gettimeout() or 0.0
            raise

    return counted
