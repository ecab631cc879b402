"""How a function starts in Lambda. What it loads stays for good, so nobody looks for garbage in it.

``consent_core`` itself begins, before all else is loaded; ``Telemetry.observed`` is the last that a function does and
ends it. Anywhere else (tests, the local stack, the operators' command line) nothing happens.
"""

import gc
import os

IN_LAMBDA = "AWS_LAMBDA_FUNCTION_NAME" in os.environ

CONNECTS_EARLY = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") in {"on-demand", "provisioned-concurrency"}
"""Whether a connection that is opened now will be there for the first request: not one in a snapshot (SnapStart)."""


def begin() -> None:
    """Collect nothing while modules are loaded."""
    if IN_LAMBDA:
        gc.disable()


def end() -> None:
    """Collect again, but never in what is loaded now."""
    if IN_LAMBDA:
        gc.freeze()
        gc.enable()
