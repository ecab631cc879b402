"""The publication of a draft: what it changes, what prevents it, and what it takes away."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from consent_console import forms
from consent_console.editor import comparison, places, text_groups, widget
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.errors import ConflictError, DefinitionError, DraftConflictError
from consent_core.problems import Problem
from consent_core.publishing import changes, drafts
from consent_core.publishing.drafts import Rebase, Review
from consent_core.widget_table import Draft, WidgetTable


class Linked(NamedTuple):
    """A problem or a warning, with the address of the field at which it is mended."""

    label: str
    sentence: str
    link: str


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(table)
    return {
        "GET /widgets/{id}/publish": Route(pages.show, Action.SEE),
        "POST /widgets/{id}/publish": Route(pages.publish, Action.EDIT),
        "POST /widgets/{id}/rebase": Route(pages.rebase, Action.EDIT),
        "POST /widgets/{id}/discard": Route(pages.discard, Action.EDIT),
        "POST /widgets/{id}/renewal": Route(pages.ask_again, Action.EDIT),
    }


class _Pages:
    """The pages, with the table that they read and change."""

    def __init__(self, table: WidgetTable) -> None:
        self._table = table

    def show(self, visit: Visit) -> Answer:
        return self._page(visit, widget.read(self._table, visit.widget_id))

    def publish(self, visit: Visit) -> Answer:
        edited = widget.read(self._table, visit.widget_id)
        if edited.draft is None or visit.field("draft") != str(edited.draft.number):
            return self._page(visit, edited, is_stale=True, status=409)
        try:
            draft = self._with_renewal(edited, edited.draft, visit)
            review = drafts.review(self._table, draft, now=visit.now)
            if _lacks(visit, review):
                return self._page(visit, widget.read(self._table, visit.widget_id), is_sent=True, status=422)
            drafts.publish(self._table, visit.widget_id, actor=visit.person.actor, now=visit.now, expected=draft.number)
        except (ConflictError, DraftConflictError):
            return self._page(visit, widget.read(self._table, visit.widget_id), is_stale=True, status=409)
        except DefinitionError:
            return self._page(visit, widget.read(self._table, visit.widget_id), is_sent=True, status=422)
        return Redirect(_path(visit), {"said": "published" if edited.live else "first-published"})

    def rebase(self, visit: Visit) -> Answer:
        seen, actor = forms.whole(visit.field("draft")) or 0, visit.person.actor
        drafts.save_rebased(self._table, visit.widget_id, actor=actor, now=visit.now, expected=seen)
        return Redirect(_path(visit), {"said": "rebased"})

    def discard(self, visit: Visit) -> Answer:
        edited = widget.read(self._table, visit.widget_id)
        drafts.discard(self._table, visit.widget_id, expected=forms.whole(visit.field("draft")) or 0)
        return Redirect(f"/widgets/{visit.widget_id}", {"said": "discarded"}) if edited.live else Redirect("/")

    def ask_again(self, visit: Visit) -> Answer:
        changes.raise_renewal(self._table, visit.widget_id, actor=visit.person.actor, now=visit.now)
        return Redirect(_path(visit), {"said": "asked-again"})

    def _with_renewal(self, edited: widget.Edited, draft: Draft, visit: Visit) -> Draft:
        """Return the draft with the answer to the question whether everybody is asked again."""
        if edited.live is None:
            return draft
        live = edited.live.definition["renewal"]
        renewal = live + bool(visit.field("renew"))
        if _renews(edited) == (renewal > live):
            return draft
        part, actor = {"renewal": renewal}, visit.person.actor
        return drafts.save_part(self._table, visit.widget_id, part, actor=actor, now=visit.now, expected=draft.number)

    def _page(
        self, visit: Visit, edited: widget.Edited, *, is_sent: bool = False, is_stale: bool = False, status: int = 200
    ) -> Page:
        """Show the draft, or what is live. ``is_sent``: a tick is missing. ``is_stale``: there is a newer draft."""
        review, rebase, conflict = None, None, None
        try:
            review = drafts.review(self._table, edited.draft, now=visit.now) if edited.draft else None
        except ConflictError as error:
            rebase, conflict = self._rebase(edited.draft), error
        typed = visit.form if is_sent else {}
        values: dict[str, Any] = {
            "widget": edited,
            "review": review,
            "groups": _groups(edited, review or rebase),
            "rebase": rebase,
            "both": _both(rebase),
            "problems": _linked(edited, review, review.findings.problems if review else ()),
            "warnings": _linked(edited, review, review.findings.warnings if review else ()),
            "renews": _renews(edited),
            "typed": typed,
            "lacks": _lacks(visit, review) if is_sent and review else (),
            "is_stale": is_stale,
            "conflict": conflict,
        }
        return Page("publish.html", values, status)

    def _rebase(self, draft: Draft | None) -> Rebase | None:
        """Return how the draft's changes would be made again on what is live, or None if they cannot be."""
        with suppress(ConflictError, DefinitionError):
            return drafts.rebase(self._table, draft) if draft else None
        return None


def _path(visit: Visit) -> str:
    return f"/widgets/{visit.widget_id}/publish"


def _lacks(visit: Visit, review: Review) -> tuple[str, ...]:
    """Return the names of the ticks that a publication needs and that the form does not have."""
    needed = {"warned": bool(review.findings.warnings), "taken": bool(review.takes_away)}
    return tuple(name for name, is_needed in needed.items() if is_needed and not visit.field(name))


def _renews(edited: widget.Edited) -> bool:
    """Return whether the draft asks every visitor again."""
    live = edited.live
    return live is not None and edited.definition["renewal"] > live.definition["renewal"]


def _groups(edited: widget.Edited, found: Review | Rebase | None) -> list[comparison.Group]:
    return comparison.groups(edited.widget_id, found.differences, found.definition) if found else []


def _both(rebase: Rebase | None) -> list[str]:
    """Return the names of what was changed in the draft and in what is live as well."""
    if rebase is None:
        return []
    members = (".".join(str(each) for each in place) for place in rebase.both)
    return list(dict.fromkeys(comparison.name_of(member, rebase.definition) for member in members))


def _linked(edited: widget.Edited, review: Review | None, problems: Iterable[Problem]) -> list[Linked]:
    definition = review.definition if review else {}
    return [
        Linked(
            comparison.title_of(each.place, definition),
            text_groups.in_words(each.sentence),
            places.address_of(edited.widget_id, each.place, definition),
        )
        for each in problems
    ]
