"""The reading of a live widget, as the definition that would publish it again."""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from consent_core.catalogue import LiveWidget
from consent_core.errors import ConflictError, DefinitionError, NotFoundError
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json, members
from consent_core.publishing.differences import Difference, differences
from consent_core.widget_table import ListedWidget, LiveSummary, Summary, WidgetTable

PAGE = 100
"""The most widgets of a page of the list."""


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

    Raises ConflictError when the live revision is not the ``expected`` one; 0 expects that none is live.
    """
    live = table.live(widget_id)
    is_live = live is not None and not live.deleted
    revision = live.revision if live and is_live else 0
    if expected not in {None, revision}:
        raise ConflictError(live.version_key if live and is_live else None, revision or None)
    if live is None:
        return None
    public = table.definition(widget_id, live.version_key) or "{}"
    return Widget(live if live.label else replace(live, label=json.loads(public).get("label", "")), public)


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


# --- Lists ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the list of widgets. The next one has the ids above ``next``; None: this was the last one."""

    widgets: tuple[ListedWidget, ...]
    next: int | None


def as_json(listed: ListedWidget) -> dict[str, object]:
    """Return a widget of the list as the administration API and the command line show it."""
    live, draft = listed.live, listed.draft
    return {
        "widgetId": listed.widget_id,
        "label": listed.label,
        "live": live
        and {
            "versionKey": live.version_key,
            "revision": live.revision,
            "enabled": live.is_enabled,
            "deleted": live.is_deleted,
            "domains": live.domains,
            "changedAt": live.changed_at,
            "changedBy": live.changed_by,
        },
        "draft": draft
        and {
            "number": draft.revision,
            "domains": draft.domains,
            "changedAt": draft.changed_at,
            "changedBy": draft.changed_by,
        },
    }


def from_json(shown: Mapping[str, Any]) -> ListedWidget:
    """Read what ``as_json`` returned. Raises KeyError or TypeError for another shape."""
    label, live, draft = shown["label"], shown["live"], shown["draft"]
    return ListedWidget(
        shown["widgetId"],
        live
        and LiveSummary(
            live["revision"],
            label,
            live["domains"],
            live["changedAt"],
            live["changedBy"],
            live["versionKey"],
            is_enabled=live["enabled"],
            is_deleted=live["deleted"],
        ),
        draft and Summary(draft["number"], label, draft["domains"], draft["changedAt"], draft["changedBy"]),
    )


def listed(table: WidgetTable, *, after: int = 0, most: int = PAGE) -> Page:
    """Return the widgets whose ids are above ``after``: those that are live, were deleted, or have a draft alone.

    A widget that was last changed before there was a list is missing until ``enlist`` or its next change.
    """
    found = table.listed(after=after, most=most + 1)
    shown = tuple(found[:most])
    return Page(shown, shown[-1].widget_id if len(found) > most else None)


def enlist(table: WidgetTable) -> Iterator[int]:
    """Put the widgets that are missing in the list into it, and yield the id of each. Reads the whole table.

    It is no change of a widget: revision and audit stay. If it is ended early, those that it yielded are in the list.
    """
    for live in table.unlisted():
        public = table.definition(live.widget_id, live.version_key) or "{}"
        named = replace(live, label=json.loads(public).get("label", ""))
        last = next((entry.change for entry in table.changes(live.widget_id)), None)
        with suppress(ConflictError):  # a change has just put it into the list
            table.enlist(
                named, changed_at=last.at if last else live.created_at, changed_by=last.actor if last else "unknown"
            )
        yield live.widget_id
