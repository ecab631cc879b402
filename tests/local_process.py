"""Run ``python -m local`` as developers do: a process of its own, on free ports."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from typing import IO

from local import ROOT, layer

PORTS = ("ADMIN_PORT", "API_PORT", "AWS_PORT", "CONSOLE_PORT", "SHOP_PORT", "SIGN_IN_PORT")

TIMEOUT = 180.0
"""Seconds after which a process that never gets ready is given up. A busy machine is not a fault of the code."""


@dataclass(frozen=True, slots=True)
class LocalStack:
    """A stack that runs: base URLs, and in ``banner`` all that it has printed."""

    process: subprocess.Popen[str]
    banner: str
    _log: IO[str]

    @property
    def shop(self) -> str:
        return self._address("Shop")

    @property
    def api(self) -> str:
        return self._address("API")

    @property
    def admin(self) -> str:
        return self._address("Admin")

    @property
    def console(self) -> str:
        return self._address("Console")

    @property
    def aws(self) -> str:
        return self._address("AWS")

    @property
    def aws_port(self) -> str:
        return self.aws.rpartition(":")[2]

    @property
    def has_ended(self) -> bool:
        """Whether it was stopped. Its log is gone then."""
        return self._log.closed

    @property
    def log(self) -> str:
        """Its standard error so far."""
        self._log.seek(0)
        return self._log.read()

    def _address(self, name: str) -> str:
        found = re.search(rf"^  {name} +(http://\S+)", self.banner, re.MULTILINE)
        assert found is not None, self.banner
        return found[1]


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[LocalStack]:
    """Start a stack, wait until it says that it is there, and stop it in the end."""
    layer.built()  # no test waits for pip
    layer.built(layer.CONSOLE)
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "local", *arguments],
            cwd=ROOT,
            env={**os.environ, **dict.fromkeys(PORTS, "0"), **environment},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        watchdog = Timer(TIMEOUT, process.kill)
        watchdog.start()
        try:
            stack = LocalStack(process, _banner(process), log)
            watchdog.cancel()
            assert "Ctrl-C" in stack.banner, stack.log
            yield stack
        finally:
            watchdog.cancel()
            process.terminate()


def _banner(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            break
    return "".join(lines)
