"""The texts of a widget, one language at a time: in a form, and as a file for translators."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from consent_console import forms, languages, sheets
from consent_console.editor import descriptions, saving, widget
from consent_console.editor.saving import Refusal
from consent_console.editor.text_groups import GROUPS, LABELS, PLACES, in_words
from consent_console.pages import Answer, Download, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.catalogue import candidates
from consent_core.errors import NotFoundError
from consent_core.problems import Problem
from consent_core.publishing import lint, rendering, texts
from consent_core.publishing.definitions import WidgetDefinition
from consent_core.widget_table import WidgetTable

_READ = "texts-read"
_WHERE = "where it appears"
_IF_EMPTY = "visitors read if empty"
_LONG = 80
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Field:
    """A field for one text. ``applies`` is what visitors read while the field is empty."""

    name: str
    text: str
    label: str
    value: str
    reference: str
    applies: str
    faults: tuple[str, ...]
    warnings: tuple[str, ...]
    is_missing: bool

    @property
    def rows(self) -> int:
        """The height of the field."""
        return 4 if any(len(each) > _LONG or "\n" in each for each in (self.value, self.applies)) else 1

    @property
    def hint(self) -> str:
        """A sentence about the parts of a text that the window fills; empty without any."""
        needed, others = texts.PLACEHOLDERS.get(self.text, texts.Placeholders(()))
        kept = f"Keep {' and '.join(needed)}" if needed else ""
        free = f"{'you' if kept else 'You'} may use {' and '.join(others)}" if others else ""
        parts = ", and ".join(filter(None, (kept, free)))
        return f"{parts}: the window fills in what they stand for." if parts else ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many texts of a language are there. ``missing`` ones are written in ``others``, or not built in."""

    language: str
    there: int
    total: int
    missing: int
    others: tuple[str, ...]

    @property
    def name(self) -> str:
        """The language's name."""
        return languages.name_of(self.language)

    @property
    def is_built_in(self) -> bool:
        """Whether visitors read a text in the language even if the owner has not written it."""
        return lint.is_built_in(self.language)

    @property
    def said(self) -> str:
        """The progress in words."""
        counted = f"{self.there} of {self.total}"
        return f"{counted}, built in" if self.is_built_in else counted

    @property
    def lacks(self) -> str:
        """The missing texts, counted in words."""
        if not self.is_built_in:
            return f"{self.missing} missing"
        others = " and ".join(map(languages.name_of, self.others))
        return f"{self.missing} {'is' if self.missing == 1 else 'are'} yours in {others}, built in here"

    @property
    def is_complete(self) -> bool:
        """Whether no text is missing."""
        return self.missing == 0


def progress_of(definition: WidgetDefinition, language: str) -> Progress:
    """Return how many of the texts that the widget shows are there in a language."""
    counted = {each for each in texts.names() - lint.NEVER_SHOWN if not lint.is_hidden(definition, each)}
    total = counted - {lint.OF_OLD_VERSIONS}
    missing = {*lint.missing_texts(definition, language)}
    there = total if lint.is_built_in(language) else total - missing
    own = definition.translations.items()
    others = tuple(each for each, written in own if lint.is_built_in(each) and missing & written.keys())
    return Progress(language, len(there), len(total), len(missing), others)


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(table)
    return {
        "GET /widgets/{id}/texts": Route(pages.first, Action.SEE),
        "GET /widgets/{id}/texts/{culture}": Route(pages.show, Action.SEE),
        "POST /widgets/{id}/texts/{culture}": Route(pages.save, Action.EDIT),
        "GET /widgets/{id}/texts/{culture}/csv": Route(pages.download, Action.SEE),
        "POST /widgets/{id}/texts/{culture}/csv": Route(pages.upload, Action.EDIT),
    }


@dataclass(frozen=True, slots=True)
class _Pages:
    table: WidgetTable

    def first(self, visit: Visit) -> Answer:
        """Lead to the widget's first language."""
        edited = widget.read(self.table, visit.widget_id)
        return Redirect(f"/widgets/{visit.widget_id}/texts/{edited.parts.languages[0]}")

    def show(self, visit: Visit) -> Answer:
        subject = self._subject(visit, visit.query("missing"))
        source = visit.query("copy")
        read = forms.whole(visit.query("changed")) if visit.said == _READ else None
        return _page(subject, copied=source if source in subject.edited.parts.translations else "", read=read)

    def save(self, visit: Visit) -> Answer:
        """Save the texts whose fields the form has. An empty one is built in again; all others stay."""
        subject = self._subject(visit, visit.field("missing"))
        return saving.save(
            self.table,
            visit,
            subject.part(subject.typed(visit.form)),
            to=saving.back(subject.path, visit.form, subject.query(visit.form)),
            refused=lambda refusal: _page(subject, refusal),
        )

    def download(self, visit: Visit) -> Answer:
        subject = self._subject(visit, "")
        name = f"texts-{visit.widget_id}-{subject.culture}.csv"
        return Download(name, "text/csv; charset=utf-8", sheets.written(subject.heads, subject.rows()))

    def upload(self, visit: Visit) -> Answer:
        """Save the texts and descriptions of a file, or of rows that were pasted, unless one of them is wrong."""
        subject = self._subject(visit, "")
        sent = next((each for name in ("file", "pasted") if (each := visit.form.get(name, [""])[0]).strip()), "")
        sheet = sheets.read(sent, subject.culture, subject.checks(), subject.unknown)
        if sheet.faults:
            return _page_of_file(subject, Refusal(visit.form), sent, sheet.faults)
        changed = sum(text != subject.written.get(name, "") for name, text in sheet.texts.items())
        return saving.save(
            self.table,
            visit,
            {**subject.part(sheet.texts), **subject.described(sheet.texts)},
            to=Redirect(subject.path, {"said": _READ, "changed": str(changed)}),
            refused=lambda refusal: _page_of_file(subject, refusal, sent),
        )

    def _subject(self, visit: Visit, missing: str) -> "Subject":
        edited, culture = widget.read(self.table, visit.widget_id), visit.path("culture")
        if culture not in {*edited.parts.languages, *edited.parts.translations}:
            raise NotFoundError(f"Widget {visit.widget_id} has no texts in {culture[:20]}. Add the language first.")
        return Subject(edited, culture, bool(missing), frozenset(missing.split()) & LABELS.keys())


@dataclass(frozen=True, slots=True)
class Subject:
    """The texts of a page: those in one language, or only those that are missing in it.

    ``kept`` are shown among the missing ones although they are there by now: a person may still be typing them.
    """

    edited: widget.Edited
    culture: str
    missing_only: bool
    kept: frozenset[str]

    @property
    def definition(self) -> WidgetDefinition:
        """The definition that is shown."""
        return self.edited.parts

    @property
    def own(self) -> Mapping[str, str]:
        """The texts that the owner has written in the language."""
        return self.definition.translations.get(self.culture, {})

    @property
    def written(self) -> dict[str, str]:
        """The owner's texts and descriptions in the language, by their names in a file."""
        first = self.definition.languages[0]
        named = descriptions.named(self.services).items()
        return {**self.own, **{name: descriptions.own_text(said, self.culture, first) for name, said in named}}

    @property
    def reference(self) -> str:
        """The language beside which this one is written: the widget's first one; empty for that one itself."""
        first = self.definition.languages[0]
        return "" if first == self.culture else first

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of a file's columns after the name."""
        return (_WHERE, *filter(None, [self.reference]), _IF_EMPTY, self.culture)

    def field(self, name: str) -> str:
        """Return the name of a text's field: its place in the definition."""
        return f"translations.{self.culture}.{name}"

    def typed(self, form: forms.Form) -> dict[str, str]:
        """Return the texts whose fields a form has."""
        return {name: form[self.field(name)][0] for name in LABELS if self.field(name) in form}

    @property
    def path(self) -> str:
        """The path of the page."""
        return f"/widgets/{self.edited.widget_id}/texts/{self.culture}"

    def query(self, form: forms.Form) -> dict[str, str]:
        """Return the query of the way back from a form. While a person types, its fields stay on the page."""
        if not self.missing_only:
            return {}
        return {"missing": "1" if saving.was_pressed(form) else " ".join(self.typed(form)) or "1"}

    def part(self, typed: Mapping[str, str]) -> dict[str, object]:
        """Return the definition's member with these texts. An empty one is left out: visitors read the built-in one."""
        known = {name: text for name, text in typed.items() if name in LABELS}
        stated = {name: text for name, text in {**self.own, **known}.items() if text.strip()}
        translations = {**self.definition.translations, self.culture: stated}
        return {"translations": {language: each for language, each in translations.items() if each}}

    def applies(self, name: str) -> str:
        """Return what visitors read without a text of the owner in this very language."""
        for each in candidates(self.culture):
            if each != self.culture and name in self.definition.translations.get(each, {}):
                return self.definition.translations[each][name]
            if each in texts.BUILT_IN_LANGUAGES:
                return texts.built_in(each)[name]
        return texts.built_in("en")[name]

    def compared(self, name: str) -> str:
        """Return the text in the language beside which this one is written; for the first one, the built-in text."""
        return self.definition.text(self.reference, name) if self.reference else self.applies(name)

    def shown(self) -> Iterator[str]:
        """Yield the names of all texts that the widget can show, in the order of the page."""
        yield from (name for name in LABELS if name in self.own or not lint.is_hidden(self.definition, name))

    @property
    def services(self) -> Sequence[Mapping[str, Any]]:
        """The services, whose descriptions are in the file, too."""
        return [*self.edited.definition.get("services", ())]

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the rows of a file, whose cells after the name are those of ``heads``."""
        own, is_beside = self.written, bool(self.reference)
        for name in self.shown():
            compared = (self.compared(name),) if is_beside else ()
            yield name, PLACES[name], *compared, self.applies(name), own.get(name, "")
        first = self.definition.languages[0]
        labels = descriptions.labels(self.services)
        for name, said in descriptions.named(self.services).items():
            compared = (rendering.localised(said, self.reference),) if is_beside else ()
            without = descriptions.with_text(said, "", self.culture, first)
            yield name, labels[name], *compared, rendering.localised(without, self.culture), own[name]

    def checks(self) -> sheets.Checks:
        """Return the checks of the texts that a file may have."""
        of_texts = {name: partial(self._checked, name) for name in LABELS}
        return {**of_texts, **dict.fromkeys(descriptions.named(self.services), texts.rich)}

    def _checked(self, name: str, text: str) -> str:
        """Return a text as it is published. One that is not new may lack its placeholders. Raises ValueError."""
        published = texts.checked(name, text)
        if published != self.own.get(name) and (wrong := texts.wrong_placeholders(name, published)):
            raise ValueError(wrong)
        return published

    def unknown(self, name: str) -> str:
        """Return a sentence about a row whose name is not one of the file."""
        if said := descriptions.unknown(name, self.services):
            return said
        near = difflib.get_close_matches(name[:_LONGEST_NAME], LABELS, n=1)
        return "the widget has no text of this name" + (f": is it {near[0]}?" if near else "")

    def described(self, typed: Mapping[str, str]) -> dict[str, object]:
        """Return the definition's services with these descriptions. An empty one is left out."""
        first = self.definition.languages[0]
        return {"services": descriptions.changed(self.services, typed, self.culture, first)}


def _page(subject: Subject, refusal: Refusal | None = None, *, copied: str = "", read: int | None = None) -> Page:
    definition = subject.definition
    missing = {*lint.missing_texts(definition, subject.culture)}
    typed = subject.typed(refusal.typed) if refusal else {}
    values = {**(definition.translations[copied] if copied else {}), **subject.own, **typed}
    problems = refusal.problems if refusal else ()
    stated = {name: text for name, text in values.items() if text.strip()}
    written = definition.model_copy(update={"translations": {**definition.translations, subject.culture: stated}})
    warnings = [*lint.of_texts(written)]
    wanted = missing | subject.kept | typed.keys() if subject.missing_only else {*subject.shown()}
    fields = {name: _field(subject, name, values, problems, warnings, missing) for name in wanted}
    progress = [progress_of(definition, each) for each in definition.languages]
    shown = {
        **_common(subject),
        "groups": [
            (group.heading, found)
            for group in GROUPS
            if (found := [fields[name] for name in group.labels if name in fields])
        ],
        "here": progress_of(definition, subject.culture),
        "missing": [subject.field(name) for name in LABELS if name in missing],
        "progress": progress,
        "next_language": next(
            (each for each in progress if not each.is_complete and each.language != subject.culture), None
        ),
        "copied": copied,
        "read": "" if read is None else _read(read),
        "sources": [each for each in definition.translations if each != subject.culture],
        "faults": [_fault(subject, each, fields) for each in problems],
    }
    return saving.page("texts.html", subject.edited, refusal, shown)


def _read(changed: int) -> str:
    """Return what the file has changed, as a sentence or two."""
    match changed:
        case 0:
            return "No text of the file is new: nothing has changed."
        case 1:
            return "1 text has changed in the draft. Visitors see it when you publish."
    return f"{changed:,} texts have changed in the draft. Visitors see them when you publish."


def _page_of_file(subject: Subject, refusal: Refusal, pasted: str, wrong: Sequence[sheets.Fault] = ()) -> Page:
    """Return the page of a file that was not saved: ``wrong`` are faults of its rows."""
    shown = {**_common(subject), "pasted": pasted, "wrong": wrong, "faults": forms.summary((), refusal.problems)}
    return saving.page("texts_file.html", subject.edited, refusal, shown)


def _common(subject: Subject) -> dict[str, object]:
    return {
        "subject": subject,
        "name": languages.name_of(subject.culture),
        "names": languages.name_of,
        "pasted": "",
        "wrong": (),
    }


def _field(
    subject: Subject,
    name: str,
    values: Mapping[str, str],
    problems: Sequence[Problem],
    warnings: Sequence[Problem],
    missing: set[str],
) -> Field:
    place = ("translations", subject.culture, name)
    return Field(
        name=subject.field(name),
        text=name,
        label=LABELS[name],
        value=values.get(name, ""),
        reference=subject.compared(name) if subject.reference else "",
        applies=subject.applies(name),
        faults=tuple(each.sentence for each in problems if each.place == place),
        warnings=tuple(in_words(each.sentence) for each in warnings if each.place == place),
        is_missing=name in missing,
    )


def _fault(subject: Subject, problem: Problem, fields: Mapping[str, Field]) -> forms.Fault:
    found = next(
        (each for each in fields.values() if problem.place == ("translations", subject.culture, each.text)), None
    )
    return forms.Fault(problem.sentence, f"#f-{found.name}", found.label) if found else forms.Fault(str(problem))
