"""Saving a part of a draft from a form: what is refused, and what another author has saved first."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from consent_console.pages import Answer, Redirect
from consent_console.serving import Visit
from consent_core.errors import DefinitionError, DraftConflictError
from consent_core.problems import Problem
from consent_core.publishing import drafts
from consent_core.widget_table import WidgetTable


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to a form that was not saved: faults (422), or the draft that another author has saved (409)."""

    status: int = 200
    problems: tuple[Problem, ...] = ()
    conflict: DraftConflictError | None = None


NONE = Refusal()


def save(
    table: WidgetTable,
    visit: Visit,
    part: Mapping[str, object],
    *,
    to: Redirect,
    refused: Callable[[Refusal], Answer],
) -> Answer:
    """Save a part in the draft whose number the form has. Return the way on, or the page that says what is refused."""
    seen = visit.field("draft")
    try:
        drafts.save_part(
            table,
            visit.widget_id,
            part,
            actor=visit.person.actor,
            now=visit.now,
            expected=int(seen) if seen.isdecimal() else None,
        )
    except DefinitionError as error:
        return refused(Refusal(422, error.errors))
    except DraftConflictError as error:
        return refused(Refusal(409, conflict=error))
    return to
