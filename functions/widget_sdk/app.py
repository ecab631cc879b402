"""GET /sdk/…: serves the browser SDK, which is the same for every key, and every build that was ever released.

``gpc.json`` beside it says that Global Privacy Control is honoured. Its date is that of the first release that did so:
a later release changes it only if it understands the signal differently.
"""

import hashlib
from functools import cache
from pathlib import Path

from consent_core.environment import origin_verify
from consent_core.errors import UnknownFileError
from consent_core.http import Request, Response, endpoint, response
from consent_core.observability import Telemetry

TELEMETRY = Telemetry()
FOLDER = Path(__file__).parent

# One day in browsers. CloudFront asks for a newer file after five minutes, so a deployment needs no invalidation. A
# stale file may be used while a newer one is fetched, and for a week if fetching fails.
LATEST = "public, max-age=86400, s-maxage=300, stale-while-revalidate=3600, stale-if-error=604800"
PINNED = "public, max-age=31536000, immutable"
COMMON = {
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "timing-allow-origin": "*",
}
TYPES = {".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json"}


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _pinned() -> dict[str, Path]:
    """Return the files by the addresses that name their content: this build with its maps, and the released ones."""
    released = {f"/sdk/{file.parent.name}/{file.name}": file for file in FOLDER.glob("released/*/*.js")}
    for file in FOLDER.glob("*.js"):
        address = f"/sdk/{_digest(file)[:16]}/{file.name}"
        released |= {address: file, f"{address}.map": file.with_name(f"{file.name}.map")}
    return released


FILES = {
    "/sdk/dastra.js": FOLDER / "dastra.js",
    "/sdk/dastra.js.map": FOLDER / "dastra.js.map",
    "/dist/dastra.js": FOLDER / "dastra.js",
    "/sdk/gpc.json": FOLDER / "gpc.json",
}
PINNED_FILES = _pinned()


@cache
def _served(path: str) -> tuple[str, dict[str, str]]:
    """Return a file's text and its response headers. Raises UnknownFileError if there is none."""
    file = PINNED_FILES.get(path) or FILES.get(path)
    if not file:
        raise UnknownFileError
    headers = {
        "content-type": TYPES[file.suffix],
        "cache-control": PINNED if path in PINNED_FILES else LATEST,
        "etag": f'"{_digest(file)[:32]}"',
    }
    return file.read_text("utf-8"), COMMON | headers


@endpoint(TELEMETRY, refused="SdkRefused", secret=origin_verify())
def handler(request: Request) -> Response:
    """Return the file, or 304 if the client has it. For a HEAD request, the API drops the body."""
    body, headers = _served(request.path)
    if request.matches(headers["etag"]):
        TELEMETRY.outcome("SdkNotModified", status=304)
        return response(304, headers=headers)
    TELEMETRY.outcome("SdkServed", status=200)
    return response(200, body, headers)
