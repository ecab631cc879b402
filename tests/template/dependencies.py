"""Which resources of a template CloudFormation makes before which others, and whether it can."""

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from typing import Any

type Json = dict[str, Any]


def cycle(resources: Json) -> list[str]:
    """Return logical ids of which each is made after the next, with the first one at the end again; none: []."""
    graph = {name: set(references(resource)) & resources.keys() for name, resource in resources.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found[::-1]  # graphlib's has each one before the next
    return []


def references(resource: Json) -> Iterator[str]:
    """Yield the names that a resource refers to: other resources, and parameters."""
    after = resource.get("DependsOn", [])
    yield from [after] if isinstance(after, str) else after
    yield from _within(resource.get("Properties", {}))


def _within(node: object) -> Iterator[str]:
    match node:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), *_]}:
            yield name
        case {"Fn::GetAtt": str(path)}:
            yield path.partition(".")[0]
        case {"Fn::Sub": str(text)}:
            yield from _named(text)
        case {"Fn::Sub": [str(text), dict(names)]}:
            yield from set(_named(text)) - names.keys()
            yield from _within(names)
        case dict():
            for child in node.values():
                yield from _within(child)
        case list():
            for child in node:
                yield from _within(child)


def _named(text: str) -> list[str]:
    return re.findall(r"\$\{(\w+)[.}]", text)
