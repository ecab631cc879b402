"""The archive's bucket: who may not do what, for how long it keeps, and that nobody loses it by accident."""

from collections.abc import Callable
from typing import Any

import pytest

from consent_core.archive.objects import MOST_LANES

type Json = dict[str, Any]
type Properties = Callable[..., Json]


def bucket(properties_of: Properties, **parameters: str) -> Json:
    properties: Json = properties_of("AWS::S3::Bucket", **parameters)["ArchiveBucket"]
    return properties


def rules(properties_of: Properties, **parameters: str) -> Json:
    """The lifecycle's rules that are enabled, by their id and without it."""
    found = bucket(properties_of, **parameters)["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in found} <= {"Enabled", "Disabled"}
    return {
        rule["Id"]: {name: value for name, value in rule.items() if name not in {"Id", "Status"}}
        for rule in found
        if rule["Status"] == "Enabled"
    }


def test_the_archive_survives_its_stack(stack: Json) -> None:
    resource = stack["Resources"]["ArchiveBucket"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert "BucketName" not in resource["Properties"]  # a second stack needs another name


def test_the_archive_is_private_and_encrypted(properties_of: Properties) -> None:
    properties = bucket(properties_of)
    assert properties["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert properties["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_its_policy_wants_encrypted_connections_and_writes_that_replace_nothing(properties_of: Properties) -> None:
    policy = properties_of("AWS::S3::BucketPolicy")["ArchiveBucketPolicy"]
    arn, objects = {"Fn::GetAtt": ["ArchiveBucket", "Arn"]}, {"Fn::Sub": "${ArchiveBucket.Arn}/*"}
    assert policy["Bucket"] == {"Ref": "ArchiveBucket"}
    assert policy["PolicyDocument"]["Statement"] == [
        {
            "Sid": "EncryptedConnectionsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, objects],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
        {
            "Sid": "WriteOnce",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": objects,
            "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
        },
    ]


def test_by_itself_it_keeps_proofs_as_long_as_they_are_kept_at_all(properties_of: Properties) -> None:
    assert rules(properties_of) == {
        "Retention": {
            "ExpirationInDays": 181,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
        "DeleteMarkers": {"ExpiredObjectDeleteMarker": True},
    }


def test_an_operator_may_keep_them_for_longer_and_in_colder_storage(properties_of: Properties) -> None:
    chosen = rules(properties_of, ArchiveRetentionDays="1095", ArchiveColdDays="30")
    assert chosen["Retention"]["ExpirationInDays"] == "1095"
    assert chosen["ColdStorage"] == {"Transitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": "30"}]}


def test_what_somebody_deletes_can_be_taken_back(properties_of: Properties) -> None:
    assert bucket(properties_of)["VersioningConfiguration"] == {"Status": "Enabled"}


def test_nothing_is_locked_unless_an_operator_says_so(properties_of: Properties) -> None:
    assert bucket(properties_of)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_lock_can_be_had_without_another_bucket(properties_of: Properties, mode: str) -> None:
    """Object Lock itself is on from the beginning."""
    locked = bucket(properties_of, ArchiveLock=mode, ArchiveLockDays="200")
    assert (bucket(properties_of)["ObjectLockEnabled"], locked["ObjectLockEnabled"]) == (True, True)
    assert locked["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": mode, "Days": "200"}},
    }


def test_there_are_as_many_lanes_as_a_writer_may_choose_among(source: Json) -> None:
    lanes = source["Parameters"]["ArchiveLanes"]
    assert (lanes["MinValue"], lanes["Default"], lanes["MaxValue"]) == (1, 4, MOST_LANES)
