"""The IAM policies of docs/, and what they allow."""

import json
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from local import ROOT

type Json = dict[str, Any]

DEPLOYING = ("deploy-policy.json", "deploy-traffic-policy.json", "deploy-console-policy.json")
OPERATING = ("operator-policy.json",)
EVERYWHERE = "*"
"""The resource of an action that IAM cannot limit to a name."""


def read(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def statements(names: Iterable[str]) -> list[Json]:
    return [each for name in names for each in json.loads(read(name))["Statement"]]


def resources(statement: Json) -> list[str]:
    named: str | list[str] = statement["Resource"]
    return [named] if isinstance(named, str) else named


def covers(statement: Json, arn: str) -> bool:
    return any(fnmatchcase(arn, pattern) for pattern in resources(statement))


def refused(policies: Iterable[Json], needs: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return the needs, actions on resources, that no single statement allows."""
    policies = list(policies)
    return {
        (action, arn)
        for action, arn in needs
        if not any(covers(each, arn) and any(fnmatchcase(action, one) for one in each["Action"]) for each in policies)
    }


def superfluous(policies: Iterable[Json], needs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield each action, and each resource, of a statement that no need takes, with the statement's Sid."""
    needs = list(needs)
    for each in policies:
        for granted in each["Action"]:
            if not any(fnmatchcase(action, granted) and covers(each, arn) for action, arn in needs):
                yield each["Sid"], granted
        for pattern in resources(each):
            if not any(
                fnmatchcase(arn, pattern) and any(fnmatchcase(action, one) for one in each["Action"])
                for action, arn in needs
            ):
                yield each["Sid"], pattern
