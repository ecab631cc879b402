"""A function in a process of its own, as Lambda runs it: started at its first invocation, one invocation at a time.

The process imports from the given folders and Python's standard library alone: no package of this environment can stand
in for one that the layer lacks. It has exactly the given environment. It ends with this process, even if that is
killed.
"""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import IO, Any, Self
from uuid import uuid4

RUNTIME = Path(__file__).with_name("lambda_runtime.py")

_TIMEOUT = 5.0  # seconds in which a process ends, or its last words are read
_SLOW_START = 60.0  # seconds beyond a function's own timeout: it includes its start here, and the machine may be busy


def print_to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


class FunctionError(Exception):
    """An invocation without an answer; ``kind`` is the type of the function's own exception, if it raised one."""

    def __init__(self, message: str, *, kind: str = "") -> None:
        super().__init__(message)
        self.kind = kind


class LambdaProcess:
    """One function. Use it as a context manager, or close it.

    ``folders`` are the function's own and the layer's ``python/``; ``log`` gets each line that the function prints,
    before its answer is returned.
    """

    def __init__(
        self,
        handler: str,
        folders: Sequence[Path],
        variables: Mapping[str, str],
        *,
        log: Callable[[str], object] = print_to_stderr,
    ) -> None:
        self._command: list[str | Path] = [sys.executable, "-I", "-S", "-B", RUNTIME, handler, *folders]
        self._variables = variables
        self._log = log
        self._one_at_a_time = Lock()
        self._running: _Running | None = None
        self._is_closed = False

    def invoke(self, event: object) -> Any:  # noqa: ANN401 - any JSON
        """Return the function's answer to an event. Raises FunctionError; a process that ended is started anew."""
        with self._one_at_a_time:
            if self._is_closed:
                raise FunctionError("The function's process has been stopped.")
            result = self._result(event)
        if "answer" not in result:
            raise FunctionError(result["errorMessage"], kind=result["errorType"])
        return result["answer"]

    def _result(self, event: object) -> dict[str, Any]:
        try:
            return self._alive().invoke(event)
        except FunctionError as error:
            if not self._is_closed:
                self._log(str(error))
            raise

    def _alive(self) -> "_Running":
        if self._running and not self._running.is_alive():
            self._running.close()
            self._running = None
        if self._running is None:
            self._running = _Running(self._command, self._variables, self._log)
        return self._running

    def close(self) -> None:
        """End the process, also in the middle of an invocation."""
        self._is_closed = True
        if self._running:
            self._running.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Running:
    """A process that has been started, and the thread that reads what its function prints."""

    def __init__(
        self, command: Sequence[str | Path], variables: Mapping[str, str], log: Callable[[str], object]
    ) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,  # Ctrl-C in a terminal is for the parent
        )
        self._log = log
        self._seconds = int(variables.get("AWS_LAMBDA_FUNCTION_TIMEOUT", "0")) + _SLOW_START
        self._awaited_end = b""
        self._has_ended = Event()
        self._reader = Thread(target=self._read_log, args=(_pipe(self._process.stderr),), daemon=True)
        self._reader.start()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def invoke(self, event: object) -> dict[str, Any]:
        request_id = str(uuid4())
        self._awaited_end = f"END RequestId: {request_id}".encode()
        self._has_ended.clear()
        invocation = json.dumps({"requestId": request_id, "event": event})
        try:
            sent = _pipe(self._process.stdin)
            sent.write(invocation.encode() + b"\n")
            sent.flush()
            line = self._answer()
        except (OSError, ValueError):  # the process ended, or another thread has closed its pipes
            line = b""
        if not line:
            raise FunctionError(f"The function's process ended with status {self._end()}.")
        self._has_ended.wait(_TIMEOUT)
        result: dict[str, Any] = json.loads(line)
        return result

    def _answer(self) -> bytes:
        """Wait for the line of the answer. Raises FunctionError after the time that the function has."""
        answers = _pipe(self._process.stdout)
        waiting = select.poll()  # unlike select, it takes any number of open files
        waiting.register(answers, select.POLLIN)
        if not waiting.poll(self._seconds * 1000):
            self.close()
            raise FunctionError(f"The function did not answer within {self._seconds:g} seconds.")
        return answers.readline()

    def close(self) -> None:
        """End the process and those that it started; what they are doing is lost."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._end()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            with suppress(OSError):  # an invocation that was never read
                _pipe(pipe).close()

    def _end(self) -> int:
        """Wait for the end of the process and of what it prints. Return its exit status."""
        status = self._process.wait()
        self._reader.join(_TIMEOUT)
        return status

    def _read_log(self, printed: IO[bytes]) -> None:
        for line in printed:
            if line.rstrip(b"\n") == self._awaited_end:
                self._has_ended.set()
            elif text := line.decode("utf-8", "replace").rstrip("\n"):
                with suppress(OSError):  # a log that cannot be written keeps no function from its work
                    self._log(text)


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise TypeError("A stream of the process is not a pipe.")
    return stream
