"""Consents: look one up, find those of a user, hand the dossier on, erase. Ids of visitors are in bodies alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial, wraps
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from consent_console.desk.fields import Field, Typed, reason_field, widgets_of
from consent_console.pages import Answer, Download, Page
from consent_console.people import Action
from consent_console.serving import Route, Visit
from consent_core.access_audit import Kind
from consent_core.consent_table import identifies
from consent_core.dossier.claims import Json
from consent_core.dossier.desk import LARGEST_ANSWER, Desk, Erased, NotRecordedError
from consent_core.dossier.evidence import Question
from consent_core.errors import UnprocessableError
from consent_core.reports import dossier as report

WORD = "ERASE"
"""The word that is typed before an erasure."""


def routes(desk: Desk) -> Mapping[str, Route]:
    """Return the routes of these pages."""
    pages = _Pages(desk)
    return {
        "GET /consents": Route(pages.ask, Action.PROVE),
        "POST /consents/lookup": Route(recorded(pages.look_up), Action.PROVE),
        "POST /consents/search": Route(recorded(pages.search), Action.PROVE),
        "POST /consents/dossier": Route(recorded(pages.hand_on), Action.PROVE),
        "POST /consents/erase": Route(recorded(pages.erase), Action.PROVE),
    }


def recorded(page: Callable[[Visit], Answer]) -> Callable[[Visit], Answer]:
    """Return a page that says so when its access could not be recorded, and was refused therefore."""

    @wraps(page)
    def checked(visit: Visit) -> Answer:
        try:
            return page(visit)
        except NotRecordedError:
            return Page("not_recorded.html", {}, 503)

    return checked


@dataclass(frozen=True, slots=True)
class _Pages:
    desk: Desk

    def ask(self, visit: Visit) -> Answer:
        """Show the form, empty: an id has no place in an address."""
        fields = _fields(self._widgets(visit))
        return Page("consents.html", {"fields": {each.name: each for each in fields}, "faults": [], "answer": ""})

    def look_up(self, visit: Visit) -> Answer:
        """Show the dossier. A form with a userId alone is a search: the key Enter presses the first button."""
        typed = Typed(visit)
        if typed.text("userId") and not typed.text("consentId"):
            return self.search(visit)
        question, asking = _question(typed), typed.asking()
        if typed.problems:
            return self._ask(typed)
        dossier = self.desk.dossier(question, asking)
        if not dossier["decisions"]:
            return self._none_found(typed, dossier["archive"])
        sections = report.parts(dossier, partial(_frame, self.desk))
        is_erasable = any(each["isInTable"] and identifies(each["proof"]) for each in dossier["decisions"])
        values = {"sections": _fitting(sections), "typed": _hidden(typed), "is_erasable": is_erasable}
        return Page("dossier.html", values)

    def search(self, visit: Visit) -> Answer:
        typed = Typed(visit)
        widget_id, user_id, asking = typed.widget(self._widgets(visit)), typed.user_id(), typed.asking()
        if typed.problems:
            return self._ask(typed)
        found = self.desk.find_user(widget_id, user_id, asking)
        return Page("consents_of_user.html", {"found": found, "reason": asking.reason, "widget_id": widget_id})

    def hand_on(self, visit: Visit) -> Answer:
        """Return the dossier as a file."""
        typed = Typed(visit)
        question, asking = _question(typed), typed.asking()
        if typed.problems:
            return self._ask(typed)
        dossier = self.desk.dossier(question, asking, kind=Kind.DOSSIER)
        if not dossier["decisions"]:
            return self._none_found(typed, dossier["archive"])
        name = f"consent-dossier-{datetime.fromisoformat(dossier['madeAt']):%Y-%m-%d-%H%M%S}.html"
        return Download(name, "text/html; charset=utf-8", _fitting(report.page(dossier)))

    def erase(self, visit: Visit) -> Answer:
        """Explain an erasure; with the word that the page asks for, erase."""
        typed = Typed(visit)
        consent_id, asking = typed.consent_id(), typed.asking()
        is_typed = "word" in visit.form
        if "consentId" in typed.problems or (typed.problems and not is_typed):
            return self._ask(typed)
        if not is_typed:
            erasable = self.desk.erasable(consent_id, asking)
            return _confirm(typed, erasable) if erasable.erased else _erased(typed, erasable)
        if typed.text("word") != WORD:
            typed.problems["word"] = f"Type {WORD} in capitals. Nothing was erased."
        if typed.problems:
            return _confirm(typed, None)
        return _erased(typed, self.desk.erase(consent_id, asking))

    def _ask(self, typed: Typed, answer: str = "", status: int = 200) -> Page:
        fields = _fields(self._widgets(typed.visit))
        values = {"fields": typed.shown(*fields), "faults": typed.faults(fields), "answer": answer}
        return Page("consents.html", values, 422 if typed.problems else status)

    def _none_found(self, typed: Typed, archive: Json) -> Page:
        """Return the page for no proof found, or for unknown because not all places could be read."""
        advice = archive["advice"] or ""
        if archive["isComplete"] and not archive["unreadable"]:
            return self._ask(typed, f"No proofs found for this consent. {_OTHER_IDS} {advice}".strip(), 404)
        said = "Unknown: proofs of this consent may exist, but not all places could be read."
        return self._ask(typed, f"{said} {advice}".strip(), 503)

    def _widgets(self, visit: Visit) -> list[tuple[str, str]]:
        return widgets_of(self.desk.sources.widgets, visit.person)


_WHERE = (
    "The visitor finds it in the window, under “View my proof of consent”, where it is called “Reference”. "
    "In the browser's storage it is “consentId”."
)
_OTHER_IDS = "The browser's storage has three ids: “consentId” finds proofs, “id” and “sessionId” do not."


def _fields(widgets: list[tuple[str, str]]) -> tuple[Field, ...]:
    return (
        reason_field(),
        Field("consentId", "Consent id", _WHERE),
        Field("days", "Days to search in the archive", "For proofs that have expired, such as 2026-11-24. In UTC."),
        Field(
            "anywhere",
            "Search the whole archive",
            "For expired proofs of an unknown day. It takes longer, and Amazon charges for each such search.",
            "switch",
        ),
        Field("widget", "Widget", kind="choice", choices=widgets),
        Field("userId", "User id", "The site's own name for the visitor, such as a customer number."),
    )


def _question(typed: Typed) -> Question:
    days = typed.days()
    return Question(typed.consent_id(), None, None if typed.text("anywhere") and not days else days)


def _hidden(typed: Typed) -> dict[str, str]:
    """Return the fields with which the same dossier is asked for again."""
    return {name: typed.text(name) for name in ("consentId", "days", "anywhere", "reason")}


def _confirm(typed: Typed, erasable: Erased | None) -> Page:
    fields = (Field("word", f"Type {WORD} to go on"), reason_field())
    values = {
        "consent": {name: value for name, value in _hidden(typed).items() if name != "reason"},
        "erasable": erasable,
        "fields": typed.shown(*fields),
        "faults": typed.faults(fields),
    }
    return Page("erase.html", values, 422 if typed.problems else 200)


def _erased(typed: Typed, erased: Erased) -> Page:
    """Return the page after an erasure, or that of a consent that has nothing to erase, with the way to its dossier."""
    return Page("erased.html", {"typed": _hidden(typed), "erased": erased})


def _fitting[T: str](text: T) -> T:
    """Return a text that one response can hold. Raises UnprocessableError."""
    if len(text) > LARGEST_ANSWER:
        raise UnprocessableError("consentId", "The dossier is too large for a page: use `consent-ops dossier`.")
    return text


_FRAME = Markup(
    '<figure class="frame"><iframe sandbox="allow-scripts" loading="lazy" src="{address}" title="{title}"></iframe>'
    "<figcaption>The window as this release draws the stored settings of the version, before a choice is made. What is "
    "pressed there is not stored.</figcaption></figure>"
)
_SCREENS = {"first": "first screen", "settings": "second screen"}


def _frame(desk: Desk, shown: Mapping[str, Any], screen: str) -> Markup:
    """Return a frame in which the SDK draws a screen; nothing if the widget has no key to ask for the settings."""
    live = desk.sources.widgets.live(shown["widgetId"])
    if live is None or not live.keys:
        return Markup()
    query = {"key": live.keys[0], "version": shown["versionKey"], "lang": shown["lang"], "screen": screen}
    title = f"The {_SCREENS[screen]} of widget {shown['widgetId']} in {shown['lang']}"
    return _FRAME.format(address=f"/preview/{shown['widgetId']}?{urlencode(query)}", title=title)
