"""The AWS operations that the layer and the functions call, by service.

The built layer's botocore contains only these (build_layer.py), so a new call needs an entry here. A test finds missing
entries, and another makes each call from the build alone.
"""

OPERATIONS = {
    "athena": {"GetQueryExecution", "GetQueryResults", "StartQueryExecution", "StopQueryExecution"},
    "cloudfront": {"CreateInvalidation"},
    "dynamodb": {"DeleteItem", "GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"},
    "s3": {"GetObject", "HeadObject", "ListObjectsV2", "PutObject"},
    "secretsmanager": {"GetSecretValue"},
    "ssm": {"GetParameter"},
}
