"""Previews: a draft, or what is live, as visitors would see it. No preview leads to a proof."""

import hmac
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from consent_core import origins
from consent_core.catalogue import language_for
from consent_core.errors import UnknownWidgetError
from consent_core.publishing import widgets
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_core.publishing.rendering import Stamp, settings_of
from consent_core.publishing.widgets import Widget
from consent_core.widget_table import Draft, WidgetTable

_NEVER_PUBLISHED = str(uuid.UUID(int=0))
"""The version's key of a draft: no version has it."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A widget to be shown. ``draft`` is None if it is what is live.

    ``definition`` is that of the draft, or its last valid one; None if there is none.
    """

    widget_id: int
    label: str
    draft: Draft | None
    definition: WidgetDefinition | None
    stamp: Stamp

    def language(self, culture: str | None) -> str:
        """Return the language in which a reader of ``culture`` sees it; empty if there is no definition."""
        return language_for(culture, self.definition.languages) if self.definition else ""

    def settings(self, culture: str | None, scheme: str = "") -> dict[str, object]:
        """Return the settings that a publication would make, but without proofs and in developer mode.

        ``scheme`` is ``light`` or ``dark``: that of a visitor's device, instead of the reader's. Raises
        UnknownWidgetError without a definition.
        """
        if self.definition is None:
            raise UnknownWidgetError
        changed: dict[str, object] = {"save_consent_proof": False, "developer_mode": True}
        if scheme and self.definition.color_scheme == "auto":
            changed["color_scheme"] = scheme
        shown = self.definition.model_copy(update=changed)
        return settings_of(shown, self.language(culture), self.stamp)

    @property
    def images(self) -> list[str]:
        """The origins of the pictures that the window loads."""
        return images_of(self.settings(None)) if self.definition else []

    @property
    def is_drawn(self) -> bool:
        """Whether there is a window to show."""
        return self.definition is not None

    @property
    def mark(self) -> str:
        """The sentence about the window on its page, so that it is not taken for the site's."""
        if self.draft is None:
            return f"{self.label}, as it is live."
        said = f"Draft of {self.label}: not live. Saved {shown_time(self.draft.changed_at)}."
        faulty = self.definition is not None and not self.draft.is_valid
        return said + (" It has faults, so that the last version without faults is shown." if faulty else "")


def find(table: WidgetTable, widget_id: int, key: str) -> Preview:
    """Return the draft whose key this is, or what is live if it is a public key of that.

    Raises UnknownWidgetError, whatever the reason.
    """
    draft = table.draft(widget_id)
    if draft and not draft.is_over and hmac.compare_digest(draft.share_key, key):
        return _of_draft(draft)
    found = widgets.find(table, widget_id)
    if found is None or not found.live.enabled or key not in found.live.keys:
        raise UnknownWidgetError
    return _of_live(found)


def _of_draft(draft: Draft) -> Preview:
    text = draft.definition if draft.is_valid else draft.last_valid
    definition = definition_from_json(text, stored=True) if text else None
    stamp = Stamp(_NEVER_PUBLISHED, draft.changed_at, datetime.fromisoformat(draft.changed_at))
    return Preview(draft.widget_id, draft.label, draft, definition, stamp)


def _of_live(widget: Widget) -> Preview:
    live = widget.live
    definition = definition_from_json(json.dumps(widget.definition), stored=True)
    stamp = Stamp(live.version_key, live.created_at, datetime.fromisoformat(live.created_at))
    return Preview(live.widget_id, definition.label, None, definition, stamp)


def images_of(settings: object) -> list[str]:
    """Return the origins of the pictures in settings, which are the logos of services and of the button."""
    found = {origins.normalise(_origin_of(each)) for each in _logos(settings)}
    return sorted(each for each in found if each and origins.is_plain(each))


def _logos(node: object) -> Iterator[str]:
    parts = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, value in parts:
        if name in {"logoUrl", "buttonLogoUrl"} and isinstance(value, str):
            yield value
        yield from _logos(value)


def shown_time(at: str) -> str:
    """Return a time (ISO 8601 in UTC) as people read it."""
    return f"{at[:16].replace('T', ' ')} UTC"


def _origin_of(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
