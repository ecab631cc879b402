"""Count the steps of Python code: the lines of this project's own modules that are executed. No clock is read."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType
from typing import Any

import consent_core

_OWN = str(consent_core.__path__[0])
_TOOL = sys.monitoring.PROFILER_ID


@dataclass
class Steps:
    """``lines`` is the number of executed lines so far."""

    lines: int = 0


@contextmanager
def counted_steps() -> Iterator[Steps]:
    """Count for as long as the context lasts."""
    steps = Steps()

    def step(code: CodeType, _line: int) -> Any:  # noqa: ANN401 - DISABLE has no public type
        if not code.co_filename.startswith(_OWN):
            return sys.monitoring.DISABLE
        steps.lines += 1
        return None

    sys.monitoring.use_tool_id(_TOOL, "steps")
    try:
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, step)
        sys.monitoring.set_events(_TOOL, sys.monitoring.events.LINE)
        yield steps
    finally:
        sys.monitoring.set_events(_TOOL, 0)
        sys.monitoring.free_tool_id(_TOOL)
