"""Checkov's rules on the templates and on CI's workflow. Runs in ``.venv-scan``, without a network."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from subprocess import run
from typing import Any

from scans.findings import ROOT, Finding, report

CHECKOV = Path(sys.executable).with_name("checkov")
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def scanned() -> list[Path]:
    """Return the templates, which name their format, and the workflows."""
    templates = [path for path in sorted(ROOT.glob("*.yaml")) if "AWSTemplateFormatVersion" in path.read_text("utf-8")]
    return [*templates, *WORKFLOWS]


def findings(reports: Sequence[Any]) -> Iterator[Finding]:
    """Yield the failed checks of checkov's reports."""
    for each in reports:
        for found in each["results"]["failed_checks"]:
            yield Finding(
                kind=found["check_id"],
                place=found["resource"],
                line=found["file_line_range"][0],
                text=f"{found['check_name']}, {found['file_path'].lstrip('/')}",
            )


def unread(reports: Sequence[Any]) -> list[str]:
    """Return the files that checkov could not read, or all of them if it has checked nothing."""
    results = [each["results"] for each in reports if "results" in each]
    is_checked = any(result["passed_checks"] or result["failed_checks"] for result in results)
    errors = [name for result in results for name in result["parsing_errors"]]
    return errors if is_checked else errors or ["any file"]


def main() -> int:
    """Scan everything, and return the exit code."""
    names = [str(path.relative_to(ROOT)) for path in scanned()]
    named = [argument for name in names for argument in ("--file", name)]
    options = ["--framework", "cloudformation", "github_actions", "--output", "json", "--skip-download", "--soft-fail"]
    ended = run([CHECKOV, *named, *options], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    answer = json.loads(ended.stdout)
    reports = answer if isinstance(answer, list) else [answer]
    if lost := unread(reports):
        print(f"Checkov did not read {', '.join(lost)}.")
        return 2
    return report("templates", list(findings(reports)))


if __name__ == "__main__":
    sys.exit(main())
