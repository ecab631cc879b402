"""Archive queries: where Athena reads, how much it may read, and how long results stay."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from consent_core.archive.objects import MOST_LANES, key_of

type Json = dict[str, Any]

TLS_ONLY = [{"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}]


@pytest.fixture
def table(properties_of: Callable[..., Json]) -> Json:
    (properties,) = properties_of("AWS::Glue::Table").values()
    assert properties["DatabaseName"] == {"Ref": "ArchiveDatabase"}
    found: Json = properties["TableInput"]
    return found


@pytest.fixture
def workgroup(properties_of: Callable[..., Json]) -> Json:
    (properties,) = properties_of("AWS::Athena::WorkGroup").values()
    found: Json = properties
    return found


# --- Locations --------------------------------------------------------------------------------------------------------


def test_a_partition_is_where_the_archive_writes(table: Json) -> None:
    location = table["Parameters"]["storage.location.template"]["Fn::Sub"]
    assert location.startswith("s3://${ArchiveBucket}/")
    values = {"widget": "43", "day": "2026-11-26", "lane": "3"}
    filled = re.sub(
        r"\$\{!(\w+)\}", lambda found: values.pop(found[1]), location.removeprefix("s3://${ArchiveBucket}/")
    )
    assert values == {}
    assert key_of(43, "2026-11-26", 3, 7) == f"{filled}0000000007.ndjson.gz"
    assert table["StorageDescriptor"]["Location"] == {"Fn::Sub": "s3://${ArchiveBucket}/proofs/"}


@pytest.mark.parametrize(
    ("parameters", "first"),
    [
        ({}, "NOW-181DAYS,NOW"),
        ({"ArchiveRetentionDays": "1095"}, "NOW-1095DAYS,NOW"),
    ],
)
def test_partition_projection_covers_the_days_of_the_retention(
    properties_of: Callable[..., Json], parameters: dict[str, str], first: str
) -> None:
    (properties,) = properties_of("AWS::Glue::Table", **parameters).values()
    assert properties["TableInput"]["Parameters"]["projection.day.range"] == first


def test_partition_projection_covers_every_partition(table: Json) -> None:
    said = {name: value for name, value in table["Parameters"].items() if name.startswith("projection.")}
    assert said == {
        "projection.enabled": "true",
        "projection.widget.type": "injected",
        "projection.day.type": "date",
        "projection.day.format": "yyyy-MM-dd",
        "projection.day.range": "NOW-181DAYS,NOW",
        "projection.lane.type": "integer",
        "projection.lane.range": f"0,{MOST_LANES - 1}",
    }
    assert [key["Name"] for key in table["PartitionKeys"]] == ["widget", "day", "lane"]


def test_queries_read_every_possible_lane(source: Json, table: Json) -> None:
    lanes = source["Parameters"]["ArchiveLanes"]
    first, last = map(int, table["Parameters"]["projection.lane.range"].split(","))
    assert (first, last + 1) == (0, lanes["MaxValue"])


def test_columns_are_in_lower_case_and_differ_from_partitions(table: Json) -> None:
    columns = [column["Name"] for column in table["StorageDescriptor"]["Columns"]]
    assert columns == [name.lower() for name in columns]
    assert len({*columns, "widget", "day", "lane"}) == len(columns) + 3
    types = "".join(column["Type"] for column in table["StorageDescriptor"]["Columns"])
    assert types == types.lower()


def test_a_line_that_is_not_json_fails_the_query(table: Json) -> None:
    assert table["StorageDescriptor"]["SerdeInfo"] == {
        "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
        "Parameters": {"case.insensitive": "TRUE", "ignore.malformed.json": "FALSE"},
    }


def test_the_databases_name_needs_no_quotes(properties_of: Callable[..., Json]) -> None:
    (database,) = properties_of("AWS::Glue::Database").values()
    assert database["DatabaseInput"]["Name"] == {"Fn::Join": ["_", {"Fn::Split": ["-", {"Ref": "AWS::StackName"}]}]}


# --- Costs and retention ----------------------------------------------------------------------------------------------


def test_a_query_has_a_limit_of_bytes_and_its_result_expires(
    workgroup: Json, properties_of: Callable[..., Json]
) -> None:
    configuration = workgroup["WorkGroupConfiguration"]
    assert configuration["EnforceWorkGroupConfiguration"] is True
    assert configuration["BytesScannedCutoffPerQuery"] == 10_000_000_000
    assert configuration["ResultConfiguration"] == {
        "OutputLocation": {"Fn::Sub": "s3://${AthenaResultsBucket}/"},
        "EncryptionConfiguration": {"EncryptionOption": "SSE_S3"},
        "ExpectedBucketOwner": {"Ref": "AWS::AccountId"},
    }
    limited = properties_of("AWS::Athena::WorkGroup", AthenaBytesLimit="20000000")["AthenaWorkgroup"]
    assert limited["WorkGroupConfiguration"]["BytesScannedCutoffPerQuery"] == "20000000"


def test_results_are_private_encrypted_and_deleted_after_days(stack: Json, properties_of: Callable[..., Json]) -> None:
    bucket = properties_of("AWS::S3::Bucket", AthenaResultsDays="3")["AthenaResultsBucket"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", "3")
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert "VersioningConfiguration" not in bucket  # deletion is final
    assert (
        stack["Resources"]["AthenaResultsBucket"]["DeletionPolicy"] == "RetainExceptOnCreate"
    )  # a full one cannot be deleted

    statements = properties_of("AWS::S3::BucketPolicy")["AthenaResultsBucketPolicy"]["PolicyDocument"]["Statement"]
    assert {(each["Effect"], each["Principal"], each["Action"]) for each in statements} == {("Deny", "*", "s3:*")}
    assert [each["Condition"] for each in statements] == TLS_ONLY


def test_the_outputs_name_workgroup_and_database(source: Json) -> None:
    outputs = source["Outputs"]
    assert outputs["AthenaWorkgroup"]["Value"] == {"Ref": "AthenaWorkgroup"}
    assert outputs["ArchiveDatabaseName"]["Value"] == {"Ref": "ArchiveDatabase"}
    assert outputs["ConsentCollectLogGroupName"]["Value"] == {"Ref": "ConsentCollectLogs"}
