"""A published version as browsers got it, to be shown again: what a visitor saw is drawn, not told."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from consent_core.errors import UnknownWidgetError
from consent_core.publishing import previews
from consent_core.widget_table import WidgetTable


@dataclass(frozen=True, slots=True)
class PastVersion:
    """A version in one language. ``stored`` has its settings as they were served."""

    widget_id: int
    version_key: str
    shown_in: str
    stored: Mapping[str, Any]

    is_drawn = True

    @property
    def label(self) -> str:
        """The widget's name in that version."""
        return str(self.stored.get("label", ""))

    @property
    def mark(self) -> str:
        """The sentence about the window on its page, so that it is not taken for the site's."""
        return f"{self.label}, as it was published {previews.shown_time(self.stored['dateUpdate'])}."

    @property
    def images(self) -> list[str]:
        """The origins of the pictures that the window loads."""
        return previews.images_of(self.stored)

    def language(self, _culture: str | None) -> str:
        """Return the language of the settings."""
        return self.shown_in

    def settings(self, _culture: str | None = None, _scheme: str = "") -> dict[str, Any]:
        """Return the settings for a preview: as stored, but without proofs and in developer mode."""
        return {**self.stored, "saveConsentProof": False, "developerMode": True}


def find(table: WidgetTable, widget_id: int, version_key: str, *, key: str, culture: str | None) -> PastVersion:
    """Return a version as a reader of ``culture`` was shown it. Published settings are public.

    Whether the widget is enabled does not matter. Makes three requests. Raises UnknownWidgetError for a ``key`` that is
    no public key of the widget, and for a version that it never had.
    """
    live = table.live(widget_id)
    if live is None or key not in live.keys:
        raise UnknownWidgetError
    shown = table.shown(widget_id, version_key, culture)
    if shown is None:
        raise UnknownWidgetError
    language, rendering = shown
    return PastVersion(widget_id, version_key, language, json.loads(rendering.body))
