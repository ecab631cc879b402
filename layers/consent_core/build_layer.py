"""Build a layer, for `sam build`: ``python3.13 build_layer.py FOLDER PROCESSOR PACKAGE``, with aarch64 or x86_64.

``PACKAGE`` is consent_core, or consent_console, whose layer lies beside the other one in the functions that have both.
Lambda's disk is slow and read-only, and its processor is paid for by the millisecond. So a layer holds bytecode, and
of botocore's data on four hundred services only what is called.
"""

import compileall
import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any

from aws_operations import OPERATIONS

type Json = dict[str, Any]

HERE = Path(__file__).parent
CORE = "consent_core"
UNUSED = ("bin", "boto3", "s3transfer")  # consent_core/aws.py makes clients with botocore alone
LINUX = ("manylinux2014", "manylinux_2_17", "manylinux_2_28")  # Lambda's has glibc 2.34


def main(folder: Path, processor: str, package: str) -> None:
    build_packages(folder, processor, package)
    build_own(folder, package)


def build_packages(folder: Path, processor: str | None, package: str = CORE) -> None:
    """Install the locked packages for Lambda's Linux on this processor, or for this very machine if it is None."""
    install(folder, [f"{linux}_{processor}" for linux in LINUX] if processor else [], package)
    if package == CORE:
        trim(folder / "botocore" / "data", OPERATIONS)
    compile_all(folder)


def build_own(folder: Path, package: str = CORE) -> None:
    """Add our own package."""
    own = shutil.copytree(_layer(package) / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    compile_all(own)


def install(folder: Path, platforms: Collection[str], package: str = CORE) -> None:
    """Install the locked wheels of one of these platforms, or of this machine's."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--require-hashes", "--only-binary=:all:", "--implementation=cp", "--python-version=3.13"]
    command += [f"--platform={platform}" for platform in platforms]
    subprocess.run([*command, "--target", folder, "-r", _layer(package) / "requirements.txt"], check=True)  # noqa: S603
    for name in UNUSED:
        shutil.rmtree(folder / name, ignore_errors=True)


def _layer(package: str) -> Path:
    """Return the folder with our own package and the lock of the packages beside it."""
    return HERE if package == CORE else HERE.parent / package


def compile_all(folder: Path) -> None:
    """Add bytecode that is valid regardless of file times, and identical in each build."""
    if not compileall.compile_dir(folder, quiet=1, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH):
        sys.exit("A module of the layer does not compile.")


# --- Botocore's data --------------------------------------------------------------------------------------------------


def trim(data: Path, operations: Mapping[str, Collection[str]]) -> None:
    """Leave in botocore's ``data`` what describes these operations, keyed by service, without their documentation.

    The endpoint rules, which describe where a service is, stay as they are, and so do the defaults of all services.
    """
    for service in data.iterdir():
        if service.is_dir() and service.name not in operations:
            shutil.rmtree(service)
    for service_name, names in operations.items():
        *older, newest = sorted((data / service_name).iterdir())
        for version in older:
            shutil.rmtree(version)
        _trim_service(newest, names)
    endpoints = _read(data / "endpoints.json")
    for partition in endpoints["partitions"]:
        partition["services"] = {name: at for name, at in partition["services"].items() if name in operations}
    _write(data / "endpoints.json", endpoints)


def _trim_service(version: Path, names: Collection[str]) -> None:
    (version / "examples-1.json").unlink(missing_ok=True)
    (version / "waiters-2.json").unlink(missing_ok=True)
    for packed in version.glob("*.json.gz"):  # the layer is packed as a whole
        packed.with_suffix("").write_bytes(gzip.decompress(packed.read_bytes()))
        packed.unlink()
    model = _read(version / "service-2.json")
    model["operations"] = {name: model["operations"][name] for name in names}
    used = set(_shapes_of(model))
    model["shapes"] = {name: shape for name, shape in model["shapes"].items() if name in used}
    # Elsewhere in a model botocore may insist on it, as it does for each of S3's clientContextParams.
    described = {part: _without_documentation(model[part]) for part in ("operations", "shapes")}
    _write(version / "service-2.json", {**model, **described, "documentation": ""})
    paginators = _read(version / "paginators-1.json")
    paginators["pagination"] = {name: how for name, how in paginators["pagination"].items() if name in names}
    _write(version / "paginators-1.json", paginators)


def _shapes_of(model: Json) -> Iterator[str]:
    """Yield the names of the shapes that the operations reach."""
    waiting = list(_references(list(model["operations"].values())))
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            yield name
            waiting.extend(_references(model["shapes"][name]))


def _references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(name := node.get("shape"), str):
            yield name
        for child in node.values():
            yield from _references(child)
    elif isinstance(node, list):
        for child in node:
            yield from _references(child)


def _without_documentation(node: object) -> object:
    """Leave out each text under ``documentation``; a member of that name would be an object."""
    if isinstance(node, dict):
        texts = isinstance(node.get("documentation"), str)
        return {
            name: _without_documentation(child)
            for name, child in node.items()
            if not (texts and name == "documentation")
        }
    return [_without_documentation(child) for child in node] if isinstance(node, list) else node


def _read(path: Path) -> Json:
    content: Json = json.loads(path.read_text("utf-8"))
    return content


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, separators=(",", ":")), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
