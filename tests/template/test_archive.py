"""The archive's bucket: access, retention, and protection from accidental deletion."""

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
    """Return the enabled rules of the lifecycle, by id."""
    found = bucket(properties_of, **parameters)["LifecycleConfiguration"]["Rules"]
    assert {rule["Status"] for rule in found} <= {"Enabled", "Disabled"}
    return {
        rule["Id"]: {name: value for name, value in rule.items() if name not in {"Id", "Status"}}
        for rule in found
        if rule["Status"] == "Enabled"
    }


def test_the_archive_survives_its_stack(stack: Json) -> None:
    resource = stack["Resources"]["ArchiveBucket"]
    assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
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


def test_its_policy_requires_encrypted_connections_and_write_once(properties_of: Properties) -> None:
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
            "Sid": "CurrentTlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [arn, objects],
            "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
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


def test_every_bucket_refuses_plain_connections_and_old_tls(properties_of: Properties) -> None:
    policies = {each["Bucket"]["Ref"]: each for each in properties_of("AWS::S3::BucketPolicy").values()}
    assert policies.keys() == properties_of("AWS::S3::Bucket").keys()
    for name, policy in policies.items():
        whole = [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]
        denied = [
            statement["Condition"]
            for statement in policy["PolicyDocument"]["Statement"]
            if (statement["Effect"], statement["Action"], statement["Resource"]) == ("Deny", "s3:*", whole)
        ]
        assert denied == [{"Bool": {"aws:SecureTransport": "false"}}, {"NumericLessThan": {"s3:TlsVersion": "1.2"}}]


def test_by_default_it_keeps_proofs_as_long_as_the_table(properties_of: Properties) -> None:
    assert rules(properties_of) == {
        "Retention": {"Prefix": "proofs/", "ExpirationInDays": 181},
        "Erasures": {"Prefix": "erasures/", "ExpirationInDays": 181},
        "DeletedObjects": {
            "ExpiredObjectDeleteMarker": True,
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
        },
    }


ENOUGH = {"AbortIncompleteMultipartUpload", "ExpirationDate", "ExpirationInDays", "NoncurrentVersionExpirationInDays"}
ENOUGH |= {f"{prefix}Transition{s}" for prefix in ("", "NoncurrentVersion") for s in ("", "s")}


@pytest.mark.parametrize("days", ["0", "30"])
def test_cloudformation_takes_every_rule_of_every_bucket(properties_of: Properties, days: str) -> None:
    """It wants one of these in each rule, and neither linters nor emulators notice.

    The list is from the page "AWS::S3::Bucket Rule" of CloudFormation's reference.
    """
    for made in properties_of("AWS::S3::Bucket", ArchiveColdDays=days).values():
        for rule in made["LifecycleConfiguration"]["Rules"]:
            assert rule.keys() & ENOUGH, rule["Id"]
            assert not {"ExpiredObjectDeleteMarker", "ExpirationInDays"} <= rule.keys()


def test_an_operator_can_choose_longer_retention_and_colder_storage(properties_of: Properties) -> None:
    chosen = rules(properties_of, ArchiveRetentionDays="1095", ArchiveColdDays="30")
    assert chosen["Retention"] == {"Prefix": "proofs/", "ExpirationInDays": "1095"}
    assert chosen["Erasures"]["ExpirationInDays"] == 181  # no proof in the table is older
    assert chosen["ColdStorage"] == {"Transitions": [{"StorageClass": "GLACIER_IR", "TransitionInDays": "30"}]}


def test_deleted_objects_can_be_restored(properties_of: Properties) -> None:
    assert bucket(properties_of)["VersioningConfiguration"] == {"Status": "Enabled"}


def test_objects_are_not_locked_by_default(properties_of: Properties) -> None:
    assert bucket(properties_of)["ObjectLockConfiguration"] == {"ObjectLockEnabled": "Enabled"}


@pytest.mark.parametrize("mode", ["GOVERNANCE", "COMPLIANCE"])
def test_a_lock_needs_no_new_bucket(properties_of: Properties, mode: str) -> None:
    """Object Lock itself is on from the beginning."""
    locked = bucket(properties_of, ArchiveLock=mode, ArchiveLockDays="200")
    assert (bucket(properties_of)["ObjectLockEnabled"], locked["ObjectLockEnabled"]) == (True, True)
    assert locked["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": mode, "Days": "200"}},
    }


def test_the_maximum_of_lanes_is_the_writers_limit(source: Json) -> None:
    lanes = source["Parameters"]["ArchiveLanes"]
    assert (lanes["MinValue"], lanes["Default"], lanes["MaxValue"]) == (1, 4, MOST_LANES)
