"""The languages of a widget: which there are, which one comes first, and how complete they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from consent_console import forms, languages
from consent_console.editor import saving, widget
from consent_console.editor.saving import Refusal
from consent_console.editor.texts import progress_of
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.errors import NotFoundError
from consent_core.problems import Problem
from consent_core.publishing import known_services
from consent_core.widget_table import WidgetTable


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(table)
    return {
        "GET /widgets/{id}/languages": Route(pages.show, Action.SEE),
        "POST /widgets/{id}/languages": Route(pages.change, Action.EDIT),
        "GET /widgets/{id}/languages/{culture}/remove": Route(pages.ask, Action.EDIT),
        "POST /widgets/{id}/languages/{culture}/remove": Route(pages.remove, Action.EDIT),
    }


@dataclass(frozen=True, slots=True)
class _Pages:
    table: WidgetTable

    def show(self, visit: Visit) -> Answer:
        return _page(widget.read(self.table, visit.widget_id))

    def change(self, visit: Visit) -> Answer:
        """Move a language one place up, or add one."""
        edited, moved = widget.read(self.table, visit.widget_id), visit.field("up")
        added = visit.field("code") or visit.field("language")
        if not moved and added in edited.parts.languages:
            return _page(edited, Refusal(visit.form, (Problem(("languages",), "it is there already"),)))
        return saving.save(
            self.table,
            visit,
            _moved(edited, moved) if moved else _with_language(edited, added),
            to=_to_list(visit, "saved" if moved else "language-added"),
            refused=lambda refusal: _page(edited, refusal),
        )

    def ask(self, visit: Visit) -> Answer:
        return _ask_page(widget.read(self.table, visit.widget_id), visit.path("culture"))

    def remove(self, visit: Visit) -> Answer:
        edited, culture = widget.read(self.table, visit.widget_id), visit.path("culture")
        _check(edited, culture)
        kept = [each for each in edited.parts.languages if each != culture]
        return saving.save(
            self.table,
            visit,
            {"languages": kept, "translations": _texts_of(edited, kept)},
            to=_to_list(visit, "language-removed"),
            refused=lambda refusal: _ask_page(edited, culture, refusal),
        )


def _to_list(visit: Visit, said: str) -> Redirect:
    return Redirect(f"/widgets/{visit.widget_id}/languages", {"said": said})


def _moved(edited: widget.Edited, culture: str) -> dict[str, object]:
    """Return the languages with one of them a place further up."""
    listed = [*edited.parts.languages]
    at = listed.index(culture) if culture in listed else 0
    if at > 0:
        listed[at - 1 : at + 1] = [culture, listed[at - 1]]
    return {"languages": listed}


def _with_language(edited: widget.Edited, culture: str) -> dict[str, object]:
    """Return the parts of a definition with another language, in which the library's services are described as well."""
    listed = [*edited.parts.languages, culture]
    services = edited.definition.get("services", ())
    if not services or not languages.is_culture(culture):
        return {"languages": listed}
    return {"languages": listed, "services": [known_services.translated(each, listed) for each in services]}


def _texts_of(edited: widget.Edited, kept: Sequence[str]) -> dict[str, object]:
    """Return the owner's texts without those in languages that the widget no longer has."""
    known = {*kept, *(each.partition("-")[0] for each in kept)}
    return {language: dict(own) for language, own in edited.parts.translations.items() if language in known}


def _check(edited: widget.Edited, culture: str) -> None:
    if culture not in edited.parts.languages:
        raise NotFoundError(f"Widget {edited.widget_id} does not have the language {culture[:20]}.")


def _page(edited: widget.Edited, refusal: Refusal | None = None) -> Page:
    definition = edited.parts
    values = {
        "progress": [progress_of(definition, each) for each in definition.languages],
        "own": {language: len(texts) for language, texts in definition.translations.items()},
        "choices": languages.to_choose(frozenset(definition.languages)),
        "typed": refusal.typed.get("code", [""])[0] if refusal else "",
        "fault": " ".join(each.sentence for each in refusal.problems) if refusal else "",
        "faults": (),
    }
    return saving.page("languages.html", edited, refusal, values)


def _ask_page(edited: widget.Edited, culture: str, refusal: Refusal | None = None) -> Page:
    _check(edited, culture)
    kept = [each for each in edited.parts.languages if each != culture]
    gone = edited.parts.translations.keys() - _texts_of(edited, kept).keys()
    values = {
        "culture": culture,
        "name": languages.name_of(culture),
        "count": sum(len(edited.parts.translations[each]) for each in gone),
        "is_last": not kept,
        "faults": forms.summary((), refusal.problems if refusal else ()),
    }
    return saving.page("language_remove.html", edited, refusal, values)
