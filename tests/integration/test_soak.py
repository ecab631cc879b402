"""A minute of steady traffic over a failing store; ``make soak`` takes twenty."""

import os
import subprocess
import sys

from local import ROOT

SECONDS = 60


def test_a_minute_of_traffic_loses_and_doubles_no_proof_and_holds_no_memory() -> None:
    """In a process of its own, because the embedded AWS has one state per process."""
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.soak", "--seconds", str(SECONDS), "--seed", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "consent_core")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
