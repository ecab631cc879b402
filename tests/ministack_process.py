"""Run ministack, a second AWS, in a process of its own. It needs ``make .venv-ministack/.installed``."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from local import ROOT

PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
PATIENCE = 60.0
"""Seconds after which an engine that never gets ready is given up."""


@contextmanager
def running_engine(folder: Path) -> Iterator[str]:
    """Start the engine and stop it in the end. It inherits a socket that listens: no port is lost to somebody else."""
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "log").open("w") as log:
        port = listener.getsockname()[1]
        number = listener.fileno()
        process = subprocess.Popen(  # noqa: S603 - a locked package of ours
            [PYTHON, "-m", "hypercorn", "ministack.app:app", "--workers", "0", "--bind", f"fd://{number}"],
            env=_engine_environment(folder, port),
            pass_fds=[number],
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}", folder / "log")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def _engine_environment(folder: Path, port: int) -> dict[str, str]:
    """DynamoDB and S3 alone: no other listener, no file outside ``folder``, no look at the developer's containers."""
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "SERVICES": "dynamodb,dynamodbstreams,s3",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder}/none",
    }


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Connections wait in the listening socket's queue until the engine takes them; if it ends, they are refused."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if requests.get(f"{url}/_ministack/ready", timeout=PATIENCE).ok:
                return
        except requests.ConnectionError:
            continue
    pytest.fail(f"The engine did not start:\n{log.read_text()}")
