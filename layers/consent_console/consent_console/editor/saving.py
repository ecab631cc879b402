"""Saving of a page of fields into the draft: as a button says, or as one types."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from consent_console import forms
from consent_console.editor.widget import Edited
from consent_console.pages import Answer, Page, Redirect
from consent_console.serving import Visit
from consent_core.errors import DefinitionError, DraftConflictError
from consent_core.problems import Problem
from consent_core.publishing import drafts
from consent_core.widget_table import WidgetTable

BUTTONS = ("save", "over", "fix", "remove")
"""The names of the buttons. A form without one of them was sent while a person types."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that could not be saved: as it was typed, with its faults, or with the draft that came before it."""

    typed: forms.Form
    problems: tuple[Problem, ...] = ()
    conflict: DraftConflictError | None = None


class MakePage(Protocol):
    """Make the page that has the form."""

    def __call__(self, edited: Edited, tried: Tried | None = None) -> Page:
        """Return the page as the draft has it, or with the form that could not be saved."""


def save(
    table: WidgetTable, visit: Visit, edited: Edited, stated: Mapping[str, object], page: MakePage, *, to: str
) -> Answer:
    """Save a part of the definition and lead ``to`` its page; otherwise show the form as it was typed."""
    try:
        keep(table, visit, stated)
    except DefinitionError as error:
        return page(edited, Tried(visit.form, error.errors))
    except DraftConflictError as error:
        return page(edited, Tried(visit.form, conflict=error))
    return Redirect(to, {"said": "saved"} if was_pressed(visit.form) else {})


def keep(table: WidgetTable, visit: Visit, stated: Mapping[str, object]) -> None:
    """Save a part of the definition over the draft that the form names: the one that was seen, or a newer one.

    Raises as ``drafts.save_part`` does.
    """
    named = visit.field("over" if "over" in visit.form else "draft")
    drafts.save_part(
        table, visit.widget_id, stated, actor=visit.person.actor, now=visit.now, expected=forms.whole(named)
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A form of several steps that was not saved: its faults (422), or the draft that came before it (409).

    ``draft`` is the draft's number as the form has it.
    """

    status: int = 200
    problems: tuple[Problem, ...] = ()
    conflict: DraftConflictError | None = None
    draft: str = ""


NONE = Refusal()


def save_or(
    table: WidgetTable,
    visit: Visit,
    stated: Mapping[str, object],
    *,
    to: Redirect,
    refused: Callable[[Refusal], Answer],
) -> Answer:
    """Save a part of the definition, and return the way on, or the page that says what is refused."""
    draft = visit.field("draft")
    try:
        keep(table, visit, stated)
    except DefinitionError as error:
        return refused(Refusal(422, error.errors, draft=draft))
    except DraftConflictError as error:
        return refused(Refusal(409, conflict=error, draft=draft))
    return to


def was_pressed(typed: forms.Form) -> bool:
    """Return whether a button has sent the form."""
    return any(name in typed for name in BUTTONS)


def page(
    template: str, edited: Edited, tried: Tried | None, names: Iterable[str], values: Mapping[str, object]
) -> Page:
    """Return a page of fields with these names. Problems that would keep the draft from being published are shown, too.

    A page that is shown while a person types has no summary of the faults: it would speak at each pause.
    """
    listed = [*names]
    whole = {name.partition(".")[0] for name in listed}
    problems = tried.problems if tried else [each for each in edited.problems if whole.intersection(each.place[:1])]
    common = {
        "widget": edited,
        "fields": forms.fields(listed, edited.definition, tried.typed if tried else None, problems),
        "faults": forms.summary(listed, problems),
        "is_saved": tried is None,
        "is_quiet": tried is not None and not was_pressed(tried.typed),
        "conflict": tried.conflict if tried else None,
        "draft": tried.typed.get("draft", [""])[0] if tried else edited.number or "",
    }
    return Page(template, {**common, **values}, _status(tried))


def _status(tried: Tried | None) -> int:
    if tried is None:
        return 200
    return 409 if tried.conflict else 422
