"""The output of ``sam build`` for the template. Test processes of one session share a build."""

import fcntl
import os
import platform
import subprocess
import sys
from pathlib import Path

from local import ROOT

OWN_ARCH = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
"""The processor of this machine, as Lambda and the template's parameter ``Arch`` call it."""

TIMEOUT = 300
"""Seconds after which a build is given up."""


def built_once(arch: str, shared: Path) -> Path:
    """Return the build for a processor; the first process that asks makes it in the folder ``shared``."""
    folder = shared / "sam-build" / arch  # SAM writes a file beside the build, too
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "build").exists():
            _build(arch, folder / "unfinished")
            (folder / "unfinished").rename(folder / "build")
    return folder / "build"


def _build(arch: str, folder: Path) -> None:
    tools = Path(sys.executable).parent
    result = subprocess.run(  # noqa: S603 - our own tool, our own words
        [tools / "sam", "build", "--no-cached", "--build-dir", folder, "--parameter-overrides", f"Arch={arch}"],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}", "SAM_CLI_TELEMETRY": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT,
    )
    assert result.returncode == 0, result.stderr
