"""The reading of a live widget, as the definition that would publish it again."""

import json
from dataclasses import dataclass
from typing import Any

from consent_core.catalogue import LiveWidget
from consent_core.errors import ConflictError, DefinitionError, NotFoundError
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, members
from consent_core.publishing.differences import Difference, differences
from consent_core.widget_table import WidgetTable


@dataclass(frozen=True, slots=True)
class Widget:
    """A live widget. ``public`` is its version's definition as JSON, without the private members."""

    live: LiveWidget
    public: str

    @property
    def definition(self) -> dict[str, Any]:
        """The whole definition as JSON values in the order of docs/definition.md, ready to be changed and published.

        A field that is newer than the version has its default.
        """
        stated = {**json.loads(self.public), **self.private}
        try:
            return members(definition_from_json(json.dumps(stated), stored=True))
        except DefinitionError:  # an earlier release accepted it
            return stated

    @property
    def private(self) -> dict[str, Any]:
        """The members that only the live item has (``definitions.PRIVATE``)."""
        return {
            "keys": list(self.live.keys),
            "origins": list(self.live.origins),
            "enabled": self.live.enabled,
            "allowNativeApps": self.live.allow_native_apps,
        }

    def changed(self, **members: object) -> WidgetDefinition:
        """Return the definition with these members replaced. Raises DefinitionError."""
        return definition_from_json(json.dumps(self.definition | members), stored=True)

    def differences(self, definition: WidgetDefinition) -> list[Difference]:
        """Return the differences that the publication of another definition would make."""
        return differences(self.definition, members(definition))


def find(table: WidgetTable, widget_id: int, *, expected: int | None = None) -> Widget | None:
    """Return the widget as it is live or was deleted, or None if it was never published.

    Raises ConflictError when the live revision is not the ``expected`` one.
    """
    live = table.live(widget_id)
    is_live = live is not None and not live.deleted
    revision = live.revision if live and is_live else None
    if expected not in {None, revision}:
        raise ConflictError(live.version_key if live and is_live else None, revision)
    return None if live is None else Widget(live, table.definition(widget_id, live.version_key) or "{}")


def read(table: WidgetTable, widget_id: int, *, expected: int | None = None) -> Widget:
    """Return the live widget. Raises NotFoundError when it does not exist, ConflictError as ``find`` does."""
    widget = find(table, widget_id, expected=expected)
    if widget is None:
        raise NotFoundError.widget(widget_id)
    if widget.live.deleted:
        raise NotFoundError.deleted(widget_id)
    return widget


def read_with_deleted(table: WidgetTable, widget_id: int) -> LiveWidget:
    """Return the live item, also that of a deleted widget. Raises NotFoundError."""
    live = table.live(widget_id)
    if live is None:
        raise NotFoundError.widget(widget_id)
    return live
