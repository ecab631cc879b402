"""Contestants that take turns: what disturbs one disturbs the others as well, and ratios stay what they are."""

import json
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from threading import Timer

from bench.layout import Function, command, environment
from bench.report import progress
from bench.tables import Json

TIMEOUT = 120.0
"""Seconds after which a process that does not answer is ended."""

type Sample = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Process:
    """A function that has started; ``start`` says what that took."""

    popen: subprocess.Popen[str]
    start: Sample

    def call(self, event: Json, times: int) -> Sample:
        """Call the handler, give what one call took."""
        assert self.popen.stdin is not None
        self.popen.stdin.write(json.dumps({"event": event, "times": times}) + "\n")
        self.popen.stdin.flush()
        return _reply(self.popen)


@contextmanager
def started(function: Function, variables: Mapping[str, str]) -> Iterator[Process]:
    """Start a function's process, and end it with the context."""
    popen = subprocess.Popen(  # noqa: S603 - our own program
        command(function),
        env=environment(function, variables),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Process(popen, _reply(popen))
    finally:
        popen.kill()
        popen.communicate()


def _reply(popen: subprocess.Popen[str]) -> Sample:
    assert popen.stdout is not None
    watchdog = Timer(TIMEOUT, popen.kill)
    watchdog.start()
    try:
        line = popen.stdout.readline()
    finally:
        watchdog.cancel()
    assert line, "the function's process has ended"
    found: Sample = json.loads(line)
    return found


def starts(
    functions: Mapping[str, Function], events: Mapping[str, Json], variables: Mapping[str, str], rounds: int
) -> dict[str, list[Sample]]:
    """Start each function in turn, in a fresh process each time; those that have an event are called once."""
    found: dict[str, list[Sample]] = {name: [] for name in functions}
    for number in range(rounds):
        progress(f"round {number + 1} of {rounds}")
        for name, function in functions.items():
            with started(function, variables) as process:
                first = process.call(events[name], 1) if name in events else {}
                found[name].append({**process.start, **{f"first {what}": value for what, value in first.items()}})
    return found


def calls(
    functions: Mapping[str, tuple[Function, Json]], variables: Mapping[str, str], *, rounds: int, times: int
) -> dict[str, list[Sample]]:
    """Call each function in turn, so many ``times`` in each round, in processes that stay."""
    with ExitStack() as running:
        processes = {
            name: (running.enter_context(started(function, variables)), event)
            for name, (function, event) in functions.items()
        }
        for process, event in processes.values():
            process.call(event, times)  # warms up: connections, caches
        found: dict[str, list[Sample]] = {name: [] for name in functions}
        for number in range(rounds):
            progress(f"round {number + 1} of {rounds}")
            for name, (process, event) in processes.items():
                found[name].append(process.call(event, times))
        return found


def middle(samples: list[Sample], what: str) -> float:
    """The median of one measure."""
    return median(sample[what] for sample in samples)


def ratio(samples: list[Sample], floor: list[Sample], what: str) -> float:
    """The median of the rounds' ratios: both of a round have had the same neighbours."""
    return median(one[what] / other[what] for one, other in zip(samples, floor, strict=True))
