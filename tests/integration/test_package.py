"""The operators' command line as people install it: a wheel, in an environment of its own, run from any folder."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from local import ROOT

UV = ROOT / ".venv-uv" / "bin" / "uv"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
NOT_NEEDED = ("aws_lambda_powertools", "boto3", "moto", "pytest", "samcli")

type Finished = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel, and install it with the locked versions into a new environment; return its ``bin``."""
    folder = tmp_path_factory.mktemp("package")
    python = folder / "venv" / "bin" / "python"
    built = (
        "build",
        "--quiet",
        "--wheel",
        "--no-build-isolation",
        "--python",
        sys.executable,
        "--out-dir",
        folder,
        ROOT,
    )
    subprocess.run([UV, *built], check=True)  # noqa: S603 - our own build
    (wheel,) = folder.glob("consent_ops-*.whl")
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, folder / "venv"], check=True)  # noqa: S603
    locked = ("--constraint", ROOT / "requirements" / "dev.txt")
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, *locked, wheel], check=True)  # noqa: S603
    return python.parent


@pytest.fixture
def run(environment: Path, tmp_path: Path) -> Callable[..., Finished]:
    """Run a program of the environment in a folder that is not the checkout."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "AWS_"))}

    def finished(program: str, *arguments: str, **more: str) -> Finished:
        return subprocess.run(  # noqa: S603 - our own package
            [environment / program, *arguments],
            cwd=tmp_path,
            env={**variables, "COLUMNS": "200", **more},
            capture_output=True,
            text=True,
        )

    return finished


def test_the_installed_command_knows_its_version(run: Callable[..., Finished]) -> None:
    finished = run("consent-ops", "--version")
    assert (finished.returncode, finished.stdout) == (0, f"{PROJECT['version']}\n")


def test_it_lists_its_commands(run: Callable[..., Finished]) -> None:
    finished = run("consent-ops", "--help")
    assert finished.returncode == 0
    assert {"new", "publish", "lint", "dossier", "export"} <= set(re.findall(r"^│ ([a-z-]+) ", finished.stdout, re.M))


def test_it_writes_checks_and_completes_definitions_in_any_folder(run: Callable[..., Finished], tmp_path: Path) -> None:
    assert run("consent-ops", "new").returncode == 0
    assert json.loads((tmp_path / "definition.schema.json").read_text("utf-8"))["title"]
    checked = run("consent-ops", "lint", "widget.json")
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "No warnings.\n", "")
    assert run("consent-ops", "services", "matomo").returncode == 0


def test_it_completes_in_the_shell(run: Callable[..., Finished]) -> None:
    asked = {"_CONSENT_OPS_COMPLETE": "complete_bash", "COMP_WORDS": "consent-ops add", "COMP_CWORD": "1"}
    assert run("consent-ops", **asked).stdout.split() == ["add-domain", "add-key"]


def test_it_comes_without_what_only_functions_and_tests_need(run: Callable[..., Finished]) -> None:
    program = f"""
import importlib.util
import consent_ops.cli
print(*(name for name in {NOT_NEEDED} if importlib.util.find_spec(name)))
"""
    finished = run("python", "-c", program)
    assert (finished.returncode, finished.stdout.strip(), finished.stderr) == (0, "", "")
