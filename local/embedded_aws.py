"""AWS in this process: moto's server, empty at each start, with the template's tables and two demo widgets."""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from consent_core.publishing.changes import publish
from consent_core.publishing.definitions import definition_from_json
from local import moto_memory
from local.tables import Tables
from local.tables import tables as open_tables

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from mypy_boto3_dynamodb import DynamoDBClient

DEMO_WIDGETS = sorted(Path(__file__).parent.glob("widgets/*.json"))

_WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})
_CREDENTIAL_SCOPE = re.compile(r"(Credential=[^/]*/\d{8}/)[^/]*/")
_CREATED_WITH = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "LocalSecondaryIndexes")


class Writes:
    """A count of the writes to any table."""

    def __init__(self) -> None:
        self._number = 0

    def __call__(self) -> int:
        return self._number

    def acknowledge(self, operation: str) -> None:
        if operation in _WRITES:
            self._number += 1


def application(writes: Writes | None = None) -> "WSGIApplication":
    """Make the server. It has one region, whichever its clients sign for, and serves one request at a time.

    Moto keeps tables by region. ``sam local`` passes the developer's own region to its containers, and the tables must
    be found all the same. Moto is also written for one thread: a transaction copies its tables while others write, and
    restores the copies if it fails; two simultaneous writes get one number in a stream; two simultaneous writers of an
    object that must not exist both succeed.
    """
    moto: WSGIApplication = DomainDispatcherApplication(create_backend_app)
    one_at_a_time = Lock()
    moto_memory.copy_little()
    moto_memory.keep_few_iterators("us-east-1")

    def in_one_region(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if signature := environ.get("HTTP_AUTHORIZATION"):
            environ["HTTP_AUTHORIZATION"] = _CREDENTIAL_SCOPE.sub(r"\g<1>us-east-1/", signature)
        with one_at_a_time:
            try:
                return moto(environ, start_response)
            finally:
                moto_memory.forget_copies()
                if writes:
                    writes.acknowledge(environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2])

    return in_one_region


def fill(resources: Mapping[str, Any]) -> Tables:
    """Create the template's tables, named by their logical ids as in ``sam local``, and publish the demo widgets."""
    client: DynamoDBClient = boto3.client("dynamodb")  # boto3's own timeouts: an engine's first answers are slow
    for name, resource in resources.items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            _create_table(client, name, resource["Properties"])
    tables = open_tables(client)
    for path in DEMO_WIDGETS:
        publish(tables.widgets, definition_from_json(path.read_text("utf-8")), actor="local", now=datetime.now(UTC))
    return tables


def create_bucket(resources: Mapping[str, Any]) -> str:
    """Create the template's archive bucket, named by its logical id in lower case. Return its name."""
    name, properties = "archivebucket", resources["ArchiveBucket"]["Properties"]
    client = boto3.client("s3", region_name="us-east-1")  # the one region in which a bucket needs no location
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=properties["ObjectLockEnabled"])
    client.put_bucket_versioning(Bucket=name, VersioningConfiguration=properties["VersioningConfiguration"])
    return name


def create_distribution() -> str:
    """Create a distribution, which only records invalidations. Return its id, which is the one in env.local.json."""
    created = boto3.client("cloudfront").create_distribution(
        DistributionConfig={
            "CallerReference": "local",
            "Comment": "Invalidations",
            "Enabled": True,
            "Origins": {"Quantity": 1, "Items": [{"Id": "HttpApi", "DomainName": "api.example"}]},
            "DefaultCacheBehavior": {"TargetOriginId": "HttpApi", "ViewerProtocolPolicy": "https-only"},
        }
    )
    return moto_memory.rename_distribution(created["Distribution"]["Id"], "LOCAL")


def create_parameter(resources: Mapping[str, Any], stated: Mapping[str, Any]) -> None:
    """Create the parameter of the console's sign-in: the template's own value has what CloudFormation resolves."""
    properties = resources["ConsoleParameter"]["Properties"]
    client = boto3.client("ssm")
    client.put_parameter(Name=properties["Name"], Type=properties["Type"], Value=json.dumps(stated))


def _create_table(client: "DynamoDBClient", name: str, properties: Mapping[str, Any]) -> None:
    definition = {key: properties[key] for key in _CREATED_WITH if key in properties}
    if stream := properties.get("StreamSpecification"):
        definition["StreamSpecification"] = {"StreamEnabled": True, **stream}
    client.create_table(TableName=name, **definition)
    if time_to_live := properties.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=time_to_live)
