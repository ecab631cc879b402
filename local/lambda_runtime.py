"""Lambda's runtime: the program of a process that holds one function. ``lambda_process`` starts it.

``python3.13 -I -S -B lambda_runtime.py HANDLER FOLDER…``: the function imports from these folders and Python's standard
library, and from nowhere else. It gets its environment from the process, as on Lambda.

Standard input brings one invocation a line, standard output takes one result a line, both JSON. Everything that the
function prints goes to standard error, followed by ``END RequestId: …`` for each invocation.
"""

import importlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Thread
from typing import Any, TextIO

type Json = dict[str, Any]


class Context:
    """The facts that Lambda passes to a handler about its invocation."""

    def __init__(self, request_id: str) -> None:
        self.aws_request_id = request_id
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = "$LATEST"
        self.invoked_function_arn = f"arn:aws:lambda:local:123456789012:function:{self.function_name}"
        self.memory_limit_in_mb = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
        self._deadline = time.monotonic() + int(os.environ["AWS_LAMBDA_FUNCTION_TIMEOUT"])

    def get_remaining_time_in_millis(self) -> int:
        return int((self._deadline - time.monotonic()) * 1000)


def main(handler_name: str, folders: list[str]) -> None:
    """Load the function, then answer invocations until there are no more."""
    invocations, results = _taken_streams()
    sys.path[:0] = folders
    module, _, name = handler_name.rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    for invocation in _until_the_parent_ends(invocations):
        result = _result(handler, invocation)
        sys.stdout.flush()
        print(f"\nEND RequestId: {invocation['requestId']}", file=sys.stderr, flush=True)
        print(result, file=results, flush=True)


def _taken_streams() -> tuple[TextIO, TextIO]:
    """Take standard input and output from the function: its input is empty, its output is standard error."""
    invocations = os.fdopen(os.dup(0), encoding="utf-8")
    results = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", line_buffering=True)
    return invocations, results


def _until_the_parent_ends(invocations: TextIO) -> Iterator[Json]:
    """Yield the invocations. When the parent ends, this process ends at once, also during an invocation."""
    waiting: SimpleQueue[Json] = SimpleQueue()

    def read() -> None:
        for line in invocations:
            waiting.put(json.loads(line))
        os._exit(0)

    Thread(target=read, daemon=True).start()
    while True:
        yield waiting.get()


def _result(handler: Callable[[Any, Context], object], invocation: Json) -> str:
    """Call the handler. Return its answer as JSON, or the error that ended it, whose traceback is printed."""
    try:
        answer = handler(invocation["event"], Context(invocation["requestId"]))
        return json.dumps({"answer": answer})
    except Exception as error:
        traceback.print_exc()
        return json.dumps({"errorType": type(error).__name__, "errorMessage": str(error)})


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
