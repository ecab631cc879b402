"""The check whether a request may use a widget. Every public handler of a widget makes it."""

from consent_core import origins
from consent_core.catalogue import LiveWidget
from consent_core.errors import OriginNotAllowedError, UnknownWidgetError


def check_access(widget: LiveWidget | None, *, key: str, origin: str | None) -> tuple[LiveWidget, str | None]:
    """Return the widget and the page's normalised origin; None stands for a native app, which sends no origin.

    ``origin`` is the Origin header as received. Raises UnknownWidgetError, then OriginNotAllowedError.
    """
    if widget is None or not widget.enabled or key not in widget.keys:
        raise UnknownWidgetError
    if origin is None and widget.allow_native_apps:
        return widget, None
    page = None if origin is None else origins.normalise(origin)
    if page is None or not origins.is_allowed(page, widget.origins, developer_mode=widget.developer_mode):
        raise OriginNotAllowedError(origin, is_local=page is not None and origins.is_local(page))
    return widget, page
