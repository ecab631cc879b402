"""CloudFront's addition at the edge: X-Dastra-Location, as ViewerLocation of template.yaml makes it."""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask, Response

_SETTINGS = "/v1/client/cookie-widget-settings/"
_CODE = re.compile(r"[A-Z]{2}")
_WITH_PARTS = ("CA", "US")


class PlaceError(Exception):
    """A PLACE that no visitor can be in; the message is for the developer."""


def chosen_place() -> str | None:
    """Return the place of this machine's visitors, from the environment's PLACE. Raise PlaceError if it is none."""
    place = os.environ.get("PLACE")
    if place and location(_viewer(place), 200) != place:
        raise PlaceError(f"PLACE={place} is not a place. Choose a country such as FR, or US-CA, or CA-QC.")
    return place or None


def add_location(application: "Flask", place: str) -> None:
    """Make the API answer as CloudFront does for visitors from ``place``: its settings say where they are."""
    from flask import request  # slow to import; a place that is none is reported before

    def add(response: "Response") -> "Response":
        value = location(_viewer(place), response.status_code)
        if value and request.path.startswith(_SETTINGS):
            response.headers["X-Dastra-Location"] = value
        return response

    application.after_request(add)


def location(headers: Mapping[str, str], status: int) -> str | None:
    """Return the header's value, from those that CloudFront makes of a visitor's address; None: it has none."""

    def code(name: str) -> str:
        value = headers.get(name, "")
        return value if _CODE.fullmatch(value) else ""

    country = code("cloudfront-viewer-country")
    part = code("cloudfront-viewer-country-region") if country in _WITH_PARTS else ""
    if not country or status >= 400:
        return None
    return f"{country}-{part}" if part else country


def _viewer(place: str) -> dict[str, str]:
    country, _, part = place.partition("-")
    return {"cloudfront-viewer-country": country, "cloudfront-viewer-country-region": part}
