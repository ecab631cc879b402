"""The check of a definition without its publication: for drafts, editors and pipelines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from consent_core.errors import MOST_PROBLEMS, DefinitionError
from consent_core.problems import Problem
from consent_core.publishing import changes, lint
from consent_core.publishing.definitions import WidgetDefinition, definition_of
from consent_core.widget_table import WidgetTable


@dataclass(frozen=True, slots=True)
class Findings:
    """``problems`` prevent the publication, ``warnings`` do not. A definition that cannot be read has no warnings."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()

    def as_json(self) -> dict[str, object]:
        """Return the findings as the administration API and the command line show them."""
        return {"problems": _named(self.problems), "warnings": _named(self.warnings)}


def check(table: WidgetTable, widget_id: int, stated: str | Mapping[str, Any], *, now: datetime) -> Findings:
    """Check what is stated as the definition of a widget, which may be new. Nothing is written.

    ``stated`` is JSON, as text or read. No definition raises an error, however faulty it is.
    """
    try:
        definition = definition_of(widget_id, stated if isinstance(stated, str) else json.dumps(dict(stated)))
    except DefinitionError as error:
        return Findings(error.errors)
    return of(table, definition, now=now)


def of(table: WidgetTable, definition: WidgetDefinition, *, now: datetime) -> Findings:
    """Check a definition that was read without faults: its publication, and its questionable choices."""
    warnings = tuple(lint.warnings(definition, today=now.date()))
    try:
        changes.plan(table, definition, now=now)
    except DefinitionError as error:
        return Findings(error.errors, warnings)
    return Findings((), warnings)


def _named(problems: Sequence[Problem]) -> list[dict[str, object]]:
    """Return the first problems, and how many more there are: an answer has an end."""
    named = [each.as_json() for each in problems[:MOST_PROBLEMS]]
    if others := len(problems) - len(named):
        named.append(Problem((), f"and {others:,} more").as_json())
    return named
