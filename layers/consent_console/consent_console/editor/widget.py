"""The widget of a page: what is live, and the draft that is being edited."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from consent_core.errors import DefinitionError, NotFoundError
from consent_core.problems import Problem
from consent_core.publishing import widgets
from consent_core.publishing.definitions import WidgetDefinition, definition_from_json
from consent_core.publishing.widgets import Widget
from consent_core.widget_table import Draft, WidgetTable


@dataclass(frozen=True)
class Edited:
    """A widget with its draft. One of both may be missing: it was never published, or it has no draft."""

    widget_id: int
    live: Widget | None
    draft: Draft | None

    @property
    def definition(self) -> Mapping[str, Any]:
        """The definition that is shown: the draft's, otherwise the live one."""
        if self.draft:
            return dict(json.loads(self.draft.definition))
        return self.live.definition if self.live else {}

    @cached_property
    def parts(self) -> WidgetDefinition:
        """The definition as a model. Its parts need not fit together yet."""
        return definition_from_json(json.dumps(self.definition), stored=True, parts_only=True)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The faults that keep it from being published."""
        try:
            definition_from_json(json.dumps(self.definition))
        except DefinitionError as error:
            return error.errors
        return ()

    @property
    def label(self) -> str:
        """The widget's name."""
        return str(self.definition.get("label", ""))

    @property
    def number(self) -> int | None:
        """The draft's number, which a form sends back; None without a draft."""
        return self.draft.number if self.draft else None


def read(table: WidgetTable, widget_id: int) -> Edited:
    """Return the widget. Raises NotFoundError if it is neither live nor has a draft."""
    found, draft = widgets.find(table, widget_id), table.draft(widget_id)
    live = found if found and not found.live.deleted else None
    edited = Edited(widget_id, live, draft if draft and not draft.is_over else None)
    if edited.live is None and edited.draft is None:
        raise NotFoundError.widget(widget_id) if found is None else NotFoundError.deleted(widget_id)
    return edited
