"""A draft or a version as visitors see it, for people who have its link, and the files of the console's pages.

GET /preview/{id} is a page without an origin: it reads no cookie, keeps nothing, and may ask for its settings alone.
The shipped SDK runs on it unchanged, and asks GET /v1/client/cookie-widget-settings/{id}, which is the path of the API
for visitors. It takes neither session nor cookie: the key is all that counts.
"""

import json
import re
from collections.abc import Callable, Mapping

from consent_console.pages import asset, asset_path, rendered
from consent_core.dynamodb import connect
from consent_core.environment import Environment
from consent_core.errors import MalformedError, UnknownFileError, UnknownWidgetError
from consent_core.http import Request, Response, endpoint, response
from consent_core.observability import Telemetry
from consent_core.publishing import past_versions, previews
from consent_core.publishing.past_versions import PastVersion
from consent_core.publishing.previews import Preview
from consent_core.shapes import CULTURE, REGION, VERSION_KEY
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
WIDGETS = WidgetTable(connect(for_operators=True), ENVIRONMENT.widgets_table)

SCHEME = re.compile(r"light|dark")
SETTINGS = "/v1/client/cookie-widget-settings/"


def page(request: Request) -> Response:
    """Show the preview. Each reason why there is none has the same answer."""
    try:
        preview = _found(request)
    except (UnknownWidgetError, MalformedError):
        return _html(404, request, None, {})
    scheme, lang = request.chosen("scheme", SCHEME), request.chosen("lang", CULTURE)
    shown = {"key": request.key, "scheme": scheme, "lang": preview.language(lang)}
    return _html(200, request, preview, shown)


def settings(request: Request) -> Response:
    """Answer as the API for visitors does, but for pages without an origin alone ("null"), as the preview's is."""
    preview = _found(request)
    shown = preview.settings(request.culture, request.chosen("scheme", SCHEME))
    body = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    headers = {
        "access-control-allow-origin": "null",
        "access-control-expose-headers": "date, x-dastra-location",  # as the SDK reads them
    }
    if place := request.chosen("place", REGION):
        headers["x-dastra-location"] = place
    return response(200, body, headers)


def file(request: Request) -> Response:
    """Return a file of a page."""
    *_, version, name = request.path.split("/")
    found = asset(name, version)
    if found is None:
        raise UnknownFileError
    return found


ROUTES: Mapping[str, Callable[[Request], Response]] = {
    "GET /preview/{id}": page,
    "GET /v1/client/cookie-widget-settings/{id}": settings,
    "GET /assets/{hash}/{name}": file,
}


@endpoint(TELEMETRY, refused="PreviewRefused", secret=ENVIRONMENT.origin_verify)
def handler(request: Request) -> Response:
    """Answer the request by its route."""
    answer = ROUTES[request.route](request)
    TELEMETRY.outcome("PreviewServed" if answer["statusCode"] < 400 else "PreviewUnknown", status=answer["statusCode"])
    return answer


def _found(request: Request) -> Preview | PastVersion:
    """Return the draft or what is live; with a version in the query, that version."""
    widget_id = request.widget_id
    TELEMETRY.about(widget_id)
    if version := request.chosen("version", VERSION_KEY):
        culture = request.chosen("lang", CULTURE) or request.culture
        return past_versions.find(WIDGETS, widget_id, version, key=request.key, culture=culture)
    return previews.find(WIDGETS, widget_id, request.key)


def _html(
    status: int, request: Request, preview: Preview | PastVersion | None, shown: Mapping[str, object]
) -> Response:
    headers = {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": _policy(request.host, preview.images if preview else []),
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
        "referrer-policy": "no-referrer",
        "strict-transport-security": "max-age=63072000; includeSubDomains",
        "x-robots-tag": "noindex",
    }
    return response(status, rendered("preview.html", {"preview": preview, **shown}), headers)


def _policy(host: str, images: list[str]) -> str:
    """Return the content security policy of a preview, which takes the page's origin away from it.

    Without an origin, 'self' is not the same in all browsers: the rules name the host.
    """
    rules = {
        "sandbox": "allow-scripts",
        "default-src": "'none'",
        "script-src": f"{host}/sdk/ {host}{asset_path('preview.js')}",
        "style-src": f"{host}{asset_path('preview.css')}",
        "connect-src": f"{host}{SETTINGS}",
        "img-src": " ".join(["data:", *images]),
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'self'",
        "require-trusted-types-for": "'script'",
        "trusted-types": "dastra",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
