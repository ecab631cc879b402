"""The limit of a read: see signed.py."""

import json

from signed import call


def handler(event, _context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as people write them
    key = {"widgetId": {"N": event["pathParameters"]["id"]}, "version": {"S": "live"}}
    request = {"TableName": "WidgetsTable", "Key": key, "ConsistentRead": True}
    item = json.loads(call("GetItem", json.dumps(request).encode()))["Item"]
    return {"statusCode": 200, "body": json.dumps({"versionKey": item["versionKey"]["S"]})}
