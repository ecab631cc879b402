"""A function that makes one call to AWS with a client that ships, in a process that has the built layer alone."""

import base64
import importlib
import json
import pkgutil
import sys
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name
from botocore.config import Config
from botocore.response import StreamingBody

import consent_core
from consent_core import aws, dynamodb, edge
from consent_core.archive import athena, objects

CONNECT: Mapping[str, Callable[[], Any]] = {
    "athena": athena.connect,
    "cloudfront": edge.connect,
    "dynamodb": dynamodb.connect,
    "s3": objects.connect,
    "secretsmanager": lambda: aws.client("secretsmanager", Config()),  # the console's own client is in another layer
    "ssm": lambda: aws.client("ssm", Config()),
}


def handler(event: dict[str, Any], _context: object) -> object:
    """Return the answer to a call, or its pages; for any other event, the files that the whole layer loads."""
    match event:
        case {"call": [service, operation, parameters]}:
            client: Any = CONNECT[service]()
            return _as_json(getattr(client, xform_name(operation))(**parameters))
        case {"pages": [service, operation, parameters]}:
            client = CONNECT[service]()
            return [_as_json(page) for page in client.get_paginator(xform_name(operation)).paginate(**parameters)]
    for module in pkgutil.walk_packages(consent_core.__path__, "consent_core."):
        if not module.name.startswith("consent_core.reports"):  # its pages need Jinja2, which the console's layer has
            importlib.import_module(module.name)
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    return sorted(file for file in files if file)


def _as_json(answer: object) -> object:
    return json.loads(json.dumps(answer, default=_plain))


def _plain(value: object) -> str:
    content = value.read() if isinstance(value, StreamingBody) else value
    return base64.b64encode(content).decode() if isinstance(content, bytes) else str(content)
