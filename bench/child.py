"""A Lambda function's process, for benchmarks: imports a handler as Lambda does, and calls it as often as it is told.

Run by a bare interpreter, so it imports only Python's own modules. Lines of JSON in, lines of JSON out; the handler's
own output is discarded.
"""

import sys
from time import perf_counter_ns, process_time_ns

START = process_time_ns(), perf_counter_ns()
sys.path.insert(0, sys.argv[1])
import app  # noqa: E402

LOADED = process_time_ns(), perf_counter_ns()

import gc  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402


class Context:
    """The part of Lambda's context that the functions read."""

    aws_request_id = "6f5e4d3c-2b1a-4987-8654-3210fedcba98"


def since(start: tuple[int, int], end: tuple[int, int]) -> dict[str, float]:
    """Milliseconds of processor and of the clock."""
    return {"cpu": (end[0] - start[0]) / 1e6, "wall": (end[1] - start[1]) / 1e6}


def called(event: dict[str, Any], times: int) -> dict[str, float]:
    """Time one call. The answer is checked once."""
    for _ in range(times):
        answer = app.handler(event, Context)
        assert answer["statusCode"] in {200, 201}, answer
    return {}


def measured(event: dict[str, Any], times: int) -> dict[str, float]:
    start = process_time_ns(), perf_counter_ns()
    called(event, times)
    spent = since(start, (process_time_ns(), perf_counter_ns()))
    return {name: value / times for name, value in spent.items()}


def main() -> None:
    replies = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    collecting = process_time_ns()
    gc.collect()
    collected = (process_time_ns() - collecting) / 1e6
    replies.write(json.dumps({**since(START, LOADED), "collection": collected, "rss": peak()}) + "\n")
    for line in sys.stdin:
        order = json.loads(line)
        replies.write(json.dumps({**measured(order["event"], order["times"]), "rss": peak()}) + "\n")


def peak() -> float:
    """Return the peak of resident memory, in MB. (getrusage would include the parent process's peak.)"""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
