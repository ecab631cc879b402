"""The functions' log, made readable."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TextIO

# Shown elsewhere in the line, or always the same on one machine.
_NOT_AMONG_VALUES = frozenset(
    {
        "_aws",
        "function_request_id",
        "level",
        "location",
        "message",
        "service",
        "timestamp",
        "xray_trace_id",
    }
)


class FunctionLog(io.TextIOBase):
    """Accepts the functions' output, and shortens its lines if they go to a terminal.

    ``keep`` gets every line as it was written.
    """

    def __init__(self, target: TextIO, keep: Callable[[str], None] = lambda _line: None) -> None:
        self._target = target
        self._keep = keep

    def write(self, text: str) -> int:
        lines = [line for line in text.splitlines() if line]
        for line in lines:
            self._keep(line)
        if self._target.isatty():
            lines = [printable(short(line)) for line in lines]
        self._target.write("".join(f"{line}\n" for line in lines if line))
        self._target.flush()
        return len(text)


def printable(text: str) -> str:
    """Return text without what a terminal obeys, except line ends: a log may hold what a request said."""
    return "".join(each if each.isprintable() or each == "\n" else "\N{REPLACEMENT CHARACTER}" for each in text)


def short(line: str) -> str:
    """Shorten a structured log line."""
    try:
        record = json.loads(line)
    except ValueError:
        return line
    return _sentence(record) if isinstance(record, dict) and "message" in record else line


def _sentence(record: dict[str, Any]) -> str:
    stack = "".join(f"\n{frame.rstrip()}" for frame in record.pop("stack", ()))
    left_out = _NOT_AMONG_VALUES | _counted(record)
    values = " ".join(f"{name}={value}" for name, value in record.items() if name not in left_out)
    return f"{_time(record)}  {record['level']:<7}  {record['service']:<15}  {record['message']:<26}  {values}{stack}"


def _counted(record: dict[str, Any]) -> set[str]:
    """Return the names of the metrics, which the message repeats."""
    metrics = record.get("_aws", {}).get("CloudWatchMetrics", [])
    return {metric["Name"] for each in metrics for metric in each["Metrics"]}


def _time(record: dict[str, Any]) -> str:
    if "_aws" in record:
        return f"{datetime.fromtimestamp(record['_aws']['Timestamp'] / 1000):%H:%M:%S}"  # noqa: DTZ006 - as the logger's
    return str(record["timestamp"])[11:19]
