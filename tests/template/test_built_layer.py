"""Every call to AWS, made by a process that imports from the build alone: what the build leaves out is missed here.

Botocore reads more of its data than an operation's own shapes, and only a call shows what.
"""

import base64
import hashlib
import re
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
import requests

from aws_operations import OPERATIONS
from local import ROOT
from local.lambda_process import RUNTIME, FunctionError, LambdaProcess
from tests.sam_build import OWN_ARCH

type Json = dict[str, Any]

EVERY_CALL = Path(__file__).with_name("every_call")
TIMEOUT = 60.0
RENAMED = {"secretsmanager": "SECRETS_MANAGER"}
"""Services that an environment variable names otherwise than a client."""


@dataclass(frozen=True, slots=True)
class Shipped:
    """The built layer in a process, and the AWS that it calls."""

    process: LambdaProcess
    aws: str

    def call(self, service: str, operation: str, **parameters: object) -> Json:
        answer: Json = self.process.invoke({"call": [service, operation, parameters]})
        return answer

    def pages(self, service: str, operation: str, **parameters: object) -> list[Json]:
        pages: list[Json] = self.process.invoke({"pages": [service, operation, parameters]})
        return pages

    def other(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes each client's class when it is asked for
        """A client of this environment's whole boto3, to prepare a call and to see what it did."""
        credentials = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
        return boto3.client(service, endpoint_url=self.aws, region_name="us-east-1", **credentials)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def layer(sam_build: Callable[[str], Path]) -> Path:
    return sam_build(OWN_ARCH) / "ConsentCoreLayer" / "python"


@pytest.fixture(scope="module")
def shipped(layer: Path, aws: str) -> Iterator[Shipped]:
    variables = {
        "AWS_LAMBDA_FUNCTION_NAME": "EveryCall",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        **{f"AWS_ENDPOINT_URL_{RENAMED.get(service, service.upper())}": aws for service in OPERATIONS},
    }
    with LambdaProcess("app.handler", [EVERY_CALL, layer], variables) as process:
        yield Shipped(process, aws)


def test_every_module_loads_from_the_build_and_the_standard_library_alone(shipped: Shipped, layer: Path) -> None:
    files = [Path(file) for file in shipped.process.invoke({})]

    packages = {file.relative_to(layer).parts[0] for file in files if file.is_relative_to(layer)}
    assert {"aws_lambda_powertools", "botocore", "consent_core", "idna", "publicsuffixlist", "pydantic"} <= packages
    standard = Path(sysconfig.get_path("stdlib"))
    elsewhere = [file for file in files if not file.is_relative_to(layer)]
    strangers = {file for file in elsewhere if not file.is_relative_to(standard) or "site-packages" in file.parts}
    assert strangers == {EVERY_CALL / "app.py", RUNTIME}


# --- DynamoDB ---------------------------------------------------------------------------------------------------------

LIVE = {"widgetId": {"N": "43"}, "version": {"S": "live"}}


def consent() -> Json:
    """The key of a consent that no other test has."""
    return {"consentId": {"S": str(uuid4())}, "id": {"S": "decision"}}


def stored(shipped: Shipped, key: Json) -> Json:
    item: Json = shipped.other("dynamodb").get_item(TableName="ConsentsTable", Key=key)["Item"]
    return item


def get_item(shipped: Shipped) -> None:
    item = shipped.call("dynamodb", "GetItem", TableName="WidgetsTable", Key=LIVE, ConsistentRead=True)["Item"]
    assert item["keys"] == {"L": [{"S": "demo-public-key-43"}]}


def put_item(shipped: Shipped) -> None:
    key = consent()
    write = {"TableName": "ConsentsTable", "Item": key, "ConditionExpression": "attribute_not_exists(id)"}
    shipped.call("dynamodb", "PutItem", **write)
    assert stored(shipped, key) == key
    with pytest.raises(FunctionError) as refused:
        shipped.call("dynamodb", "PutItem", **write)
    assert refused.value.kind == "ConditionalCheckFailedException"


def delete_item(shipped: Shipped) -> None:
    key = consent()
    shipped.other("dynamodb").put_item(TableName="ConsentsTable", Item={**key, "userId": {"S": "crm-42"}})
    answer = shipped.call("dynamodb", "DeleteItem", TableName="ConsentsTable", Key=key, ReturnValues="ALL_OLD")
    assert answer["Attributes"] == {**key, "userId": {"S": "crm-42"}}
    assert "Item" not in shipped.other("dynamodb").get_item(TableName="ConsentsTable", Key=key)


def three_decisions(shipped: Shipped) -> Json:
    """Store three decisions of a new consent, and return the query for them."""
    key = consent()
    for name in ("1", "2", "3"):
        shipped.other("dynamodb").put_item(TableName="ConsentsTable", Item={**key, "id": {"S": name}})
    return {
        "TableName": "ConsentsTable",
        "KeyConditionExpression": "consentId = :consent",
        "ExpressionAttributeValues": {":consent": key["consentId"]},
    }


def query(shipped: Shipped) -> None:
    assert shipped.call("dynamodb", "Query", **three_decisions(shipped))["Count"] == 3


def query_pages(shipped: Shipped) -> None:
    asked = three_decisions(shipped)
    pages = shipped.pages("dynamodb", "Query", **asked, PaginationConfig={"PageSize": 2})
    assert [[item["id"]["S"] for item in page["Items"]] for page in pages] == [["1", "2"], ["3"]]


LIVE_WIDGETS = {"TableName": "WidgetsTable", "FilterExpression": "attribute_exists(origins)"}


def scan(shipped: Shipped) -> None:
    items = shipped.call("dynamodb", "Scan", **LIVE_WIDGETS)["Items"]
    assert {"43", "44"} <= {item["widgetId"]["N"] for item in items}


def scan_pages(shipped: Shipped) -> None:
    pages = shipped.pages("dynamodb", "Scan", **LIVE_WIDGETS, PaginationConfig={"PageSize": 1})
    assert len(pages) > 2
    assert {"43", "44"} <= {item["widgetId"]["N"] for page in pages for item in page["Items"]}


def transact_write_items(shipped: Shipped) -> None:
    keys = [consent(), consent()]
    writes = [{"Put": {"TableName": "ConsentsTable", "Item": key}} for key in keys]
    shipped.call("dynamodb", "TransactWriteItems", TransactItems=writes)
    assert [stored(shipped, key) for key in keys] == keys


def update_item(shipped: Shipped) -> None:
    key = consent()
    shipped.other("dynamodb").put_item(TableName="ConsentsTable", Item={**key, "userId": {"S": "crm-42"}})
    change = {
        "UpdateExpression": "REMOVE userId SET erasedAt = :at",
        "ExpressionAttributeValues": {":at": {"S": "2026-11-24T10:00:00.000Z"}},
    }
    shipped.call("dynamodb", "UpdateItem", TableName="ConsentsTable", Key=key, **change)
    assert stored(shipped, key) == {**key, "erasedAt": {"S": "2026-11-24T10:00:00.000Z"}}


# --- S3 ---------------------------------------------------------------------------------------------------------------

METADATA = {"sha256": hashlib.sha256(b"an object").hexdigest()}


def put(shipped: Shipped, folder: str, name: str) -> Json:
    """Put an object with the whole boto3, and return where it lies."""
    place = {"Bucket": "archivebucket", "Key": f"{folder}/{name}"}
    shipped.other("s3").put_object(**place, Body=b"an object", Metadata=METADATA)
    return place


def get_object(shipped: Shipped) -> None:
    answer = shipped.call("s3", "GetObject", **put(shipped, str(uuid4()), "1"))
    assert (base64.b64decode(answer["Body"]), answer["Metadata"]) == (b"an object", METADATA)
    with pytest.raises(FunctionError) as refused:
        shipped.call("s3", "GetObject", Bucket="archivebucket", Key=str(uuid4()))
    assert refused.value.kind == "NoSuchKey"


def head_object(shipped: Shipped) -> None:
    assert shipped.call("s3", "HeadObject", **put(shipped, str(uuid4()), "1"))["Metadata"] == METADATA


def three_objects(shipped: Shipped) -> tuple[Json, list[str]]:
    """Put three objects into a new folder; return where they are listed, and their keys."""
    folder = str(uuid4())
    keys = [put(shipped, folder, name)["Key"] for name in ("1", "2", "3")]
    return {"Bucket": "archivebucket", "Prefix": f"{folder}/"}, keys


def list_objects(shipped: Shipped) -> None:
    asked, keys = three_objects(shipped)
    assert [each["Key"] for each in shipped.call("s3", "ListObjectsV2", **asked)["Contents"]] == keys


def list_objects_pages(shipped: Shipped) -> None:
    asked, keys = three_objects(shipped)
    pages = shipped.pages("s3", "ListObjectsV2", **asked, PaginationConfig={"PageSize": 2})
    assert [[each["Key"] for each in page["Contents"]] for page in pages] == [keys[:2], keys[2:]]


def put_object(shipped: Shipped) -> None:
    content = "an object"
    write = {
        "Bucket": "archivebucket",
        "Key": str(uuid4()),
        "Body": content,
        "ContentType": "application/gzip",
        "Metadata": METADATA,
        "ChecksumAlgorithm": "SHA256",
        "ChecksumSHA256": base64.b64encode(hashlib.sha256(content.encode()).digest()).decode(),
        "IfNoneMatch": "*",
    }
    shipped.call("s3", "PutObject", **write)
    written = shipped.other("s3").get_object(Bucket="archivebucket", Key=write["Key"])
    assert (written["Body"].read(), written["ContentType"], written["Metadata"]) == (
        b"an object",
        "application/gzip",
        METADATA,
    )
    with pytest.raises(FunctionError, match="PreconditionFailed"):
        shipped.call("s3", "PutObject", **write)


# --- Athena -----------------------------------------------------------------------------------------------------------

QUESTION = {
    "QueryString": "SELECT DISTINCT \"$path\" FROM proofs WHERE widget IN ('43') AND consentid = ?",
    "ExecutionParameters": ["'00000001-aaaa-4aaa-8aaa-aaaaaaaaaaaa'"],
    "QueryExecutionContext": {"Database": "archive"},
    "WorkGroup": "primary",
}


def start_query_execution(shipped: Shipped) -> None:
    asked = shipped.call("athena", "StartQueryExecution", **QUESTION)["QueryExecutionId"]
    execution = shipped.other("athena").get_query_execution(QueryExecutionId=asked)["QueryExecution"]
    assert (execution["Query"], execution["WorkGroup"]) == (QUESTION["QueryString"], "primary")


def get_query_execution(shipped: Shipped) -> None:
    asked = shipped.other("athena").start_query_execution(**QUESTION)["QueryExecutionId"]
    execution = shipped.call("athena", "GetQueryExecution", QueryExecutionId=asked)["QueryExecution"]
    assert execution["Status"]["State"] == "SUCCEEDED"


RESULT = [{"Data": [{"VarCharValue": value}]} for value in ("$path", "s3://archivebucket/proofs/1")]


def answered(shipped: Shipped) -> Json:
    """Ask a question whose answer moto is told, and return its id."""
    results = {"results": [{"rows": RESULT, "column_info": []}]}
    requests.post(f"{shipped.aws}/moto-api/static/athena/query-results", json=results, timeout=TIMEOUT)
    return {"QueryExecutionId": shipped.other("athena").start_query_execution(**QUESTION)["QueryExecutionId"]}


def get_query_results(shipped: Shipped) -> None:
    assert shipped.call("athena", "GetQueryResults", **answered(shipped))["ResultSet"]["Rows"] == RESULT


def get_query_results_pages(shipped: Shipped) -> None:
    pages = shipped.pages("athena", "GetQueryResults", **answered(shipped))
    assert [page["ResultSet"]["Rows"] for page in pages] == [RESULT]


def stop_query_execution(shipped: Shipped) -> None:
    asked = {"QueryExecutionId": shipped.other("athena").start_query_execution(**QUESTION)["QueryExecutionId"]}
    shipped.call("athena", "StopQueryExecution", **asked)
    execution = shipped.other("athena").get_query_execution(**asked)["QueryExecution"]
    assert execution["Status"]["State"] == "CANCELLED"


# --- CloudFront -------------------------------------------------------------------------------------------------------


def create_invalidation(shipped: Shipped) -> None:
    whole = shipped.other("cloudfront")
    (only,) = whole.list_distributions()["DistributionList"]["Items"]
    paths = {"Quantity": 2, "Items": ["/43", "/43?*"]}
    batch = {"Paths": paths, "CallerReference": str(uuid4())}
    answer = shipped.call("cloudfront", "CreateInvalidation", DistributionId=only["Id"], InvalidationBatch=batch)
    kept = whole.get_invalidation(DistributionId=only["Id"], Id=answer["Invalidation"]["Id"])["Invalidation"]
    assert kept["InvalidationBatch"] == batch


# --- What the console's sign-in reads ---------------------------------------------------------------------------------


def get_parameter(shipped: Shipped) -> None:
    name = f"/{uuid4()}/console"
    shipped.other("ssm").put_parameter(Name=name, Value='{"provider": "oidc"}', Type="String")
    assert shipped.call("ssm", "GetParameter", Name=name)["Parameter"]["Value"] == '{"provider": "oidc"}'
    with pytest.raises(FunctionError) as refused:
        shipped.call("ssm", "GetParameter", Name=f"{name}/other")
    assert refused.value.kind == "ParameterNotFound"


def get_secret_value(shipped: Shipped) -> None:
    name = f"console-client/{uuid4()}"
    shipped.other("secretsmanager").create_secret(Name=name, SecretString="s3cret")
    assert shipped.call("secretsmanager", "GetSecretValue", SecretId=name)["SecretString"] == "s3cret"
    with pytest.raises(FunctionError) as refused:
        shipped.call("secretsmanager", "GetSecretValue", SecretId=f"{name}/other")
    assert refused.value.kind == "ResourceNotFoundException"


CALLS: Mapping[tuple[str, str], Callable[[Shipped], None]] = {
    ("athena", "GetQueryExecution"): get_query_execution,
    ("athena", "GetQueryResults"): get_query_results,
    ("athena", "StartQueryExecution"): start_query_execution,
    ("athena", "StopQueryExecution"): stop_query_execution,
    ("cloudfront", "CreateInvalidation"): create_invalidation,
    ("dynamodb", "DeleteItem"): delete_item,
    ("dynamodb", "GetItem"): get_item,
    ("dynamodb", "PutItem"): put_item,
    ("dynamodb", "Query"): query,
    ("dynamodb", "Scan"): scan,
    ("dynamodb", "TransactWriteItems"): transact_write_items,
    ("dynamodb", "UpdateItem"): update_item,
    ("s3", "GetObject"): get_object,
    ("s3", "HeadObject"): head_object,
    ("s3", "ListObjectsV2"): list_objects,
    ("s3", "PutObject"): put_object,
    ("secretsmanager", "GetSecretValue"): get_secret_value,
    ("ssm", "GetParameter"): get_parameter,
}


PAGES: Mapping[str, Callable[[Shipped], None]] = {
    "get_query_results": get_query_results_pages,
    "list_objects_v2": list_objects_pages,
    "query": query_pages,
    "scan": scan_pages,
}


def test_each_operation_of_the_layer_has_its_call_here() -> None:
    assert CALLS.keys() == {(service, operation) for service, names in OPERATIONS.items() for operation in names}


def test_each_paginator_of_the_layer_is_tried_here() -> None:
    sources = [file.read_text("utf-8") for file in (ROOT / "layers" / "consent_core").rglob("*.py")]
    assert PAGES.keys() == {name for source in sources for name in re.findall(r"get_paginator\(\s*\"(\w+)\"", source)}


@pytest.mark.parametrize(("service", "operation"), sorted(CALLS))
def test_the_built_layer_makes_the_call(shipped: Shipped, service: str, operation: str) -> None:
    CALLS[service, operation](shipped)


@pytest.mark.parametrize("paginator", sorted(PAGES))
def test_the_built_layer_reads_all_pages(shipped: Shipped, paginator: str) -> None:
    PAGES[paginator](shipped)
