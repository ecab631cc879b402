"""Saving of a form into the draft: as a button says, or as one types."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from consent_console import forms
from consent_console.editor.widget import Edited
from consent_console.pages import Answer, Page, Redirect
from consent_console.serving import Visit
from consent_core.errors import DefinitionError, DraftConflictError
from consent_core.problems import Problem
from consent_core.publishing import drafts
from consent_core.widget_table import WidgetTable

BUTTONS = ("save", "over", "fix", "remove")
"""The names of the buttons of forms that are saved as one types. Without one of them, a person was typing."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A form that was not saved: as it was typed, with its faults, or with the draft that came before it."""

    typed: forms.Form
    problems: tuple[Problem, ...] = ()
    conflict: DraftConflictError | None = None

    @property
    def status(self) -> int:
        """The status of the page that shows it."""
        return 409 if self.conflict else 422


def save(
    table: WidgetTable,
    visit: Visit,
    stated: Mapping[str, object],
    *,
    to: Redirect,
    refused: Callable[[Refusal], Answer],
) -> Answer:
    """Save a part of the definition, and return the way on, or the page that says what is refused.

    It is saved over the draft that the form names: the one that was seen, or a newer one.
    """
    seen = forms.whole(visit.field("over" if "over" in visit.form else "draft"))
    try:
        drafts.save_part(table, visit.widget_id, stated, actor=visit.person.actor, now=visit.now, expected=seen)
    except DefinitionError as error:
        return refused(Refusal(visit.form, error.errors))
    except DraftConflictError as error:
        return refused(Refusal(visit.form, conflict=error))
    return to


def was_pressed(typed: forms.Form) -> bool:
    """Return whether a button has sent a form that is saved as one types."""
    return any(name in typed for name in BUTTONS)


def back(path: str, typed: forms.Form, query: Mapping[str, str] = MappingProxyType({})) -> Redirect:
    """Return the way back to a form that is saved as one types. Only after a button the page says that it is saved."""
    return Redirect(path, {**({"said": "saved"} if was_pressed(typed) else {}), **query})


def page(template: str, edited: Edited, refusal: Refusal | None, values: Mapping[str, object]) -> Page:
    """Return a page with a form: as the draft has it, or as it was typed.

    A page that is shown while a person types is quiet, without a summary of the faults: it would speak at each pause.
    """
    common = {
        "widget": edited,
        "is_saved": refusal is None,
        "is_quiet": refusal is not None and not was_pressed(refusal.typed),
        "conflict": refusal.conflict if refusal else None,
        "draft": refusal.typed.get("draft", [""])[0] if refusal else edited.number or "",
    }
    return Page(template, {**common, **values}, refusal.status if refusal else 200)


def page_of_fields(
    template: str, edited: Edited, refusal: Refusal | None, names: Iterable[str], values: Mapping[str, object]
) -> Page:
    """Return a page of fields with these names. Problems that keep the draft from being published are shown, too."""
    listed = [*names]
    whole = {name.partition(".")[0] for name in listed}
    problems = refusal.problems if refusal else [each for each in edited.problems if whole & {*each.place[:1]}]
    fields = {
        "fields": forms.fields(listed, edited.definition, refusal.typed if refusal else None, problems),
        "faults": forms.summary(listed, problems),
    }
    return page(template, edited, refusal, {**fields, **values})
