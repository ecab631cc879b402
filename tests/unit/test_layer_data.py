"""The built layer's part of botocore's data: everything that the code calls, as AWS wrote it."""

import ast
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore
import pytest
from botocore import xform_name
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

from aws_operations import OPERATIONS
from build_layer import trim
from local import ROOT

SOURCES = [*ROOT.glob("layers/*/consent_*/**/*.py"), *ROOT.glob("functions/*/app.py")]
CALLS = [(service, operation) for service, names in sorted(OPERATIONS.items()) for operation in sorted(names)]
WHOLE = Path(botocore.__file__).with_name("data")

TRIMMED = {"documentation", "operations", "shapes"}
"""The members of a service's model that the build changes. All the others are left whole."""

type Json = dict[str, Any]


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what botocore has on our services and two more, trimmed."""
    data = tmp_path_factory.mktemp("botocore") / "data"
    data.mkdir()
    for entry in WHOLE.iterdir():
        if entry.is_file():
            shutil.copy(entry, data)
        elif entry.name in {*OPERATIONS, "ec2", "sqs"}:
            shutil.copytree(entry, data / entry.name)
    trim(data, OPERATIONS)
    return data


@pytest.fixture(scope="module")
def ours(trimmed: Path) -> Loader:
    return Loader(extra_search_paths=[str(trimmed)], include_default_search_paths=False)


@pytest.fixture(scope="module")
def original() -> Loader:
    return Loader()


def test_there_is_data_on_every_service_that_a_client_is_made_for(ours: Loader) -> None:
    assert {name for path in SOURCES for name in services_of(path)} == OPERATIONS.keys()
    assert set(ours.list_available_services("service-2")) == OPERATIONS.keys()


def test_every_operation_that_is_called_is_listed(original: Loader) -> None:
    methods = {
        xform_name(operation): (service, operation)
        for service in OPERATIONS
        for operation in original.load_service_model(service, "service-2")["operations"]
    }
    called = {methods[name] for path in SOURCES for name in names_of(path) if name in methods}
    assert ("dynamodb", "PutItem") in called
    assert called <= set(CALLS)


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_an_operation_is_what_aws_wrote(ours: Loader, original: Loader, service: str, operation: str) -> None:
    """All that a client reads of it: names, types, places in the request, and the same of its answer and errors."""
    assert described(ours, service, operation) == described(original, service, operation)


@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_a_service_is_found_where_aws_says(ours: Loader, original: Loader, service: str) -> None:
    def place(loader: Loader) -> tuple[Json, Json, list[Json]]:
        model = loader.load_service_model(service, "service-2")
        partitions = loader.load_data("endpoints")["partitions"]
        known = [{**each, "services": {service: each["services"].get(service)}} for each in partitions]
        of_service = {name: part for name, part in model.items() if name not in TRIMMED}
        return of_service, loader.load_service_model(service, "endpoint-rule-set-1"), known

    assert place(ours) == place(original)


@pytest.mark.parametrize("name", ["partitions", "sdk-default-configuration", "_retry"])
def test_what_holds_for_all_services_is_untouched(trimmed: Path, name: str) -> None:
    assert (trimmed / f"{name}.json").read_bytes() == (WHOLE / f"{name}.json").read_bytes()


def described(loader: Loader, service: str, operation: str) -> Json:
    whole = loader.load_service_model(service, "service-2")
    model = ServiceModel(whole, service).operation_model(operation)
    paginators = loader.load_service_model(service, "paginators-1")["pagination"]
    raw = {name: value for name, value in whole["operations"][operation].items() if name != "documentation"}
    return {
        **raw,
        "input": tree(model.input_shape),
        "output": tree(model.output_shape),
        "errors": [tree(shape) for shape in model.error_shapes],
        "pages": paginators.get(operation),
    }


def tree(shape: Shape | None, above: tuple[str, ...] = ()) -> Json | None:
    """A shape with all that it holds; one that holds itself ends there."""
    if shape is None:
        return None
    described: Json = {"name": shape.name, "type": shape.type_name, **shape.serialization, **shape.metadata}
    if shape.name in above:
        return described
    members: dict[str, Shape] = dict(getattr(shape, "members", {}))
    members |= {part: getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)}
    return {**described, "members": {name: tree(member, (*above, shape.name)) for name, member in members.items()}}


def services_of(path: Path) -> Iterator[str]:
    """The services that a module makes clients for."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            function = node.func
            name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
            if name in {"client", "create_client", "resource"}:
                yield str(node.args[0].value)


def names_of(path: Path) -> Iterator[str]:
    """Return the names by which a module may call a method: attributes and paginators' names."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Attribute(attr=name) | ast.Constant(value=str(name)):
                yield name
