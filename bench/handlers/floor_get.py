"""The floor: boto3's low-level client and json, nothing else, and one consistent read."""

import json

import boto3

CLIENT = boto3.client("dynamodb")


def handler(event, _context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as people write them
    key = {"widgetId": {"N": event["pathParameters"]["id"]}, "version": {"S": "live"}}
    item = CLIENT.get_item(TableName="WidgetsTable", Key=key, ConsistentRead=True)["Item"]
    return {"statusCode": 200, "body": json.dumps({"versionKey": item["versionKey"]["S"]})}
