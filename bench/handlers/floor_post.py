"""The floor: boto3's low-level client and json, nothing else, and one conditional write of an item that is ready."""

import json
from pathlib import Path

import boto3

CLIENT = boto3.client("dynamodb")
ITEM = json.loads(Path(__file__).with_name("item.json").read_bytes())


def handler(event, _context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as people write them
    decision = json.loads(event["body"])
    item = {**ITEM, "id": {"S": decision["id"]}}
    CLIENT.put_item(TableName="ConsentsTable", Item=item, ConditionExpression="attribute_not_exists(consentId)")
    return {"statusCode": 201, "body": json.dumps({"consentId": item["consentId"]["S"]})}
