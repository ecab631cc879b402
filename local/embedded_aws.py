"""AWS in this process: moto's server, empty at each start, with the template's tables and two demo widgets."""

import re
from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from moto.core.model_instances import model_data
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import StreamRecord
from moto.dynamodbstreams.models import ShardIterator, dynamodbstreams_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from consent_core.definitions import definition_from_json
from consent_core.publishing import publish
from consent_core.tables import Tables

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from mypy_boto3_dynamodb import DynamoDBClient

_ITERATORS = 1_000  # more than are ever in use

DEMO_WIDGETS = sorted(Path(__file__).parent.glob("widgets/*.json"))

_WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
_SHARES = ContextVar("_SHARES", default=False)
_CREDENTIAL_SCOPE = re.compile(r"(Credential=[^/]*/\d{8}/)[^/]*/")
_CREATED_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes")


class Writes:
    """How often something has been written to a table."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self) -> int:
        return self._number

    def heed(self, operation: str) -> None:
        if operation in _WRITES:
            self._number += 1


def application(writes: Writes | None = None) -> "WSGIApplication":
    """Make the server. It has one region, whichever its clients sign for, and does one thing at a time.

    Moto keeps tables by region, and ``sam local`` hands the developer's own region to its containers, where it must not
    decide whether the tables are found. And it is written for one thread: a transaction copies its tables while others
    write, and puts the copies in their place if it fails; two writes at once get one number in a stream; two writers
    of an object that must not exist both succeed.
    """
    moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    one_at_a_time = Lock()
    iterators = dynamodbstreams_backends[DEFAULT_ACCOUNT_ID]["us-east-1"]
    iterators.shard_iterators = _Newest()
    _copy_little()

    def in_one_region(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if signature := environ.get("HTTP_AUTHORIZATION"):
            environ["HTTP_AUTHORIZATION"] = _CREDENTIAL_SCOPE.sub(r"\g<1>us-east-1/", signature)
        with one_at_a_time:
            try:
                return moto(environ, start_response)
            finally:
                _forget_copies()
                if writes:
                    writes.heed(environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2])

    return in_one_region


def _forget_copies() -> None:
    """Moto lists all that it has ever made, and each transaction makes copies of its tables with all their records."""
    for service in ("dynamodb", "dynamodbstreams"):
        for model in model_data[service].values():
            model.instances_tracked.clear()  # type: ignore[attr-defined]


@cache
def _copy_little() -> None:
    """Let a transaction that only puts items back its tables up without a copy of what is in them.

    It changes no item in place, as an update does, and nobody changes what a stream holds. Moto's own backup is one
    copy of everything for each of a transaction's writes.
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
    """Moto keeps every iterator that it has ever given; whoever reads streams all day asks for gigabytes of them."""

    def __setitem__(self, name: str, iterator: ShardIterator) -> None:
        super().__setitem__(name, iterator)
        if len(self) > _ITERATORS:
            del self[next(iter(self))]


def fill(resources: Mapping[str, Any]) -> Tables:
    """Create the template's tables, named by their logical ids as in ``sam local``, and publish the demo widgets."""
    client: DynamoDBClient = boto3.client("dynamodb")  # patient: an engine's first answers take their time
    for name, resource in resources.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            _create_table(client, name, resource["Properties"])
    tables = Tables(client, widgets_table="WidgetsTable", consents_table="ConsentsTable")
    for path in DEMO_WIDGETS:
        publish(tables, definition_from_json(path.read_text("utf-8")), actor="local", now=datetime.now(UTC))
    return tables


def create_bucket(resources: Mapping[str, Any]) -> str:
    """Create the template's archive, named by its logical id in lower case, and give its name."""
    name, properties = "archivebucket", resources["ArchiveBucket"]["Properties"]
    client = boto3.client("s3", region_name="us-east-1")  # where a bucket needs no place to be
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=properties["ObjectLockEnabled"])
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    return name


def create_distribution() -> str:
    """Create a distribution and give its id. It serves nothing, and remembers what was invalidated."""
    created = boto3.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "local",
            "Comment": "Invalidations",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "HttpApi", "DomainName": "api.example"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "HttpApi", "ViewerProtocolPolicy": "https-only"},
        }
    )
    return created["Distribution"]["Id"]


def _create_table(client: "DynamoDBClient", name: str, properties: Mapping[str, Any]) -> None:
    definition = {key: properties[key] for key in _CREATED_WITH if key in properties}
    if stream := properties.get("StreamSpecification"):
        definition["StreamSpecification"] = {"StreamEnabled": True, **stream}
    client.create_table(TableName=name, **definition)
    if time_to_live := properties.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=time_to_live)
