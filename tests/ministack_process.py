"""Run ministack, a second AWS, in a process of its own. It needs ``make .venv-ministack/.installed``."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local import ROOT

PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
TIMEOUT = 60.0
"""Seconds after which an engine that never gets ready is given up."""


STORES = ("dynamodb", "dynamodbstreams", "s3")

_STARTING_FUNCTIONS_WITH = """
import runpy, sys
sys.executable = sys.argv.pop(1)
runpy.run_module("hypercorn", run_name="__main__", alter_sys=True)
"""


@contextmanager
def running_engine(
    folder: Path, services: Sequence[str] = STORES, *, region: str = "us-east-1", functions_python: Path | None = None
) -> Iterator[str]:
    """Start the engine with these ``services``, yield its base URL, and stop it in the end.

    It inherits a socket that listens on the loopback interface. So no other program can take the port, and ministack,
    which would listen on every interface, opens none of its own. It starts functions with ``functions_python``.
    """
    program = ["-c", _STARTING_FUNCTIONS_WITH, functions_python] if functions_python else ["-m", "hypercorn"]
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "log").open("w") as log:
        port = listener.getsockname()[1]
        number = listener.fileno()
        process = subprocess.Popen(  # noqa: S603 - a locked package of ours
            [PYTHON, *program, "ministack.app:app", "--workers", "0", "--bind", f"fd://{number}"],
            env=_engine_environment(folder, port, services, region),
            pass_fds=[number],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}", folder / "log")
        yield f"http://127.0.0.1:{port}"
        assert _listening(process.pid) <= {f"0100007F:{port:04X}"}, "ministack listens elsewhere than on 127.0.0.1"
    finally:
        process.kill()
        process.wait()


def _engine_environment(folder: Path, port: int, services: Sequence[str], region: str) -> dict[str, str]:
    """Return an environment without another listener, a file outside ``folder``, or the developer's containers."""
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "STATE_DIR": str(folder / "state"),
        "SERVICES": ",".join(services),
        "MINISTACK_REGION": region,
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/none",
    }


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Connections wait in the listening socket's queue until the engine takes them; if it ends, they are refused."""
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/_ministack/ready", timeout=TIMEOUT).ok:
                return
        except requests.ConnectionError:
            continue
    pytest.fail(f"The engine did not start:\n{log.read_text()}")


def _listening(pid: int) -> set[str]:
    """Return where a process listens, as Linux spells addresses. Elsewhere this is not known."""
    process = Path(f"/proc/{pid}")
    if not process.exists():
        return set()
    own = {str(descriptor.readlink()) for descriptor in process.glob("fd/*") if descriptor.is_symlink()}
    rows = [row.split() for table in process.glob("net/tcp*") for row in table.read_text().splitlines()[1:]]
    return {row[1] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in own}
