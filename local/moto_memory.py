"""Changes to moto's memory: moto is written for tests, which end soon, and a local stack runs all day."""

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

from moto.cloudfront.models import cloudfront_backends
from moto.core.model_instances import model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord
from moto.dynamodbstreams.models import ShardIterator, dynamodbstreams_backends

_ITERATORS = 1_000  # more than are ever in use
_SHARES = ContextVar("_SHARES", default=False)


def forget_copies() -> None:
    """Forget the copies of tables that each transaction makes: moto keeps a list of every object it has created."""
    for service in ("dynamodb", "dynamodbstreams"):
        for model in model_data[service].values():
            model.instances_tracked.clear()  # type: ignore[attr-defined]


@cache
def copy_little() -> None:
    """Let a transaction of puts alone back up its tables without copying their items.

    Unlike an update, it changes no item in place, and the records of a stream never change. Moto's own backup copies
    everything once for each write of a transaction.
    """

    def transact(backend: DynamoDBBackend, items: list[dict[str, Any]]) -> None:
        shares = _SHARES.set(all("Put" in item for item in items))
        try:
            transact_write_items(backend, items)
        finally:
            _SHARES.reset(shares)

    def copied(item: Item, copies: dict[int, Any]) -> Item:
        return item if _SHARES.get() else copied_deep(item, copies)

    transact_write_items, copied_deep = DynamoDBBackend.transact_write_items, Item.__deepcopy__
    changed: list[tuple[type, str, Callable[..., Any]]] = [
        (DynamoDBBackend, "transact_write_items", transact),
        (Item, "__deepcopy__", copied),
        (StreamRecord, "__deepcopy__", lambda record, _: record),
    ]
    for model, method, replacement in changed:
        setattr(model, method, replacement)


class _Newest(dict[str, ShardIterator]):
    """The newest iterators. Moto keeps every one that it has issued: gigabytes, if streams are read all day."""

    def __setitem__(self, name: str, iterator: ShardIterator) -> None:
        super().__setitem__(name, iterator)
        if len(self) > _ITERATORS:
            del self[next(iter(self))]


def rename_distribution(made: str, name: str) -> str:
    """Replace a distribution's id by one that can be written down: moto draws them at random. Return the new id."""
    distributions = cloudfront_backends[DEFAULT_ACCOUNT_ID]["global"].distributions
    distribution = distributions[name] = distributions.pop(made)
    distribution.distribution_id = distribution.id = name
    return name


def keep_few_iterators(region: str) -> None:
    dynamodbstreams_backends[DEFAULT_ACCOUNT_ID][region].shard_iterators = _Newest()
