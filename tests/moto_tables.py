"""The template's tables with the demo widgets, made once: a test takes a copy, in a fortieth of the time."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from moto import mock_aws
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends

from local import embedded_aws

REGION = "eu-west-1"


class KeptTables:
    """The tables of the mock of AWS that is active, as they are now."""

    def __init__(self) -> None:
        self._tables = deepcopy(_backend().tables)

    def put(self) -> None:
        """Put copies into the mock of AWS that is active."""
        _backend().tables = deepcopy(self._tables)


class FilledTables(KeptTables):
    """The tables that ``local.embedded_aws.fill`` makes, as moto keeps them."""

    def __init__(self, resources: Mapping[str, Any]) -> None:
        with mock_aws():
            embedded_aws.fill(resources)
            super().__init__()


def contents() -> dict[str, list[str]]:
    """Return all items of the mock of AWS that is active, by the names of their tables."""
    return {
        name: sorted(json.dumps(item.to_json(), sort_keys=True) for item in table.all_items())
        for name, table in _backend().tables.items()
    }


def _backend() -> DynamoDBBackend:
    return dynamodb_backends[DEFAULT_ACCOUNT_ID][REGION]
