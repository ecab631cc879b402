"""Known vulnerabilities of locked packages: a report by pip-audit and npm, which ask public services.

A package that could not be looked up counts as that, never as free of vulnerabilities.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess, run
from typing import Any

ROOT = Path(__file__).parents[1]
NPM = ROOT / ".venv" / "bin" / "npm"
PYTHON_LOCKS = {
    "the layer": "layers/consent_core/requirements.txt",
    "the console's layer": "layers/consent_console/requirements.txt",
    "consent-ops and development": "requirements/dev.txt",
}
NPM_LOCKS = {"building the SDK": "sdk", "pages of the browser tests": "tests/browser/world"}
FOUND, COULD_NOT_LOOK = 1, 2


@dataclass(slots=True)
class Looked:
    """The result for one lock: how many packages were looked up, what is known, and what could not be looked up."""

    name: str
    packages: int = 0
    known: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Yield the report's lines on this lock."""
        yield f"{self.name}: {self.packages} looked up, {len(self.known)} known vulnerabilities"
        yield from (f"  {each}" for each in self.known)
        if self.unknown:
            yield f"  could not look: {', '.join(self.unknown)}"


def of_pip_audit(name: str, ended: "CompletedProcess[str]") -> Looked:
    """Read what pip-audit has written."""
    looked = Looked(name)
    packages = (_json(ended.stdout) or {}).get("dependencies")
    if not packages:
        looked.unknown.append(f"pip-audit failed, {_last_line(ended.stderr)}")
    for each in packages or ():
        if "skip_reason" in each:
            looked.unknown.append(each["name"])
            continue
        looked.packages += 1
        known = [vulnerability["id"] for vulnerability in each["vulns"]]
        looked.known += [f"{each['name']} {each['version']}: {identifier}" for identifier in known]
    return looked


def of_npm_audit(name: str, ended: "CompletedProcess[str]") -> Looked:
    """Read what ``npm audit`` has written."""
    looked, answer = Looked(name), _json(ended.stdout) or {}
    if "vulnerabilities" not in answer:
        looked.unknown.append(f"npm audit failed, {answer.get('message') or _last_line(ended.stderr)}")
        return looked
    looked.packages = answer["metadata"]["dependencies"]["total"]
    for package, found in sorted(answer["vulnerabilities"].items()):
        looked.known.append(f"{package} {found['range']}: {found['severity']}")
    return looked


def exit_code(results: Sequence[Looked]) -> int:
    """Return 1 if anything is known, else 2 if anything could not be looked up, else 0."""
    if any(each.known for each in results):
        return FOUND
    return COULD_NOT_LOOK if any(each.unknown for each in results) else 0


def _json(text: str) -> Any:  # noqa: ANN401 - whatever a tool has written
    try:
        return json.loads(text)
    except ValueError:
        return None


def _last_line(text: str) -> str:
    return (text.strip() or "without a word").splitlines()[-1][:200]


def _run(command: Sequence[str | Path], folder: Path) -> "CompletedProcess[str]":
    return run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - ours


def look() -> list[Looked]:
    """Ask about every lock."""
    pip_audit = Path(sys.executable).with_name("pip-audit")
    options = ["--require-hashes", "--disable-pip", "--format", "json", "--progress-spinner", "off", "--requirement"]
    return [
        *(of_pip_audit(name, _run([pip_audit, *options, lock], ROOT)) for name, lock in PYTHON_LOCKS.items()),
        *(of_npm_audit(name, _run([NPM, "audit", "--json"], ROOT / folder)) for name, folder in NPM_LOCKS.items()),
    ]


def main() -> int:
    """Print the report, and return the exit code."""
    results = look()
    for each in results:
        print(*each.lines(), sep="\n")
    return exit_code(results)


if __name__ == "__main__":
    sys.exit(main())
