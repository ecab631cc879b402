"""The template as CloudFormation gets it: through SAM's own transform, with parameters filled in, offline."""
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

type Json = dict[str, Any]
type Node = Any  # anything that JSON can say

NO_VALUE = {"Ref": "AWS::NoValue"}


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
    """The template as it is written, its YAML tags spelt out."""
    template: Json = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    return template


@pytest.fixture(scope="session")
def stack(root: Path) -> Json:
    """The template after SAM's transform: nothing but CloudFormation."""
    template = yaml_parse((root / "template.yaml").read_text(encoding="utf-8"))
    for resource in template["Resources"].values():
        for place in {"CodeUri", "ContentUri"} & resource["Properties"].keys():
            resource["Properties"][place] = "s3://bucket/key"  # the transform takes no local path
    translator = Translator({}, Parser(), boto_session=Session(region_name="eu-west-1"))
    transformed: Json = translator.translate(template, {})
    return transformed


@pytest.fixture(scope="session")
def deployed(stack: Json) -> Callable[..., Json]:
    """Give the resources of a stack that is deployed with these parameters, the others at their defaults."""
    defaults = {name: parameter["Default"] for name, parameter in stack["Parameters"].items()}

    def resources(**parameters: str) -> Json:
        values = {**defaults, **parameters}
        conditions = {name: evaluate(condition, values, {}) for name, condition in stack["Conditions"].items()}
        return {
            name: evaluate(resource, values, conditions)
            for name, resource in stack["Resources"].items()
            if conditions.get(resource.get("Condition"), True)
        }

    return resources


@pytest.fixture(scope="session")
def properties_of(deployed: Callable[..., Json]) -> Callable[..., Json]:
    """Give the properties of all resources of one type by logical id."""

    def properties(kind: str, **parameters: str) -> Json:
        resources = deployed(**parameters).items()
        return {name: resource["Properties"] for name, resource in resources if resource["Type"] == kind}

    return properties


@pytest.fixture(scope="session")
def holds(stack: Json) -> Callable[..., bool]:
    """Would CloudFormation's Rules let these parameters pass?"""

    def verdict(**parameters: str) -> bool:
        asserted = [rule["Assert"] for rules in stack["Rules"].values() for rule in rules["Assertions"]]
        return all(evaluate(rule, parameters, {}) for rule in asserted)

    return verdict


LOGIC: dict[str, Callable[[list[Any]], bool]] = {
    "Fn::Equals": lambda values: values[0] == values[1],
    "Fn::Not": lambda values: not values[0],
    "Fn::And": all,
    "Fn::Or": any,
}


def evaluate(node: Node, parameters: Json, conditions: Json) -> Node:
    """Fill in parameters and conditions as CloudFormation does. References to resources stay as they are."""

    def inner(child: Node) -> Node:
        return evaluate(child, parameters, conditions)

    match node:
        case {"Ref": name}:
            return parameters.get(name, node)
        case {"Fn::If": [name, yes, no]}:
            return inner(yes if conditions[name] else no)
        case list():
            return [inner(item) for item in node]
        case dict():
            pairs = ((name, inner(value)) for name, value in node.items())
            filled = {name: value for name, value in pairs if value != NO_VALUE}
            return next((LOGIC[name](values) for name, values in filled.items() if name in LOGIC), filled)
    return node
