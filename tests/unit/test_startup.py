"""What a function has loaded is no garbage: in Lambda, nobody looks for any in it."""

import os
import subprocess
import sys

import pytest

from local import ROOT

PROGRAM = """
import gc
import consent_core
loading = gc.isenabled()
from consent_core.observability import Telemetry
Telemetry().observed(print)
print(loading, gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


@pytest.mark.parametrize(
    ("environment", "printed"),
    [({"AWS_LAMBDA_FUNCTION_NAME": "widget_settings"}, "False True True"), ({}, "True True False")],
    ids=["in Lambda", "elsewhere"],
)
def test_garbage_is_not_collected_while_a_function_loads_and_not_in_what_it_has_loaded(
    environment: dict[str, str], printed: str
) -> None:
    finished = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", PROGRAM],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "layers" / "consent_core"), **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert finished.stdout.strip() == printed
