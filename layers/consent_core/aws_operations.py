"""Which of AWS's services and operations the layer and the functions call.

The built layer's botocore knows these and no others (build_layer.py): a new call needs its line here. A test finds
what is missing.
"""

OPERATIONS = {
    "cloudfront": {"CreateInvalidation"},
    "dynamodb": {"GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"},
    "s3": {"GetObject", "HeadObject", "ListObjectsV2", "PutObject"},
}
