"""Steady traffic over a failing store, with ``--full`` for a minute; ``make soak`` takes twenty."""

import os
import subprocess
import sys

import pytest

from local import ROOT
from tests.matrices import sampled


@pytest.mark.parametrize("seconds", sampled((20, 60), sample=1))
def test_steady_traffic_loses_and_doubles_no_proof_and_holds_no_memory(seconds: int) -> None:
    """In a process of its own, because the embedded AWS has one state per process."""
    finished = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "tests.soak", "--seconds", str(seconds), "--seed", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT / "layers" / "consent_core")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
