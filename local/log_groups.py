"""CloudWatch Logs on one machine: the functions' log lines are kept under the template's log groups, as on AWS."""

import json
import time
import traceback
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import boto3

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

PAUSE = 0.1  # seconds in which lines gather
_STREAM = "local"
_OF_FUNCTIONS = "/aws/lambda/"


class LogGroups:
    """Accepts log lines, and sends them from a thread of its own: no request waits for its log line."""

    def __init__(self, client: "CloudWatchLogsClient", groups: Mapping[str, str]) -> None:
        """``groups`` are the names of the log groups by the name that a function logs as its ``service``."""
        self._client = client
        self._groups = groups
        self._lines: SimpleQueue[tuple[str, InputLogEventTypeDef]] = SimpleQueue()

    def keep(self, line: str) -> None:
        """Accept a line. It is kept if it names a service of the template; otherwise its log group is unknown."""
        if group := self._groups.get(_service(line)):
            self._lines.put((group, {"timestamp": int(time.time() * 1000), "message": line}))

    def send(self) -> None:
        """Send what has been accepted so far."""
        waiting: defaultdict[str, list[InputLogEventTypeDef]] = defaultdict(list)
        try:
            while True:
                group, event = self._lines.get_nowait()
                waiting[group].append(event)
        except Empty:
            pass
        for group, events in waiting.items():
            self._client.put_log_events(logGroupName=group, logStreamName=_STREAM, logEvents=events)


@contextmanager
def keeping(resources: Mapping[str, Any]) -> Iterator[LogGroups]:
    """Create the log groups of a template's functions, and send their lines for as long as the context lasts."""
    client = boto3.client("logs")
    groups = {}
    for resource in resources.values():
        if resource["Type"] == "AWS::Logs::LogGroup":
            name = resource["Properties"]["LogGroupName"]
            client.create_log_group(logGroupName=name)
            client.put_retention_policy(logGroupName=name, retentionInDays=resource["Properties"]["RetentionInDays"])
            client.create_log_stream(logGroupName=name, logStreamName=_STREAM)
            if name.startswith(_OF_FUNCTIONS):
                groups[name.rpartition("/")[2]] = name
    kept = LogGroups(client, groups)
    stopped = Event()

    def send() -> None:
        while not stopped.wait(PAUSE):
            try:
                kept.send()
            except Exception:  # the lines are on the terminal as well
                traceback.print_exc()

    thread = Thread(target=send, daemon=True)
    thread.start()
    try:
        yield kept
    finally:
        stopped.set()
        thread.join()
        kept.send()


def _service(line: str) -> str:
    try:
        record = json.loads(line)
    except ValueError:
        return ""
    service = record.get("service") if isinstance(record, dict) else None
    return service if isinstance(service, str) else ""
