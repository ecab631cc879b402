"""Imports point downward, and a function loads only what its request needs."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "consent_core"
MODULES = {path.stem: path for path in (LAYER / "consent_core").glob("*.py") if path.stem != "__init__"}
FUNCTIONS = {path.parent.name: path for path in (ROOT / "functions").glob("*/app.py")}

# What each module of the layer imports of it. No two may import each other.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "observability": set(),
    "settings": set(),
    "origins": set(),
    "catalogue": set(),
    "athena": set(),
    "dates": set(),
    "dossier": {"dates", "proofs"},
    "evidence": {"archive", "athena", "catalogue", "dossier", "tables"},
    "edge": set(),
    "items": set(),
    "archive": {"errors"},
    "integrity": {"archive"},
    "ledger": {"archive", "items"},
    "texts": set(),
    "access": {"origins", "catalogue", "errors"},
    "tables": {"catalogue", "errors", "items"},
    "http": {"errors", "observability"},
    "decisions": {"catalogue", "errors"},
    "proofs": {"catalogue", "dates", "decisions", "errors"},
    "allow_list": {"origins"},
    "known_services": set(),
    "definitions": {"allow_list", "known_services", "origins", "texts", "catalogue", "errors"},
    "contrast": {"definitions"},
    "lint": {"contrast", "known_services", "texts", "catalogue", "definitions"},
    "rendering": {"definitions", "texts", "catalogue", "dates"},
    "widgets": {"definitions", "tables", "catalogue", "errors"},
    "publishing": {"allow_list", "definitions", "rendering", "tables", "catalogue", "dates", "errors", "widgets"},
}
FUNCTION_IMPORTS = {
    "widget_published": {"edge", "observability", "settings"},
    "widget_admin": {
        *("catalogue", "definitions", "errors", "http", "observability", "publishing", "settings", "tables", "widgets"),
    },
    "widget_sdk": {"http", "observability", "settings"},
    "widget_settings": {"access", "catalogue", "http", "observability", "settings", "tables"},
    "consent_lookup": {
        *("archive", "athena", "dossier", "errors", "evidence", "http", "observability", "settings", "tables"),
    },
    "visitor_rights": {"access", "dates", "http", "observability", "settings", "tables"},
    "consent_ledger": {"archive", "errors", "ledger", "observability", "settings"},
    "consent_collect": {
        *("access", "catalogue", "decisions", "errors", "http", "observability", "proofs", "settings", "tables"),
    },
}


def imported(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_the_layer(path: Path) -> set[str]:
    return {name.split(".")[1] for name in imported(path) if name.split(".")[0] == "consent_core"}


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_every_module_has_its_place() -> None:
    assert MODULES.keys() == ALLOWED.keys()
    assert FUNCTIONS.keys() == FUNCTION_IMPORTS.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_what_lies_below_it_alone(module: str) -> None:
    assert of_the_layer(MODULES[module]) == ALLOWED[module]
    assert not packages(MODULES[module]) & {"functions", "local", "ops", "tests"}


def test_no_two_modules_import_each_other() -> None:
    placed: set[str] = set()
    while ready := {name for name, below in ALLOWED.items() if below <= placed} - placed:
        placed |= ready
    assert placed == ALLOWED.keys()


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_imports_the_layer_and_no_other_function(function: str) -> None:
    assert of_the_layer(FUNCTIONS[function]) == FUNCTION_IMPORTS[function]
    assert packages(FUNCTIONS[function]) - {"consent_core"} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("package", "modules"),
    [
        ("pydantic", {"definitions", "decisions"}),
        ("pydantic_core", {"decisions"}),
        ("idna", {"allow_list"}),
        ("publicsuffixlist", {"allow_list"}),
        ("boto3", {"tables", "edge", "archive", "athena"}),
        ("botocore", {"tables", "edge", "archive", "athena"}),
        ("aws_lambda_powertools", {"observability"}),
    ],
)
def test_a_package_is_known_where_it_belongs(package: str, modules: set[str]) -> None:
    assert {name for name, path in MODULES.items() if package in packages(path)} == modules


def loaded_by(function: str) -> set[str]:
    """The packages in ``sys.modules`` after a process has imported the function and nothing else."""
    program = f"""
import runpy, sys
runpy.run_path({str(FUNCTIONS[function])!r})
print(*sorted({{name.partition(".")[0] for name in sys.modules}}))
"""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(LAYER),
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_SERVICE_NAME": function,
        "POWERTOOLS_METRICS_NAMESPACE": "ConsentPlatform",
        "WIDGETS_TABLE": "WidgetsTable",
        "CONSENTS_TABLE": "ConsentsTable",
    }
    finished = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    return set(finished.stdout.split())


PUBLISHING_ONLY = {"idna", "publicsuffixlist"}


def test_the_settings_function_never_loads_pydantic_nor_what_publishes() -> None:
    loaded = loaded_by("widget_settings")
    assert {"consent_core", "boto3", "aws_lambda_powertools"} <= loaded
    assert not loaded & {"pydantic", "pydantic_core", *PUBLISHING_ONLY}


def test_the_function_of_the_visitors_own_right_loads_no_pydantic_either() -> None:
    assert not loaded_by("visitor_rights") & {"pydantic", "pydantic_core", *PUBLISHING_ONLY}


def test_the_collecting_function_loads_nothing_that_publishes() -> None:
    loaded = loaded_by("consent_collect")
    assert {"consent_core", "boto3", "aws_lambda_powertools", "pydantic"} <= loaded
    assert not loaded & PUBLISHING_ONLY
