"""Switches garbage collection off while a function starts in Lambda: loaded modules stay, so there is no garbage.

``consent_core`` calls ``begin`` before it loads any other module. ``Telemetry.observed``, the last step of a function's
start, calls ``end``. Outside Lambda (tests, the local stack, the operators' command line) neither has any effect.
"""

import gc
import os

IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

CONNECTS_EARLY = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in {"on-demand", "provisioned-concurrency"}
"""Whether a connection opened at start-up is still open at the first request. In a snapshot (SnapStart) it is not."""


def begin() -> None:
    """Disable garbage collection while modules are loaded."""
    if IN_LAMBDA:
        gc.disable()


def end() -> None:
    """Enable garbage collection again, but exclude all objects that exist now."""
    if IN_LAMBDA:
        gc.freeze()
        gc.enable()
