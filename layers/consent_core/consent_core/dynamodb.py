"""The DynamoDB client, and the base class of both tables."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.config import Config

from consent_core import aws
from consent_core.environment import store_timeout
from consent_core.items import plain_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Two quick attempts at each request, while the deadline of the whole (``deadlines``) allows them. Botocore's legacy
# mode waits 0.05 s between two attempts, the standard mode up to a second.
_FOR_VISITORS = Config(
    connect_timeout=0.5,
    read_timeout=0.5,
    retries={"mode": "legacy", "total_max_attempts": 2},
    parameter_validation=False,
    tcp_keepalive=True,
    user_agent="consent-platform",  # botocore builds its own user agent for each request: an eighth of its time
)
_FOR_OPERATORS = _FOR_VISITORS.merge(Config(connect_timeout=1, read_timeout=4))


def connect(*, for_operators: bool = False) -> "DynamoDBClient":
    """Create a client with short timeouts and few attempts. Region, credentials and endpoint come from the environment.

    ``for_operators`` allows the time that a publication of several MB takes: 4 s to read a response instead of 0.5 s.
    """
    config = _FOR_OPERATORS if for_operators else _FOR_VISITORS
    if (seconds := store_timeout()) is not None:
        config = config.merge(Config(connect_timeout=seconds, read_timeout=seconds))
    client: DynamoDBClient = aws.client("dynamodb", config)
    return client


class Table:
    """A table, given by its name."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def _query(self, **query: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - botocore's own parameters
        for page in self._pages(**query):
            yield from page

    def _pages(self, **query: Any) -> Iterator[list[dict[str, Any]]]:  # noqa: ANN401
        with aws.errors():
            for page in self._client.get_paginator("query").paginate(TableName=self._name, **query):
                yield [plain_item(item) for item in page["Items"]]
