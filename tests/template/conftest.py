"""The templates as CloudFormation receives them: after SAM's transform, with parameters filled in, offline."""
# mypy: disable-error-code="import-untyped"

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from boto3 import Session
from samcli.yamlhelper import yaml_parse
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.local_process import running
from tests.template.intrinsics import evaluate

type Json = dict[str, Any]


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """The URL of an embedded AWS in a process of its own, with the template's tables, bucket and demo widgets."""
    with running("--aws-only") as stack:
        (url,) = re.findall(r"^  here +(\S+)$", stack.banner, re.MULTILINE)
        yield url


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def source(root: Path) -> Json:
    """The template as written, with its YAML tags expanded."""
    template: Json = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    return template


@pytest.fixture(scope="session")
def monitoring(root: Path) -> Json:
    """The nested stack's template as written, with its YAML tags expanded."""
    template: Json = yaml_parse((root / "monitoring.yaml").read_text(encoding="utf-8"))
    return template


@pytest.fixture(scope="session")
def stack(root: Path) -> Json:
    """The template after SAM's transform: plain CloudFormation."""
    template = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][place] = "s3://bucket/key"  # the transform takes no local path
    translator = Translator({}, Parser(), boto_session=Session(region_name="eu-west-1"))
    transformed: Json = translator.translate(template, {})
    return transformed


@pytest.fixture(scope="session")
def deployed(stack: Json, monitoring: Json) -> Callable[..., Json]:
    """Return the resources of a stack deployed with these parameters, the others at their defaults.

    The resources of the nested stack are among them. Its parameters are replaced by what the stack passes to it.
    """
    defaults = {name: parameter["Default"] for name, parameter in stack["Parameters"].items()}

    def resources(**parameters: str) -> Json:
        own = created(stack, {**defaults, **parameters})
        nested = created(monitoring, own["Monitoring"]["Properties"]["Parameters"])
        assert not own.keys() & nested.keys()
        return own | nested

    return resources


def created(template: Json, parameters: Json) -> Json:
    """Return the resources that CloudFormation creates from a template with these parameters."""
    conditions = {name: evaluate(condition, parameters, {}) for name, condition in template["Conditions"].items()}
    return {
        name: evaluate(resource, parameters, conditions)
        for name, resource in template["Resources"].items()
        if conditions.get(resource.get("Condition"), True)
    }


@pytest.fixture(scope="session")
def properties_of(deployed: Callable[..., Json]) -> Callable[..., Json]:
    """Return the properties of all resources of one type by logical id."""

    def properties(kind: str, **parameters: str) -> Json:
        resources = deployed(**parameters).items()
        return {name: resource["Properties"] for name, resource in resources if resource["Type"] == kind}

    return properties


@pytest.fixture(scope="session")
def holds(stack: Json) -> Callable[..., bool]:
    """Return a function that tells whether CloudFormation's Rules accept these parameters, beside the defaults."""
    defaults = {name: parameter["Default"] for name, parameter in stack["Parameters"].items()}

    def verdict(**parameters: str) -> bool:
        asserted = [rule["Assert"] for rules in stack["Rules"].values() for rule in rules["Assertions"]]
        return all(evaluate(rule, {**defaults, **parameters}, {}) for rule in asserted)

    return verdict
