"""An API by its OpenAPI file: the parts of the two tests that hold a description to the code."""

import os
import subprocess
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import requests
import schemathesis
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from consent_core.errors import PROBLEM_TYPE, RefusedError
from consent_core.http import problem
from local import ROOT

type Json = dict[str, Any]


class DescribedApi:
    """An OpenAPI file, read once."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @cached_property
    def description(self) -> Json:
        read: Json = yaml.safe_load(self.file.read_text("utf-8"))
        return read

    @cached_property
    def schema(self) -> schemathesis.BaseSchema:
        return schemathesis.openapi.from_path(self.file)

    def assert_valid(self) -> None:
        assert self.description["openapi"].startswith("3.1.")
        assert list(OpenAPIV31SpecValidator(self.description).iter_errors()) == []

    def problem_types(self) -> set[str]:
        """Return the slugs of all problems that the file names."""
        texts = (text for text in _strings(self.description) if text.startswith(PROBLEM_TYPE))
        return {text.removeprefix(PROBLEM_TYPE) for text in texts}

    def assert_describes(self, error: RefusedError, path: str, method: str) -> None:
        """Hold the problem of an error to the description of a route."""
        answer = problem(error)
        response = schemathesis.Response(
            answer["statusCode"],
            headers={name: [value] for name, value in answer["headers"].items()},
            content=answer["body"].encode(),
            request=requests.Request(method, "https://consent.example/").prepare(),
            elapsed=0.0,
            verify=True,
        )
        self.schema[path][method].validate_response(response)


def generated_requests(description: Path, url: str, folder: Path, configuration: str) -> str:
    """Send the requests that Schemathesis generates, and return its report. Each answer must be as described."""
    (folder / "schemathesis.toml").write_text(configuration, "utf-8")
    done = subprocess.run(  # noqa: S603 - a locked package of ours
        [ROOT / ".venv" / "bin" / "schemathesis", "run", description, "--url", url, "--no-color"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def configured(parameters: str) -> str:
    """Return these parameters followed by the configuration that both tests share."""
    return parameters + Path(__file__).with_name("schemathesis.toml").read_text("utf-8")


def _strings(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict() | list():
            for part in value.values() if isinstance(value, dict) else value:
                yield from _strings(part)
