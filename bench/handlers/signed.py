"""The limit: requests signed by hand (Signature Version 4) and sent with http.client. Measured, not shipped."""

import hashlib
import hmac
import http.client
import os
import ssl
import time
from urllib.parse import urlsplit

URL = urlsplit(os.environ["AWS_ENDPOINT_URL_DYNAMODB"])
REGION = os.environ["AWS_REGION"]
ACCESS_KEY, SECRET = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
TOKEN = os.environ["AWS_SESSION_TOKEN"]
CONNECTION = http.client.HTTPSConnection(
    URL.hostname or "", URL.port, context=ssl.create_default_context(cafile=os.environ["AWS_CA_BUNDLE"])
)
SIGNED = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target"
_keys: dict[str, bytes] = {}


def call(operation: str, body: bytes) -> bytes:
    """Send a request, give the body of its answer."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = f"DynamoDB_20120810.{operation}"
    canonical = (
        f"POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:{URL.netloc}\nx-amz-date:{now}\n"
        f"x-amz-security-token:{TOKEN}\nx-amz-target:{target}\n\n{SIGNED}\n{hashlib.sha256(body).hexdigest()}"
    )
    scope = f"{now[:8]}/{REGION}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(_key(now[:8]), text.encode(), "sha256").hexdigest()
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "Host": URL.netloc,
        "X-Amz-Date": now,
        "X-Amz-Security-Token": TOKEN,
        "X-Amz-Target": target,
        "Authorization": f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={SIGNED}, "
        f"Signature={signature}",
    }
    CONNECTION.request("POST", "/", body, headers)
    answer = CONNECTION.getresponse()
    return answer.read()


def _key(day: str) -> bytes:
    if day not in _keys:
        key = f"AWS4{SECRET}".encode()
        for part in (day, REGION, "dynamodb", "aws4_request"):
            key = hmac.digest(key, part.encode(), "sha256")
        _keys[day] = key
    return _keys[day]
