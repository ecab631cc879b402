"""Secrets in the files of the repository, committed or not yet. Runs in ``.venv-scan``, without a network."""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import check_output

from detect_secrets import SecretsCollection
from detect_secrets.settings import default_settings

from scans.findings import ROOT, Finding, report

LOCKS = frozenset(
    {
        "layers/consent_core/requirements.txt",
        "layers/consent_console/requirements.txt",
        "sdk/package-lock.json",
        "bench/rivals/package-lock.json",
        "tests/browser/apps/package-lock.json",
        "tests/browser/world/package-lock.json",
    }
)
"""Generated files that hold hashes of public packages, besides ``requirements/*.txt``."""

# In parts, so that no scanner takes this file for a leak.
PLANTED = {
    "AWS Access Key": f"id = {'AKIA'}Q3EGRIVJ7K2ZBX5M",
    "Private Key": f"-----BEGIN {'PRIVATE'} KEY-----\n{'MIIEpAIBAAKC' * 5}\n-----END {'PRIVATE'} KEY-----",
    "GitHub Token": f"at = ghp_{'wWPw5k4aXcaT4fNP0Ucn'}ZwJUVFk6LO0pINUx",
    "Hex High Entropy String": f"OriginVerify = '{'9f86d081'}{'884c7d65'}{'9a2feaa0'}{'c55ad015'}'",
    "Secret Keyword": f"password = '{'correct horse'}'",
}
"""Lines for each kind that matters here. A scanner that misses one of them proves nothing."""


def files() -> list[str]:
    """Return the files that are or could be committed, without locks."""
    listed = check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, text=True)  # noqa: S607
    return [
        name
        for name in sorted(filter(None, listed.split("\0")))
        if name not in LOCKS and not (name.startswith("requirements/") and name.endswith(".txt"))
    ]


def findings(names: list[str], folder: Path) -> Iterator[Finding]:
    """Scan the files of these names in a folder."""
    found = SecretsCollection(root=str(folder))
    with default_settings():
        found.scan_files(*names)
    for place, secret in found:
        yield Finding(secret.type, place, secret.line_number, secret.secret_value or "")


def missed() -> list[str]:
    """Return the kinds of planted secrets that the scanner does not find."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, line in enumerate(PLANTED.values()):
            (folder / f"{number}.py").write_text(f"{line}\n", "utf-8")
        kinds = {finding.kind for finding in findings([path.name for path in folder.iterdir()], folder)}
    return sorted(PLANTED.keys() - kinds)


def main() -> int:
    """Scan everything, and return the exit code."""
    if lost := missed():
        print(f"The scanner does not work: it misses {', '.join(lost)}.")
        return 2
    return report("secrets", list(findings(files(), ROOT)))


if __name__ == "__main__":
    sys.exit(main())
