"""The version, which pyproject.toml states."""

import tomllib
from importlib import metadata
from pathlib import Path

_PYPROJECT = Path(__file__).resolve().parents[2] / "pyproject.toml"


def version() -> str:
    """Return the version of this checkout, or else of the installed package."""
    if _PYPROJECT.is_file():
        return str(tomllib.loads(_PYPROJECT.read_text("utf-8"))["project"]["version"])
    return metadata.version("consent-ops")
