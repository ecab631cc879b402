"""The limit of a write: see signed.py."""

import json
from pathlib import Path

from signed import call

ITEM = json.loads(Path(__file__).with_name("item.json").read_bytes())


def handler(event, _context):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201 - as people write them
    decision = json.loads(event["body"])
    item = {**ITEM, "id": {"S": decision["id"]}}
    request = {"TableName": "ConsentsTable", "Item": item, "ConditionExpression": "attribute_not_exists(consentId)"}
    json.loads(call("PutItem", json.dumps(request).encode()))
    return {"statusCode": 201, "body": json.dumps({"consentId": item["consentId"]["S"]})}
