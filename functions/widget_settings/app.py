"""GET /v1/client/cookie-widget-settings/{id}: serves a widget's settings as rendered at publication.

GET /v1/client/first-screen/{id} serves the same as HTML, for the server of a page to include, and
GET /v1/client/declaration/{id} the cookie declaration that follows from it.
"""

from datetime import UTC, datetime

from consent_core import origins
from consent_core.access import check_access
from consent_core.catalogue import LiveWidget, Rendering, language_for
from consent_core.dynamodb import connect
from consent_core.environment import Environment, sightings_table, visitors_wait
from consent_core.errors import OriginNotAllowedError
from consent_core.http import Request, Response, endpoint, response
from consent_core.observability import Telemetry
from consent_core.sightings import Outcome, Sightings
from consent_core.widget_table import WidgetTable

ENVIRONMENT = Environment.from_environment()
TELEMETRY = Telemetry()
CLIENT = connect()
WIDGETS = WidgetTable(CLIENT, ENVIRONMENT.widgets_table)
WIDGETS.connect_early()
SIGHTINGS = Sightings(CLIENT, sightings_table())

# One day in CloudFront, where a publication invalidates it; minutes in browsers, whose copies cannot be invalidated.
CACHED = "public, max-age=300, s-maxage=86400, stale-while-revalidate=60, stale-if-error=86400"
FIRST_SCREEN = "/v1/client/first-screen/"
DECLARATION = "/v1/client/declaration/"
HTML = "text/html; charset=utf-8"


@endpoint(TELEMETRY, refused="SettingsRefused", secret=ENVIRONMENT.origin_verify, seconds=visitors_wait())
def handler(request: Request) -> Response:
    """Check key and origin, choose the language, return the stored rendering or 304."""
    widget_id, key, culture = request.widget_id, request.key, request.culture
    TELEMETRY.about(widget_id)
    widget = _checked(request, WIDGETS.live(widget_id), key)
    rendering = WIDGETS.rendering(widget_id, widget.version_key, language_for(culture, widget.languages))
    rendering, kind = _represented(request.path, rendering)
    headers = {
        "content-type": kind,
        "etag": rendering.etag,
        "vary": "Origin",
        "cache-control": "no-store" if widget.developer_mode else CACHED,
    }
    if request.matches(rendering.etag):
        TELEMETRY.outcome("SettingsNotModified", status=304)
        return response(304, headers=headers)
    TELEMETRY.outcome("SettingsServed", status=200)
    return response(200, rendering.body, headers)


def _checked(request: Request, found: LiveWidget | None, key: str) -> LiveWidget:
    """Check key and origin, and note the origin for the widget's owner."""
    try:
        widget, page = check_access(found, key=key, origin=request.origin)
    except OriginNotAllowedError:
        page = origins.normalise(request.origin or "")
        SIGHTINGS.note(request.widget_id, page, Outcome.REFUSED, now=datetime.now(UTC))
        raise
    SIGHTINGS.note(request.widget_id, page, Outcome.SERVED, now=datetime.now(UTC))
    return widget


def _represented(path: str, settings: Rendering) -> tuple[Rendering, str]:
    """Return what a path asks for, and its media type. The settings do not pay for the imports of the others."""
    if path.startswith(FIRST_SCREEN):
        from consent_core.first_screen import screen_of

        return screen_of(settings), HTML
    if path.startswith(DECLARATION):
        from consent_core.declaration import declaration_of

        return declaration_of(settings), HTML
    return settings, "application/json"
