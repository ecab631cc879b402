"""The lines that a site needs to have the widget on its pages, by kind of site, and whether it has arrived.

The services are those of what is live: the SDK holds a tag whose service is in the draft alone, but cannot release it.
"""

from collections.abc import Mapping

from consent_console.editor import widget
from consent_console.editor.seen import seen
from consent_console.pages import Answer, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.catalogue import Purpose
from consent_core.publishing import snippet
from consent_core.sightings import Sightings
from consent_core.widget_table import WidgetTable

SITES: Mapping[str, str] = {
    "html": "Plain HTML",
    "tag-manager": "Google Tag Manager",
    "wordpress": "WordPress",
    "app": "App or server",
}
"""The kinds of site, by their names in addresses."""

_UNKNOWN = "https://consent.example.org"
"""A stand-in for the address of the service where the console does not know it."""


def routes(table: WidgetTable, sightings: Sightings, service: str) -> Mapping[str, Route]:
    """Return the routes of these pages. ``service`` is the address that visitors' browsers use, or empty."""

    def show(visit: Visit) -> Answer:
        edited = widget.read(table, visit.widget_id)
        keys = edited.live.live.keys if edited.live else edited.definition["keys"]
        address, site = service or _UNKNOWN, visit.query("site")
        live = edited.live.definition if edited.live else edited.definition
        held = snippet.held(live)
        values = {
            "widget": edited,
            "sites": SITES,
            "site": site if site in SITES else "html",
            "is_known": bool(service),
            "service": address,
            "key": keys[0],
            "lines": "\n".join(snippet.html(visit.widget_id, keys[0], address, None)),
            "automatic": snippet.automatic(keys[0], address),
            "held": held,
            "frames": "\n".join(f"{host} = {' '.join(slugs)}" for host, slugs in snippet.hosts(held).items()),
            "scripts": "\n".join(f"handle = {each.slug}" for each in held),
            "necessary": [each["name"] for each in live["services"] if each["purpose"] == Purpose.NECESSARY],
            "settings": snippet.settings_address(visit.widget_id, keys[0], address, live["languages"][0]),
            "policy": snippet.policy(live, address),
            "hints": [each.partition(": ")[::2] for each in snippet.hints(live)],
            "allows_apps": bool(live.get("allowNativeApps")),
            "seen": seen(sightings, edited, now=visit.now),
        }
        return Page("install.html", values)

    return {"GET /widgets/{id}/install": Route(show, Action.SEE)}
