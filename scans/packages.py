"""The packages that ship: what the locks hold, and what the installed packages say of themselves."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
LAYER_LOCK = ROOT / "layers" / "consent_core" / "requirements.txt"
CONSOLE_LOCK = ROOT / "layers" / "consent_console" / "requirements.txt"
OPS_LOCK = ROOT / "requirements" / "dev.txt"

_LOCKED = re.compile(
    r"^([a-z0-9-]+)==([^ \\;]+)(?: ;[^\\\n]*)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)", re.MULTILINE
)
_ASKED = re.compile(r"^([a-z0-9-]+)(?:\[[a-z0-9,-]+\])?[=>]", re.MULTILINE)

_OF_CLASSIFIER = {"MIT License": "MIT", "Apache Software License": "Apache-2.0", "ISC License (ISCL)": "ISC"}

_READ_BY_HAND = {
    "aws-lambda-powertools": "MIT-0",
    "jinja2": "BSD-3-Clause",
    "python-dateutil": "Apache-2.0 AND BSD-3-Clause",
}
"""Licences of packages whose metadata name several, or a family. The texts in the packages decide."""

_LICENCE_FILE = re.compile(r"(?:^|/)(?:AUTHORS|COPYING|LICEN[CS]E|NOTICE)[^/]*$")


class UnknownLicenceError(Exception):
    """A package's metadata do not name one licence: read its text, then complete ``_READ_BY_HAND``."""


@dataclass(frozen=True, slots=True)
class Locked:
    """A package of a lock, with the SHA-256 of every file that the lock accepts for it."""

    name: str
    version: str
    hashes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A package that ships. ``licence`` is an SPDX expression; ``requires`` are the names of other such packages."""

    locked: Locked
    licence: str
    licence_files: tuple[str, ...]
    requires: tuple[str, ...]


def layer_packages() -> Sequence[Package]:
    """Return the packages that the Lambda layer of all functions bundles, by name."""
    return _packages(LAYER_LOCK)


def layer_asks_for() -> Sequence[str]:
    """Return the names that ``requirements/layer.in`` lists; the lock has what these need besides."""
    return _asked_for("layer.in")


def console_packages() -> Sequence[Package]:
    """Return the packages that the console's layer bundles, by name."""
    return _packages(CONSOLE_LOCK)


def console_asks_for() -> Sequence[str]:
    """Return the names that ``requirements/console.in`` lists; the lock has what these need besides."""
    return _asked_for("console.in")


def ops_packages() -> Sequence[Package]:
    """Return the packages that ``consent-ops`` needs, by name, at the versions that its tests have."""
    locked = _locked(OPS_LOCK)
    found: dict[str, Package] = {}
    waiting = [*ops_asks_for()]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found[name] = _package(locked[name], locked)
            waiting += found[name].requires
    return [found[name] for name in sorted(found)]


def ops_asks_for() -> Sequence[str]:
    """Return the names of the dependencies of ``consent-ops``."""
    return sorted(_name(Requirement(each).name) for each in project()["dependencies"])


@cache
def project() -> Mapping[str, Any]:
    """Return the project's own metadata."""
    read: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return read


def _packages(lock: Path) -> Sequence[Package]:
    locked = _locked(lock)
    return [_package(each, locked) for each in locked.values()]


def _asked_for(name: str) -> Sequence[str]:
    return sorted(_ASKED.findall((ROOT / "requirements" / name).read_text("utf-8")))


def _locked(lock: Path) -> dict[str, Locked]:
    found = _LOCKED.findall(lock.read_text("utf-8"))
    return {name: Locked(name, version, tuple(re.findall(r"[0-9a-f]{64}", hashes))) for name, version, hashes in found}


def _package(locked: Locked, others: Iterable[str]) -> Package:
    installed = distribution(locked.name)
    needed = {_name(each.name) for each in map(Requirement, installed.requires or ()) if _applies(each)}
    named = [Path(str(file)).name for file in installed.files or () if _is_licence(str(file))]
    return Package(
        locked, _licence(locked.name, installed), tuple(sorted(set(named))), tuple(sorted(needed & {*others}))
    )


def _applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})


def _name(name: str) -> str:
    """Return a package's name as locks spell it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _is_licence(file: str) -> bool:
    return ".dist-info/" in file and bool(_LICENCE_FILE.search(file))


def _licence(name: str, installed: Distribution) -> str:
    metadata = installed.metadata
    classifiers = [each for each in metadata.get_all("Classifier") or () if each.startswith("License ::")]
    named = [_OF_CLASSIFIER.get(each.rpartition(" :: ")[2], "") for each in classifiers]
    stated = metadata.get("License-Expression") or _READ_BY_HAND.get(name) or (named[0] if len(named) == 1 else "")
    plain = stated or (metadata.get("License") or "")
    if not re.fullmatch(r"[A-Za-z0-9.-]+(?: (?:AND|OR) [A-Za-z0-9.-]+)*", plain):
        raise UnknownLicenceError(name)
    return plain
