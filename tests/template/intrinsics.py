"""CloudFormation's intrinsic functions, those that the templates use."""

import re
from collections.abc import Callable
from typing import Any

type Json = dict[str, Any]
type Node = Any  # any JSON value

NO_VALUE = {"Ref": "AWS::NoValue"}

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
        case {"Fn::Sub": written}:
            text, names = written if isinstance(written, list) else (written, {})
            return substitute(text, {**parameters, **inner(names)})
        case {"Fn::If": [name, yes, no]}:
            return inner(yes if conditions[name] else no)
        case list():
            return [inner(item) for item in node]
        case dict():
            pairs = ((name, inner(value)) for name, value in node.items())
            filled = {name: value for name, value in pairs if value != NO_VALUE}
            return next((LOGIC[name](values) for name, values in filled.items() if name in LOGIC), filled)
    return node


def substitute(text: str, parameters: Json) -> Node:
    """Fill parameters into the text of ``Fn::Sub``. It stays an ``Fn::Sub`` while it refers to something else."""
    filled = re.sub(r"\$\{(\w+)\}", lambda match: spelt(parameters.get(match[1], {"Ref": match[1]})), text)
    return {"Fn::Sub": filled} if "${" in filled else filled


def spelt(value: Node) -> str:
    """Return a value as ``Fn::Sub`` spells it: a resource is ``${LogicalId}``, its attribute ``${LogicalId.Name}``."""
    match value:
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": str(text)}:
            return text
    return str(value)
