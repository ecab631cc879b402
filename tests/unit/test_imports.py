"""Imports point downward, and a function loads only what its request needs."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "layers" / "consent_core"
PACKAGE = LAYER / "consent_core"
FUNCTIONS = {path.parent.name: path for path in (ROOT / "functions").glob("*/app.py")}

# The layer from the bottom up. A module imports modules of the rows above its own, and those before it in its row.
ROWS = (
    ("problems", "errors", "dates", "shapes", "origins", "catalogue", "access"),
    ("markup", "built_in_texts", "durations", "first_screen", "declaration"),
    ("startup", "environment", "observability", "deadlines", "http"),
    ("items", "connections", "aws", "edge", "dynamodb", "widget_table", "consent_table", "access_audit", "sightings"),
    ("personal_data", "decisions", "proofs", "canonical", "receipts"),
    ("archive.objects", "archive.batches", "archive.erasures", "archive.integrity", "archive.athena"),
    ("statistics.counts", "statistics.consents", "statistics.archived"),
    ("dossier.claims", "dossier.evidence", "dossier.desk"),
    (
        "publishing.texts",
        "publishing.colours",
        "publishing.allow_list",
        "publishing.fields",
        "publishing.policies",
        "publishing.known_services",
        "publishing.definitions",
    ),
    (
        "publishing.theme",
        "publishing.contrast",
        "publishing.policy_lint",
        "publishing.lint",
        "publishing.rendering",
        "publishing.differences",
        "publishing.history",
        "publishing.widgets",
        "publishing.changes",
        "publishing.check",
        "publishing.drafts",
        "publishing.snippet",
        "publishing.previews",
        "publishing.past_versions",
    ),
    ("reports.printable", "reports.pages", "reports.dossier", "reports.statistics"),
    ("reports.spreadsheets", "reports.activity"),
)
PLACES = {module: place for place, module in enumerate(module for row in ROWS for module in row)}
PACKAGES = {"archive", "dossier", "publishing", "reports", "statistics"}
CONSOLE = ROOT / "layers" / "consent_console" / "consent_console"
CONSOLES = {name for name in FUNCTIONS if name.startswith("console_")}
VISITORS = ("consent_collect", "visitor_rights", "widget_sdk", "widget_settings")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts)


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py") if path.stem != "__init__"}


def imported(path: Path) -> Iterator[str]:
    """The dotted name of everything that a file imports, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def of_the_layer(path: Path) -> set[str]:
    """The modules of the layer that a file imports, as ``MODULES`` names them."""
    names = (name.removeprefix("consent_core.") for name in imported(path) if name.startswith("consent_core."))
    return {next(name for name in (longer, longer.rpartition(".")[0]) if name in MODULES) for longer in names}


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(path)}


def test_every_module_has_its_place() -> None:
    assert MODULES.keys() == PLACES.keys()


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_module_imports_what_lies_below_it_alone(module: str) -> None:
    assert {below for below in of_the_layer(MODULES[module]) if PLACES[below] >= PLACES[module]} == set()
    assert not packages(MODULES[module]) & {"consent_ops", "functions", "local", "ops", "tests"}


@pytest.mark.parametrize("module", sorted(module for module in MODULES if "." not in module))
def test_the_request_path_imports_none_of_the_packages(module: str) -> None:
    assert {below for below in of_the_layer(MODULES[module]) if below.partition(".")[0] in PACKAGES} == set()


@pytest.mark.parametrize("function", sorted(FUNCTIONS))
def test_a_function_imports_the_layer_and_no_other_function(function: str) -> None:
    layers = {"consent_core", "consent_console"} if function in CONSOLES else {"consent_core"}
    assert packages(FUNCTIONS[function]) - layers <= sys.stdlib_module_names


def of_the_console() -> dict[str, Path]:
    """The modules of the console's layer, by dotted name."""
    paths = (path for path in CONSOLE.rglob("*.py") if path.stem != "__init__")
    return {".".join(path.relative_to(CONSOLE.parent).with_suffix("").parts): path for path in paths}


def test_no_module_of_the_console_imports_one_that_imports_it() -> None:
    modules = of_the_console()
    graph = {
        name: {longer if longer in modules else longer.rpartition(".")[0] for longer in imported(path)} & modules.keys()
        for name, path in modules.items()
    }
    assert len([*TopologicalSorter(graph).static_order()]) == len(modules)  # raises CycleError


def test_the_layer_of_all_functions_does_not_know_the_console() -> None:
    assert {name for name, path in MODULES.items() if "consent_console" in packages(path)} == set()


@pytest.mark.parametrize(
    ("package", "modules"), [("joserfc", {"oidc"}), ("urllib3", {"https"}), ("botocore", {"registration"})]
)
def test_a_package_of_the_sign_in_is_known_where_it_belongs(package: str, modules: set[str]) -> None:
    found = {name for name, path in of_the_console().items() if package in packages(path)}
    assert found == {f"consent_console.{module}" for module in modules}


def test_one_function_alone_loads_what_handles_tokens() -> None:
    loading = {name for name, path in FUNCTIONS.items() if "consent_console.oidc.Provider" in set(imported(path))}
    assert loading == {"console_login"}
    beside = {name for name, path in of_the_console().items() if "consent_console.oidc" in " ".join(imported(path))}
    assert beside == set()


@pytest.mark.parametrize("function", VISITORS)
def test_a_function_that_visitors_call_imports_none_of_the_packages(function: str) -> None:
    assert {below for below in of_the_layer(FUNCTIONS[function]) if "." in below} == set()


@pytest.mark.parametrize(
    ("package", "modules"),
    [
        ("pydantic", {"publishing.definitions", "publishing.fields", "publishing.policies"}),
        ("pydantic_core", set()),
        ("idna", {"publishing.allow_list"}),
        ("publicsuffixlist", {"publishing.allow_list"}),
        ("jinja2", {"reports.pages", "reports.dossier", "reports.statistics"}),
        ("markupsafe", {"reports.pages", "reports.dossier", "reports.statistics"}),
        ("boto3", set()),
        ("botocore", {"archive.objects", "archive.athena", "aws", "connections", "consent_table", "dynamodb", "edge"}),
        ("aws_lambda_powertools", {"observability"}),
    ],
)
def test_a_package_is_known_where_it_belongs(package: str, modules: set[str]) -> None:
    assert {name for name, path in MODULES.items() if package in packages(path)} == modules


def loaded_by(function: str) -> set[str]:
    """The packages and modules in ``sys.modules`` after a process has imported the function and nothing else."""
    program = f"""
import runpy, sys
runpy.run_path({str(FUNCTIONS[function])!r})
print(*sorted(sys.modules))
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


@pytest.mark.parametrize("function", sorted(set(VISITORS) - {"widget_sdk"}))
def test_a_function_that_visitors_call_loads_neither_pydantic_nor_what_publishes(function: str) -> None:
    loaded = loaded_by(function)
    assert {"consent_core", "botocore", "aws_lambda_powertools"} <= loaded
    assert not loaded & {"boto3", "pydantic", "pydantic_core", "consent_core.problems", *PUBLISHING_ONLY}
