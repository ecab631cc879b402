"""Conversion between plain values and the form that DynamoDB uses in requests, responses and streams.

Only the types that this package stores are supported.
"""

from collections.abc import Mapping
from typing import Any

type Item = Mapping[str, Any]
"""An item as plain values: str, int, bool, None, list and dict."""


def attribute(value: object) -> dict[str, Any]:
    """Return a plain value in DynamoDB's form. Raises TypeError for other types, such as a float or a set."""
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


def _plain(stored: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any plain value
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
    """Return an item in DynamoDB's form as plain values. Raises ValueError for a number that is not an integer."""
    return {name: _plain(stored) for name, stored in item.items()}
