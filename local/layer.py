"""The layers of the functions on this machine: what ``sam build`` makes, for this machine's processor.

The same program builds them from the same locks, into ``.cache/``. The packages are built once for each lock, our own
package once for each state of its sources: an edit costs half a second and needs no network.
"""

import fcntl
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from tempfile import mkdtemp

import build_layer
from local import ROOT

CACHE = ROOT / ".cache" / "layers"
SOURCES = ROOT / "layers" / "consent_core"

CONSOLE = "consent_console"

_DECIDES_ON_PACKAGES = ("aws_operations.py", "build_layer.py")
_KEPT = timedelta(days=7)  # after its last use: a stack that was started before the last edits still runs an older one


class LayerError(Exception):
    """The layer cannot be built; the message is for the developer."""


def built(package: str = build_layer.CORE) -> Path:
    """Return the ``python/`` of the layer that has our own ``package``, after building what has changed.

    Raises LayerError.
    """
    folder = SOURCES if package == build_layer.CORE else SOURCES.parent / package
    decisive = [*(SOURCES / name for name in _DECIDES_ON_PACKAGES), folder / "requirements.txt"]
    packages_key = _key(decisive, sys.version, sysconfig.get_platform())
    own_key = _key(file for file in (folder / package).rglob("*") if _ships(file))
    try:
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # tests start several stacks at once
            packages = _built_once(f"packages-{packages_key}", lambda folder: _build_packages(folder, package))
            layer = _built_once(
                f"layer-{packages_key}-{own_key}", lambda folder: _build_layer(folder, packages, package)
            )
    except OSError as error:
        raise LayerError(f"The layer cannot be built in {CACHE}: {error.strerror}. Remove it and repeat.") from error
    return layer / "python"


def _ships(file: Path) -> bool:
    return file.is_file() and file.parent.name != "__pycache__"


def _key(files: Iterable[Path], *others: str) -> str:
    digest = hashlib.sha256("\n".join(others).encode())
    for file in sorted(files):
        digest.update(f"\n{file.relative_to(SOURCES.parent)}\n".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _built_once(name: str, build: Callable[[Path], None]) -> Path:
    """Return a folder of the cache. It is there as a whole or not at all, also after an interruption."""
    folder = CACHE / name
    if not folder.exists():
        unfinished = Path(mkdtemp(prefix="unfinished-", dir=CACHE))
        try:
            build(unfinished)
            unfinished.rename(folder)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    folder.touch()
    kind = name.partition("-")[0]
    oldest = time.time() - _KEPT.total_seconds()
    for each in CACHE.glob(f"{kind}-*"):
        if each.stat().st_mtime < oldest:
            shutil.rmtree(each, ignore_errors=True)
    return folder


def _build_packages(folder: Path, package: str) -> None:
    try:
        build_layer.build_packages(folder, _processor(), package)
    except subprocess.CalledProcessError as error:
        raise LayerError(
            "The packages of the layer could not be installed: see pip's message above. The first `make run` after "
            "a change of the lock needs the package index."
        ) from error


def _build_layer(folder: Path, packages: Path, package: str) -> None:
    python = folder / "python"
    shutil.copytree(packages, python, copy_function=os.link)
    build_layer.build_own(python, package)


def _processor() -> str | None:
    """Return the processor if this machine runs what Lambda runs, otherwise None: the wheels are this machine's own."""
    is_like_lambda = sys.platform == "linux" and platform.libc_ver()[0] == "glibc"
    return platform.machine() if is_like_lambda and platform.machine() in {"aarch64", "x86_64"} else None
