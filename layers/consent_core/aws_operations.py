"""Which of AWS's services and operations the layer and the functions call.

The built layer's botocore knows these and no others (build_layer.py): a new call needs its line here. A test finds
what is missing.
"""

OPERATIONS = {
    "athena": {"GetQueryExecution", "GetQueryResults", "StartQueryExecution", "StopQueryExecution"},
    "cloudfront": {"CreateInvalidation"},
    "dynamodb": {"GetItem", "PutItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"},
    "s3": {"GetObject", "HeadObject", "ListObjectsV2", "PutObject"},
}
