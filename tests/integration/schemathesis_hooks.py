"""The ``text/plain`` bodies of docs/contract.md carry the same JSON."""

import json

import schemathesis


@schemathesis.serializer("text/plain")
def json_in_plain_text(_context: schemathesis.SerializationContext, value: object) -> bytes:
    return json.dumps(value).encode()
