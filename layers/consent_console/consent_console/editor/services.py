"""The services of a widget: from the library, or described by the owner.

A description may have a text for each language. The form of a service shows one language at a time, and keeps the
others.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from consent_console import forms
from consent_console.editor import saving, widget
from consent_console.editor.descriptions import DESCRIPTION, own_text, with_text
from consent_console.editor.saving import Refusal
from consent_console.labels import PURPOSES
from consent_console.pages import Answer, Page, Redirect
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core import catalogue
from consent_core.catalogue import Purpose
from consent_core.errors import NotFoundError
from consent_core.problems import Place, Problem
from consent_core.publishing import known_services
from consent_core.widget_table import WidgetTable

SERVICE = (
    "name",
    "purpose",
    "description",
    "privacyPolicyUrl",
    "domain",
    "storage",
    "consentModes",
    "exempt",
    "logoUrl",
    "slug",
    "id",
    "version",
)
"""The members of a service that are fields of its form. Its cookies are rows."""

COOKIE = ("name", "expiryDays", "domain", "path", "description", "id")
"""The members of a cookie that are fields of its row."""

WITHOUT_FIELD: Mapping[str, str] = {
    "cookies": "the rows",
    "requiredConsent": "follows from the purpose",
    "defaultConsent": "follows from the purpose",
}
"""The members of a service without a field of their own, each with the reason."""

_OF_PURPOSE = frozenset({"requiredConsent", "defaultConsent"})
_LONGEST_SLUG = 64
_LONGEST_SEARCH = 200
_LARGEST_PLACE = 9_999

type Service = Mapping[str, Any]


def routes(table: WidgetTable) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(table)
    return {
        "GET /widgets/{id}/services": Route(pages.show, Action.SEE),
        "POST /widgets/{id}/services": Route(pages.add, Action.EDIT),
        "GET /widgets/{id}/new-service": Route(pages.new, Action.EDIT),
        "POST /widgets/{id}/new-service": Route(pages.save_new, Action.EDIT),
        "GET /widgets/{id}/services/{slug}": Route(pages.edit, Action.SEE),
        "POST /widgets/{id}/services/{slug}": Route(pages.save, Action.EDIT),
        "GET /widgets/{id}/services/{slug}/remove": Route(pages.ask, Action.EDIT),
        "POST /widgets/{id}/services/{slug}/remove": Route(pages.remove, Action.EDIT),
    }


@dataclass(frozen=True, slots=True)
class Subject:
    """The service of a form: ``at`` is the number in its fields' names, ``slug`` the one in its address.

    A new service has no slug. ``language`` is that of the descriptions.
    """

    edited: widget.Edited
    at: int
    service: Service
    slug: str
    language: str

    @property
    def default(self) -> str:
        """The widget's first language."""
        return self.edited.parts.languages[0]


@dataclass(frozen=True, slots=True)
class _Pages:
    table: WidgetTable

    def show(self, visit: Visit) -> Answer:
        return _list_page(self._read(visit), visit)

    def add(self, visit: Visit) -> Answer:
        """Add a service of the library."""
        edited, slug = self._read(visit), visit.field("slug")
        services = _services(edited)
        if _position(services, slug) is not None:
            return _to_library(visit, "service-there", slug)
        return saving.save(
            self.table,
            visit,
            {"services": [*services, {"use": slug}]},
            to=_to_library(visit, "service-added", slug),
            refused=lambda refusal: _list_page(edited, visit, refusal),
        )

    def new(self, visit: Visit) -> Answer:
        edited = self._read(visit)
        begun = {"purpose": Purpose.UNCLASSIFIED.label}
        return _form_page(Subject(edited, len(_services(edited)), begun, "", _language(edited, "")))

    def edit(self, visit: Visit) -> Answer:
        edited, slug = self._read(visit), visit.path("slug")
        at, service = _found(edited, slug)
        problems = tuple(each for each in edited.problems if each.place[:2] == ("services", at))
        subject = Subject(edited, at, service, slug, _language(edited, visit.query("language")))
        return _form_page(subject, problems=problems)

    def save_new(self, visit: Visit) -> Answer:
        return self._saved(visit, "")

    def save(self, visit: Visit) -> Answer:
        return self._saved(visit, visit.path("slug"))

    def ask(self, visit: Visit) -> Answer:
        return _ask_page(self._read(visit), visit.path("slug"))

    def remove(self, visit: Visit) -> Answer:
        edited, slug = self._read(visit), visit.path("slug")
        at, _ = _found(edited, slug)
        services = _services(edited)
        return saving.save(
            self.table,
            visit,
            {"services": [*services[:at], *services[at + 1 :]]},
            to=_to_list(visit, "service-removed"),
            refused=lambda refusal: _ask_page(edited, slug, refusal),
        )

    def _read(self, visit: Visit) -> widget.Edited:
        return widget.read(self.table, visit.widget_id)

    def _saved(self, visit: Visit, slug: str) -> Answer:
        """Save a service. One that is not in the draft, or not any more, is added at the end."""
        edited = self._read(visit)
        services = _services(edited)
        position = _position(services, slug) if slug else None
        place = len(services) if position is None else position
        number = forms.whole(visit.field("at"))
        at = place if number is None or number > _LARGEST_PLACE else number
        before = {} if position is None else services[position]
        subject = Subject(edited, at, before, slug, _language(edited, visit.field("language")))
        typed = Typed.of(visit.form, subject)
        own = str(typed.service["slug"])

        def refused(refusal: Refusal) -> Page:
            placed = tuple(typed.replaced(each, place) for each in refusal.problems)
            return _form_page(subject, replace(refusal, problems=placed))

        if any(each["slug"] == own for number, each in enumerate(services) if number != place):
            taken = Problem(("services", place, "slug"), "it is the short name of another service")
            return refused(Refusal(visit.form, (taken,)))
        to = _to_list(visit, "saved")
        if visit.field("more"):
            to = Redirect(f"{to.to}/{quote(own)}", {"said": "saved", "language": subject.language})
        changed = [*services[:place], typed.service, *services[place + 1 :]]
        return saving.save(self.table, visit, {"services": changed}, to=to, refused=refused)


def _services(edited: widget.Edited) -> list[Service]:
    return [*edited.definition.get("services", ())]


def _position(services: Sequence[Service], slug: str) -> int | None:
    return next((at for at, each in enumerate(services) if each["slug"] == slug), None)


def _found(edited: widget.Edited, slug: str) -> tuple[int, Service]:
    services = _services(edited)
    at = _position(services, slug)
    if at is None:
        raise NotFoundError(f"Widget {edited.widget_id} has no service {slug}. Someone may have removed it.")
    return at, services[at]


def _language(edited: widget.Edited, asked: str) -> str:
    """Return the language of the descriptions that a form shows."""
    languages = edited.parts.languages
    return asked if asked in languages else languages[0]


def _to_list(visit: Visit, said: str) -> Redirect:
    return Redirect(f"/widgets/{visit.widget_id}/services", {"said": said})


def _to_library(visit: Visit, said: str, slug: str) -> Redirect:
    """Return the way back to the search in which a service was added, and to the service in it."""
    if "q" not in visit.form:
        return _to_list(visit, said)
    return Redirect(
        f"/widgets/{visit.widget_id}/services", {"said": said, "q": _sought(visit.field("q"))}, at=f"known-{slug}"
    )


# --- The list and the library -----------------------------------------------------------------------------------------


def _list_page(edited: widget.Edited, visit: Visit, refusal: Refusal | None = None) -> Page:
    services = _services(edited)
    is_search = "q" in (visit.event.get("queryStringParameters") or {})
    sought = _sought(visit.query("q"))
    values = {
        "faults": forms.summary((), refusal.problems if refusal else ()),
        "groups": [*_by_purpose(services, edited.problems)],
        "count": len(services),
        "sought": sought,
        "is_search": is_search,
        "found": [_entry(each) for each in known_services.search(sought)] if is_search else [],
        "there": {each["slug"] for each in services},
        "size": len(known_services.library()),
    }
    return saving.page("services.html", edited, refusal, values)


def _sought(text: str) -> str:
    return text.strip()[:_LONGEST_SEARCH]


def _entry(known: known_services.KnownService) -> dict[str, object]:
    """Return an entry of the library as its card shows it."""
    purpose = catalogue.PURPOSES[str(known.service["purpose"])]
    return {**known.summary(), "purpose": PURPOSES[purpose]}


def _by_purpose(services: Sequence[Service], problems: Sequence[Problem]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield the purposes that have services, each with its cards."""
    faulty = {each.place[1] for each in problems if each.place[:1] == ("services",) and len(each.place) > 1}
    for purpose in Purpose:
        cards = [
            _card(each) | {"is_faulty": at in faulty}
            for at, each in enumerate(services)
            if each["purpose"] == int(purpose)
        ]
        if cards:
            yield PURPOSES[purpose], cards


def _card(service: Service) -> dict[str, Any]:
    known = known_services.library().get(service["slug"])
    return {
        "name": service["name"],
        "slug": service["slug"],
        "path": quote(service["slug"]),
        "hosts": service.get("domain", ()),
        "stored": [*(each["name"] for each in service.get("cookies", ())), *service.get("storage", ())],
        "privacy": service.get("privacyPolicyUrl", ""),
        "is_known": known is not None,
        "checked": known.checked if known else None,
    }


# --- The form ---------------------------------------------------------------------------------------------------------


def _form_page(subject: Subject, refusal: Refusal | None = None, problems: Sequence[Problem] = ()) -> Page:
    at, service = subject.at, subject.service
    typed, found = (refusal.typed, refusal.problems) if refusal else (None, problems)
    was = [each["name"] for each in service.get("cookies", ())] + [""]
    if typed is not None:
        was = [_was(typed, at, row) for row in range(_rows(typed, at))]
    names = [*_names(at, len(was))]
    shown: dict[str, list[Service]] = {"services": [{}] * at + [_shown(subject, service)]}
    values = {
        "slug": quote(subject.slug),
        "at": at,
        "was": was,
        "language": subject.language,
        "others": {} if subject.language == subject.default else _others(subject),
        "fields": forms.fields(names, shown, typed, found),
        "faults": forms.summary(names, found),
        "members": SERVICE,
        "members_of_cookie": COOKIE,
    }
    return saving.page("service.html", subject.edited, refusal, values)


def _others(subject: Subject) -> dict[str, str]:
    """Return the descriptions in the widget's first language by the names of their fields, for a translator."""
    lead = f"services.{subject.at}"
    cookies = enumerate(subject.service.get("cookies", ()))
    parts = {lead: subject.service, **{f"{lead}.cookies.{row}": each for row, each in cookies}}
    return {
        f"{name}.{DESCRIPTION}": own_text(each.get(DESCRIPTION, ""), subject.default, subject.default)
        for name, each in parts.items()
    }


def _names(at: int, rows: int) -> Iterator[str]:
    yield from (f"services.{at}.{member}" for member in SERVICE)
    for row in range(rows):
        yield from (f"services.{at}.cookies.{row}.{member}" for member in COOKIE)


def _shown(subject: Subject, service: Service) -> dict[str, Any]:
    """Return a service as its form shows it: the purpose by its name, and one language's descriptions."""
    return {
        **service,
        "purpose": _purpose(service),
        DESCRIPTION: own_text(service.get(DESCRIPTION, ""), subject.language, subject.default),
        "cookies": [
            {**each, DESCRIPTION: own_text(each.get(DESCRIPTION, ""), subject.language, subject.default)}
            for each in service.get("cookies", ())
        ],
    }


def _purpose(service: Service) -> str:
    stated = service.get("purpose", "")
    return Purpose(stated).label if isinstance(stated, int) else str(stated)


@dataclass(frozen=True, slots=True)
class Typed:
    """A service as a form states it. ``kept`` has the numbers of the form's rows that became cookies, in order."""

    at: int
    service: dict[str, Any]
    kept: tuple[int, ...]

    @classmethod
    def of(cls, form: forms.Form, subject: Subject) -> "Typed":
        """Return the service of a form. Members without a field stay as before, unless they follow from the purpose."""
        at, before = subject.at, subject.service
        service = _stated(form, f"services.{at}", SERVICE, subject, before)
        service["slug"] = service.get("slug") or slug_of(str(service.get("name", "")))
        if service.get("purpose") != _purpose(before):
            service = {name: each for name, each in service.items() if name not in _OF_PURPOSE}
        rows = {row: f"services.{at}.cookies.{row}" for row in range(_rows(form, at))}
        kept = tuple(row for row, lead in rows.items() if forms.stated(f"{lead}.name", form))
        cookies = before.get("cookies", ())
        service["cookies"] = [
            _stated(form, rows[row], COOKIE, subject, _before(_was(form, at, row), row, cookies)) for row in kept
        ]
        return cls(at, service, kept)

    def replaced(self, problem: Problem, position: int) -> Problem:
        """Return a problem of the service at ``position``, with the place of its field in the form."""
        if problem.place[:2] != ("services", position):
            return problem
        rest: Place = problem.place[2:]
        if rest[:1] == ("cookies",) and len(rest) > 1:
            rest = ("cookies", self.kept[int(rest[1])], *rest[2:])
        return replace(problem, place=("services", self.at, *rest))


def _rows(form: forms.Form, at: int) -> int:
    """Return how many rows of cookies a form has."""
    found = (re.fullmatch(rf"services\.{at}\.cookies\.([0-9]{{1,3}})\.name", name) for name in form)
    return max((int(each[1]) + 1 for each in found if each), default=0)


def _was(form: forms.Form, at: int, row: int) -> str:
    """Return the name that the cookie of a row had before it was edited."""
    return "".join(form.get(f"services.{at}.cookies.{row}.was", ())[:1])


def _before(name: str, row: int, cookies: Sequence[Service]) -> Service:
    """Return the cookie of a row before it was edited. One that another author has moved is found by its name."""
    if row < len(cookies) and cookies[row]["name"] == name:
        return cookies[row]
    return next((each for each in cookies if each["name"] == name), {})


def _stated(form: forms.Form, lead: str, members: Sequence[str], subject: Subject, before: Service) -> dict[str, Any]:
    """Return a service or a cookie with what a form states. A member without a value is left out."""
    stated = {member: forms.stated(f"{lead}.{member}", form) for member in members}
    stated[DESCRIPTION] = with_text(
        before.get(DESCRIPTION, ""), stated[DESCRIPTION] or "", subject.language, subject.default
    )
    if chosen := stated.get("consentModes"):
        earlier = before.get("consentModes", ())
        stated["consentModes"] = sorted(
            chosen, key=lambda each: earlier.index(each) if each in earlier else len(earlier)
        )
    kept = {name: each for name, each in before.items() if name not in stated}
    return kept | {name: each for name, each in stated.items() if each is not None and each is not False and each != []}


def slug_of(name: str) -> str:
    """Return a short name made of a name: lower-case letters and digits with hyphens between them, or an empty text."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:_LONGEST_SLUG].rstrip("-")


# --- Removing ---------------------------------------------------------------------------------------------------------


def _ask_page(edited: widget.Edited, slug: str, refusal: Refusal | None = None) -> Page:
    _, service = _found(edited, slug)
    return saving.page("service_remove.html", edited, refusal, {"card": _card(service), "faults": ()})
