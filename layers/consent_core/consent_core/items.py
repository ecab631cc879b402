"""Items as DynamoDB spells them, in requests, answers and streams.

Only the types that we store are known, so that a float or a set is a bug at once.
"""

from collections.abc import Mapping
from typing import Any

type Item = Mapping[str, Any]
"""An item as plain values: str, int, bool, None, list and dict."""


def attribute(value: object) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case list() | tuple():
            return {"L": [attribute(entry) for entry in value]}
        case dict():
            return {"M": {name: attribute(entry) for name, entry in value.items()}}
    raise TypeError(type(value).__name__)


def _plain(stored: Mapping[str, Any]) -> Any:  # noqa: ANN401 - whatever was stored
    ((kind, value),) = stored.items()
    match kind:
        case "N":
            return int(value)
        case "L":
            return [_plain(entry) for entry in value]
        case "M":
            return plain_item(value)
        case "NULL":
            return None
    return value


def plain_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(stored) for name, stored in item.items()}
