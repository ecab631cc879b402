"""The pages on which the members of a definition are edited, by their places."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from consent_console import forms
from consent_console.editor import parts
from consent_core.problems import Place

_OVERVIEW = ""

_PAGES: Mapping[str, str] = {
    "origins": "domains#f-origin",
    "keys": "keys",
    "renewal": "publish#f-renew",
    "languages": "languages",
    "translations": "languages",
    "services": "services",
    "policies": "regions",
}
"""The pages without a field of ``parts``, by the first part of a place. The overview has the members without a page."""


_WITHOUT_FIELD = frozenset({"requiredConsent", "defaultConsent"})
"""Members of a service that follow from its purpose."""


def address_of(widget_id: int, place: Place, definition: Mapping[str, Any]) -> str:
    """Return the path of the page on which a place can be mended, with the id of its field if it has one."""
    end = _page_of(place, definition)
    return f"/widgets/{widget_id}/{end}" if end else f"/widgets/{widget_id}"


def _page_of(place: Place, definition: Mapping[str, Any]) -> str:
    match place:
        case ("translations", str(culture), str(name)):
            return f"texts/{culture}#f-translations.{culture}.{name}"
        case ("translations", str(culture)):
            return f"texts/{culture}"
        case ("policies", int(at), *inner):
            return f"regions#f-{_joined('policies', at, *inner[:1])}"
        case ("services", int(at), *inner):
            slug, depth = _slug(definition, at), 3 if inner[:1] == ["cookies"] else 1
            has_field = len(inner) >= depth and inner[0] not in _WITHOUT_FIELD
            field = f"#f-{_joined('services', at, *inner[:depth])}" if has_field else ""
            return f"services/{slug}{_language_of(inner)}{field}" if slug else "services"
    return _field_of(place) or _PAGES.get(str(place[0]) if place else "", _OVERVIEW)


def _language_of(inner: Sequence[str | int]) -> str:
    """Return the query for the language of a description; empty for any other place of a service."""
    match inner:
        case ["description", str(language)] | ["cookies", _, "description", str(language)]:
            return f"?{urlencode({'language': language})}"
    return ""


def _joined(*parts: str | int) -> str:
    return ".".join(map(str, parts))


def _field_of(place: Place) -> str | None:
    """Return the page and the field of a member that has one, or of the first member of an object that has some."""
    for page, groups in parts.PARTS.items():
        names = [name for group in groups for name in group.names]
        within = (name for name in names if name.startswith(f"{_joined(*place)}."))
        if name := forms.name_of(place, names) or next(within, None):
            return f"{page}#f-{name}"
    return None


def _slug(definition: Mapping[str, Any], at: int) -> str:
    """Return the slug of an entry of the services; empty if there is none that an address can have."""
    services = definition.get("services")
    entry = services[at] if isinstance(services, list) and at < len(services) else {}
    return str(entry.get("slug", "")) if isinstance(entry, dict) else ""
