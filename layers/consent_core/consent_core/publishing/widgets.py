"""The reading of a live widget, as the definition that would publish it again."""

import json
from dataclasses import dataclass
from typing import Any

from consent_core.catalogue import LiveWidget
from consent_core.errors import ConflictError, NotFoundError
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_core.widget_table import WidgetTable


@dataclass(frozen=True, slots=True)
class Widget:
    """A live widget. ``public`` is its version's definition as JSON, without the private members."""

    live: LiveWidget
    public: str

    @property
    def definition(self) -> dict[str, Any]:
        """The whole definition as JSON values, ready to be changed and published."""
        return {**json.loads(self.public), **self.private}

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

    def difference(self, definition: WidgetDefinition) -> list[str]:
        """Return the sorted names of members in which another definition differs from this one."""
        old, new = self.definition, definition.model_dump(mode="json", by_alias=True, exclude_none=True)
        return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


def find(table: WidgetTable, widget_id: int, *, expected: int | None = None) -> Widget | None:
    """Return the live widget, or None. Raises ConflictError when its revision is not the ``expected`` one."""
    live = table.live(widget_id)
    revision = live.revision if live else None
    if expected not in {None, revision}:
        raise ConflictError(live.version_key if live else None, revision)
    return None if live is None else Widget(live, table.definition(widget_id, live.version_key) or "{}")


def read(table: WidgetTable, widget_id: int, *, expected: int | None = None) -> Widget:
    """Return the live widget. Raises NotFoundError when it does not exist, ConflictError as ``find`` does."""
    widget = find(table, widget_id, expected=expected)
    if widget is None:
        raise NotFoundError.widget(widget_id)
    return widget
