"""GET /sdk/dastra.js: serves the browser SDK, which is the same for every key, and its source map."""

import hashlib
from pathlib import Path

from consent_core.environment import origin_verify
from consent_core.http import Request, Response, endpoint, response
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()

# One day in browsers. CloudFront asks for a newer file after five minutes, so a deployment needs no invalidation. A
# stale file may be used while a newer one is fetched, and for a week if fetching fails.
COMMON = {
    "cache-control": "public, max-age=86400, s-maxage=300, stale-while-revalidate=3600, stale-if-error=604800",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
}


def _served(name: str, content_type: str) -> tuple[str, dict[str, str]]:
    """Read a file that is deployed beside this one. Return its text and its response headers."""
    content = Path(__file__).with_name(name).read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return content.decode(), {**COMMON, "content-type": content_type, "etag": etag}


FILES = {
    "/sdk/dastra.js": _served("dastra.js", "text/javascript; charset=utf-8"),
    "/sdk/dastra.js.map": _served("dastra.js.map", "application/json"),
}


@endpoint(TELEMETRY, refused="SdkRefused", secret=origin_verify())
def handler(request: Request) -> Response:
    """Return the file, or 304 if the client has it. For a HEAD request, the API drops the body."""
    body, headers = FILES[request.route.partition(" ")[2]]
    if request.matches(headers["etag"]):
        TELEMETRY.outcome("SdkNotModified", status=304)
        return response(304, headers=headers)
    TELEMETRY.outcome("SdkServed", status=200)
    return response(200, body, headers)
