"""Load a function as Lambda does: by its file, in an environment of its own."""

import importlib.util
import json
import os
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

from consent_core.observability import Telemetry

FUNCTIONS = Path(__file__).parents[1] / "functions"


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """The part of Lambda's context object that the functions read."""

    aws_request_id: str = "6f5e4d3c-2b1a-4987-8654-3210fedcba98"
    milliseconds: int = 29_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


def load_module(name: str, path: Path) -> ModuleType:
    """Run the file at ``path`` as the module ``name``, anew each time: all functions call their module ``app``."""
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def load_handler(name: str, **environment: str) -> ModuleType:
    """Import ``functions/<name>/app.py`` anew, with ``environment`` added to the process's while it starts."""
    with patch.dict(os.environ, environment):
        return load_module(f"function_{name}", FUNCTIONS / name / "app.py")


@dataclass(frozen=True, slots=True)
class Printed:
    """The output of a call: its lines without CloudWatch's own members, and the metrics that CloudWatch counts."""

    log: list[dict[str, Any]]
    metrics: dict[str, float]


def invoked(
    handler: Callable[[Any, Any], Any], event: object, telemetry: Telemetry, *, milliseconds: int = 29_000
) -> tuple[Any, Printed]:
    """Call a handler as Lambda does, and return its answer and what it has printed."""
    output = StringIO()
    for log in telemetry.logger.handlers:  # a logger holds the output that there was when it was made
        vars(log)["stream"] = output
    with redirect_stdout(output):
        answer = handler(event, LambdaContext(milliseconds=milliseconds))
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    (counting,) = (line.pop("_aws") for line in lines if "_aws" in line)
    (counted,) = counting["CloudWatchMetrics"]
    assert counted["Dimensions"] == [["service"]]
    names = [metric["Name"] for metric in counted["Metrics"]]
    return answer, Printed(lines, {name: sum(lines[-1].pop(name)) for name in names})
