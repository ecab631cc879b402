"""Load a function as Lambda does: by its file, in an environment of its own."""

import os
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from local.modules import load_module

FUNCTIONS = Path(__file__).parents[1] / "functions"


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What Powertools reads of Lambda's context object."""

    function_name: str = "test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:test"
    aws_request_id: str = "6f5e4d3c-2b1a-4987-8654-3210fedcba98"


def load_handler(name: str, **environment: str) -> ModuleType:
    """Import ``functions/<name>/app.py`` anew, with ``environment`` added to the process's while it starts."""
    with patch.dict(os.environ, environment):
        return load_module(f"function_{name}", FUNCTIONS / name / "app.py")
