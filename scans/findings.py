"""The findings of a scanner, held against the exceptions that ``exceptions.toml`` justifies."""

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXCEPTIONS = Path(__file__).with_name("exceptions.toml")


@dataclass(frozen=True, slots=True)
class Finding:
    """``kind`` is the scanner's rule, ``place`` a file or a resource. ``value`` is never shown."""

    kind: str
    place: str
    line: int
    value: str = ""
    text: str = ""

    def __str__(self) -> str:
        return f"{self.place}:{self.line}: {self.kind}{self.text and f' ({self.text})'}"


@dataclass(frozen=True, slots=True)
class Justified:
    """An exception: findings of a kind at places of a pattern, with the reason. ``value`` is a regular expression."""

    kind: str
    place: str
    reason: str
    value: str = ".*"

    def covers(self, finding: Finding) -> bool:
        """Return whether kind, place and the whole value fit."""
        is_here = finding.kind == self.kind and fnmatchcase(finding.place, self.place)
        return is_here and re.fullmatch(self.value, finding.value, re.DOTALL) is not None


def justified(scan: str) -> Sequence[Justified]:
    """Return the exceptions of a scan. Raises TypeError for one without a reason."""
    return [Justified(**entry) for entry in tomllib.loads(EXCEPTIONS.read_text("utf-8"))[scan]]


def verdict(findings: Iterable[Finding], exceptions: Sequence[Justified]) -> list[str]:
    """Return a line for each finding without an exception, and for each exception without a finding."""
    found = list(findings)
    unjustified = [str(each) for each in found if not any(exception.covers(each) for exception in exceptions)]
    stale = [
        f"{EXCEPTIONS.name}: {exception.kind} at {exception.place} is not found any more: remove it"
        for exception in exceptions
        if not any(exception.covers(each) for each in found)
    ]
    return [*unjustified, *stale]


def report(scan: str, findings: Sequence[Finding]) -> int:
    """Print the verdict on a scan. Return the exit code: 0 if every finding is justified and no exception is stale."""
    faults = verdict(findings, justified(scan))
    print(
        *faults or [f"Scan for {scan}: {len(findings)} findings, each justified in scans/{EXCEPTIONS.name}."], sep="\n"
    )
    return 1 if faults else 0
